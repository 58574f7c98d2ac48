"""Any string survives quoting; random filters agree with brute force (dataverse.md 4)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.emulator.dataverse.harness import Organization

pytestmark = pytest.mark.emulator

Row = dict[str, Any]
_TEXTS = ["a", "A", "b", "ab", None]
_ROWS: list[Row] = [
    {
        "name": f"r{n}",
        "fax": _TEXTS[n % 5],
        "numberofemployees": None if n % 7 == 0 else n % 4,
        "creditonhold": n % 3 == 0,
    }
    for n in range(40)
]
_ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=30)


@pytest.fixture(scope="module")
def forty() -> Organization:
    """40 accounts with text, numbers, flags and gaps; nothing is written to them."""
    org = Organization()
    org.emulator.reset()
    org.emulator.seed({"accounts": _ROWS})
    org.control("limits", {"enabled": False})
    return org


@pytest.fixture(scope="module")
def scratch() -> Organization:
    """An environment for rows that come and go."""
    org = Organization()
    org.control("limits", {"enabled": False})
    return org


@dataclass(frozen=True)
class Expression:
    """A filter and what it means; None is unknown, as in SQL."""

    text: str
    meaning: Callable[[Row], bool | None]


def _comparison(column: str, operator: str, value: Any) -> Expression:
    literal = f"'{value}'" if isinstance(value, str) else str(value)

    def meaning(row: Row) -> bool | None:
        kept = row[column]
        if kept is None:
            return None
        left, right = (kept.lower(), value.lower()) if isinstance(value, str) else (kept, value)
        tests = {"eq": left == right, "ne": left != right, "gt": left > right, "ge": left >= right, "lt": left < right}
        return tests[operator]

    return Expression(f"{column} {operator} {literal}", meaning)


def _null_test(column: str, negative: bool) -> Expression:
    return Expression(f"{column} {'ne' if negative else 'eq'} null", lambda row: (row[column] is None) is not negative)


def _contains(value: str) -> Expression:
    return Expression(
        f"contains(fax,'{value}')", lambda row: None if row["fax"] is None else value.lower() in row["fax"].lower()
    )


def _in(values: list[int]) -> Expression:
    listed = ",".join(f'"{value}"' for value in values)
    text = f"Microsoft.Dynamics.CRM.In(PropertyName='numberofemployees',PropertyValues=[{listed}])"
    return Expression(
        text, lambda row: None if row["numberofemployees"] is None else row["numberofemployees"] in values
    )


def _not(inner: Expression) -> Expression:
    def meaning(row: Row) -> bool | None:
        value = inner.meaning(row)
        return None if value is None else not value

    return Expression(f"not ({inner.text})", meaning)


def _joined(operator: str, parts: list[Expression]) -> Expression:
    def meaning(row: Row) -> bool | None:
        values = [part.meaning(row) for part in parts]
        decisive = operator == "or"
        if decisive in values:
            return decisive
        return None if None in values else not decisive

    return Expression(f" {operator} ".join(f"({part.text})" for part in parts), meaning)


_OPERATORS = st.sampled_from(["eq", "ne", "gt", "ge", "lt"])
_LEAVES = st.one_of(
    st.builds(_comparison, st.just("fax"), _OPERATORS, st.sampled_from(["a", "B", "ab", "z"])),
    st.builds(_comparison, st.just("numberofemployees"), _OPERATORS, st.integers(-1, 4)),
    st.builds(_null_test, st.sampled_from(["fax", "numberofemployees"]), st.booleans()),
    st.builds(_contains, st.sampled_from(["a", "B", "q"])),
    st.builds(_in, st.lists(st.integers(0, 4), min_size=1, max_size=3)),
)
_EXPRESSIONS = st.recursive(
    _LEAVES,
    lambda inner: st.one_of(
        st.builds(_not, inner),
        st.builds(_joined, st.sampled_from(["and", "or"]), st.lists(inner, min_size=2, max_size=4)),
    ),
    max_leaves=8,
)


@settings(max_examples=150)
@given(expression=_EXPRESSIONS)
def test_random_filters_agree_with_brute_force(forty: Organization, expression: Expression) -> None:
    """Planner, index and evaluation together find exactly the rows for which the expression is true."""
    expected = {row["name"] for row in _ROWS if expression.meaning(row) is True}
    assert set(forty.names(f"accounts?$select=name&$filter={quote(expression.text)}")) == expected


@settings(max_examples=150)
@given(text=_ANY_TEXT)
def test_any_string_survives_quoting(forty: Organization, text: str) -> None:
    """Doubled quotes and percent-encoding are enough: the value is compared as it is, never as syntax."""
    doubled = text.replace("'", "''")
    wanted = quote(f"name ne '{doubled}'", safe="")
    reply = forty.get(f"accounts?$select=name&$filter={wanted}")
    assert reply.status == 200, reply.body
    assert len(reply.rows) == len([row for row in _ROWS if row["name"].casefold() != text.casefold()])


@settings(max_examples=100)
@given(text=_ANY_TEXT.filter(lambda text: text != ""))
def test_any_string_is_found_again_by_equality(scratch: Organization, text: str) -> None:
    """What was written is found by the index, whatever it holds."""
    org = scratch
    account = org.create("accounts", name="needle", description=text[:2000])
    doubled = text.replace("'", "''")
    wanted = quote(f"description eq '{doubled}'", safe="")
    reply = org.get(f"accounts?$select=name,description&$filter={wanted}")
    assert account in {row["accountid"] for row in reply.rows}
    assert org.get(f"accounts({account})?$select=description").json["description"] == text
    org.delete(f"accounts({account})")


@settings(max_examples=150)
@given(text=st.text("abc '()=,/:@[]\"$eqandornt0123456789.-+", max_size=40))
def test_rubbish_is_400_and_never_more(forty: Organization, text: str) -> None:
    """A filter that makes no sense is refused, not answered with 500."""
    assert forty.get(f"accounts?$select=name&$filter={quote(text, safe='')}").status in (200, 400, 501)
