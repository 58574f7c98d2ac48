"""Conditional writes whose answers may be lost: written once in effect, recognised by what the row holds afterwards."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from dataverse.batch import Operation
from dataverse.client import LOST, DataverseClient
from dataverse.errors import DataverseError, DuplicateRow, RowNotFound, VersionMismatch
from dataverse.failures import TRANSIENT
from dataverse.values import Row, text

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True)
class GuardedWrite(Generic[K]):
    """A write with `If-Match: <etag>`, or with `If-None-Match: *` when `etag` is None, that returns the row.

    `is_ours` recognises, in a row that was read later, that this very write has been carried out.
    """

    key: K
    operation: Operation
    etag: str | None
    is_ours: Callable[[Row], bool]


ReadBack = Callable[[Sequence[GuardedWrite[K]]], Mapping[K, Row]]
"""Reads the rows of these writes as they are now; a row that does not exist is absent."""


def write_guarded(client: DataverseClient, writes: Sequence[GuardedWrite[K]], read_back: ReadBack[K]) -> dict[K, Row]:
    """Carry out the writes in one batch; return the rows that are as we wrote them, all others are absent.

    The batch may be sent more than once: its conditions make every execution but the first fail with 412, also one that
    commits after this call has ended, and the row itself then tells whether the first was ours. Raises the error of a
    part that was refused for good, and that of lost or overloaded requests when nothing at all is known to be ours.
    """
    if not writes:
        return {}
    ours: dict[K, Row] = {}
    doubtful: list[GuardedWrite[K]] = []
    unfinished: DataverseError | None = None
    try:
        for write, answer in zip(writes, client.carry_out([write.operation for write in writes]).answers, strict=True):
            if answer.failure is None and answer.content:
                ours[write.key] = answer.document()
            elif not isinstance(answer.failure, RowNotFound):
                doubtful.append(write)
                unfinished = unfinished or _unfinished(answer.failure)
    except LOST as lost:
        doubtful, unfinished = list(writes), lost
    current = read_back(doubtful) if doubtful else {}
    ours |= {write.key: current[write.key] for write in doubtful if _is_carried_out(write, current)}
    if unfinished is not None and not ours and any(_is_still_open(write, current) for write in doubtful):
        raise unfinished
    return ours


def _is_carried_out(write: GuardedWrite[K], current: Mapping[K, Row]) -> bool:
    return write.key in current and write.is_ours(current[write.key])


def _is_still_open(write: GuardedWrite[K], current: Mapping[K, Row]) -> bool:
    """Tell whether the row is at the version that the write waits for: not carried out, or not yet."""
    return (text(current[write.key], "@odata.etag") if write.key in current else None) == write.etag


def _unfinished(failure: DataverseError | None) -> DataverseError | None:
    """Return the failure when the write may still be missing, None when it is decided; raise a refusal for good."""
    # 412 can be our own write, executed by an earlier sending whose answer was lost; a bare 204 is a success
    if failure is None or isinstance(failure, (VersionMismatch, DuplicateRow)):
        return None
    if isinstance(failure, TRANSIENT):
        return failure
    raise failure
