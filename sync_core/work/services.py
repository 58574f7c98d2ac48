"""What work on jobs needs: its ports and its times."""

from dataclasses import dataclass

from sync_core.ports import ChunkQueue, Clock, Jobs


@dataclass(frozen=True, slots=True)
class WorkTiming:
    """The times and sizes of the protocol; seconds unless named otherwise.

    `post_commit` is T: the longest time from sending a POST to its last possible commit (connect and read time-out plus
    a server grace). `lease` is L, how long a claimed mapping row is held; L > 2 T. `clock_margin` covers what the
    whole seconds of Dataverse's Date header hide. `chunks_queued` is how many chunks of one job stand in the queue.
    """

    lease: float = 600.0
    post_commit: float = 120.0
    clock_margin: float = 2.0
    chunk_lines: int = 200
    chunks_queued: int = 8
    inline_limit: int = 25
    agreements_in_parallel: int = 8
    jobs_per_person: int = 50
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
class WorkServices:
    """The ports that every job needs."""

    jobs: Jobs
    queue: ChunkQueue
    clock: Clock
    timing: WorkTiming
