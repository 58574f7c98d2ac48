"""Expressions of `$filter`, `$orderby` and `$apply` after parsing."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant; `kind` is null, string, number, boolean, guid, date, datetime, list or enum."""

    kind: str
    value: Any


@dataclass(frozen=True, slots=True)
class Property:
    """A column, or a path over navigation properties to one."""

    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """`left operator right` with eq, ne, gt, ge, lt or le."""

    operator: str
    left: "Node"
    right: "Node"


@dataclass(frozen=True, slots=True)
class Logical:
    """Two or more operands joined by `and` or by `or`."""

    operator: str
    operands: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Negation:
    """`not operand`."""

    operand: "Node"


@dataclass(frozen=True, slots=True)
class Call:
    """A standard function such as `contains(name,'x')`."""

    name: str
    arguments: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class QueryFunction:
    """A function of the Microsoft.Dynamics.CRM namespace with named arguments."""

    name: str
    arguments: dict[str, Literal]


@dataclass(frozen=True, slots=True)
class Lambda:
    """`path/any(variable:body)` or `all`; `body` None asks whether there are rows at all."""

    path: tuple[str, ...]
    quantifier: str
    variable: str
    body: "Node | None"


Node = Literal | Property | Comparison | Logical | Negation | Call | QueryFunction | Lambda
