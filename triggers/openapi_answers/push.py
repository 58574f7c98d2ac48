"""Answers of the push tabs: previews and lists."""

from datetime import date
from typing import Literal
from uuid import UUID

from triggers.openapi_answers.mappings import MappingAnswer
from triggers.openapi_answers.shared import (
    AmountText,
    Answer,
    ChangedField,
    Count,
    MappingStatusName,
    NamedRow,
    NextCursor,
    Outcome,
    PrerequisiteAnswer,
    PsaId,
    SourceId,
)
from triggers.openapi_answers.suggestions import SuggestionAnswer


class PreviewAmount(Answer):
    """The net amount in Work 365 and what ConnectWise would bill for it."""

    work365: AmountText
    connectwise: AmountText
    currency: str


class PushPreviewItem(Answer):
    """What would happen to one record; `amount` is absent where none is known.

    `previewed` belongs to products, accounts and billing contracts: sent back by Save, it lets the job say what has
    changed since.
    """

    id: SourceId
    psa_id: PsaId | None
    outcome: Outcome
    code: str | None
    message: str
    action: Literal["create", "map", "skip", "blocked"]
    warnings: list[str]
    changes: list[ChangedField]
    prerequisite: PrerequisiteAnswer | None
    previewed: str | None = None
    amount: PreviewAmount | None = None


class PushPreviewAnswer(Answer):
    """What a push of the same body would do, with the totals of what would be pushed, by currency."""

    items: list[PushPreviewItem]
    totals: list[PreviewAmount]


class _MappedRow(Answer):
    """What a row of a list is mapped to."""

    status: MappingStatusName
    message: str | None
    mapping: MappingAnswer | None


class PushListRecord(_MappedRow):
    """A product, an account or a billing contract; only billing contracts name their account."""

    id: SourceId
    name: str
    number: str | None
    account: NamedRow | None
    prerequisite: PrerequisiteAnswer | None
    suggestion: SuggestionAnswer | None


class LineCounts(Answer):
    """Lines of an invoice by whether they are in ConnectWise."""

    mapped: Count
    failed: Count
    unmapped: Count


class PushListInvoice(Answer):
    """An invoice; it has counts of its lines in place of a mapping."""

    id: SourceId
    name: str
    number: str
    invoice_date: date | None
    billing_contract_id: UUID | None
    lines: LineCounts


class PushListAnswer(Answer):
    """A page of a list: records of `products`, `accounts` and `billing-contracts`, or `invoices`.

    `suggestions_problem` says why records have no suggestions; it is absent with invoices.
    """

    items: list[PushListRecord] | list[PushListInvoice]
    next_cursor: NextCursor
    suggestions_problem: str | None = None


class PushListLine(_MappedRow):
    """A line of an invoice; `amount` is without tax, discount taken off."""

    id: SourceId
    name: str
    line_number: int | None
    product_id: UUID | None
    quantity: AmountText
    price_per_unit: AmountText
    amount: AmountText
    prerequisite: PrerequisiteAnswer | None


class PushLinesAnswer(Answer):
    """A page of the lines of one invoice."""

    items: list[PushListLine]
    next_cursor: NextCursor
