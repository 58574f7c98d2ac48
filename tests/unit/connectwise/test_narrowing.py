"""What ConnectWise is asked for narrows, but never so much that the address has no room for ids."""

import pytest

from connectwise.conditions import encoded
from connectwise.directory.narrowing import child_condition_of, conditions_of, joined
from connectwise.directory.records import ListKind, Narrowing

pytestmark = pytest.mark.unit

LONGEST = 1_200


def texts_of(kind: ListKind, narrowing: Narrowing) -> list[str]:
    found = [joined(conditions_of(kind, narrowing)), child_condition_of(kind, narrowing)]
    return [condition.text for condition in found if condition is not None]


@pytest.mark.parametrize("kind", ListKind)
def test_long_texts_leave_room_for_ids(kind: ListKind) -> None:
    piece = "a b " * 50
    narrowing = Narrowing(name_piece=piece, company_piece=piece, types=tuple(f"{n} {piece}"[:200] for n in range(8)))
    texts = texts_of(kind, narrowing)
    assert sum(len(encoded(text)) for text in texts) < LONGEST
    assert not any("type" in text for text in texts), "so long a list of types is left to the filter behind"
    assert 'name contains "a b a b' in texts[0]


@pytest.mark.parametrize("kind", ListKind)
def test_types_that_fit_are_asked_for(kind: ListKind) -> None:
    texts = texts_of(kind, Narrowing(types=("Cloud", 12)))
    of = "types" if kind is ListKind.COMPANY else "type"
    assert f'{of}/name = "Cloud" or {of}/id = 12' in texts[-1]
