"""PATCH operations, and the comparison of what was asked with what came back."""

from decimal import Decimal

import pytest

from connectwise.patch import Operation, removed, replaced, without_effect


def test_operations_are_sent_with_bare_member_names():
    assert replaced("name", "x").as_json() == {"op": "replace", "path": "name", "value": "x"}
    assert replaced("name", None).as_json() == {"op": "replace", "path": "name", "value": None}
    assert removed("website").as_json() == {"op": "remove", "path": "website"}


@pytest.mark.parametrize("member", ["company/identifier", "/name", "", "a b", "types[0]"])
def test_a_path_that_connectwise_ignores_is_refused(member):
    with pytest.raises(ValueError, match="bare name"):
        replaced(member, 1)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("x", "x"),
        (" x ", "x"),
        ("2025-07-01T00:00:00Z", "2025-07-01T00:00:00.000Z"),
        (Decimal("12.50"), Decimal("12.5")),
        (12, Decimal("12.0")),
        (True, True),
        (False, False),
        ({"id": 5}, {"id": 5, "name": "Five", "_info": {}}),
        ([{"id": 1, "value": "a"}], [{"id": 2, "value": "b"}, {"id": 1, "value": "a", "caption": "c"}]),
        (None, None),
        (None, ""),
        (None, []),
    ],
)
def test_what_came_back_shows_what_was_asked(asked, found):
    assert without_effect([replaced("member", asked)], {"id": 1, "member": found}) == ()


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("x", "X"),
        ("x", 5),
        ("x", None),
        ("2025-07-01T00:00:00Z", "2025-07-02T00:00:00Z"),
        ("2025-07-01T00:00:00Z", "2025-07-01T00:00:00"),
        (Decimal("12.50"), Decimal("12.49")),
        (1, True),
        (True, 1),
        (1, "1"),
        ({"id": 5}, {"id": 6}),
        ({"id": 5}, "5"),
        ([{"id": 1}], [{"id": 2}]),
        ([{"id": 1}], None),
        (None, "still there"),
        (None, {"id": 1}),
    ],
)
def test_what_came_back_unmasks_what_was_ignored(asked, found):
    assert without_effect([replaced("member", asked)], {"id": 1, "member": found}) == ("member",)


@pytest.mark.parametrize("found", [None, "", [], False, 0, Decimal("0.0")])
def test_a_removed_member_is_empty_or_has_its_default(found):
    assert without_effect([removed("member")], {"member": found}) == ()
    assert without_effect([removed("member")], {}) == ()


def test_a_removed_member_that_is_still_there_is_reported():
    assert without_effect([removed("member")], {"member": "x"}) == ("member",)


def test_an_added_element_is_looked_for_in_the_list():
    add = Operation("add", "types", {"id": 2})
    assert without_effect([add], {"types": [{"id": 1}, {"id": 2, "name": "n"}]}) == ()
    assert without_effect([add], {"types": [{"id": 1}]}) == ("types",)
    assert without_effect([Operation("add", "name", "x")], {"name": "x"}) == ()


def test_several_members_are_judged_one_by_one():
    operations = [replaced("a", 1), replaced("b", 2), removed("c")]
    assert without_effect(operations, {"a": 1, "b": 3, "c": 4}) == ("b", "c")
