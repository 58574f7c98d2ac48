"""Jobs of many small chunks and a queue in order, delivered as the hosts would: again after a crash, or twice."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from dataverse.psasync.records import (
    EntraObjectId,
    ItemOutcome,
    Job,
    JobDirection,
    JobId,
    JobItem,
    JobItemChange,
    JobKind,
    NewJobItem,
)
from sync_core.work.chunk import ChunkReport, ChunkRunner, work_chunk
from sync_core.work.reopen import Reopened, reopen_unsettled
from sync_core.work.services import WorkServices
from sync_core.work.start import JobRequest, start_job
from tests import builders
from tests.fakes import Faults, WorkerDied, World, world_of

Behaviour = Callable[[int], ChunkReport | None]
"""What happens to a chunk before its items are settled: a report ends the run there, an exception is a fault."""


@dataclass
class Hosts:
    """Workers that take one message after the other; `done` holds the chunks that were worked on, in order."""

    width: int
    world: World = field(init=False)
    done: list[tuple[JobId, int]] = field(default_factory=list)
    dead: list[tuple[float, JobId, int]] = field(default_factory=list)
    outcome: Callable[[int], ItemOutcome] = lambda chunk: ItemOutcome.CREATED
    behaviour: Behaviour = lambda chunk: None

    def __post_init__(self) -> None:
        self.world = world_of(lines=0, chunks_queued=self.width)

    @property
    def services(self) -> WorkServices:
        return self.world.services()

    def start(self, chunks: int, *, key: str = "key", person: EntraObjectId = builders.USER_ID) -> JobId:
        """Save a job with one record a chunk, all for the queue."""
        request = JobRequest("Work", builders.CONNECTOR_ID, JobDirection.PULL, JobKind.COMPANY, person, key, {})
        items = [NewJobItem(position=n, chunk=n, source_id=None, action="x", psa_id=n) for n in range(chunks)]
        return start_job(self.services, request, items, runner=self.runner(), inline_limit=0)

    def runner(self) -> ChunkRunner:
        def run(job: Job, items: Sequence[JobItem]) -> ChunkReport:
            chunk = items[0].chunk
            report = self.behaviour(chunk)
            if report is not None:
                return report
            self.done.append((job.id, chunk))
            change = [JobItemChange(one.id, self.outcome(chunk), None, "", one.psa_id, None) for one in items]
            self.services.jobs.settle_items(change)
            return ChunkReport(0, None)

        return run

    def run(self, job_id: JobId, chunk: int, *, redelivered: bool = False) -> None:
        """Let a worker do what a message names."""
        work_chunk(self.services, job_id, chunk, runner_of=lambda _: self.runner(), redelivered=redelivered)

    def deliver(self, *, times: int = 1) -> None:
        """Take the first message that is due; a worker that dies leaves it to come again."""
        waiting = sorted(self.world.queue, key=lambda message: message[0])
        if not waiting or waiting[0][0] > self.world.now:
            return
        due = waiting[0]
        self.world.queue.remove(due)
        came_before = due in self.dead
        for _ in range(times):
            try:
                self.run(due[1], due[2], redelivered=came_before)
            except WorkerDied:
                self.dead.append((self.world.now + 30, due[1], due[2]))
                self.world.queue.append(self.dead[-1])

    def drain(self, *, times: int = 1, most: int = 10_000) -> None:
        """Deliver until the queue is empty, letting time pass for what waits."""
        while self.world.queue:
            most -= 1
            assert most, "the queue does not become empty"
            self.world.advance(max(0.0, min(message[0] for message in self.world.queue) - self.world.now))
            self.deliver(times=times)

    def timer(self) -> Reopened:
        """Run the timer."""
        return reopen_unsettled(self.services)

    def sent(self) -> int:
        """How many messages were put into the queue so far."""
        return self.world.faults.calls.count("queue.send")

    def chunks_done(self, job_id: JobId) -> list[int]:
        """The chunks of a job in the order in which they were worked on."""
        return [chunk for of_job, chunk in self.done if of_job == job_id]

    def pending(self, job_id: JobId) -> list[int]:
        """Chunks that still wait."""
        return [item.chunk for item in self.world.items_of(job_id) if item.outcome is ItemOutcome.PENDING]

    def in_queue(self) -> Counter[tuple[JobId, int]]:
        """How often each chunk stands in the queue."""
        return Counter((job_id, chunk) for _, job_id, chunk in self.world.queue)

    def heal(self) -> None:
        """From here on nobody dies."""
        self.world.faults = Faults(calls=self.world.faults.calls)
