"""`$select`, `$filter` and `$expand` on definitions (dataverse.md 12): no paging, `MetadataId` always comes back."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from emulators.dataverse.errors import DataverseError, query_syntax
from emulators.dataverse.odata.operands import OPERATOR_KINDS
from emulators.dataverse.odata.options import split_outside
from emulators.dataverse.odata.parser import parse_filter
from emulators.dataverse.odata.syntax import Call, Comparison, Literal, Logical, Negation, Node, Property

Document = dict[str, Any]
Expander = Callable[[str, Document], Any]
_OPTIONS: Final = frozenset({"$select", "$filter", "$expand", "$count"})
_ENUMS: Final = frozenset(
    {"OwnershipType", "AttributeType", "RelationshipType", "EntityKeyIndexStatus", "OptionSetType", "SecurityTypes"}
)
_ALWAYS: Final = ("@odata.type", "MetadataId")


class DefinitionQuery:
    """One query on definitions of the class `type_name`; `known` names the properties that may be chosen."""

    def __init__(
        self, type_name: str, known: frozenset[str], options: Mapping[str, str], aliases: Mapping[str, str]
    ) -> None:
        for name in options:
            if name not in _OPTIONS:
                raise query_syntax(f"The query parameter {name} is not supported.")
        self._type_name = type_name
        self._known = known
        self._select = self._selected(options.get("$select"))
        self._expand = [_expansion(part) for part in split_outside(options.get("$expand", ""), ",") if part]
        self._filter = parse_filter(options["$filter"], aliases) if "$filter" in options else None
        self._count = options.get("$count") == "true"

    def answer(self, documents: list[Document], expander: Expander) -> Document:
        """Return `value` with all matching definitions, and their number if asked for."""
        found = [self.shown(document, expander) for document in documents if self.matches(document)]
        return ({"@odata.count": len(found)} if self._count else {}) | {"value": found}

    def matches(self, document: Document) -> bool:
        """Tell whether a definition passes the filter."""
        return self._filter is None or self._truth(self._filter, document)

    def shown(self, document: Document, expander: Expander) -> Document:
        """Return the chosen properties and expansions of a definition."""
        shown = document
        if self._select is not None:
            shown = {name: value for name, value in document.items() if name in self._select or name in _ALWAYS}
        for name, options in self._expand:
            shown = {**shown, name: _narrowed(expander(name, document), options)}
        return shown

    def context(self) -> str:
        """Return the column list of `@odata.context`."""
        names = [*(self._select or ()), *(f"{name}()" for name, _ in self._expand)]
        return f"({','.join(names)})" if names else ""

    def _selected(self, text: str | None) -> list[str] | None:
        if text is None:
            return None
        names = [name.strip() for name in text.split(",") if name.strip()]
        for name in names:
            self._check(name)
        return names

    def _check(self, name: str) -> None:
        if name not in self._known:
            raise DataverseError(
                400,
                "0x0",
                f"Could not find a property named '{name}' on type 'Microsoft.Dynamics.CRM.{self._type_name}'.",
            )

    def _truth(self, node: Node, document: Document) -> bool:
        match node:
            case Logical(operator="and"):
                return all(self._truth(operand, document) for operand in node.operands)
            case Logical():
                return any(self._truth(operand, document) for operand in node.operands)
            case Negation():
                return not self._truth(node.operand, document)
            case Comparison(left=Property() as left, right=Literal() as right):
                return self._compared(node.operator, left, right, document)
            case Property():
                return self._value(node, document) is True
            case Call():
                raise query_syntax(f'The "{node.name}" function isn\'t supported for Metadata Entities.')
        raise query_syntax("This expression isn't supported for Metadata Entities.")

    def _compared(self, operator: str, left: Property, right: Literal, document: Document) -> bool:
        if operator not in ("eq", "ne"):
            raise query_syntax(f'The operator "{operator}" isn\'t supported for Metadata Entities.')
        if left.path[0] in _ENUMS and right.kind not in ("enum", "null"):
            raise query_syntax(
                "A binary operator with incompatible types was detected. Found operand types "
                f"'Microsoft.Dynamics.CRM.{left.path[0]}' and 'Edm.String' for operator kind "
                f"'{OPERATOR_KINDS[operator]}'."
            )
        equal = self._value(left, document) == right.value
        return equal if operator == "eq" else not equal

    def _value(self, node: Property, document: Document) -> Any:
        self._check(node.path[0])
        value: Any = document
        for name in node.path:
            value = value.get(name) if isinstance(value, dict) else None
        return value


def _expansion(text: str) -> tuple[str, dict[str, str]]:
    name, _, inner = text.partition("(")
    options = {}
    for part in split_outside(inner[:-1], ";"):
        if part:
            option, _, value = part.partition("=")
            options[option.strip()] = value.strip()
    return name.strip(), options


def _narrowed(value: Any, options: Mapping[str, str]) -> Any:
    if not options:
        return value
    documents = value if isinstance(value, list) else [value]
    known = frozenset(name for document in documents if document for name in document)
    query = DefinitionQuery("metadata", known, options, {})
    if isinstance(value, list):
        return [query.shown(document, _no_expansion) for document in value if query.matches(document)]
    return None if value is None else query.shown(value, _no_expansion)


def _no_expansion(name: str, document: Document) -> Any:
    del document
    raise query_syntax(f"The expansion '{name}' inside an expansion isn't supported for Metadata Entities.")
