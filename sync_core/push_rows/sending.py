"""The writes of one row: each sent once, noted for the log, and stopped at the first that fails."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeVar

from connectwise.errors import ConnectWiseError
from sync_core.classify import classify
from sync_core.errors import ConfigurationFault, OutcomeUnknown, RecordRejected, SyncError, TransientFault
from sync_core.push_rows.refusals import fault_of_setup, is_identifier_taken
from sync_core.work.stop_signal import StopSignal

What = Literal["catalog item", "company", "contact", "default contact", "agreement"]
Halt = Literal["refused", "unknown", "released"]


class _Stored(Protocol):
    @property
    def id(self) -> int: ...


S = TypeVar("S", bound=_Stored)


@dataclass(frozen=True, slots=True)
class SentWrite:
    """One write that was sent; without `error` it was carried out."""

    what: What
    members: Mapping[str, str]
    psa_id: int | None
    error: SyncError | None = None


class Halted(Exception):
    """The row cannot go on; `plan_anew`: its identifier was taken meanwhile, so it needs another plan at once."""

    def __init__(self, ending: Halt, error: SyncError, *, plan_anew: bool = False) -> None:
        super().__init__(error.code)
        self.ending = ending
        self.error = error
        self.plan_anew = plan_anew


@dataclass(slots=True)
class RowSending:
    """Sends the writes of one row; nothing after `send_before` or when another row has stopped the chunk."""

    stop: StopSignal
    send_before: float
    sent: list[SentWrite] = field(default_factory=list)

    def create(self, what: What, members: Mapping[str, str], post: Callable[[float], S]) -> S:
        """Post a record; raises Halted."""
        self._check()
        try:
            stored = post(self.send_before)
        except ConnectWiseError as error:
            raise self._halted(what, members, error) from error
        self.sent.append(SentWrite(what, members, stored.id))
        return stored

    def change(self, what: What, members: Mapping[str, str], psa_id: int, send: Callable[[], None]) -> None:
        """Send a change that may be repeated; raises Halted."""
        self._check()
        try:
            send()
        except ConnectWiseError as error:
            raise self._halted(what, members, error) from error
        self.sent.append(SentWrite(what, members, psa_id))

    def _check(self) -> None:
        if self.stop.reason is not None:
            raise Halted("refused" if self.stop.fault is not None else "released", self.stop.reason)

    def _halted(self, what: What, members: Mapping[str, str], error: ConnectWiseError) -> Halted:
        # a setup table that could not be read first leaves nothing in doubt
        fault = fault_of_setup(what, error) or classify(error, writing=error.is_write)
        if not isinstance(fault, TransientFault):
            self.sent.append(SentWrite(what, members, None, fault))
        if is_identifier_taken(what, error):
            taken = TransientFault(user_message="its identifier was taken at this moment.", code="identifier_taken")
            return Halted("released", taken, plan_anew=True)
        if isinstance(fault, OutcomeUnknown):
            return Halted("unknown", fault)
        if isinstance(fault, RecordRejected):
            return Halted("refused", fault)
        self.stop.raise_flag(fault)
        return Halted("refused" if isinstance(fault, ConfigurationFault) else "released", fault)
