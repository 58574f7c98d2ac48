"""Typed operands of comparisons: columns and constants in one comparable form."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from emulators.dataverse.errors import query_syntax
from emulators.dataverse.model import TEXT_TYPES, Column, ColumnType
from emulators.dataverse.odata.syntax import Literal
from emulators.dataverse.rows import Row
from emulators.dataverse.values import GUID, edm_type, moment_text

Getter = Callable[[Row], Any]
OPERATOR_KINDS: Final = {
    "eq": "Equal",
    "ne": "NotEqual",
    "gt": "GreaterThan",
    "ge": "GreaterThanOrEqual",
    "lt": "LessThan",
    "le": "LessThanOrEqual",
}
_LITERAL_EDM: Final = {
    "string": "Edm.String",
    "boolean": "Edm.Boolean",
    "guid": "Edm.Guid",
    "date": "Edm.Date",
    "datetime": "Edm.DateTimeOffset",
}


@dataclass(frozen=True, slots=True)
class Operand:
    """A side of a comparison: how to get its value, its kind and its OData type."""

    kind: str
    edm: str
    get: Getter
    literal: Literal | None = None


def kind_of(column: Column) -> str:
    """Return how values of a column compare."""
    match column.type:
        case ColumnType.BOOLEAN:
            return "boolean"
        case ColumnType.DATE_TIME:
            return "date" if column.date_only else "datetime"
        case ColumnType.UNIQUE_IDENTIFIER | ColumnType.LOOKUP | ColumnType.CUSTOMER | ColumnType.OWNER:
            return "guid"
        case ColumnType.MULTI_SELECT:
            return "string"
        case _:
            return "string" if column.type in TEXT_TYPES else "number"


def column_operand(column: Column, get: Getter) -> Operand:
    """Return a column as an operand; text is folded."""
    kind = kind_of(column)
    return Operand(kind, edm_type(column), folding(get) if kind == "string" else get)


def literal_operand(literal: Literal) -> Operand:
    """Return a constant as an operand."""
    value = comparable(literal)
    edm = _LITERAL_EDM.get(literal.kind)
    if edm is None:
        edm = "Edm.Int32" if isinstance(literal.value, int) else "Edm.Decimal"
    return Operand(literal.kind, edm, lambda _row: value, literal)


def folding(get: Getter) -> Getter:
    """Return a getter of text without letter case."""

    def folded(row: Row) -> Any:
        value = get(row)
        return None if value is None else value.casefold()

    return folded


def comparable(literal: Literal) -> Any:
    """Return a constant in the form that rows keep; raises 400 for a date that does not exist."""
    if literal.kind == "string":
        return literal.value.casefold()
    if literal.kind in ("date", "datetime"):
        text = moment_text(literal.value)
        if text is None:
            raise query_syntax(f"Unrecognized 'Edm.String' literal '{literal.value}'.")
        return text[:10] if literal.kind == "date" else text
    return literal.value


def agreed(operator: str, left: Operand, right: Operand) -> tuple[Operand, Operand]:
    """Return both sides in one kind; raises 400 when the types cannot be compared."""
    if left.kind == right.kind or "null" in (left.kind, right.kind):
        return left, right
    left, right = _promoted(left, right), _promoted(right, left)
    if left.kind != right.kind:
        raise query_syntax(
            "A binary operator with incompatible types was detected. Found operand types "
            f"'{left.edm}' and '{right.edm}' for operator kind '{OPERATOR_KINDS[operator]}'."
        )
    return left, right


def _promoted(side: Operand, other: Operand) -> Operand:
    literal = side.literal
    if literal is None:
        return side
    if literal.kind == "date" and other.kind == "datetime":
        return literal_operand(Literal("datetime", literal.value))
    if literal.kind == "string" and other.kind == "guid" and GUID.fullmatch(literal.value):
        return literal_operand(Literal("guid", literal.value.lower()))  # one documented example quotes ids
    return side


def like(value: str, *, before: bool, after: bool) -> Callable[[str], bool]:
    """Return the test of `contains`, `startswith` or `endswith`; `% _ [] [^]` are SQL wildcards (dataverse.md 4)."""
    if not re.search(r"[%_\[]", value):
        return _plain_like(value, before=before, after=after)
    pattern = _wildcards(value)
    expression = re.compile(f"{'.*' if before else ''}{pattern}{'.*' if after else ''}", re.DOTALL)
    return lambda text: expression.fullmatch(text) is not None


def _plain_like(value: str, *, before: bool, after: bool) -> Callable[[str], bool]:
    if before and after:
        return lambda text: value in text
    return (lambda text: text.endswith(value)) if before else (lambda text: text.startswith(value))


def _wildcards(value: str) -> str:
    parts: list[str] = []
    position = 0
    for match in re.finditer(r"%|_|\[(\^?)([^\]]+)\]", value):
        parts.append(re.escape(value[position : match.start()]))
        position = match.end()
        if match[0] == "%":
            parts.append(".*")
        elif match[0] == "_":
            parts.append(".")
        else:
            members = re.sub(r"[\\\[\]^]|(?<=^)-|-(?=$)", r"\\\g<0>", match[2])
            parts.append(f"[{match[1]}{members}]")
    parts.append(re.escape(value[position:]))
    return "".join(parts)
