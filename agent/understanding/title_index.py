"""Finds items of the catalogue that are named in a text: exactly in any spoken form, or with small misspellings."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from agent.language.common_words import COMMON, FUNCTION_WORDS
from agent.language.number_words import NUMBER_WORDS, ROMAN
from agent.language.tokens import words_of
from agent.language.word_lists import word_set
from agent.numbers import number_of
from index.data.domain import Catalogue
from index.data.records import bare_title, spoken_title

ARTICLES = word_set("the a an la le les l il el das der die det o los las")
_NO_BEGINNINGS = FUNCTION_WORDS - ARTICLES
_MAX_EDITS = (0, 1, 2, 2, 3)  # letters that may be wrong in a title of 0-3, 4-7, 8-11, 12-15 and more letters
_MAX_JOINED = 4  # words that may be one word of a title
LONGEST = 20  # words of a title that are compared
_TAIL = re.compile(r"\s*\((?:\d{4}|TV|V|VG)\)\s*$")
_IN_BRACKETS = re.compile(r"(.*?)\s*[(\[]([^()\[\]]+)[)\]]\s*")
_AKA = re.compile(r"^(?:a\.?k\.?a\.?|also known as)\s+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Hit:
    """The words from `start` to `end` name the items in `rows`; `spelled` where they are so spelled."""

    start: int
    end: int
    rows: tuple[int, ...]
    spelled: bool = True


def key_of(words: Iterable[str]) -> str:
    """What two spellings of one title have in common: numbers in digits, blanks between words."""
    return " ".join(NUMBER_WORDS.get(word) or ROMAN.get(word) or word for word in words)


def plain_title(title: str) -> str:
    """A title without the years and marks that stand in brackets at its end."""
    while (shorter := _TAIL.sub("", title)) != title:
        title = shorter
    return title


def spoken_forms(title: str) -> tuple[str, ...]:
    """The whole ways to say a title: without its year, articles in front, other titles in brackets apart."""
    plain = plain_title(title)
    inside = _IN_BRACKETS.fullmatch(plain)
    parts = [plain, *(inside.groups() if inside else ())]
    spoken = (spoken_title(_AKA.sub("", part)).strip() for part in parts)
    return tuple(dict.fromkeys(form for form in spoken if form))


def _short_forms(form: str) -> Iterator[str]:
    """Shorter ways to say a title, used where no other title is so called: what stands before or after a colon."""
    for mark in (": ", " - ", " or: "):
        before, found, after = form.partition(mark)
        if found:
            yield before
            words = _without_article(words_of(after))
            if mark == ": " and len(words) > 1 and any(word not in COMMON for word in words) and words[0] != "part":
                yield after


def _without_article(words: tuple[str, ...]) -> tuple[str, ...]:
    return words[1:] if len(words) > 1 and words[0] in ARTICLES else words


def _variants(form: str) -> Iterator[tuple[str, ...]]:
    """The words of a spoken form, with and without article and the word "part", single letters as one word."""
    words = words_of(form)[:LONGEST]
    for each in (words, _without_article(words)):
        yield each
        if "part" in each[1:]:
            yield tuple(word for n, word in enumerate(each) if n == 0 or word != "part")
        if len(each) > 2 and all(len(word) == 1 for word in each):
            yield ("".join(each),)
        if len(each) > 1 and each[-1] in ("v", "x"):
            yield (*each[:-1], "5" if each[-1] == "v" else "10")
        if "or" in each[2:-1] and len(each) > 5:  # "Dr. Strangelove or: How I Learned..."
            yield each[: each.index("or", 2)]


@dataclass(frozen=True)
class TitleIndex:
    """Items by every way to say their titles; where several are called the same the most popular stands first."""

    catalogue: Catalogue
    popularity: npt.NDArray[np.float64]
    forms: dict[str, tuple[int, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, catalogue: Catalogue, popularity: Sequence[float] | None = None) -> "TitleIndex":
        """Index a catalogue; `popularity` (n items) decides between items of one title."""
        weights = np.zeros(len(catalogue)) if popularity is None else np.asarray(popularity, np.float64)
        whole, series, editions = (defaultdict[str, dict[int, None]](dict) for _ in range(3))
        besides: dict[str, set[int]] = defaultdict(set)  # rows that are called so only in brackets
        for row, item in enumerate(catalogue.items):
            for n, form in enumerate(spoken_forms(item.title)):
                for words in _variants(form):
                    key = key_of(words)
                    if n > 1 and row not in whole[key]:
                        besides[key].add(row)
                    whole[key][row] = None
                for part in _short_forms(form):
                    for words in _variants(part):
                        (editions if f"{part} - " in form else series)[key_of(words)][row] = None
        forms = {key: _by_popularity(rows, weights, besides.get(key, ())) for key, rows in whole.items() if key}
        only = {key: rows for key, rows in series.items() if len(rows) == 1 and " " in key}
        for key, rows in (*editions.items(), *only.items()):
            forms.setdefault(key, _by_popularity(rows, weights))
        return cls(catalogue, weights, forms)

    @cached_property
    def joined(self) -> dict[str, str]:
        """The forms by their letters without blanks: "spider man" is found as "spiderman"."""
        return {key.replace(" ", ""): key for key in self.forms if len(key) > 6}

    def at(self, words: Sequence[str], start: int) -> Iterator[Hit]:
        """What is named by the words that begin at `start`, longest first; quoted (empty) words name nothing."""
        found: list[Hit] = []
        key = ""
        most = self._longest_from.get(key_of(words[start : start + 1]), 1)
        for end in range(start + 1, min(len(words), start + max(most, _MAX_JOINED)) + 1):
            if not words[end - 1]:
                break
            key = f"{key} {key_of((words[end - 1],))}" if key else key_of((words[end - 1],))
            rows = self.forms.get(key) or (self._joined(key, words, start, end) if end - start <= _MAX_JOINED else ())
            if rows:
                found.append(Hit(start, end, rows))
        return reversed(found)

    def _joined(self, key: str, words: Sequence[str], start: int, end: int) -> tuple[int, ...]:
        """A title whose letters are these, with blanks elsewhere."""
        same = self.joined.get(key.replace(" ", ""))
        if not same or words[start] in _NO_BEGINNINGS or words[end - 1] in FUNCTION_WORDS:
            return ()
        return self.forms[same]

    @cached_property
    def _longest_from(self) -> dict[str, int]:
        """The number of words of the longest form that begins with a word."""
        found: dict[str, int] = {}
        for key in self.forms:
            first, n = key.partition(" ")[0], key.count(" ") + 1
            if n > found.get(first, 0):
                found[first] = n
        return found

    def of_year(self, rows: Sequence[int], year: int) -> tuple[int, ...]:
        """Those of some rows that are of a year; where none is, those of a year beside it."""
        years = [self.year(row) for row in rows]
        exact = tuple(row for row, own in zip(rows, years, strict=True) if own == year)
        near = (row for row, own in zip(rows, years, strict=True) if own is not None and abs(own - year) == 1)
        return exact or tuple(near)

    def year(self, row: int) -> int | None:
        """The year of an item, None where it has none."""
        year = number_of(self.catalogue.items[row].value("year"))
        return int(year) if year is not None else _year_in(self.catalogue.items[row].title)

    def starting(self, words: Sequence[str]) -> tuple[int, ...]:
        """The one item whose title goes on after these words, none where there are several."""
        key = key_of(words) + " "
        if all(word in COMMON for word in words):
            return ()
        found = {self.forms[form] for form in self._by_word.get(key.split()[0], ()) if form.startswith(key)}
        return next(iter(found)) if len(found) == 1 else ()

    def nearest(self, words: Sequence[str]) -> Hit | None:
        """A title that these words miss by a few letters; numbers must agree, and each word be nearly the same."""
        key = key_of(words)
        letters = key.replace(" ", "")
        most = _MAX_EDITS[min(len(letters) // 4, len(_MAX_EDITS) - 1)]
        own = [word for word in words if word not in ARTICLES]
        if not most or all(word in COMMON for word in words) or (len(own) == 1 and len(own[0]) < 5):
            return None
        best: tuple[int, float, str] | None = None
        for form in self._near(key, letters, most):
            distance = _misspelling(key, form, best[0] if best else most)
            if distance and not (len(own) == 1 and own[0] in self._by_word):
                best = min(best or (most + 1, 0.0, ""), (distance, -self.popularity[self.forms[form][0]], form))
        return Hit(0, len(words), self.forms[best[2]], spelled=False) if best else None

    def _near(self, key: str, letters: str, most: int) -> Iterator[str]:
        """Forms of nearly the same length that share their first or last letters, or a rare word, with a key."""
        begins, ends = self._by_letters
        choices = dict.fromkeys((*begins.get(letters[:3], ()), *ends.get(letters[-3:], ())))
        for word in key.split():
            sharing = self._by_word.get(word, ())
            if len(sharing) <= 200:
                choices.update(dict.fromkeys(sharing))
        length = len(letters)
        return (form for form in choices if abs(len(form) - form.count(" ") - length) <= most)

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


def edit_distance(a: str, b: str, most: int) -> int | None:
    """Insertions, deletions, changes and swaps of neighbours between two texts, None where more than `most`."""
    if abs(len(a) - len(b)) > most or most < 0:
        return None
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, letter in enumerate(a, 1):
        last, before, row = before, row, [i]
        for j, other in enumerate(b, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == b[j - 2] and a[i - 2] == other:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return None
    return row[-1] if row[-1] <= most else None


def _misspelling(key: str, form: str, most: int) -> int | None:
    """By how many letters a key misses a form, None where it is no misspelling of it but something else."""
    words, others = key.split(), form.split()
    if re.findall(r"\d+", key) != re.findall(r"\d+", form):
        return None
    if len(words) != len(others):  # blanks at other places
        apart = form.startswith(key + " ") or key.startswith(form + " ") or len(key) < 8
        return None if apart else edit_distance(key.replace(" ", ""), form.replace(" ", ""), 1)
    total = 0
    for word, other in zip(words, others, strict=True):
        if word == other:
            continue
        distance = edit_distance(word, other, _most_in_word(word, other, len(words)))
        alone = len(words) - (words[0] in ARTICLES) == 1
        if distance is None or (alone and (word[0] != other[0] or _is_other_form(word, other))):
            return None
        total += distance
    return total if total <= most else None


def _most_in_word(word: str, other: str, n_words: int) -> int:
    shorter = min(len(word), len(other))
    if shorter < 3:
        return int(shorter == 2 and n_words > 2)
    return 2 if shorter > 8 and word[:2] == other[:2] else 1


def _is_other_form(a: str, b: str) -> bool:
    """Whether two words are forms of one another, or differ in a last letter that makes another word of a short one."""
    short, long = sorted((a, b), key=len)
    return long in (short + "s", short + "es", short + "er", short + "ed", short + "y") or (
        len(a) < 8 and a[:-1] == b[:-1]
    )


def _by_popularity(
    rows: Iterable[int], weights: npt.NDArray[np.float64], besides: Collection[int] = ()
) -> tuple[int, ...]:
    return tuple(sorted(dict.fromkeys(rows), key=lambda row: (row in besides, -weights[row], row)))


def _year_in(title: str) -> int | None:
    found = re.search(r"\((\d{4})\)", title) if bare_title(title) != title else None
    return int(found[1]) if found else None
