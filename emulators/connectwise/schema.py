"""Models of the OpenAPI slice: which members an object has and what each may hold."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any

_SLICE = Path(__file__).with_name("openapi.json")

# Members that only the models of 2025 have (connectwise.md 1, drift table).
_SINCE_2025 = {
    "Agreement": ("invoiceProratedAdditionsFlag", "shipToCompany", "shipToContact", "shipToSite"),
    "CatalogItem": (
        "agreementType",
        "billableOption",
        "markupFlag",
        "markupPercentage",
        "autoUpdateUnitCostFlag",
        "autoUpdateUnitPriceFlag",
        "connectWiseID",
    ),
}
CURRENT_VERSION = (2025, 1)


class Kind(Enum):
    """What a member holds."""

    INTEGER = "System.Int32"
    NUMBER = "System.Double"
    BOOLEAN = "System.Boolean"
    TEXT = "System.String"
    TIME = "System.DateTime"
    ENUM = "System.Enum"
    ANY = "System.Object"
    REFERENCE = "reference"
    OBJECTS = "array of objects"
    SCALARS = "array of scalars"
    INFO = "_info"


@dataclass(frozen=True, slots=True)
class Member:
    """One member of a model; `max_length` is the portable cap in UTF-16 code units (connectwise.md 9)."""

    name: str
    kind: Kind
    nullable: bool
    max_length: int | None = None
    choices: tuple[str, ...] = ()
    computed: bool = False
    observed_only: bool = False
    model: str = ""
    element: Kind | None = None
    since: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class Model:
    """One object type of the API."""

    name: str
    members: Mapping[str, Member]
    required: tuple[str, ...]
    folded: Mapping[str, Member] = field(default_factory=dict)


@cache
def api_slice() -> dict[str, Any]:
    """Return the reconstructed OpenAPI slice."""
    document: dict[str, Any] = json.loads(_SLICE.read_bytes())
    return document


@cache
def model(name: str) -> Model:
    """Return the model `name` of the slice; names are matched exactly."""
    source = api_slice()["components"]["schemas"][name]
    recent = _SINCE_2025.get(name, ())
    members = {
        key: _member(key, value, CURRENT_VERSION if key in recent else (0, 0))
        for key, value in source.get("properties", {}).items()
    }
    required = (*source.get("required", ()), *source.get("x-enforced-required", ()))
    return Model(name, members, required, {key.lower(): member for key, member in members.items()})


def _member(name: str, source: Mapping[str, Any], since: tuple[int, int]) -> Member:
    element, target = None, ""
    kind = _kind(name, source)
    if kind is Kind.REFERENCE:
        target = source["$ref"].rsplit("/", 1)[1]
    elif kind is Kind.OBJECTS:
        target = source["items"]["$ref"].rsplit("/", 1)[1]
    elif kind is Kind.SCALARS:
        element = Kind.INTEGER if source["items"]["type"] == "integer" else Kind.TEXT
    value_type = kind in (Kind.INTEGER, Kind.NUMBER, Kind.BOOLEAN)
    return Member(
        name=name,
        kind=kind,
        nullable=source.get("nullable", not value_type),
        max_length=source.get("x-portable-max-length", source.get("maxLength")),
        choices=tuple(source.get("enum", ())),
        computed=source.get("x-computed", False),
        observed_only=source.get("x-observed-only", False),
        model=target,
        element=element,
        since=since,
    )


def _kind(name: str, source: Mapping[str, Any]) -> Kind:
    if name == "_info":
        return Kind.INFO
    if "$ref" in source:
        return Kind.REFERENCE
    match source.get("type"):
        case "integer":
            return Kind.INTEGER
        case "number":
            return Kind.NUMBER
        case "boolean":
            return Kind.BOOLEAN
        case "array":
            return Kind.OBJECTS if "$ref" in source["items"] else Kind.SCALARS
        case "string" if "enum" in source:
            return Kind.ENUM
        case "string" if source.get("format") == "date-time":
            return Kind.TIME
        case "string":
            return Kind.TEXT
        case _:
            return Kind.ANY
