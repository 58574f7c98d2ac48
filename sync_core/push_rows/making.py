"""Create what the plans say, each record once (protocol steps 7 and 8); the only place that creates such records.

Nothing is sent after `send_before`, so that whoever takes a row over later finds all that was ever sent. An identifier
that is taken at the last moment leads to another plan, never to a second record.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal, TypeVar

from connectwise.creation.records import NewAgreement, NewCatalogItem
from connectwise.errors import ConnectWiseError
from dataverse.psasync.records import Mapping as PsaMapping
from dataverse.psasync.records import MappingKind
from sync_core.classify import classify
from sync_core.errors import RecordRejected, SyncError
from sync_core.mapping.creations import shown
from sync_core.push_rows.customers import Customer, choose_default_contact, default_contacts, make_customer
from sync_core.push_rows.plans import RowPlan
from sync_core.push_rows.ports import PsaCreation
from sync_core.push_rows.sending import Halted, RowSending, SentWrite
from sync_core.work.stop_signal import StopSignal

Ending = Literal["created", "adopted", "mapped", "refused", "unknown", "released", "objected"]

MOST_PLANS = 5
"""Tries of a row whose identifier is taken each time."""

_T = TypeVar("_T")
_R = TypeVar("_R")


@dataclass(frozen=True, slots=True)
class HeldRow:
    """A plan about a row whose integration record this run holds."""

    plan: RowPlan
    record: PsaMapping


@dataclass(frozen=True, slots=True)
class Made:
    """How the work on one held row ended.

    `psa_id` and `psa_name` are those of the record in ConnectWise, also of a company that still lacks its contact.
    `plan_anew`: the identifier was taken meanwhile.
    """

    held: HeldRow
    ending: Ending
    psa_id: int | None = None
    psa_name: str | None = None
    error: SyncError | None = None
    sent: tuple[SentWrite, ...] = ()
    plan_anew: bool = False


def make_rows(
    held_rows: Sequence[HeldRow], *, kind: MappingKind, psa: PsaCreation, send_before: float, in_parallel: int
) -> tuple[list[Made], StopSignal]:
    """Work through the held rows, several at once; rows of one company one after the other."""
    stop = StopSignal()
    made = [_without_request(held) for held in held_rows if held.plan.step != "create"]
    to_create = [held for held in held_rows if held.plan.step == "create"]
    if kind is MappingKind.ACCOUNT:
        made += _make_customers(to_create, psa, stop, send_before, in_parallel)
    else:
        groups: dict[object, list[HeldRow]] = {}
        for held in to_create:
            groups.setdefault(held.plan.parent_id or held.plan.wish.source_id, []).append(held)
        for done in _in_parallel(
            list(groups.values()),
            lambda group: [_make_one(held, psa, RowSending(stop, send_before)) for held in group],
            in_parallel,
        ):
            made += done
    return made, stop


def _without_request(held: HeldRow) -> Made:
    target = held.plan.target
    if target is None:
        return Made(held, "objected")
    return Made(held, "mapped", target.psa_id, target.name)


def _make_one(held: HeldRow, psa: PsaCreation, sending: RowSending) -> Made:
    """Make a catalog item or an agreement."""
    plan, existing = held.plan, held.plan.existing
    if existing is not None:
        return Made(held, "adopted", existing.psa_id, existing.name)
    record = plan.record
    try:
        if isinstance(record, NewCatalogItem):
            item = sending.create(
                "catalog item",
                shown(record),
                lambda send_before: psa.create_catalog_item(record, send_before=send_before),
            )
            return Made(held, "created", item.id, item.identifier, sent=tuple(sending.sent))
        assert isinstance(record, NewAgreement)  # noqa: S101  accounts are made elsewhere
        agreement = sending.create(
            "agreement", shown(record), lambda send_before: psa.create_agreement(record, send_before=send_before)
        )
        return Made(held, "created", agreement.id, agreement.name, sent=tuple(sending.sent))
    except Halted as halted:
        return _halted(held, halted, sending)


@dataclass(slots=True)
class _CustomerRow:
    held: HeldRow
    sending: RowSending
    customer: Customer
    halted: Halted | None = None

    @property
    def needs_default(self) -> bool:
        return self.halted is None and self.customer.contact is not None

    def made(self) -> Made:
        company = self.customer.company
        psa_id, name = (None, None) if company is None else (company.id, company.name)
        sent = tuple(self.sending.sent)
        if self.halted is not None:
            halted = _given_up(self.held, self.halted)
            return Made(self.held, halted.ending, psa_id, name, halted.error, sent, plan_anew=halted.plan_anew)
        return Made(self.held, "created" if self.customer.is_new else "adopted", psa_id, name, sent=sent)


def _make_customers(
    held_rows: Sequence[HeldRow], psa: PsaCreation, stop: StopSignal, send_before: float, in_parallel: int
) -> list[Made]:
    """Make companies and contacts, then see to it that each contact is the default one, with one read for all."""
    rows = [_CustomerRow(held, RowSending(stop, send_before), Customer()) for held in held_rows]

    def make(row: _CustomerRow) -> None:
        try:
            make_customer(row.held.plan, row.customer, row.sending, psa)
        except Halted as halted:
            row.halted = halted

    _in_parallel(rows, make, in_parallel)
    _choose_defaults([row for row in rows if row.needs_default], psa, stop, in_parallel)
    return [row.made() for row in rows]


def _choose_defaults(rows: Sequence[_CustomerRow], psa: PsaCreation, stop: StopSignal, in_parallel: int) -> None:
    """ConnectWise may or may not have made a new contact the default one, as it was asked to."""
    companies = sorted({row.customer.company.id for row in rows if row.customer.company is not None})
    try:
        chosen = default_contacts(psa, companies)
    except ConnectWiseError as error:
        fault = classify(error, writing=False)
        stop.raise_flag(fault)
        for row in rows:
            row.halted = Halted("released", fault)
        return

    def choose(row: _CustomerRow) -> None:
        try:
            choose_default_contact(row.customer, row.sending, psa)
        except Halted as halted:
            row.halted = halted

    without = [row for row in rows if row.customer.company is not None and chosen.get(row.customer.company.id) is None]
    _in_parallel(without, choose, in_parallel)


def _halted(held: HeldRow, halted: Halted, sending: RowSending) -> Made:
    halted = _given_up(held, halted)
    return Made(held, halted.ending, error=halted.error, sent=tuple(sending.sent), plan_anew=halted.plan_anew)


def _given_up(held: HeldRow, halted: Halted) -> Halted:
    """End the planning of a row whose identifier is refused again and again although no look-up finds it."""
    if not halted.plan_anew or held.record.attempts < MOST_PLANS:
        return halted
    message = (
        f'ConnectWise says that the identifier "{held.plan.intent}" is in use and does not show by what; give the row '
        "another number or name in Work 365 and save again."
    )
    return Halted("refused", RecordRejected(user_message=message, code="identifier_taken"))


def _in_parallel(tasks: Sequence[_T], work: Callable[[_T], _R], at_once: int) -> list[_R]:
    if not tasks:
        return []
    with ThreadPoolExecutor(max_workers=min(at_once, len(tasks))) as pool:
        return list(pool.map(work, tasks))
