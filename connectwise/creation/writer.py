"""All that is created in one tenant (`sync_core.push_rows.ports.PsaCreation`)."""

from typing import Protocol

from connectwise.creation.catalog import CatalogCreation
from connectwise.creation.contracts import ContractCreation
from connectwise.creation.customers import CustomerCreation
from connectwise.records import AgreementId, CompanyId
from connectwise.screens import agreement_screen, company_screen


class KindOfLink(Protocol):
    """What a mapping is about, by the name of its choice: this client knows nothing more of the other system."""

    @property
    def name(self) -> str: ...


class ConnectWiseCreation(CatalogCreation, CustomerCreation, ContractCreation):
    """Looks up and creates catalog items, companies, contacts and agreements; share one instance between threads."""

    def link_to(self, kind: KindOfLink, psa_id: int) -> str | None:
        """Return the address of the record's screen; None for catalog items, whose screen has no known address."""
        match kind.name:
            case "ACCOUNT":
                return company_screen(self._client, CompanyId(psa_id))
            case "BILLING_CONTRACT":
                return agreement_screen(self._client, AgreementId(psa_id))
            case _:
                return None
