"""No text gets out of its quotes: 10,000 hostile strings in our conditions, with a strict ConnectWise as the judge.

The emulator's own parser and evaluator read the condition as it stands in the address; a slow evaluation that shares
nothing with either side says which rows should be found.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

import pytest

from connectwise.conditions import Condition, all_of, any_of, compare, contains, encoded, one_of
from connectwise.queries import LONGEST_URL
from emulators.connectwise.conditions.names import Name
from emulators.connectwise.conditions.predicates import compile_expression
from emulators.connectwise.conditions.syntax import parse
from emulators.connectwise.schema import Kind
from tests.emulator.connectwise.harness import ROOT, Tenant
from tests.emulator.security.fuzz import factor_of, seed_of
from tests.emulator.security.hostile import NAMES, hostile_texts, spread

pytestmark = pytest.mark.emulator

COUNT = 10_000
BATCH = 12
THROUGH_THE_WHOLE_EMULATOR = 300
NEGATIVE_ID = 5
COLUMNS = {
    "id": Name(lambda row: row[0], Kind.INTEGER),
    "name": Name(lambda row: row[1], Kind.TEXT),
    "company/name": Name(lambda row: row[1], Kind.TEXT),
}
Row = tuple[int, str]
Meaning = Callable[[str], bool]


@dataclass(frozen=True)
class Question:
    """A condition of ours, and what it means to a person who knows nothing of quotes."""

    condition: Condition
    meaning: Meaning


def folded(text: str) -> str:
    """Without letter case, letter by letter: the lower case of a sigma depends on its place in the word."""
    return text.lower().replace("\u03c2", "\u03c3")


def found(condition: Condition, rows: Sequence[Row]) -> list[str]:
    """Ask as the address does: encoded, decoded, parsed."""
    text = unquote(encoded(condition.text))
    assert text == condition.text
    test = compile_expression(parse(text), COLUMNS.__getitem__)
    return [row[1] for row in rows if test(row)]


def questions(text: str, other: str) -> Iterator[Question]:
    wanted, second = folded(text), folded(other)
    # connectwise.md 3.1: a bracket may be written [[] in any text
    forms = {wanted, wanted.replace("[[]", "[")}
    yield Question(compare("name", "=", text), lambda name: name in forms)
    yield Question(one_of("name", [other, text]), lambda name: name in {wanted, second})
    yield Question(contains("company/name", text), lambda name: wanted in name)
    yield Question(contains("name", text, negated=True), lambda name: wanted not in name)
    nothing = any_of(compare("name", "=", text), compare("name", "!=", text), contains("name", text))
    yield Question(all_of(compare("id", "<", 0), nothing), lambda _: False)


@pytest.mark.parametrize("part", range(4))
def test_ten_thousand_hostile_texts_find_exactly_what_they_name(part: int, pytestconfig: pytest.Config) -> None:
    texts = hostile_texts(COUNT * factor_of(pytestconfig), seed=seed_of(pytestconfig))[part::4]
    wrong = []
    for start in range(0, len(texts), BATCH):
        batch = texts[start : start + BATCH]
        names = [*NAMES, *batch, *(f"x{text.swapcase()}\\" for text in batch)]
        rows = list(enumerate(names, 1))
        for text, other in zip(batch, reversed(batch), strict=True):
            for question in questions(text, other):
                expected = [name for name in names if question.meaning(folded(name))]
                if found(question.condition, rows) != expected:
                    wrong.append(question.condition.text)
    assert wrong == []


def test_hostile_texts_find_nothing_else_through_the_whole_emulator(pytestconfig: pytest.Config) -> None:
    texts = spread(
        hostile_texts(COUNT, seed=seed_of(pytestconfig)), THROUGH_THE_WHOLE_EMULATOR * factor_of(pytestconfig)
    )
    decoys = ["Decoy one", "Decoy two"]
    tenant = Tenant(
        seed={
            "/company/companies": [
                {"id": number, "identifier": f"decoy{number}", "name": name} for number, name in enumerate(decoys, 1)
            ]
        }
    )

    def listed(condition: Condition) -> list[str]:
        answer = tenant.call("GET", f"{ROOT}/company/companies", params={"conditions": condition.text})
        if answer.status == 414:
            assert len(encoded(condition.text)) > LONGEST_URL - 200
            return []
        assert answer.status == 200, (condition.text, answer.body)
        return [row["name"] for row in answer.json]

    assert listed(compare("id", ">", 0)) == decoys
    for text in texts:
        assert listed(any_of(compare("name", "=", text), one_of("name", [text, f"x{text}"]))) == []
        assert listed(contains("name", text)) == [name for name in decoys if folded(text) in folded(name)], text
