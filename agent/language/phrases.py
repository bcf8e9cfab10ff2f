"""Finds phrases of a table in a message: each has a label, and an adverb may stand inside of it."""

from collections import defaultdict
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass

from agent.language.word_lists import word_set

ADVERBS = word_set(
    "really quite very absolutely so particularly especially always also totally completely truly definitely "
    "actually all ever even much thoroughly honestly personally still recently just already both kinda genuinely"
)


@dataclass(frozen=True, slots=True)
class Cue:
    """A phrase of a table, found at the words from `start` to `end`."""

    label: str
    start: int
    end: int


class Phrases:
    """Phrases by label, looked up by their first word; the longest at a place counts."""

    def __init__(self, table: Mapping[str, str]) -> None:
        """`table` has for each label its phrases, separated by `|`."""
        self._by_first: dict[str, list[tuple[tuple[str, ...], str]]] = defaultdict(list)
        for label, phrases in table.items():
            for phrase in phrases.split("|"):
                words = tuple(phrase.split())
                self._by_first[words[0]].append((words, label))
        for each in self._by_first.values():
            each.sort(key=lambda entry: -len(entry[0]))

    def at(self, words: Sequence[str], n: int, cuts: Container[int] = ()) -> Cue | None:
        """The longest phrase that begins at word `n`; none reaches over a place in `cuts`, as a comma is."""
        for phrase, label in self._by_first.get(words[n], ()):
            end = _end_of(phrase, words, n)
            if end and not (cuts and any(place in cuts for place in range(n + 1, end))):
                return Cue(label, n, end)
        return None

    def within(self, words: Sequence[str], places: range | None = None) -> Iterator[Cue]:
        """The phrases of a text from left to right, none inside another."""
        places = range(len(words)) if places is None else places
        n = places.start
        while n < places.stop:
            cue = self.at(words, n)
            if cue and cue.end <= places.stop:
                yield cue
                n = cue.end
            else:
                n += 1


def _end_of(phrase: Sequence[str], words: Sequence[str], start: int) -> int:
    """Where a phrase that begins at `start` ends, adverbs inside of it skipped; 0 where it does not stand there."""
    place = start + 1
    for wanted in phrase[1:]:
        while place < len(words) and words[place] != wanted and words[place] in ADVERBS:
            place += 1
        if place >= len(words) or words[place] != wanted:
            return 0
        place += 1
    return place
