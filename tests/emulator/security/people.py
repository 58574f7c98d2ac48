"""People, business units and roles, as an administrator of both tenants would set them up."""

from typing import Any

from emulators.seeds import bulk
from tests.emulator.app.outsider import Outsider, until

ROOT_UNIT = "66666666-6666-4666-8666-000000000001"
UNITS = {"nina": "66666666-6666-4666-8666-0000000000b1", "sam": "66666666-6666-4666-8666-0000000000b2"}
USER_IDS = {"nina": "44444444-4444-4444-8444-0000000000c1", "sam": "44444444-4444-4444-8444-0000000000c2"}
OBJECT_IDS = {"nina": "33333333-3333-4333-8333-0000000000c1", "sam": "33333333-3333-4333-8333-0000000000c2"}
INVOICES = {"nina": 0, "sam": 1}
LINES = 60
ROLE = "Work 365 Sales"


class Office:
    """The tenant with Nina in one business unit and Sam in another, both clerks who see their own unit's rows."""

    def __init__(self, outsider: Outsider) -> None:
        self.outsider = outsider
        outsider.control("entra", "POST", "reset")
        for name in OBJECT_IDS:
            self.set_person(name)
        seed = bulk.build(lines=LINES, agreements=len(INVOICES))
        for name, number in INVOICES.items():
            _give(seed["dataverse"], name, number)
        seed["dataverse"] |= {"businessunits": [self._unit(name) for name in UNITS], "systemusers": self._users()}
        outsider.replace_rows(seed)
        for name in USER_IDS:
            # a reset keeps users and their roles
            self.take_role_from(name)
            self.give_role_to(name, ROLE)

    def set_person(self, name: str, **changes: Any) -> None:
        """Register a person of the tenant, with members of Entra's directory as named, and forget their token."""
        person = {
            "id": OBJECT_IDS[name],
            "userPrincipalName": f"{name}@contoso.example",
            "roles": ["PsaSync.Billing"],
        }
        self.outsider.control("entra", "POST", "seed", {"users": [person | changes]})

    def finish(self, job_id: str, name: str) -> list[dict[str, str]]:
        """Let a host with a queue worker finish the job of a person; return its items."""
        stack = self.outsider.stack
        stack.host_variables["AzureWebJobs.work_chunk.Disabled"] = "false"
        try:
            stack.start_host()
        finally:
            stack.host_variables["AzureWebJobs.work_chunk.Disabled"] = "true"

        def read(path: str) -> Any:
            return self.outsider.call("GET", f"jobs/{job_id}{path}", user=name).json()

        until(lambda: read("")["state"] not in {"queued", "running"}, seconds=30)
        stack.kill_host(len(stack.functions) - 1)
        items: list[dict[str, str]] = read("/items")["items"]
        return items

    def lines_of(self, name: str) -> list[str]:
        """Return the lines that this person may see."""
        return [bulk.line_id(number) for number in range(LINES) if number % 2 == INVOICES[name]]

    def take_role_from(self, name: str) -> None:
        """Remove every role of a person in Dataverse."""
        address = f"systemusers({USER_IDS[name]})/systemuserroles_association"
        for role in self.dataverse("GET", address + "?$select=roleid").json()["value"]:
            self.dataverse("DELETE", f"{address}({role['roleid']})/$ref").raise_for_status()

    def give_role_to(self, name: str, role: str) -> None:
        """Give a person a role of Dataverse."""
        [found] = self.dataverse("GET", f"roles?$select=roleid&$filter=name eq '{role}'").json()["value"]
        address = f"systemusers({USER_IDS[name]})/systemuserroles_association/$ref"
        body = {"@odata.id": f"{self.outsider.stack.dataverse}/api/data/v9.2/roles({found['roleid']})"}
        self.dataverse("POST", address, body).raise_for_status()

    def dataverse(self, method: str, address: str, body: Any = None) -> Any:
        """Call Dataverse as an administrator."""
        stack = self.outsider.stack
        headers = {"Authorization": f"Bearer {stack.dataverse_token}"}
        return self.outsider.session.request(
            method, f"{stack.dataverse}/api/data/v9.2/{address}", json=body, headers=headers, timeout=30
        )

    def _unit(self, name: str) -> dict[str, Any]:
        parent = {"parentbusinessunitid@odata.bind": f"/businessunits({ROOT_UNIT})"}
        return {"businessunitid": UNITS[name], "name": f"unit of {name}", **parent}

    def _users(self) -> list[dict[str, Any]]:
        return [
            {
                "systemuserid": USER_IDS[name],
                "azureactivedirectoryobjectid": OBJECT_IDS[name],
                "fullname": name,
                "businessunitid@odata.bind": f"/businessunits({UNITS[name]})",
            }
            for name in USER_IDS
        ]


def _give(rows: dict[str, list[dict[str, Any]]], name: str, number: int) -> None:
    """Make a person the owner of an invoice with its lines, its contract and its account."""
    owner = {"ownerid@odata.bind": f"/systemusers({USER_IDS[name]})"}
    for entity_set in ("accounts", "work365_billingcontracts", "invoices"):
        rows[entity_set][number] |= owner
    for row in rows["invoicedetails"]:
        if row["invoiceid@odata.bind"] == f"/invoices({bulk.invoice_id(number)})":
            row.update(owner)
