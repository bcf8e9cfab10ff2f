"""Which word may follow which two, by the part of a plan that is being said, and the tokens that spell words."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from agent.explain.gpt.slots import OPTIONAL, PEOPLE, SLOTS, tells_of_people

STOP = "."
SEMICOLON = ";"  # between two parts that share a sentence
SIGNS = (",", ":", SEMICOLON, STOP)
TOLD = "people"  # at a place where other users were told of
BEGIN, END = "^", "$"  # of what is said of one part


@dataclass(frozen=True, slots=True)
class Place:
    """Where a part is: the last two words, and which of its slots are said (of PEOPLE one that tells of them)."""

    first: str = BEGIN
    second: str = BEGIN
    said: frozenset[str] = frozenset()

    def after(self, word: str) -> "Place":
        """Where it is after one more word."""
        sign = word if word in SLOTS else TOLD if word in PEOPLE else None
        return Place(self.second, word, self.said if sign is None else self.said | {sign})


@dataclass(frozen=True)
class WordTable:
    """By part: threes of words that follow each other, from BEGIN BEGIN to END, as "a b c". Nothing else is written.

    So whatever a model prefers, what it says of a part is made of pieces of true sentences about that part.
    """

    threes: Mapping[str, frozenset[str]]

    @classmethod
    def of_texts(cls, texts: Iterable[tuple[str, Sequence[str]]]) -> "WordTable":
        """From what was said of parts: pairs of a part and the words, in small letters, slots as they are."""
        found: dict[str, set[str]] = defaultdict(set)
        for part, words in texts:
            padded = [BEGIN, BEGIN, *words, END]
            found[part] |= {" ".join(padded[n : n + 3]) for n in range(len(padded) - 2)}
        return cls({part: frozenset(threes) for part, threes in found.items()})

    def ways(self, part: str, slots: frozenset[str]) -> Mapping[Place, frozenset[str]]:
        """The words that may follow at each place, END among them, so that the part comes to an end.

        Of `slots`, those that are there to be filled, it then has said each once (a field's name is left out where the
        words want it so), and of other users where the part tells of them. Empty for a part that was never learned.
        """
        if (part, slots) not in self._ways:
            self._ways[part, slots] = self._find_ways(part, slots)
        return self._ways[part, slots]

    def _find_ways(self, part: str, slots: frozenset[str]) -> Mapping[Place, frozenset[str]]:
        told = {word for each in self.threes.get(part, ()) for word in each.split(" ")}
        required = (slots & told - OPTIONAL) | ({TOLD} if tells_of_people(part) else set())
        ways, reached_from, left = {}, defaultdict(set), [Place()]
        while left:
            place = left.pop()
            if place in ways:
                continue
            words = self._by_context.get((part, place.first, place.second), frozenset())
            ways[place] = {w for w in words if w not in SLOTS or (w in slots and w not in place.said)} - (
                set() if required <= place.said else {END}
            )
            for word in ways[place] - {END}:
                reached_from[place.after(word)].add(place)
                left.append(place.after(word))
        whole = {place for place, words in ways.items() if END in words}
        left = list(whole)
        while left:
            left += (before := reached_from[left.pop()] - whole)
            whole |= before
        return {
            place: frozenset(word for word in ways[place] if word == END or place.after(word) in whole)
            for place in whole
        }

    def as_json(self) -> dict[str, Any]:
        """As JSON."""
        return {part: sorted(threes) for part, threes in sorted(self.threes.items())}

    @classmethod
    def of_json(cls, content: Mapping[str, Any]) -> "WordTable":
        """From JSON. Raises TypeError or AttributeError where it is none."""
        return cls({part: frozenset(map(str, threes)) for part, threes in content.items()})

    @cached_property
    def every(self) -> tuple[str, ...]:
        """All words, each once; those that begin a part with a capital too."""
        found: set[str] = set()
        for threes in self.threes.values():
            for each in threes:
                first, second, third = each.split(" ")
                found |= {third, capital(third)} if (first, second) == (BEGIN, BEGIN) else {third}
        return tuple(sorted(found - {END}))

    @cached_property
    def _ways(self) -> dict[tuple[str, frozenset[str]], Mapping[Place, frozenset[str]]]:
        return {}

    @cached_property
    def _by_context(self) -> dict[tuple[str, str, str], frozenset[str]]:
        found: dict[tuple[str, str, str], set[str]] = defaultdict(set)
        for part, threes in self.threes.items():
            for each in threes:
                first, second, third = each.split(" ")
                found[part, first, second].add(third)
        return {context: frozenset(words) for context, words in found.items()}


@dataclass
class Node:
    """A place in a trie of tokens; `word` is what is spelled when it is reached, if anything is."""

    children: dict[int, "Node"] = field(default_factory=dict)
    word: str | None = None


def trie_of(words: Iterable[str], spelled: Mapping[str, Sequence[int]]) -> Node:
    """The trie of some words; `spelled` has the tokens of each."""
    root = Node()
    for word in words:
        node = root
        for token in spelled[word]:
            node = node.children.setdefault(token, Node())
        node.word = word
    return root


def capital(word: str) -> str:
    """A word with a capital."""
    return word[:1].upper() + word[1:]
