"""The three parties of the demo as an outsider sees them: the app's HTTP API, Dataverse and ConnectWise.

Nothing of the shipped code is used, so that a mistake in it cannot hide itself here.
"""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import requests

USER = "billing@contoso.example"
PASSWORD = "emulator"
PAGE = 1000
TIMEOUT_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Line:
    """An invoice line of Work 365; `net` without tax, at the currency's decimals."""

    line_id: str
    invoice_id: str
    net: Decimal


@dataclass(frozen=True, slots=True)
class Invoice:
    """An invoice of Work 365."""

    invoice_id: str
    number: str
    currency: str
    decimals: int


class App:
    """The HTTP API of PSA Sync, called as the billing clerk."""

    def __init__(self, stack: dict[str, Any]) -> None:
        self._api = f"{stack['functions'][0]}/api"
        self._stack = stack
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {self._token()}"

    def push_invoices(self, invoice_ids: list[str]) -> str:
        """Press Save; return the id of the job."""
        body = {
            "connector_id": self._stack["connector_id"],
            "kind": "invoice",
            "items": [{"id": invoice_id, "action": "push"} for invoice_id in invoice_ids],
            "idempotency_key": str(uuid.uuid4()),
        }
        answer = self._session.post(f"{self._api}/push", json=body, timeout=TIMEOUT_SECONDS)
        answer.raise_for_status()
        return str(answer.json()["job_id"])

    def job(self, job_id: str) -> dict[str, Any]:
        """Return state and counts of a job."""
        answer = self._session.get(f"{self._api}/jobs/{job_id}", timeout=TIMEOUT_SECONDS)
        answer.raise_for_status()
        job: dict[str, Any] = answer.json()
        return job

    def items(self, job_id: str) -> Iterator[dict[str, Any]]:
        """Yield the items of a job."""
        cursor = ""
        while True:
            address = f"{self._api}/jobs/{job_id}/items?limit={PAGE}" + (f"&cursor={cursor}" if cursor else "")
            answer = self._session.get(address, timeout=TIMEOUT_SECONDS)
            answer.raise_for_status()
            page = answer.json()
            yield from page["items"]
            if page["next_cursor"] is None:
                return
            cursor = page["next_cursor"]

    def _token(self) -> str:
        answer = requests.post(
            f"{self._stack['entra']}/{self._stack['tenant_id']}/oauth2/v2.0/token",
            data={
                "grant_type": "password",
                "client_id": self._stack["api_client_id"],
                "username": USER,
                "password": PASSWORD,
                "scope": self._stack["api_scope"],
            },
            timeout=TIMEOUT_SECONDS,
        )
        answer.raise_for_status()
        return str(answer.json()["access_token"])


class Dataverse:
    """Work 365's invoices and lines, read through the Web API."""

    def __init__(self, stack: dict[str, Any]) -> None:
        self._base = f"{stack['dataverse']}/api/data/v9.2"
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {stack['dataverse_token']}"

    def invoices(self) -> dict[str, Invoice]:
        """Return all invoices with their currency."""
        currencies = {
            row["transactioncurrencyid"]: (row["isocurrencycode"], int(row["currencyprecision"]))
            for row in self._rows("transactioncurrencies?$select=isocurrencycode,currencyprecision")
        }
        found = {}
        for row in self._rows("invoices?$select=invoiceid,invoicenumber,_transactioncurrencyid_value"):
            iso_code, decimals = currencies[row["_transactioncurrencyid_value"]]
            found[row["invoiceid"]] = Invoice(row["invoiceid"], row["invoicenumber"], iso_code, decimals)
        return found

    def lines(self, invoices: dict[str, Invoice]) -> list[Line]:
        """Return all lines with their net amount."""
        columns = "invoicedetailid,_invoiceid_value,baseamount,manualdiscountamount"
        return [
            Line(
                row["invoicedetailid"],
                row["_invoiceid_value"],
                rounded(
                    row["baseamount"] - (row["manualdiscountamount"] or Decimal(0)),
                    invoices[row["_invoiceid_value"]].decimals,
                ),
            )
            for row in self._rows(f"invoicedetails?$select={columns}")
        ]

    def _rows(self, query: str) -> Iterator[dict[str, Any]]:
        address: str | None = f"{self._base}/{query}"
        while address is not None:
            answer = self._session.get(address, timeout=TIMEOUT_SECONDS)
            answer.raise_for_status()
            page = answer.json(parse_float=Decimal, parse_int=Decimal)
            yield from page["value"]
            address = page.get("@odata.nextLink")


class ConnectWise:
    """The additions of ConnectWise, read through its REST API."""

    def __init__(self, stack: dict[str, Any]) -> None:
        keys = stack["connectwise_credentials"]
        self._session = requests.Session()
        self._session.auth = (f"{keys['company']}+{keys['public_key']}", keys["private_key"])
        self._session.headers["clientId"] = keys["client_id"]
        self._session.headers["pagination-type"] = "forward-only"
        info = self._session.get(f"{stack['connectwise']}/login/companyinfo/{keys['company']}", timeout=TIMEOUT_SECONDS)
        self._base = f"{stack['connectwise']}/{info.json()['Codebase']}apis/3.0"

    def billed_by_line(self) -> dict[str, list[Decimal]]:
        """Return, by marker, what ConnectWise will bill for each addition: (quantity - lessIncluded) x unit price."""
        billed: dict[str, list[Decimal]] = {}
        for agreement in self._rows("/finance/agreements", "id"):
            columns = "id,quantity,lessIncluded,unitPrice,serialNumber"
            for addition in self._rows(f"/finance/agreements/{agreement['id']}/additions", columns):
                amount = (addition["quantity"] - addition.get("lessIncluded", 0)) * addition["unitPrice"]
                billed.setdefault(addition.get("serialNumber", ""), []).append(amount)
        return billed

    def _rows(self, path: str, fields: str) -> Iterator[dict[str, Any]]:
        last = 0
        while True:
            query = {"pageSize": str(PAGE), "pageId": str(last), "fields": fields}
            answer = self._session.get(f"{self._base}{path}", params=query, timeout=TIMEOUT_SECONDS)
            answer.raise_for_status()
            page = answer.json(parse_float=Decimal, parse_int=Decimal)
            yield from page
            if len(page) < PAGE:
                return
            last = page[-1]["id"]


def rounded(amount: Decimal, decimals: int) -> Decimal:
    """Return the amount at a currency's decimals, half away from zero."""
    return Decimal(amount).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
