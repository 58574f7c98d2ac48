"""Which webhook steps listen to which events (dataverse.md 14)."""

from dataclasses import dataclass
from typing import Final

from emulators.dataverse.environment import Environment
from emulators.dataverse.events import Event
from emulators.dataverse.model import Table
from emulators.dataverse.rows import Row

_WEBHOOK: Final = 8
_SYNCHRONOUS: Final = 0
_SOURCES: Final = (
    "sdkmessageprocessingstep", "sdkmessageprocessingstepimage", "sdkmessage", "sdkmessagefilter", "serviceendpoint",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Image:
    """A copy of the row before or after, under an alias; no attributes means all."""

    alias: str
    before: bool
    after: bool
    attributes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Step:
    """One enabled webhook step; `filtering` empty means that every update counts."""

    step_id: str
    name: str
    message: str
    table: str | None
    synchronous: bool
    stage: int
    rank: int
    filtering: frozenset[str]
    keeps_succeeded: bool
    endpoint: Row
    images: tuple[Image, ...]

    def hears(self, event: Event) -> bool:
        """Tell whether an event reaches this step."""
        if event.message != self.message:
            return False
        name = None if event.table is None else event.table.logical_name
        if self.table is not None and self.table != name:
            return False
        return event.message != "Update" or not self.filtering or bool(self.filtering & set(event.given))


class StepRegistry:
    """The enabled steps, read again when one of their tables changes."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._signature: tuple[int, ...] = ()
        self._steps: list[Step] = []

    def steps(self) -> list[Step]:
        """Return all enabled webhook steps by rank."""
        signature = tuple(self._environment.store.rows(self._table(name)).changes for name in _SOURCES)
        if signature != self._signature:
            self._signature = signature
            rows = self._environment.store.rows(self._table("sdkmessageprocessingstep")).by_id.values()
            found = [step for row in rows if (step := self._step(row)) is not None]
            self._steps = sorted(found, key=lambda step: (step.stage, step.rank))
        return self._steps

    def _table(self, name: str) -> Table:
        return self._environment.table(name)

    def _step(self, row: Row) -> Step | None:
        endpoint = self._linked("serviceendpoint", row.get("eventhandler"))
        message = self._linked("sdkmessage", row.get("sdkmessageid"))
        if row.get("statecode") or endpoint is None or endpoint.get("contract") != _WEBHOOK or message is None:
            return None
        event_filter = self._linked("sdkmessagefilter", row.get("sdkmessagefilterid")) or {}
        table = event_filter.get("primaryobjecttypecode")
        step_id = row["sdkmessageprocessingstepid"]
        return Step(
            step_id=step_id,
            name=row.get("name") or "",
            message=message["name"],
            table=None if table == "none" else table,
            synchronous=row.get("mode") == _SYNCHRONOUS,
            stage=row.get("stage") or 0,
            rank=row.get("rank") or 0,
            filtering=_names(row.get("filteringattributes")),
            keeps_succeeded=not row.get("asyncautodelete"),
            endpoint=endpoint,
            images=tuple(self._images(step_id)),
        )

    def _images(self, step_id: str) -> list[Image]:
        rows = self._environment.store.rows(self._table("sdkmessageprocessingstepimage"))
        found = [rows.by_id[i] for i in rows.with_value(rows.table.columns["sdkmessageprocessingstepid"], step_id)]
        return [
            Image(
                alias=row.get("entityalias") or row.get("name") or "",
                before=row.get("imagetype") in (0, 2),
                after=row.get("imagetype") in (1, 2),
                attributes=_names(row.get("attributes")),
            )
            for row in found
        ]

    def _linked(self, table: str, row_id: str | None) -> Row | None:
        return None if row_id is None else self._environment.store.rows(self._table(table)).by_id.get(row_id)


def _names(text: str | None) -> frozenset[str]:
    return frozenset(name.strip() for name in (text or "").split(",") if name.strip())
