"""What goes wrong in a made-up world: workers that die, freeze while others act, or get their messages twice."""

from collections.abc import Callable
from dataclasses import dataclass, field

from hypothesis import strategies as st

from sync_core.work.reopen import reopen_unsettled
from sync_core.work.services import WorkServices
from tests.fakes import Fate, WorkerDied, World


@dataclass(frozen=True)
class Event:
    """What happens at one call of a port: a fate of the worker, or a freeze in which others act."""

    fate: Fate = "go"
    seconds: float = 0.0
    others: tuple[str, ...] = ()


@dataclass
class Chaos:
    """Plays the events at their calls, each once; `save` presses Save again under a key."""

    world: World
    events: dict[int, Event]
    services: Callable[[], WorkServices]
    deliver: Callable[[], None]
    save: Callable[[str], object]
    advance: Callable[[float], None]
    saves: int = field(default=0)

    def at(self, number: int, name: str) -> Fate:
        """Decide about one call."""
        event = self.events.pop(number, None)
        if event is None:
            return "go"
        self.advance(event.seconds)
        for other in event.others:
            self.act(other)
        return event.fate

    def act(self, what: str) -> None:
        """Let somebody else do something in the meantime; it may die of an event of its own."""
        try:
            if what == "deliver":
                self.deliver()
            elif what == "timer":
                reopen_unsettled(self.services())
            elif what == "redeliver":
                self.world.queue.extend((self.world.now, job_id, 0) for job_id in self.world.jobs)
                self.deliver()
            else:
                self.saves += 1
                self.save("key-1" if what == "same_save" else f"key-{self.saves + 1}")
        except WorkerDied:
            return


_OTHERS = st.lists(st.sampled_from(["deliver", "timer", "redeliver", "same_save", "other_save"]), max_size=3).map(tuple)
EVENTS = st.dictionaries(
    st.integers(0, 120),
    st.builds(
        Event,
        fate=st.sampled_from(["go", "go", "die_before", "die_after", "die_halfway"]),
        seconds=st.sampled_from([0.0, 0.5, 1.0, 19.0, 21.0, 37.0, 39.0, 59.0, 61.0, 200.0]),
        others=_OTHERS,
    ),
    max_size=6,
)
"""For a lease of 60 s and a T of 20 s."""
