"""Which columns an import may change in a row that exists: Work 365 owns some of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from dataverse.work365.imports.records import Columns, ColumnValue, RowKind, RowState
from sync_core.mapping.drafts import RowDraft

ColumnPolicy = Literal["always", "when_empty", "never"]

_OWNED_BY_WORK365 = ("account.number", "account.primary_contact", "account.currency", "contact.account",
                     "billing_contract.account", "billing_contract.currency")  # fmt: skip
_TAKEN_OVER = (
    "account.name", "account.phone", "account.fax", "account.website", "account.address_line1", "account.address_line2",
    "account.city", "account.state", "account.postal_code", "account.country",
    "contact.first_name", "contact.last_name", "contact.job_title", "contact.email", "contact.phone",
    "billing_contract.name", "billing_contract.contract_type", "billing_contract.billing_frequency",
    "billing_contract.start_date", "billing_contract.end_date",
)  # fmt: skip

DEFAULT_POLICIES: Mapping[str, ColumnPolicy] = {
    **dict.fromkeys(_TAKEN_OVER, "always"),
    **dict.fromkeys(_OWNED_BY_WORK365, "when_empty"),
}
"""Every column that a connector may set a policy for; a row that an import creates gets all of them."""


@dataclass(frozen=True, slots=True)
class ColumnChange:
    """One column that an import writes; `column` is `<row>.<word>`."""

    column: str
    before: ColumnValue
    after: ColumnValue


def changes_of(
    kind: RowKind, draft: RowDraft, current: RowState | None, policies: Mapping[str, ColumnPolicy]
) -> list[ColumnChange]:
    """Return what an import writes: all columns of a new row, of an existing one those that its policies allow.

    What is empty in ConnectWise never empties a column: nobody can tell whether it was emptied or never filled.
    """
    before: Columns = {} if current is None else current.columns
    return [
        ColumnChange(f"{kind}.{word}", before.get(word), wanted)
        for word, wanted in draft.columns.items()
        if wanted is not None
        and before.get(word) != wanted
        and (current is None or _may_change(policies.get(f"{kind}.{word}", "always"), before.get(word)))
    ]


def _may_change(policy: ColumnPolicy, before: ColumnValue) -> bool:
    return policy == "always" or (policy == "when_empty" and before is None)
