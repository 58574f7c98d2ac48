"""Both systems of the demo as an outsider sees them: Dataverse and ConnectWise.

Nothing of the shipped code is used, so that a mistake in it cannot hide itself here.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import requests

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


class Dataverse:
    """Work 365, through the Web API."""

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

    def make_primary_contact(self, account_id: str) -> str | None:
        """Make the first contact of an account its primary one and return the person's name; None without a contact."""
        of_account = f"_parentcustomerid_value eq {account_id}"
        contact = next(self._rows(f"contacts?$select=contactid,fullname&$filter={of_account}"), None)
        if contact is None:
            return None
        change = {"primarycontactid@odata.bind": f"/contacts({contact['contactid']})"}
        answer = self._session.patch(f"{self._base}/accounts({account_id})", json=change, timeout=TIMEOUT_SECONDS)
        answer.raise_for_status()
        return str(contact["fullname"])

    def _rows(self, query: str) -> Iterator[dict[str, Any]]:
        address: str | None = f"{self._base}/{query}"
        while address is not None:
            answer = self._session.get(address, timeout=TIMEOUT_SECONDS)
            answer.raise_for_status()
            page = answer.json(parse_float=Decimal, parse_int=Decimal)
            yield from page["value"]
            address = page.get("@odata.nextLink")


class ConnectWise:
    """ConnectWise, through its REST API."""

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

    def make_default_contact(self, company_id: int) -> str | None:
        """Make the first contact of a company its default one and return the person's name; None without a contact."""
        of_company = f"company/id = {company_id}"
        contact = next(self._rows("/company/contacts", "id,firstName,lastName", of_company), None)
        if contact is None:
            return None
        change = [{"op": "replace", "path": "defaultContact", "value": {"id": int(contact["id"])}}]
        url = f"{self._base}/company/companies/{company_id}"
        self._session.patch(url, json=change, timeout=TIMEOUT_SECONDS).raise_for_status()
        return f"{contact['firstName']} {contact['lastName']}"

    def _rows(self, path: str, fields: str, conditions: str = "") -> Iterator[dict[str, Any]]:
        last = 0
        while True:
            query = {"pageSize": str(PAGE), "pageId": str(last), "fields": fields}
            query |= {"conditions": conditions} if conditions else {}
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
