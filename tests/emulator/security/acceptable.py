"""Ids that exist and bodies that are accepted: made-up ones alone would try little but the door."""

import uuid
from typing import Any

from emulators.seeds import bulk
from emulators.seeds.dataverse_rows import row_id
from tests.emulator.security.people import Office


class Acceptable:
    """What is there in the office, for the requests of an administrator."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self.connector_id = office.outsider.stack.connector_id

    def ids(self, path: str) -> dict[str, str]:
        """Return ids for the parts of an address; a job with a failed line is made when it names one."""
        ids = {
            "connector_id": self.connector_id,
            "invoice_id": bulk.invoice_id(0),
            "mapping_id": row_id("psasync_mapping", 0),
        }
        if "{job_id}" in path:
            body = self._office.outsider.push_body([bulk.line_id(0), str(uuid.UUID(int=7))])
            ids["job_id"] = self._office.outsider.call("POST", "push", body, user="admin").json()["job_id"]
        return ids

    def body(self, name: str, number: int) -> dict[str, Any] | None:
        """Return a body that this function accepts, another one for each number; None when it takes none."""
        match name:
            case "push" | "push_preview":
                kind, record = ("invoice", bulk.invoice_id(0)) if number % 2 else ("invoice_line", bulk.line_id(number))
                return self._office.outsider.push_body([record], kind=kind)
            case "pull" | "pull_preview":
                kind, first = (
                    ("agreement", bulk.FIRST_AGREEMENT_ID) if number % 2 else ("company", bulk.FIRST_COMPANY_ID)
                )
                items = [{"psa_id": first}, {"psa_id": first + number}]
                key = str(uuid.uuid4())
                return {"connector_id": self.connector_id, "kind": kind, "items": items, "idempotency_key": key}
            case "mapping_put":
                mapped = {"source_id": row_id("account", 0), "psa_id": bulk.FIRST_COMPANY_ID}
                return {"connector_id": self.connector_id, "kind": "account", **mapped}
            case "connector_create":
                site = {"site_url": self._office.outsider.stack.connectwise, "company": "contoso"}
                return {"name": f"Connector {uuid.uuid4()}", "credential_ref": "CONTOSO", **site}
            case "connector_change":
                return {"properties": {"price_decimals": 2}} if number % 2 else {"name": f"ConnectWise {number}"}
        return None
