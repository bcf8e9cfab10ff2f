"""Looks up titles of the catalogue by their words: exactly in any spoken form, or with small misspellings."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from agent.language.common_words import COMMON, FUNCTION_WORDS
from agent.language.spoken_titles import ARTICLES, short_forms, spoken_forms, title_key, word_variants
from agent.language.typos import edits_allowed, misspelling_distance
from agent.numbers import number_of
from index.data.domain import Catalogue
from index.data.records import bare_title

_NEVER_FIRST = FUNCTION_WORDS - ARTICLES  # in a title whose words are joined
_MAX_JOINED = 4  # words that may be one word of a title


@dataclass(frozen=True, slots=True)
class TitleHit:
    """The words from `start` to `end` name the items in `rows`; `is_exact` unless they are a misspelling."""

    start: int
    end: int
    rows: tuple[int, ...]
    is_exact: bool = True


@dataclass(frozen=True)
class TitleIndex:
    """Items by every way to say their titles; of several with the same title the most popular comes first."""

    catalogue: Catalogue
    popularity: npt.NDArray[np.float64]
    forms: dict[str, tuple[int, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, catalogue: Catalogue, popularity: Sequence[float] | None = None) -> "TitleIndex":
        """Index a catalogue; `popularity` (number of events, by row) decides between items of one title."""
        weights = np.zeros(len(catalogue)) if popularity is None else np.asarray(popularity, np.float64)
        whole, series, editions = (defaultdict[str, dict[int, None]](dict) for _ in range(3))
        in_brackets: dict[str, set[int]] = defaultdict(set)  # rows that have the form only in brackets
        for row, item in enumerate(catalogue.items):
            for n, form in enumerate(spoken_forms(item.title)):
                for words in word_variants(form):
                    key = title_key(words)
                    if n > 1 and row not in whole[key]:
                        in_brackets[key].add(row)
                    whole[key][row] = None
                for part in short_forms(form):
                    for words in word_variants(part):
                        (editions if f"{part} - " in form else series)[title_key(words)][row] = None
        forms = {key: _by_popularity(rows, weights, in_brackets.get(key, ())) for key, rows in whole.items() if key}
        only = {key: rows for key, rows in series.items() if len(rows) == 1 and " " in key}
        for key, rows in (*editions.items(), *only.items()):
            forms.setdefault(key, _by_popularity(rows, weights))
        return cls(catalogue, weights, forms)

    @cached_property
    def _forms_by_letters(self) -> dict[str, str]:
        """The forms by their letters without blanks: "spider man" is found as "spiderman"."""
        return {key.replace(" ", ""): key for key in self.forms if len(key) > 6}

    def at(self, words: Sequence[str], start: int) -> Iterator[TitleHit]:
        """The titles that begin at word `start`, longest first; quoted words, which are empty, name nothing."""
        found: list[TitleHit] = []
        key = ""
        max_words = self._max_words_from.get(title_key(words[start : start + 1]), 1)
        for end in range(start + 1, min(len(words), start + max(max_words, _MAX_JOINED)) + 1):
            if not words[end - 1]:
                break
            key = f"{key} {title_key((words[end - 1],))}" if key else title_key((words[end - 1],))
            rows = self.forms.get(key) or (self._joined(key, words, start, end) if end - start <= _MAX_JOINED else ())
            if rows:
                found.append(TitleHit(start, end, rows))
        return reversed(found)

    def _joined(self, key: str, words: Sequence[str], start: int, end: int) -> tuple[int, ...]:
        """The items whose title has the same letters, with blanks at other places."""
        same = self._forms_by_letters.get(key.replace(" ", ""))
        if not same or words[start] in _NEVER_FIRST or words[end - 1] in FUNCTION_WORDS:
            return ()
        return self.forms[same]

    @cached_property
    def _max_words_from(self) -> dict[str, int]:
        """The number of words of the longest form that begins with a word."""
        found: dict[str, int] = {}
        for key in self.forms:
            first, n = key.partition(" ")[0], key.count(" ") + 1
            if n > found.get(first, 0):
                found[first] = n
        return found

    def of_year(self, rows: Sequence[int], year: int) -> tuple[int, ...]:
        """Those of `rows` that are of a year; where none is, those of the year before or after it."""
        years = [self.year(row) for row in rows]
        exact = tuple(row for row, own in zip(rows, years, strict=True) if own == year)
        near = (row for row, own in zip(rows, years, strict=True) if own is not None and abs(own - year) == 1)
        return exact or tuple(near)

    def year(self, row: int) -> int | None:
        """The year of an item, None where it has none."""
        year = number_of(self.catalogue.items[row].value("year"))
        return int(year) if year is not None else _year_in(self.catalogue.items[row].title)

    def beginning_with(self, words: Sequence[str]) -> tuple[int, ...]:
        """The rows of the one title that begins with these words and goes on; none where several titles do."""
        key = title_key(words) + " "
        if all(word in COMMON for word in words):
            return ()
        found = {self.forms[form] for form in self._by_word.get(key.split()[0], ()) if form.startswith(key)}
        return next(iter(found)) if len(found) == 1 else ()

    def nearest(self, words: Sequence[str]) -> TitleHit | None:
        """The title that these words misspell by a few letters; numbers must agree, each word be nearly the same."""
        key = title_key(words)
        letters = key.replace(" ", "")
        max_edits = edits_allowed(letters)
        own = [word for word in words if word not in ARTICLES]
        if not max_edits or all(word in COMMON for word in words) or (len(own) == 1 and len(own[0]) < 5):
            return None
        best: tuple[int, float, str] | None = None
        for form in self._near(key, letters, max_edits):
            distance = misspelling_distance(key, form, best[0] if best else max_edits)
            if distance and not (len(own) == 1 and own[0] in self._by_word):
                best = min(best or (max_edits + 1, 0.0, ""), (distance, -self.popularity[self.forms[form][0]], form))
        return TitleHit(0, len(words), self.forms[best[2]], is_exact=False) if best else None

    def _near(self, key: str, letters: str, max_edits: int) -> Iterator[str]:
        """Forms of nearly the same length that share their first or last letters, or a rare word, with a key."""
        begins, ends = self._by_letters
        choices = dict.fromkeys((*begins.get(letters[:3], ()), *ends.get(letters[-3:], ())))
        for word in key.split():
            sharing = self._by_word.get(word, ())
            if len(sharing) <= 200:
                choices.update(dict.fromkeys(sharing))
        length = len(letters)
        return (form for form in choices if abs(len(form) - form.count(" ") - length) <= max_edits)

    @cached_property
    def _by_word(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for form in self.forms:
            for word in set(form.split()) - FUNCTION_WORDS | {form.split()[0]}:
                found[word].append(form)
        return found

    @cached_property
    def _by_letters(self) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
        begins: dict[str, list[str]] = defaultdict(list)
        ends: dict[str, list[str]] = defaultdict(list)
        for form in self.forms:
            letters = form.replace(" ", "")
            begins[letters[:3]].append(form)
            ends[letters[-3:]].append(form)
        return begins, ends


def _by_popularity(
    rows: Iterable[int], weights: npt.NDArray[np.float64], in_brackets: Collection[int] = ()
) -> tuple[int, ...]:
    return tuple(sorted(dict.fromkeys(rows), key=lambda row: (row in in_brackets, -weights[row], row)))


def _year_in(title: str) -> int | None:
    found = re.search(r"\((\d{4})\)", title) if bare_title(title) != title else None
    return int(found[1]) if found else None
