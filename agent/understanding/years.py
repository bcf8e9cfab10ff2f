"""Finds what a message says of years: "before 1980", "the 90s", "1940 to 1970", "newer", "the last ten years"."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from agent.constraints import Constraint, Op
from agent.language.common_words import BOUNDARIES, NOUNS
from agent.language.number_words import number_at
from agent.language.phrases import Phrases
from agent.language.word_lists import word_set
from agent.language.year_phrases import AGES, COMPARATIVES, DECADES, YEAR_BOUNDS, YEAR_BOUNDS_AFTER
from agent.understanding.field_matches import FieldMatch, TokenMask
from agent.understanding.message import Message

_BOUNDS, _BOUNDS_AFTER = Phrases(YEAR_BOUNDS), Phrases(YEAR_BOUNDS_AFTER)
_COMPARATIVES, _AGES = Phrases(COMPARATIVES), Phrases(AGES)
_YEAR = re.compile(r"(?:1[89]|20|21)\d\d")
_DECADE = re.compile(r"((?:1[89]|20)?\d)0s")
_SMALL_WORDS = word_set("the year years a in of those late")
_PARTS_OF_DECADE = {"early": (0, 3), "mid": (4, 6), "middle": (4, 6), "late": (6, 9)}
_TIME_WORDS = word_set("minutes minute min mins hours hour hrs hr percent dollars euros pounds bucks times people")
# The operation of a bound, and whether it counts from the end of a decade: "after the 80s" is after 1989.
_BOUND_OF: dict[str, tuple[Op, bool]] = {">": (">", True), ">=": (">=", False), "<": ("<", False), "<=": ("<=", True)}
_MAX_SMALL = 4  # small words before a year: "in the year of"
_AROUND = 2  # years on each side of "around 1990"


@dataclass(frozen=True, slots=True)
class _Span:
    """The years from `low` to `high`, named by the words up to `end`."""

    low: int
    high: int
    end: int


@dataclass(frozen=True)
class YearFinder:
    """Finds the years in one message; `known` are the first and the last year of the catalogue."""

    message: Message
    mask: TokenMask
    known: tuple[int, int] | None
    quarters: tuple[int, int]  # of the catalogue's years, the bounds of "old" and "recent"
    than: Sequence[tuple[int, int, int]] = ()  # start and end of "newer than Jaws", and the year of Jaws
    reference: Sequence[int] = ()  # the years that "newer" and "older" are measured by
    field: str = "year"  # of the catalogue, in which years are held

    def find(self) -> Iterator[FieldMatch]:
        """The years that the message names, from left to right; the words of each are taken."""
        for start, end, year in self.than:
            cue = _BOUNDS.at(self.message.words, start, self.message.cuts)
            op = cue.label if cue and cue.label in ("<", ">") else "<"
            yield self._take(FieldMatch(start, end, (_bound(op, year),)))
        n = 0
        while n < len(self.message):
            found = self._at(n) if self.mask.are_free(n, n + 1) else None
            yield from [self._take(found)] if found else []
            n = found.end if found else n + 1

    def _take(self, found: FieldMatch) -> FieldMatch:
        self.mask.take(found.start, found.end)
        parts = (replace(part, field=self.field) if part.field == "year" else part for part in found.parts)
        return replace(found, parts=tuple(parts))

    def _at(self, n: int) -> FieldMatch | None:
        return self._between(n) or self._bounded(n) or self._last_years(n) or self._plain(n) or self._relative(n)

    def _between(self, n: int) -> FieldMatch | None:
        """ "between 1940 and 1970", "from 1940 to 1970", "1940-1970"."""
        first = self._span(n + 1 if self._word(n) in ("between", "from") else n)
        if first is None:
            return None
        joins = self._word(first.end)
        opened = self._word(n) in ("between", "from")
        if joins in ("and", "to", "until", "till", "through") and (opened or joins != "and"):
            last = self._span(first.end + 1)
        else:
            last = self._span(first.end) if re.fullmatch(r"\s*[-–—]\s*", self.message.gap(first.end)) else None
        if last is None or (joins == "and" and self._word(n) != "between"):
            return None
        return FieldMatch(n, last.end, _range(min(first.low, last.low), max(first.high, last.high)))

    def _bounded(self, n: int) -> FieldMatch | None:
        """ "newer than 1990", "before the 80s", "since 1990"."""
        cue = _BOUNDS.at(self.message.words, n, self.message.cuts)
        span = self._span(cue.end, named=True) if cue else None
        if not cue or not span:
            return None
        if cue.label == "~":
            return FieldMatch(n, span.end, _range(span.low - _AROUND, span.high + _AROUND))
        op, at_end = _BOUND_OF[cue.label]
        return FieldMatch(n, span.end, (_bound(op, span.high if at_end else span.low),))

    def _last_years(self, n: int) -> FieldMatch | None:
        """ "the last ten years", counted from the newest year of the catalogue."""
        if self._word(n) not in ("last", "past"):
            return None
        count, end = (10.0, n + 2) if self._word(n + 1) == "decade" else self._number_of_years(n + 1)
        if not count or not self.mask.are_free(n, end):
            return None
        first, last = self.known or (0, 0)
        return FieldMatch(n, end, (_bound(">", max(int(last - count), first - 1)),))

    def _number_of_years(self, n: int) -> tuple[float, int]:
        """The years that "ten years" or "two decades" at word `n` counts, and the place after it; 0 where none are."""
        number = number_at(self.message.words, n)
        unit = {"years": 1, "decades": 10}.get(self._word(number[1]), 0) if number else 0
        return (number[0] * unit, number[1] + 1) if number else (0.0, n)

    def _plain(self, n: int) -> FieldMatch | None:
        """ "from 1994", "the 80s", "1990 or later"; a bare year only with a preposition or beside a noun."""
        pointed = self._word(n) in ("from", "in", "of", "made", "released", "set")
        start = n + 1 if pointed else n
        while (
            pointed and self._word(start) in ("in", "from", "during") and self._word(n) in ("made", "released", "set")
        ):
            start += 1
        span = self._span(start)
        if span is None:
            return None
        words, cuts = self.message.words, self.message.cuts
        after = _BOUNDS_AFTER.at(words, span.end, cuts) if span.end < len(words) else None
        if after and not self.message.ends(span.end):
            op, year = (">=", span.low) if after.label == ">=" else ("<=", span.high)
            return FieldMatch(n, after.end, (_bound(op, year),))
        if span.low != span.high:
            return self._or_decades(n, span)
        before = self._word(n - 1)
        beside = pointed or self._word(span.end) in NOUNS or before in NOUNS or before in ("for", "year", "the", "or")
        alone = span.end - n == len(self.message)
        return FieldMatch(n, span.end, (_bound("=", span.low),)) if beside or alone else None

    def _or_decades(self, n: int, span: _Span) -> FieldMatch:
        """A decade, or several that are joined: neighbours as one range."""
        spans = [span]
        while self._word(spans[-1].end) in ("or", "and", "to"):
            more = self._span(spans[-1].end + 1)
            if more is None or more.low == more.high:
                break
            spans.append(more)
        spans.sort(key=lambda each: each.low)
        end = max(each.end for each in spans)
        if all(b.low <= a.high + 1 for a, b in pairwise(spans)):
            return FieldMatch(n, end, _range(spans[0].low, spans[-1].high))
        if self.field != "year":  # only "year" has decades; the years between them are let in, not asked for
            return FieldMatch(n, end, _range(spans[0].low, spans[-1].high), is_soft=True)
        return FieldMatch(n, end, tuple(Constraint("decade", "=", each.low // 10 * 10) for each in spans), any_of=True)

    def _relative(self, n: int) -> FieldMatch | None:
        """ "newer", "older" measured by an item that was named; else, as "recent" and "old", soft."""
        words = self.message.words
        cue = _COMPARATIVES.at(words, n, self.message.cuts)
        if cue and self._stands_alone(cue.end) and self._word(cue.end) != "than":
            if self.reference:
                year = max(self.reference) if cue.label == ">" else min(self.reference)
                return FieldMatch(n, cue.end, (_bound(cue.label, year),))
            return self._soft(n, cue.end, ">=" if cue.label == ">" else "<=")
        age = _AGES.at(words, n, self.message.cuts)
        loose = age and (
            self._word(age.end) in NOUNS or self._word(n - 1) in ("something", "anything", "more", "fairly")
        )
        return self._soft(n, age.end, age.label) if age and loose else None

    def _soft(self, start: int, end: int, op: str) -> FieldMatch:
        return FieldMatch(start, end, (_bound(op, self.quarters[op == ">="]),), is_soft=True)

    def _stands_alone(self, end: int) -> bool:
        word = self._word(end)
        return self.message.ends(end) or "," in self.message.gap(end) or word in NOUNS or word in BOUNDARIES

    def _span(self, n: int, named: bool = False) -> _Span | None:
        """The years that the words at `n` name; where `named`, two digits are a year, as a bound stands before them."""
        for _ in range(_MAX_SMALL):
            n += self._word(n) in _SMALL_WORDS and self._word(n) not in _PARTS_OF_DECADE
        part = _PARTS_OF_DECADE.get(self._word(n))
        after = self._decade(n + 1)
        if part and after is not None:
            return _Span(after + part[0], after + part[1], n + 2)
        if n >= len(self.message) or not self.mask.are_free(n, n + 1):
            return None
        word = self._word(n)
        if _YEAR.fullmatch(word):
            return None if self._word(n + 1) in _TIME_WORDS else _Span(int(word), int(word), n + 1)
        short = re.fullmatch(r"[2-9]\d", word) and (named or self.message.gap(n)[-1:] in ("'", "’"))
        if short and self._word(n + 1) not in _TIME_WORDS | {"%"} and not set(self._word(n - 1)) & set("$€£"):
            return _Span(1900 + int(word), 1900 + int(word), n + 1)
        decade = self._decade(n)
        return None if decade is None else _Span(decade, decade + 9, n + 1)

    def _decade(self, n: int) -> int | None:
        word = self._word(n)
        if word in DECADES:
            return DECADES[word]
        found = _DECADE.fullmatch(word)
        if not found:
            return None
        start = int(found[1]) * 10
        return start if start >= 1000 else 1900 + start if start >= 20 else 2000 + start

    def _word(self, n: int) -> str:
        return self.message.words[n] if 0 <= n < len(self.message) else ""


def _bound(op: str, year: int) -> Constraint:
    ops: dict[str, Op] = {"<": "<", "<=": "<=", ">": ">", ">=": ">=", "=": "="}
    return Constraint("year", ops[op], year)


def _range(low: int, high: int) -> tuple[Constraint, ...]:
    return (_bound("=", low),) if low == high else (_bound(">=", low), _bound("<=", high))
