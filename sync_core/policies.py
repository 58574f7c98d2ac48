"""A connector's policies: how lines become additions where Work 365 and ConnectWise leave a choice."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from connectwise.records import CatalogItemId
from sync_core.errors import ConfigurationFault


class ConnectorPolicies(BaseModel):
    """The policies that a push reads; stored as JSON in `psasync_connector.psasync_properties`."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    marker_field: Literal["serialNumber", "invoiceDescription"] = "serialNumber"
    date_policy: Literal["invoice_date", "period", "next_agreement_invoice"] = "invoice_date"
    price_decimals: int = Field(default=2, ge=0, le=5)
    rounding: Literal["half_up", "half_even"] = "half_up"
    sign_policy: Literal["quantity", "price"] = "quantity"
    zero_quantity: Literal["skip", "no_charge"] = "skip"
    fallback_product_psa_id: CatalogItemId | None = None
    pushable_invoice_statuses: tuple[int, ...] | None = None
    """Status reasons of an active invoice that may be pushed; None: any of them (F2)."""


def policies_from_properties(properties: str | None) -> ConnectorPolicies:
    """Read the policies from the connector's JSON; raise ConfigurationFault when they are not valid."""
    if not properties:
        return ConnectorPolicies()
    try:
        return ConnectorPolicies.model_validate_json(properties)
    except ValidationError as invalid:
        first = invalid.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the text"
        raise ConfigurationFault(
            user_message=(
                f"The connector's properties are not valid ({place}: {first['msg']}); "
                "open the connector and save it again."
            ),
            code="connector_properties_invalid",
            detail=str(invalid),
        ) from invalid
