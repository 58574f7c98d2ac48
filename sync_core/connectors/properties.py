"""Every property of a connector in one model: how a push writes lines, and what a new ConnectWise record gets."""

from collections.abc import Iterator
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from connectwise.setup.records import OptionList
from sync_core.policies import ConnectorPolicies

BillingOfWork = Literal["Billable", "DoNotBill", "NoCharge", "NoDefault"]


class Picked(BaseModel):
    """An entry chosen from a pick list of ConnectWise; the name is filled in when it is saved."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: int = Field(gt=0)
    name: str | None = Field(default=None, max_length=100)


def _picked(which: OptionList, explanation: str) -> Any:
    return Field(default=None, description=explanation, json_schema_extra={"options": which.value})


class ConnectorProperties(ConnectorPolicies):
    """All properties; stored as JSON in `psasync_connector.psasync_properties`, of which a push reads the policies.

    The schema of a member that is picked from a list of ConnectWise names that list in `options`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    product_category: Picked | None = _picked(
        OptionList.PRODUCT_CATEGORIES, "Category of a new catalog item; it decides which subcategories can be chosen."
    )
    product_subcategory: Picked | None = _picked(
        OptionList.PRODUCT_SUBCATEGORIES, "Subcategory of a new catalog item; ConnectWise demands one."
    )
    product_type: Picked | None = _picked(
        OptionList.PRODUCT_TYPES, "Product type of a new catalog item; ConnectWise demands one."
    )
    product_class: Literal["Agreement", "NonInventory", "Service", "Inventory"] = Field(
        default="Agreement", description="Product class of a new catalog item; Agreement is meant for additions."
    )
    unit_of_measure: Picked | None = _picked(
        OptionList.UNITS_OF_MEASURE, "Unit of a new catalog item; ConnectWise's own default when it is empty."
    )
    agreement_type: Picked | None = _picked(
        OptionList.AGREEMENT_TYPES, "Type of a new agreement; ConnectWise demands one."
    )
    billing_cycle: Picked | None = _picked(
        OptionList.BILLING_CYCLES, "Billing cycle of a new agreement that is not one-time; monthly is recommended."
    )
    one_time_agreements: bool = Field(
        default=False,
        description="Whether new agreements are one-time, which is recommended because neither dates nor cycles hold "
        "charges back, although ConnectWise may not invoice additions made after their first invoice.",
    )
    employee_comp_rate: Literal["Actual", "Hourly"] = Field(
        default="Actual", description="Compensation rate that ConnectWise demands on a new agreement."
    )
    employee_comp_not_exceed: Literal["Billing", "Amount", "Percent"] = Field(
        default="Billing", description="Compensation not-exceed that ConnectWise demands on a new agreement."
    )
    invoicing_cycle: Literal["ContractYear", "CalendarYear"] = Field(
        default="ContractYear", description="Year by which a new agreement counts its invoicing periods."
    )
    bill_time: BillingOfWork = Field(default="NoDefault", description="How a new agreement bills time.")
    bill_expenses: BillingOfWork = Field(default="NoDefault", description="How a new agreement bills expenses.")
    bill_products: BillingOfWork = Field(default="Billable", description="How a new agreement bills products.")
    company_types: tuple[Picked, ...] = Field(
        default=(),
        max_length=20,
        description="Types of a new company; ConnectWise takes them only when the company is made.",
        json_schema_extra={"options": OptionList.COMPANY_TYPES.value},
    )
    company_status: Picked | None = _picked(
        OptionList.COMPANY_STATUSES, "Status of a new company; ConnectWise's own default when it is empty."
    )
    product_identifier_prefix: str | None = Field(
        default=None, max_length=20, description="Text in front of the identifier of a new catalog item."
    )
    product_identifier_length: int = Field(
        default=60, ge=10, le=75, description="Longest identifier of a new catalog item; every version takes 60."
    )
    product_description_length: int = Field(
        default=60, ge=20, le=60, description="Longest description of a new catalog item; old versions take 50."
    )
    company_identifier_prefix: str | None = Field(
        default=None, max_length=10, description="Text in front of the identifier of a new company."
    )
    company_identifier_length: int = Field(
        default=25, ge=15, le=30, description="Longest identifier of a new company; every version takes 25."
    )
    several_records_per_psa_record: bool = Field(
        default=False,
        description="Whether several records of Work 365 may be mapped to the same record of ConnectWise.",
    )

    def picks(self) -> Iterator[tuple[str, OptionList, Picked]]:
        """Return every chosen entry with the path of its property and its pick list."""
        for name, described in type(self).model_fields.items():
            extra = described.json_schema_extra
            if not isinstance(extra, dict) or "options" not in extra:
                continue
            which, value = OptionList(str(extra["options"])), getattr(self, name)
            if isinstance(value, Picked):
                yield name, which, value
            elif isinstance(value, tuple):
                yield from ((f"{name}.{place}", which, entry) for place, entry in enumerate(value))
