"""The filter engine against a slow evaluation that shares nothing with it."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.emulator.connectwise.harness import Tenant

pytestmark = pytest.mark.emulator

COMPANIES = "/company/companies"
WORDS = ["", "Ab", "aB c", "b%", "[x]", 'q"q', "o'o", "back\\slash", "Zürich", "a_b*"]
STATUSES = {1: "Active", 2: "Inactive", 3: "Credit Hold"}
Row = dict[str, Any]
Test = Callable[[Row], bool]


def rows() -> list[Row]:
    """Sixty companies over a small set of values, so that random filters match some."""
    return [
        {
            "id": number,
            "identifier": f"{WORDS[number % 10]}{number}"[:25],
            "name": WORDS[number % 10] + WORDS[number % 7],
            "city": WORDS[number % 9] or None,
            "numberOfEmployees": number % 5 or None,
            "leadFlag": number % 2 == 0,
            "status": None if number % 4 == 3 else {"id": 1 + number % 3},
            "dateAcquired": None if number % 6 == 0 else f"2025-07-{1 + number % 28:02}T00:00:00Z",
        }
        for number in range(1, 61)
    ]


ROWS = rows()
TENANT = Tenant(seed={COMPANIES: [{name: value for name, value in row.items() if value is not None} for row in ROWS]})


def quoted(text: str) -> str:
    """Quote a text as the reference recommends: double quotes and backslash escapes."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def read(row: Row, path: str) -> Any:
    """Read a member as the documents describe it."""
    if path == "status/id":
        return (row["status"] or {}).get("id")
    if path == "status/name":
        return STATUSES.get((row["status"] or {}).get("id", 0))
    return row[path]


def wildcard(pattern: str, value: str) -> bool:
    """Match a like pattern without brackets by a plain translation."""
    parts = [re.escape(part) for part in re.split(r"[*%]", pattern.lower())]
    return re.fullmatch(".*".join(parts), value.lower(), re.DOTALL) is not None


COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}


def folded(value: Any) -> Any:
    """Letter case does not count."""
    return value.lower() if isinstance(value, str) else value


def comparison(path: str, operator: str, literal: str, wanted: Any) -> tuple[str, Test]:
    """Return text and meaning of one comparison; null matches nothing."""

    def holds(row: Row) -> bool:
        value = read(row, path)
        return value is not None and COMPARE[operator](folded(value), folded(wanted))

    return f"{path} {operator} {literal}", holds


def text_test(path: str, negated: bool, operator: str, wanted: str) -> tuple[str, Test]:
    """Return text and meaning of contains and like."""

    def holds(row: Row) -> bool:
        value = read(row, path)
        if value is None:
            return False
        found = wildcard(wanted, value) if operator == "like" else wanted.lower() in value.lower()
        return found is not negated

    return f"{path} {'not ' if negated else ''}{operator} {quoted(wanted)}", holds


def membership(path: str, negated: bool, values: list[int]) -> tuple[str, Test]:
    """Return text and meaning of in."""

    def holds(row: Row) -> bool:
        value = read(row, path)
        return value is not None and (value in values) is not negated

    return f"{path} {'not ' if negated else ''}in ({','.join(map(str, values))})", holds


def null_test(path: str, negated: bool) -> tuple[str, Test]:
    """Return text and meaning of a comparison with null."""
    return f"{path} {'!=' if negated else '='} null", lambda row: (read(row, path) is None) is not negated


plain_words = st.sampled_from([word for word in WORDS if "[" not in word])
operators = st.sampled_from(sorted(COMPARE))
texts = st.sampled_from(["name", "city", "status/name"])
patterned = st.sampled_from(["name", "identifier", "city"])
integers = st.sampled_from(["id", "numberOfEmployees", "status/id"])
nullable = st.sampled_from(["city", "status", "status/name", "dateAcquired"])
lists = st.lists(st.integers(0, 65), min_size=1, max_size=5)
leaves = st.one_of(
    st.builds(lambda p, o, v: comparison(p, o, quoted(v), v), texts, operators, plain_words),
    st.builds(lambda p, o, v: comparison(p, o, str(v), v), integers, operators, st.integers(-2, 70)),
    st.builds(lambda v, n: comparison("leadFlag", "!=" if n else "=", str(v), v), st.booleans(), st.booleans()),
    st.builds(
        lambda o, d: comparison("dateAcquired", o, f"[2025-07-{d:02}]", f"2025-07-{d:02}T00:00:00Z"),
        operators,
        st.integers(1, 28),
    ),
    st.builds(text_test, patterned, st.booleans(), st.sampled_from(["contains", "like"]), plain_words),
    st.builds(membership, integers, st.booleans(), lists),
    st.builds(null_test, nullable, st.booleans()),
)


def joined(parts: list[tuple[str, Test]], word: str) -> tuple[str, Test]:
    """Return text and meaning of terms in parentheses joined by one word."""
    combine = all if word == "and" else any
    return f"({f' {word} '.join(text for text, _ in parts)})", lambda row: combine(test(row) for _, test in parts)


expressions = st.recursive(
    leaves,
    lambda inner: st.builds(joined, st.lists(inner, min_size=2, max_size=3), st.sampled_from(["and", "or"])),
    max_leaves=6,
)
bounded = settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))


@bounded
@given(expressions)
def test_random_conditions_select_what_a_plain_evaluation_selects(expression: tuple[str, Test]) -> None:
    """connectwise.md 3.1: the grammar, with and without the help of an index."""
    text, holds = expression
    expected = [row["id"] for row in ROWS if holds(row)]
    assert TENANT.ids(COMPANIES, conditions=text) == expected


@bounded
@given(st.text(st.characters(codec="utf-8", exclude_characters="\n\r\b\f\x00"), min_size=1, max_size=40))
def test_any_text_survives_quoting(text: str) -> None:
    """connectwise.md 3.1: double quotes with backslash escapes; brackets match raw and escaped."""
    tenant = TENANT
    stored = tenant.post("/procurement/manufacturers", {"name": text})
    if stored.status != 201:
        assert not text.strip() or len(text.encode("utf-16-le")) > 100
        return
    row_id = stored.json["id"]
    assert row_id in tenant.ids("/procurement/manufacturers", conditions=f"name={quoted(text)} and id={row_id}")
    escaped = quoted(text.replace("[", "[[]"))
    assert row_id in tenant.ids("/procurement/manufacturers", conditions=f"name contains {escaped} and id={row_id}")


@bounded
@given(st.text(st.sampled_from("idname=<>!()[],\"'\\ orandtlikecsu/*%0123.-"), max_size=25))
def test_any_filter_is_answered_with_200_or_400(text: str) -> None:
    """connectwise.md 3.1: whatever a filter says, it is rows or ApiFindCondition."""
    for parameter in ("conditions", "childConditions", "customFieldConditions", "orderBy"):
        reply = TENANT.get(COMPANIES, **{parameter: text}, fields="id")
        assert reply.status == 200 or (reply.status == 400 and reply.json["code"] == "ApiFindCondition")
