"""Addresses of ConnectWise's own screens."""

from urllib.parse import quote

from connectwise.client import ConnectWiseClient
from connectwise.records import AgreementId, CompanyId


def agreement_screen(client: ConnectWiseClient, agreement_id: AgreementId) -> str:
    """Return the address of the agreement's screen; the codebase `v4_6_release` leads to the current version."""
    return _screen(client, "AgreementFV", agreement_id)


def company_screen(client: ConnectWiseClient, company_id: CompanyId) -> str:
    """Return the address of the company's screen, as `agreement_screen`."""
    return _screen(client, "CompanyFV", company_id)


def _screen(client: ConnectWiseClient, record_type: str, record_id: int) -> str:
    company = quote(client.company, safe="")
    return (
        f"{client.site().screens}/v4_6_release/services/system_io/router/openrecord.rails"
        f"?locale=en_US&recordType={record_type}&recid={record_id}&companyName={company}"
    )
