"""A connector's policies: how lines become additions where Work 365 and ConnectWise leave a choice."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from connectwise.records import CatalogItemId
from sync_core.errors import ConfigurationFault
from sync_core.pull.columns import DEFAULT_POLICIES, ColumnPolicy


def _importable(column: str) -> str:
    if column not in DEFAULT_POLICIES:
        raise ValueError(f"is none of {', '.join(DEFAULT_POLICIES)}")
    return column


ImportColumn = Annotated[str, AfterValidator(_importable)]


class ConnectorPolicies(BaseModel):
    """The policies that a push reads; stored as JSON in `psasync_connector.psasync_properties`."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    marker_field: Literal["serialNumber", "invoiceDescription"] = Field(
        default="serialNumber", description="Member of an addition that carries the id of its invoice line."
    )
    date_policy: Literal["invoice_date", "period", "next_agreement_invoice"] = Field(
        default="invoice_date", description="Where the dates of an addition come from."
    )
    price_decimals: int = Field(
        default=2, ge=0, le=5, description="Decimals of a unit price that ConnectWise and its accounting keep."
    )
    rounding: Literal["half_up", "half_even"] = Field(
        default="half_up", description="How amounts are rounded to the decimals of the currency."
    )
    sign_policy: Literal["quantity", "price"] = Field(
        default="quantity", description="Whether the quantity or the price of a credit is negative."
    )
    zero_quantity: Literal["skip", "no_charge"] = Field(
        default="skip", description="What happens to a line of quantity 0 without an amount."
    )
    fallback_product_psa_id: CatalogItemId | None = Field(
        default=None, description="Catalog item for lines without a product (write-ins); empty: they are skipped."
    )
    pushable_invoice_statuses: tuple[int, ...] | None = Field(
        default=None, description="Status reasons of an active invoice that may be pushed; empty: any of them."
    )
    pull_columns: dict[ImportColumn, ColumnPolicy] = Field(
        default={}, description="When an import changes a column of a row that exists: always, when_empty or never."
    )


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
