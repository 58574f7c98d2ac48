"""Rules of security that one can read off the code, and the threat model's word for what is tested."""

import ast
import re
from collections.abc import Iterator
from re import _constants as kinds  # the only view of a compiled pattern that there is
from re import _parser as parser
from typing import Any

from tests.architecture.documents import document
from tests.architecture.source import Source, shipped, sources, sources_in

LOG_TABLE = "psasync_logentr"
MAY_NAME_THE_LOG = {"dataverse.psasync.log_rows"}

SEPARATED_REPEATS = {
    "connectwise.conditions": "each repeat starts with a slash, which the name before it cannot hold",
}
"""Modules with a repeat inside a repeat, and why matching stays linear."""


def _texts(source: Source) -> list[str]:
    """Every text of the code but its docstrings."""
    docstrings = {id(node.value) for node in ast.walk(source.tree) if isinstance(node, ast.Expr)}
    return [
        node.value
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings
    ]


def test_the_app_only_appends_to_the_audit_log() -> None:
    """One module knows the table, and in it nothing changes or deletes a row."""
    naming = [source for source in shipped() if any(LOG_TABLE in text for text in _texts(source))]

    assert {source.module for source in naming} == MAY_NAME_THE_LOG
    for source in naming:
        texts = set(_texts(source))
        assert "POST" in texts
        assert not texts & {"PATCH", "PUT", "DELETE"}
        assert not [text for text in texts if re.search("(Update|Upsert|Delete)(Multiple)?$", text)]


def test_nobody_else_takes_the_name_of_the_log_to_write_to_it() -> None:
    importing = {
        source.module
        for source in shipped()
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ImportFrom) and node.module == "dataverse.psasync.log_rows"
        for name in node.names
        if name.name == "ENTRIES"
    }

    assert importing == {"dataverse.psasync.audit"}
    [reader] = sources_in("dataverse.psasync.audit")
    assert not set(_texts(reader)) & {"POST", "PATCH", "PUT", "DELETE"}


def _patterns(source: Source) -> Iterator[str]:
    """Yield the first argument of every call of `re` and every `pattern=`."""
    for node in ast.walk(source.tree):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="re")), args=[ast.Constant(value=str(pattern)), *_]):
                yield pattern
            case ast.keyword(arg="pattern", value=ast.Constant(value=str(pattern))):
                yield pattern


def _repeats_a_repeat(parsed: Any, *, inside: bool = False) -> bool:
    """Tell whether something unbounded lies in something unbounded (`(a+)+`), where matching can take for ever."""
    if not isinstance(parsed, parser.SubPattern | list | tuple):
        return False
    if isinstance(parsed, tuple) and parsed and parsed[0] in {kinds.MAX_REPEAT, kinds.MIN_REPEAT}:
        _, (_, most, body) = parsed
        unbounded = most is kinds.MAXREPEAT
        return (unbounded and inside) or _repeats_a_repeat(body, inside=inside or unbounded)
    return any(_repeats_a_repeat(part, inside=inside) for part in parsed)


def test_no_pattern_can_be_made_to_run_for_ever() -> None:
    assert _repeats_a_repeat(parser.parse("(a+)+b"))
    assert _repeats_a_repeat(parser.parse("(x|(?:a*))*"))
    assert not _repeats_a_repeat(parser.parse("[a-z]+(b{1,3})*"))

    found = [(source.module, pattern) for source in shipped() for pattern in _patterns(source)]
    assert len(found) > 10
    assert {module for module, pattern in found if _repeats_a_repeat(parser.parse(pattern))} == set(SEPARATED_REPEATS)


def test_every_test_that_the_threat_model_names_exists() -> None:
    named = set(re.findall(r"`(test_\w+)`", document("docs/security.md").text))
    existing = {
        node.name
        for source in sources()
        if source.within("tests")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }

    assert len(named) > 40
    assert named - existing == set()


def test_every_threat_of_the_model_has_a_control_and_a_test() -> None:
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in document("docs/security.md").text.splitlines()
        if re.match(r"^\| [STRIDE]\d+ \|", line)
    ]

    assert {row[0][0] for row in rows} == set("STRIDE")
    assert len({row[0] for row in rows}) == len(rows)
    assert [
        row[0] for row in rows if len(row) != 4 or not row[2] or ("`test_" not in row[3] and "operator" not in row[3])
    ] == []
