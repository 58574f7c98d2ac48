"""Names that may be alike, found without comparing all with all: by words, first letters and groups of letters."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from rapidfuzz import fuzz, process

from sync_core.suggestions.texts import Name, likeness

MOST_OF_A_WORD = 400
"""Names that share one word; a word in more names tells too little to look at all of them."""
MOST_LOOKED_AT = 800
_PREFIX = 4
_GROUP = 3
_GROUPS_ASKED = 12
_FEWEST_SHARED = 3
_CLOSE_ENOUGH = 90
_LEAST_ALIKE = 55
_FOUND = 12


class NameIndex:
    """An inverted index of names, which are known by their position."""

    def __init__(self, names: Sequence[Name]) -> None:
        self._names = names
        self._joined = [name.joined for name in names]
        self._in_order = [name.in_order for name in names]
        self._same: dict[str, list[int]] = defaultdict(list)
        self._by_word: dict[str, list[int]] = defaultdict(list)
        self._by_prefix: dict[str, list[int]] = defaultdict(list)
        self._by_group: dict[str, list[int]] = defaultdict(list)
        for position, name in enumerate(names):
            for key in {name.joined, name.in_order}:
                self._same[key].append(position)
            for word in set(name.words):
                self._by_word[word].append(position)
            self._by_prefix[name.joined[:_PREFIX]].append(position)
            for group in _groups(name.joined):
                self._by_group[group].append(position)

    def alike(self, name: Name) -> list[tuple[int, int]]:
        """Return positions and likeness of the names most alike, best first, the same name always among them."""
        same = {*self._same.get(name.joined, ()), *self._same.get(name.in_order, ())}
        found = self._compared(name, self._with_words(name), always=same)
        best = max((alike for _, alike in found), default=0)
        if best < _CLOSE_ENOUGH:
            found = sorted({*found, *self._compared(name, self._with_groups(name))}, key=_best_first)
        return found[: max(_FOUND, len(same))]

    def _with_words(self, name: Name) -> set[int]:
        """Return names that share the rarest words, or all of several frequent ones, or the first letters."""
        found = set(self._few(self._by_prefix.get(name.joined[:_PREFIX], ())))
        lists = sorted((self._by_word[word] for word in set(name.words) if word in self._by_word), key=len)
        for positions in lists:
            if len(positions) <= MOST_OF_A_WORD and len(found) + len(positions) <= MOST_LOOKED_AT:
                found.update(positions)
        if len(lists) > 1 and len(lists[0]) > MOST_OF_A_WORD:
            found.update(self._few(sorted(set(lists[0]).intersection(lists[1]))))
        return found

    def _with_groups(self, name: Name) -> set[int]:
        """Return names that share several groups of letters: words that are written with a slip."""
        lists = [self._by_group[group] for group in _groups(name.joined) if group in self._by_group]
        asked = sorted(lists, key=len)[:_GROUPS_ASKED]
        shared = Counter(
            position for positions in asked if len(positions) <= 2 * MOST_LOOKED_AT for position in positions
        )
        fewest = min(_FEWEST_SHARED, max(1, len(lists) // 2))
        ranked = sorted(
            (-times, abs(len(self._joined[position]) - len(name.joined)), position)
            for position, times in shared.items()
            if times >= fewest
        )
        return {position for _, _, position in ranked[:MOST_OF_A_WORD]}

    def _compared(self, name: Name, positions: Iterable[int], *, always: Iterable[int] = ()) -> list[tuple[int, int]]:
        """Return the best of these positions with their likeness, and those that are always wanted."""
        ordered, chosen = sorted(positions), set(always)
        for texts, wanted in ((self._joined, name.joined), (self._in_order, name.in_order)):
            choices = [texts[position] for position in ordered]
            best = process.extract(wanted, choices, scorer=fuzz.ratio, score_cutoff=_LEAST_ALIKE, limit=2 * _FOUND)
            chosen.update(ordered[place] for _, _, place in best)
        compared = [(position, likeness(name, self._names[position])) for position in chosen]
        return sorted(compared, key=_best_first)

    @staticmethod
    def _few(positions: Sequence[int]) -> Sequence[int]:
        return positions if len(positions) <= MOST_LOOKED_AT else ()


def _best_first(found: tuple[int, int]) -> tuple[int, int]:
    return -found[1], found[0]


def _groups(joined: str) -> set[str]:
    """Return the groups of three letters of a name, its beginning and end marked."""
    marked = f"^{joined}$"
    return {marked[start : start + _GROUP] for start in range(max(1, len(marked) - _GROUP + 1))}
