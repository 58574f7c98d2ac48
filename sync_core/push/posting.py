"""Look up, then post once (protocol steps 7 and 8); the only place that creates additions."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from connectwise.errors import ConnectWiseError
from connectwise.records import Addition, AgreementId
from dataverse.psasync.records import Mapping as PsaMapping
from dataverse.work365.records import InvoiceLineId
from sync_core.classify import classify
from sync_core.errors import ConfigurationFault, OutcomeUnknown, RecordRejected, SyncError, TransientFault
from sync_core.marker import marked_line
from sync_core.money import same_amount
from sync_core.policies import ConnectorPolicies
from sync_core.ports import Psa
from sync_core.push.decisions import Decision
from sync_core.work.stop_signal import StopSignal

Ending = Literal["posted", "adopted", "refused", "unknown", "released", "objected"]


@dataclass(frozen=True, slots=True)
class HeldLine:
    """A decision about a line whose mapping row this run holds."""

    decision: Decision
    row: PsaMapping


@dataclass(frozen=True, slots=True)
class LineResult:
    """How the work on one held line ended.

    `posted` and `adopted` carry the addition; `copies` counts additions with the same marker (more than one is a
    duplicate that a person has to look at). `released`: not sent, to be tried again. `agreement_id` is where the
    addition is or may be. `was_sent`: this run sent the POST. `looked_up`: the agreement's additions were read and the
    marker was not among them.
    """

    held: HeldLine
    ending: Ending
    agreement_id: AgreementId | None = None
    addition: Addition | None = None
    copies: int = 1
    error: SyncError | None = None
    was_sent: bool = False
    looked_up: bool = False

    @property
    def bills_other_amount(self) -> bool:
        """Whether an adopted addition bills another amount than the line has now: the line was changed since."""
        decision = self.held.decision
        if self.addition is None or decision.plan is None or decision.facts is None or decision.facts.currency is None:
            return False
        billed = exact_amount(self.addition)
        return not same_amount(billed, decision.plan.net_amount, decision.facts.currency, decision.facts.policies)

    @property
    def still_in_doubt(self) -> bool:
        """Whether an earlier POST may have made an addition that this run could not look for."""
        return self.held.decision.in_doubt and not self.looked_up


def exact_amount(addition: Addition) -> Decimal:
    """Return (quantity - lessIncluded) x unitPrice, unrounded, as ConnectWise bills an addition."""
    return (addition.quantity - addition.less_included) * addition.unit_price


def post_lines(
    held_lines: Sequence[HeldLine],
    *,
    psa: Psa,
    policies: ConnectorPolicies,
    send_before: float,
    agreements_in_parallel: int,
) -> tuple[list[LineResult], StopSignal]:
    """Work through the held lines; agreements in parallel, the lines of one agreement one after the other.

    ConnectWise is not known to accept parallel writes to one agreement. Nothing is sent after `send_before`.
    """
    stop = StopSignal()
    groups: dict[AgreementId, list[HeldLine]] = {}
    results: list[LineResult] = []
    for held in held_lines:
        agreement_id = _where_to_look(held)
        if agreement_id is None:
            results.append(LineResult(held, "objected"))
        else:
            groups.setdefault(agreement_id, []).append(held)

    def run(group: tuple[AgreementId, list[HeldLine]]) -> list[LineResult]:
        run_ = _AgreementRun(group[0], psa, policies, send_before, stop)
        return run_.work(group[1])

    if groups:
        with ThreadPoolExecutor(max_workers=min(agreements_in_parallel, len(groups))) as pool:
            for done in pool.map(run, groups.items()):
                results.extend(done)
    return results, stop


def _where_to_look(held: HeldLine) -> AgreementId | None:
    """A line in doubt is looked up where its POST was aimed at, which a new mapping of the contract does not change."""
    if held.decision.in_doubt and held.decision.mapping is not None and held.decision.mapping.psa_parent_id is not None:
        return AgreementId(held.decision.mapping.psa_parent_id)
    return held.decision.agreement_id


@dataclass(slots=True)
class _AgreementRun:
    agreement_id: AgreementId
    psa: Psa
    policies: ConnectorPolicies
    send_before: float
    stop: StopSignal

    def work(self, held_lines: Sequence[HeldLine]) -> list[LineResult]:
        if self.stop.reason is not None:
            return [self._released(held, self.stop.reason) for held in held_lines]
        found = self._look_up()
        if isinstance(found, SyncError):
            return [self._not_looked_up(held, found) for held in held_lines]
        return [self._finish(held, found) for held in held_lines]

    def _look_up(self) -> Mapping[InvoiceLineId, Sequence[Addition]] | SyncError:
        try:
            additions = self.psa.additions(self.agreement_id)
        except ConnectWiseError as error:
            classified = classify(error, writing=False)
            self.stop.raise_flag(classified)
            return classified
        found: dict[InvoiceLineId, list[Addition]] = {}
        for addition in additions:
            line_id = marked_line(addition, self.policies)
            if line_id is not None:
                found.setdefault(line_id, []).append(addition)
        return found

    def _not_looked_up(self, held: HeldLine, error: SyncError) -> LineResult:
        """Without an agreement there is no addition: a refusal settles even a line in doubt; anything else waits."""
        if isinstance(error, RecordRejected):
            ending: Ending = "objected" if held.decision.objection else "refused"
            return LineResult(held, ending, self.agreement_id, error=error, looked_up=True)
        return self._released(held, error)

    def _finish(self, held: HeldLine, found: Mapping[InvoiceLineId, Sequence[Addition]]) -> LineResult:
        adopted = self._adopted(held, found)
        if adopted is not None:
            return adopted
        if held.decision.objection is not None:
            return LineResult(held, "objected", self.agreement_id, looked_up=True)
        if held.decision.agreement_id != self.agreement_id:
            return self._send_elsewhere_later(held)
        return self._post(held)

    def _send_elsewhere_later(self, held: HeldLine) -> LineResult:
        """The contract was mapped to another agreement after the doubt arose, and nothing is at the old one.

        The next run posts: its claim writes the new agreement down first, so a POST is always looked up where it went.
        """
        moved = TransientFault(
            user_message="the contract is mapped to another agreement now, the line goes there in a moment.",
            code="agreement_changed",
        )
        return self._released(held, moved, looked_up=True)

    def _adopted(self, held: HeldLine, found: Mapping[InvoiceLineId, Sequence[Addition]]) -> LineResult | None:
        existing = found.get(held.decision.line_id, ())
        if not existing:
            return None
        oldest = min(existing, key=lambda addition: addition.id)
        return LineResult(held, "adopted", self.agreement_id, oldest, copies=len(existing), looked_up=True)

    def _post(self, held: HeldLine) -> LineResult:
        if self.stop.reason is not None:
            return self._released(held, self.stop.reason, looked_up=True)
        plan = held.decision.plan
        assert plan is not None  # noqa: S101  as above
        try:
            addition = self.psa.create_addition(self.agreement_id, plan.addition, send_before=self.send_before)
        except ConnectWiseError as error:
            return self._after_error(held, classify(error, writing=True))
        return LineResult(held, "posted", self.agreement_id, addition, was_sent=True, looked_up=True)

    def _after_error(self, held: HeldLine, error: SyncError) -> LineResult:
        if isinstance(error, RecordRejected):
            return LineResult(held, "refused", self.agreement_id, error=error, was_sent=True, looked_up=True)
        if isinstance(error, OutcomeUnknown):
            return LineResult(held, "unknown", self.agreement_id, error=error, was_sent=True)
        self.stop.raise_flag(error)
        return self._released(held, error, looked_up=True)

    def _released(self, held: HeldLine, error: SyncError, *, looked_up: bool = False) -> LineResult:
        """Not sent by this run: a configuration fault settles what is certain not to exist, all else waits."""
        in_doubt = held.decision.in_doubt and not looked_up
        ending: Ending = "refused" if isinstance(error, ConfigurationFault) and not in_doubt else "released"
        return LineResult(held, ending, self.agreement_id, error=error, looked_up=looked_up)
