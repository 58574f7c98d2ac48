"""Routes of HTTP functions: by name, the first match wins (functions.md 4.4)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self
from urllib.parse import unquote

from emulators.functions_host.loading import LoadedFunction
from emulators.functions_host.refusal import StartRefused

_CONSTRAINTS = {
    "int": r"[+-]?\d+",
    "long": r"[+-]?\d+",
    "decimal": r"[+-]?\d+(?:\.\d+)?",
    "double": r"[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?",
    "float": r"[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?",
    "bool": r"true|false",
    "alpha": r"[a-z]+",
    "guid": r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
}
_PARAMETER = re.compile(r"\{(\*{0,2})([A-Za-z_][\w-]*)(?::([a-z]+))?(\?)?\}")


@dataclass(frozen=True, slots=True)
class Route:
    """One HTTP function with its pattern; `methods` None takes all."""

    function: LoadedFunction
    pattern: re.Pattern[str]
    names: tuple[str, ...]
    methods: frozenset[str] | None

    @classmethod
    def of(cls, function: LoadedFunction, prefix: str) -> Self:
        """Compile the route of a function; raises StartRefused for a template that is not emulated."""
        trigger = function.trigger
        template = (trigger.route or function.name).strip("/")
        segments = [part for part in f"{prefix}/{template}".split("/") if part]
        names: list[str] = []
        pattern = "".join(_segment(function.name, segment, names) for segment in segments)
        methods = frozenset(str(method).upper() for method in trigger.methods) if trigger.methods else None
        return cls(function, re.compile(pattern + "/?", re.IGNORECASE), tuple(names), methods)

    def match(self, method: str, path: str) -> dict[str, str] | None:
        """Return the route parameters when the request is meant."""
        if self.methods is not None and method not in self.methods:
            return None
        found = self.pattern.fullmatch(path)
        if found is None:
            return None
        groups = found.groups()
        return {name: value for name, value in zip(self.names, groups, strict=True) if value is not None}


def routes_of(functions: Sequence[LoadedFunction], prefix: str) -> list[Route]:
    """Return the routes of all HTTP functions in the order in which the host tries them."""
    http = [function for function in functions if function.trigger_type == "httpTrigger"]
    return [Route.of(function, prefix) for function in sorted(http, key=lambda function: function.name.lower())]


def decoded_path(raw_path: bytes) -> str:
    """Return a path percent-decoded, but for slashes, which stay encoded as in ASP.NET."""
    text = raw_path.decode("ascii", "replace")
    return unquote(re.sub("%2f", "%252F", text, flags=re.IGNORECASE)) if "%" in text else text


def _segment(function_name: str, segment: str, names: list[str]) -> str:
    pattern, position, optional = "", 0, False
    for match in _PARAMETER.finditer(segment):
        stars, name, constraint, question = match.groups()
        if constraint is not None and constraint not in _CONSTRAINTS:
            raise _refused(function_name, segment)
        names.append(name)
        if stars:
            if match.group() != segment:
                raise _refused(function_name, segment)
            return "(?:/(.*))?"
        pattern += re.escape(segment[position : match.start()]) + f"({_CONSTRAINTS.get(constraint or '', '[^/]+')})"
        position = match.end()
        optional = bool(question)
    rest = segment[position:]
    if "{" in rest or "}" in rest or (optional and rest):
        raise _refused(function_name, segment)
    pattern += re.escape(rest)
    return f"(?:/{pattern})?" if optional else f"/{pattern}"


def _refused(function_name: str, segment: str) -> StartRefused:
    return StartRefused(f"the route of the function {function_name} has {segment!r}, which is not emulated")
