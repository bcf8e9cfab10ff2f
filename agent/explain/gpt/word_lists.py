"""The words that a text may be made of, by the parts of its plan, and the tokens that spell them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

STOP = "."
COMMAS = (",", ":", ";")  # inside a sentence


@dataclass(frozen=True)
class WordLists:
    """By part: words that begin a sentence, with a capital, and words inside one. An adapter has learned no others."""

    starts: Mapping[str, frozenset[str]]
    inside: Mapping[str, frozenset[str]]

    def as_json(self) -> dict[str, Any]:
        """As JSON."""
        return {name: _sorted(each) for name, each in (("starts", self.starts), ("inside", self.inside))}

    @classmethod
    def of_json(cls, content: Mapping[str, Any]) -> "WordLists":
        """From JSON. Raises LookupError, TypeError or AttributeError where it is none."""
        return cls(*({k: frozenset(map(str, v)) for k, v in content[name].items()} for name in ("starts", "inside")))

    def allowed(self, parts: Iterable[str]) -> tuple[frozenset[str], frozenset[str]]:
        """The words of some parts: those that begin a sentence, those inside one."""
        known = list(parts)
        return tuple(  # type: ignore[return-value]  # two of them
            frozenset().union(*(own.get(part, frozenset()) for part in known)) for own in (self.starts, self.inside)
        )

    @property
    def every(self) -> tuple[str, ...]:
        """All words, each once."""
        return tuple(sorted({word for own in (self.starts, self.inside) for words in own.values() for word in words}))


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


def _sorted(own: Mapping[str, frozenset[str]]) -> dict[str, list[str]]:
    return {part: sorted(words) for part, words in sorted(own.items())}
