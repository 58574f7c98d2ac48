"""One collection with everything a request needs: table, rules, names, ways to show a row."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from emulators.connectwise.conditions.names import Names
from emulators.connectwise.conditions.patterns import equals
from emulators.connectwise.conditions.syntax import Comparison, parse
from emulators.connectwise.desk import Desk
from emulators.connectwise.render import Renderer, Selection
from emulators.connectwise.resources import COMPANIES, COMPANY_TYPES, TYPE_ASSOCIATIONS, Collection
from emulators.connectwise.rows import Row
from emulators.connectwise.rules import RULES
from emulators.connectwise.rules.base import Rules
from emulators.connectwise.schema import CURRENT_VERSION, Model


class Resource:
    """A collection of one emulator."""

    def __init__(self, desk: Desk, collection: Collection) -> None:
        self.collection = collection
        self.desk = desk
        self.table = desk.store[collection.path]
        self.rules = RULES.get(collection.path, Rules)(desk, collection.path)
        self._renderers: dict[str, Renderer] = {}
        self._names: dict[bool, Names] = {}

    @property
    def names(self) -> Names:
        """Names that filters may use, by the switch for open questions."""
        open_questions = self.desk.switches.board.search_unknown_names
        names = self._names.get(open_questions)
        if names is None:
            names = Names(self.table, self.desk.references, self.rules, open_questions=open_questions)
            self._names[open_questions] = names
        return names

    def show(
        self,
        row: Row,
        model: Model | None = None,
        selection: Selection | None = None,
        version: tuple[int, int] = CURRENT_VERSION,
        *,
        extra: bool = False,
    ) -> dict[str, Any]:
        """Return a row as an answer holds it."""
        return self._renderer(model or self.collection.model).show(row, selection, version, extra=extra)

    def arrays(self, row: Row, name: str) -> list[Mapping[str, Any]]:
        """Return the elements of an array member of a row, for filters on them."""
        return self._renderer(self.collection.model).member(name)(row) or []

    def child_matches(self, text: str) -> Sequence[int] | None:
        """Return the companies that match `types/id = n` or `types/name = "x"`; None for other filters."""
        expression = parse(text)
        if self.collection.path != COMPANIES or not isinstance(expression, Comparison) or expression.op != "=":
            return None
        match expression.path.lower(), expression.value:
            case "types/id", Decimal() as number:
                type_ids = [int(number)]
            case "types/name", str() as wanted:
                types = self.desk.store[COMPANY_TYPES]
                test = equals(wanted)
                type_ids = [type_id for type_id in types.ids if test(types.value(types.rows[type_id], "name"))]
            case _:
                return None
        associations = self.desk.store[TYPE_ASSOCIATIONS]
        position = associations.at["company"]
        of_type = associations.indexes["type"]
        return sorted({associations.rows[row_id][position] for type_id in type_ids for row_id in of_type.find(type_id)})

    def build_orders(self) -> None:
        """Build the order indexes of the columns by which large lists are usually sorted."""
        for name in self.collection.sorted_by:
            self.table.order(name.lower(), self.names.find(name).read)

    def under(self, parent_id: int | None) -> Sequence[int] | None:
        """Return the ids under a parent, None for a collection without one in the path."""
        return None if parent_id is None else self.table.children(parent_id)

    def _renderer(self, model: Model) -> Renderer:
        renderer = self._renderers.get(model.name)
        if renderer is None:
            renderer = Renderer(self.desk.store, self.desk.references, self.table, model, self.rules)
            self._renderers[model.name] = renderer
        return renderer
