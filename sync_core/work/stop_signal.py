"""What parallel work of one chunk tells each other: send nothing more, and why."""

from dataclasses import dataclass, field
from threading import Lock

from sync_core.errors import ConfigurationFault, SyncError, TransientFault


@dataclass(slots=True)
class StopSignal:
    """Tells all threads of a chunk to send nothing more, and why."""

    fault: ConfigurationFault | None = None
    pause: TransientFault | None = None
    _lock: Lock = field(default_factory=Lock)

    @property
    def reason(self) -> SyncError | None:
        """What stopped the run; a configuration fault weighs more than a pause."""
        return self.fault or self.pause

    def raise_flag(self, error: SyncError) -> None:
        """Remember the first reason of each sort."""
        with self._lock:
            if isinstance(error, ConfigurationFault):
                self.fault = self.fault or error
            elif isinstance(error, TransientFault):
                self.pause = self.pause or error
