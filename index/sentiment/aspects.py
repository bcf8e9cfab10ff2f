"""The aspects of a domain: what its reviews talk about, each with its surface forms, found again by words alone."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from index.sentiment.sentences import Span

MAX_WORDS = 3  # of a surface form
_WORD = re.compile(r"[^\W\d_]+(?:['\u2019-][^\W\d_]+)*")


@dataclass(frozen=True, slots=True)
class Aspect:
    """What is talked about: its name, the commonest of its surface forms, and all of them, in small letters."""

    name: str
    forms: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """As JSON."""
        return {"name": self.name, "forms": list(self.forms)}


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A surface form in a text: the number of its aspect, and the characters where it stands."""

    aspect: int
    span: Span


@dataclass(frozen=True)
class Aspects:
    """The aspects of a domain, that with the most opinions first; a form belongs to one of them."""

    aspects: tuple[Aspect, ...] = ()

    def __len__(self) -> int:
        return len(self.aspects)

    @property
    def names(self) -> tuple[str, ...]:
        """The names in their order."""
        return tuple(each.name for each in self.aspects)

    def occurrences(self, text: str) -> list[Occurrence]:
        """Every mention of an aspect in a text, the longest form where several begin at one word."""
        words = list(_WORD.finditer(text))
        said = [word[0].casefold().replace("\u2019", "'") for word in words]
        found, n = [], 0
        while n < len(said):
            length, aspect = self._longest_form(said, n)
            if length:
                found.append(Occurrence(aspect, Span(words[n].start(), words[n + length - 1].end())))
            n += max(1, length)
        return found

    def _longest_form(self, words: Sequence[str], start: int) -> tuple[int, int]:
        """How many words from `start` on are a form, and of which aspect; 0 words where none is."""
        for form, aspect in self._forms.get(words[start], ()):
            if tuple(words[start : start + len(form)]) == form:
                return len(form), aspect
        return 0, -1

    @cached_property
    def _forms(self) -> Mapping[str, list[tuple[tuple[str, ...], int]]]:
        """By the first word: the forms that begin with it, longest first."""
        found: dict[str, list[tuple[tuple[str, ...], int]]] = {}
        for number, aspect in enumerate(self.aspects):
            for form in aspect.forms:
                words = tuple(word.casefold() for word in _WORD.findall(form))
                if words:
                    found.setdefault(words[0], []).append((words, number))
        for forms in found.values():
            forms.sort(key=lambda each: (-len(each[0]), each[1]))
        return found
