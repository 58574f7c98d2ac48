"""No text gets out of its quotes: 10,000 hostile strings as filter values, a strict Dataverse as the judge.

The emulator's own reader of addresses, parser and compiler evaluate the query; a comparison that shares nothing with
either side says which rows should be found.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pytest

from dataverse.batch import Operation
from dataverse.odata import KeyValueForbidden, Query, any_of, in_list, json_list, key_address, text_literal
from emulators.dataverse.emulator import DataverseEmulator
from emulators.dataverse.odata.compiler import compile_filter
from emulators.dataverse.odata.options import read_options
from emulators.dataverse.odata.scope import QueryScope
from emulators.dataverse.paths import read_address, read_segments
from emulators.dataverse.web import read_query
from tests.contract.dataverse.target import Target, guid
from tests.emulator.security.fuzz import factor_of, seed_of
from tests.emulator.security.hostile import NAMES, hostile_texts, spread

pytestmark = pytest.mark.contract

COUNT = 10_000
BATCH = 12
OVER_HTTP = 600
PER_REQUEST = 100
DECOYS = ("Decoy one", "Decoy two", "Decoy's three")


@dataclass(frozen=True)
class Question:
    """A query of ours and the texts that it names."""

    query: Query
    wanted: frozenset[str]


def questions(text: str, other: str) -> Iterator[Question]:
    literal = text_literal(text)
    one, two = frozenset([text.casefold()]), frozenset([text.casefold(), other.casefold()])
    yield Question(Query("accounts", select=("name",), filter=f"name eq {literal}"), one)
    yield Question(
        Query("accounts", filter=in_list("name", "@n"), aliases={"@n": json_list([other, text])}, top=50), two
    )
    chain = any_of("name", [literal, text_literal(other)])
    yield Question(Query("accounts", filter=f"creditonhold eq false and {chain}", order_by="name"), two)
    nothing = f"creditonhold eq true and (name eq {literal} or name ne {literal})"
    yield Question(Query("accounts", filter=nothing), frozenset())


@pytest.fixture(scope="module")
def scope() -> QueryScope:
    """Schema and time of an environment in this process."""
    environment = DataverseEmulator({}).environment
    return QueryScope(environment.schema, environment.store, environment.clock.now(), "", "")


def found(scope: QueryScope, query: Query, rows: Sequence[dict[str, object]]) -> list[object]:
    """Ask as the address does: encoded, split, decoded, parsed."""
    path, _, text = query.address().partition("?")
    assert path == "accounts"
    table = scope.schema.tables["account"]
    options = read_options(scope, table, read_query(text))
    assert options.filter is not None
    test = compile_filter(scope, table, options.filter)
    return [row["name"] for row in rows if test(row) is True]


@pytest.mark.parametrize("part", range(4))
def test_ten_thousand_hostile_texts_find_exactly_what_they_name(
    scope: QueryScope, part: int, pytestconfig: pytest.Config
) -> None:
    texts = hostile_texts(COUNT * factor_of(pytestconfig), seed=seed_of(pytestconfig))[part::4]
    wrong = []
    for start in range(0, len(texts), BATCH):
        batch = texts[start : start + BATCH]
        names = [*NAMES, *batch, *(f"{text.swapcase()}'" for text in batch)]
        rows: list[dict[str, object]] = [{"name": name, "creditonhold": False} for name in names]
        for text, other in zip(batch, reversed(batch), strict=True):
            for question in questions(text, other):
                expected = [name for name in names if name.casefold() in question.wanted]
                if found(scope, question.query, rows) != expected:
                    wrong.append(question.query.address())
    assert wrong == []


def test_ten_thousand_hostile_texts_are_one_value_of_a_key_or_are_refused(
    scope: QueryScope, pytestconfig: pytest.Config
) -> None:
    table, refused = scope.schema.tables["psasync_job"], 0
    for text in hostile_texts(COUNT * factor_of(pytestconfig), seed=seed_of(pytestconfig)):
        try:
            address = key_address("psasync_jobs", {"psasync_requestkey": text})
        except KeyValueForbidden:
            refused += 1
            continue
        (segment,) = read_segments(address)
        assert segment.arguments is not None
        assert read_address(table, segment.arguments).values == (text,), text
    assert 0 < refused < COUNT * factor_of(pytestconfig)


def test_hostile_texts_find_nothing_else_over_http(seeded: Target, pytestconfig: pytest.Config) -> None:
    texts = spread(hostile_texts(COUNT, seed=seed_of(pytestconfig)), OVER_HTTP * factor_of(pytestconfig))
    asked = [(text, question) for text in texts for question in questions(text, f"x{text}")]
    for start in range(0, len(asked), PER_REQUEST):
        piece = asked[start : start + PER_REQUEST]
        read = seeded.client().read_many([Operation("GET", question.query.address()) for _, question in piece])
        assert {text: rows for (text, _), rows in zip(piece, read.rows, strict=True) if rows} == {}


@pytest.fixture
def seeded(target: Target) -> Target:
    """A target with accounts that no hostile text names."""
    target.seed(accounts=[{"accountid": guid("account", number), "name": name} for number, name in enumerate(DECOYS)])
    return target
