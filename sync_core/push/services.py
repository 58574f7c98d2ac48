"""What the push works with: its ports and its times."""

from collections.abc import Callable
from dataclasses import dataclass

from dataverse.psasync.records import Connector, EntraObjectId
from sync_core.ports import ChunkQueue, Clock, Jobs, Ledger, Psa, Work365


@dataclass(frozen=True, slots=True)
class PushTiming:
    """The times and sizes of the push protocol; seconds unless named otherwise.

    `post_commit` is T: the longest time from sending a POST to its last possible commit (connect and read time-out plus
    a server grace). `lease` is L, how long a claimed mapping row is held; L > 2 T. `clock_margin` covers what the
    whole seconds of Dataverse's Date header hide.
    """

    lease: float = 600.0
    post_commit: float = 120.0
    clock_margin: float = 2.0
    chunk_lines: int = 200
    inline_limit: int = 25
    agreements_in_parallel: int = 8
    retry_delay: float = 5.0
    longest_retry_delay: float = 300.0

    def __post_init__(self) -> None:
        """Refuse times with which a claim could be taken over while a POST may still be committed."""
        if self.lease <= 2 * self.post_commit:
            msg = (
                f"the lease ({self.lease:g} s) must be longer than twice the time in which a POST can still be "
                f"committed ({self.post_commit:g} s)"
            )
            raise ValueError(msg)


@dataclass(frozen=True, slots=True)
class PushServices:
    """The ports of the push; `work365_as` acts with the rights of one person, `psa_of` opens a connector's tenant."""

    jobs: Jobs
    ledger: Ledger
    queue: ChunkQueue
    clock: Clock
    work365_as: Callable[[EntraObjectId], Work365]
    psa_of: Callable[[Connector], Psa]
    timing: PushTiming
