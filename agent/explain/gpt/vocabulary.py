"""The tokens that spell the words of an adapter: of all that a base model could say, only these are scored."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agent.explain.gpt.slots import SLOTS
from agent.explain.gpt.word_table import SIGNS, WordTable
from index.types import Rows

_UNIT = re.compile(r"[^\s,:;.]+|[,:;.]")


@dataclass(frozen=True)
class Vocabulary:
    """`ids` are tokens of the base model; all other tokens are places in `ids`, `end` that which ends a text."""

    ids: tuple[int, ...]
    spelled: Mapping[str, tuple[int, ...]]
    end: int

    @classmethod
    def of(cls, table: WordTable, tokenizer: Any, end: int) -> "Vocabulary":
        """Words, slots and signs as a tokenizer spells them; `end` is the base model's token that ends a text."""
        words = dict.fromkeys((*table.every, *SLOTS, *SIGNS))
        tokens = {
            word: tokenizer.encode(word if word in SIGNS else f" {word}", add_special_tokens=False).ids
            for word in words
        }
        ids = tuple(sorted({end, *(token for own in tokens.values() for token in own)}))
        place = {token: n for n, token in enumerate(ids)}
        spelled = {word: tuple(place[token] for token in own) for word, own in tokens.items()}
        return cls(ids, spelled, place[end])

    def encode(self, text: str) -> list[int]:
        """A text over slots, with its end. Raises LookupError for a word that is not among these."""
        return [*(token for unit in units_of(text) for token in self.spelled[unit]), self.end]

    def tokens(self, places: Sequence[int] | Rows) -> list[int]:
        """The base model's tokens of places."""
        return [self.ids[int(place)] for place in places]


def units_of(text: str) -> list[str]:
    """The words, slots and signs of a text over slots."""
    return _UNIT.findall(text)
