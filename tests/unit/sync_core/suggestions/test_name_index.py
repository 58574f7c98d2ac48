"""The index finds what a comparison of all with all finds, and looks at a small part of the names."""

import random
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync_core.suggestions import name_index
from sync_core.suggestions.name_index import NameIndex
from sync_core.suggestions.texts import Name, likeness, name_of

pytestmark = pytest.mark.unit

SYLLABLES = [first + second + third for first in "bdfkmnrstv" for second in "aeiou" for third in ("", "n", "r")]
ENDINGS = ["Group", "Services", "Solutions", "Partners", "Consulting", "Logistics", "Foods", "Media", ""]
SURELY_ALIKE = 85


def made_name(random_of: random.Random) -> str:
    words = [
        "".join(random_of.choices(SYLLABLES, k=random_of.randint(2, 3))).title() for _ in range(random_of.randint(1, 3))
    ]
    return " ".join([*words, random_of.choice(ENDINGS)]).strip()


def with_slips(name: str, random_of: random.Random) -> str:
    """Leave out, replace or swap up to two letters."""
    for _ in range(random_of.randint(0, 2)):
        at = random_of.randrange(len(name) - 1)
        name = random_of.choice(
            [
                name[:at] + name[at + 1 :],
                name[:at] + "e" + name[at + 1 :],
                name[:at] + name[at + 1] + name[at] + name[at + 2 :],
            ]
        )
    return name


def best_of_all(wanted: Name, names: Sequence[Name]) -> int:
    return max(likeness(wanted, name) for name in names)


def test_recall_against_a_comparison_of_all_with_all() -> None:
    random_of = random.Random(20261124)  # noqa: S311  made-up names, no secrets
    names = [name_of(made_name(random_of)) for _ in range(1000)]
    index = NameIndex(names)
    asked = [name_of(with_slips(" ".join(random_of.choice(names).words), random_of)) for _ in range(240)]
    bests = {one: best_of_all(one, names) for one in asked}
    sure = [one for one, best in bests.items() if best >= SURELY_ALIKE]
    found = [one for one in sure if index.alike(one)[:1] and index.alike(one)[0][1] == bests[one]]
    assert len(sure) > 160
    assert len(found) / len(sure) >= 0.98


def test_few_names_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[int] = []
    extract = name_index.process.extract

    def counted(wanted: str, choices: list[str], **more: object) -> object:
        compared.append(len(choices))
        return extract(wanted, choices, **more)

    random_of = random.Random(7)  # noqa: S311  made-up names, no secrets
    names = [name_of(made_name(random_of)) for _ in range(3000)]
    index = NameIndex(names)
    monkeypatch.setattr(name_index.process, "extract", counted)
    for name in names[:100]:
        index.alike(name)
    assert sum(compared) / 100 / 2 < 0.2 * len(names)


def test_words_that_all_names_have_are_of_no_help_but_numbers_are() -> None:
    names = [name_of(f"Bulk customer {number:05d}") for number in range(2000)]
    index = NameIndex(names)
    assert index.alike(name_of("customer 01234 bulk"))[0] == (1234, 100)


def test_frequent_words_together_find_what_has_all_of_them() -> None:
    random_of = random.Random(3)  # noqa: S311  made-up names, no secrets
    names = [name_of(f"Bulk Customer {made_name(random_of)}") for _ in range(450)] + [name_of("Bulk Customers")]
    wanted = name_of("Customer Bulk")
    assert NameIndex(names).alike(wanted)[0][1] == best_of_all(wanted, names)


def test_every_record_of_the_same_name_is_found() -> None:
    names = [name_of("Contoso")] * 40 + [name_of("Fabrikam")]
    assert [position for position, alike in NameIndex(names).alike(name_of("Contoso Ltd")) if alike == 100] == [
        *range(40)
    ]


@given(st.lists(st.text(max_size=12), max_size=8), st.text(max_size=12))
def test_any_characters(texts: list[str], wanted: str) -> None:
    names = [name_of(text) for text in texts]
    found = NameIndex(names).alike(name_of(wanted))
    assert all(likeness(name_of(wanted), names[position]) == alike for position, alike in found)
    assert {position for position, name in enumerate(names) if name.joined == name_of(wanted).joined != ""} <= {
        position for position, _ in found
    }
