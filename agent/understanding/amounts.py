"""Finds what a message says of fields that hold numbers: "under 2 hours", "cheaper than 20", "abv above 13"."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property

from agent.constraints import Constraint, Op
from agent.language.common_words import BOUNDARIES, NOUNS, RELATIVES
from agent.language.constraint_text import field_words
from agent.language.number_words import number_at
from agent.language.phrases import Cue, Phrases
from agent.language.units import AMOUNT_BOUNDS, AMOUNT_BOUNDS_AFTER, COMPARATIVE_UNITS, UNITS
from agent.language.word_lists import word_set
from agent.language.words import words_of
from agent.numbers import CURRENCIES, MAX_NUMBER, read_number
from agent.understanding.field_matches import FieldMatch, TokenMask
from agent.understanding.lexicon import Lexicon
from agent.understanding.message import Message
from agent.understanding.not_understood import no_field, no_number, shorten_quote, unclear_number

_BOUNDS, _BOUNDS_AFTER = Phrases(AMOUNT_BOUNDS), Phrases(AMOUNT_BOUNDS_AFTER)
_UNIT_OF = {word: name for name, unit in UNITS.items() for word in unit.words}
_UNIT_OF_FIELD = {field: name for name, unit in UNITS.items() for field in unit.fields} | dict.fromkeys(
    ("rated", "scored", "scoring", "rating"), "stars"
)
_OPS: dict[str, Op] = {"<": "<", "<=": "<=", ">": ">", ">=": ">=", "=": "="}
_WITH_UNIT = re.compile(r"([0-9]+(?:\.[0-9]+)?)(h|hr|hrs|min|mins|m|usd|eur|gbp)")
_UNIT_WRITTEN_TO_IT = {"h": "hours", "hr": "hours", "hrs": "hours", "usd": "money", "eur": "money", "gbp": "money"}
_BEFORE = frozenset((*CURRENCIES, "usd", "eur", "gbp"))  # units that stand before their number
_ALONE = frozenset(("money", "minutes", "hours", "pages"))  # units that mean a wish without "under" or "over"
_COUNTED = word_set("times years days weeks months people persons of")  # "more than 3 times" is no wish
_BETWEEN = {"between": ("and",), "from": ("to", "until", "till")}
_AROUND = 0.1  # of a number, on each side of "around 20"


@dataclass(frozen=True, slots=True)
class _Amount:
    """A number with its unit, "" where it has none; a time is in minutes."""

    value: float
    unit: str
    end: int


@dataclass(frozen=True, slots=True)
class _Bound:
    """What the words up to `end` say of one number: the field where it is named, else the unit."""

    bounds: tuple[tuple[Op, float], ...]
    unit: str
    end: int
    field: str | None = None
    is_soft: bool = False


@dataclass
class AmountFinder:
    """Finds the bounds on numbers in one message; `notes` are what has to be said of those that no field can take."""

    message: Message
    lexicon: Lexicon
    mask: TokenMask
    notes: list[str] = field(default_factory=list)

    @cached_property
    def _names(self) -> dict[str, list[tuple[tuple[str, ...], str]]]:
        """The names of the fields as words, by the first of them; fields of numbers come first."""
        found: dict[str, list[tuple[tuple[str, ...], str]]] = defaultdict(list)
        for name in (*self.lexicon.numbers, *self.lexicon.text_fields):
            spoken = words_of(field_words(name))
            found[spoken[0] if spoken else ""].append((spoken, name))
        found.pop("", None)
        return found

    def find(self) -> Iterator[FieldMatch]:
        """The bounds of the message, from left to right; the words of each are taken."""
        n = 0
        while n < len(self.message):
            bound = self._read(n) if self.mask.are_free(n, n + 1) else None
            if bound is None or not self.mask.are_free(n, bound.end) or self._crosses(n, bound.end):
                n += 1
                continue
            name = bound.field or self._field_of(bound.unit) or self._only_field(n, bound)
            if name in self.lexicon.numbers and bound.bounds:
                self.mask.take(n, bound.end)
                parts = tuple(Constraint(str(name), op, _whole(value)) for op, value in bound.bounds)
                yield FieldMatch(n, bound.end, parts, is_soft=bound.is_soft)
            else:
                self._note(n, bound)
            n = bound.end

    def _read(self, n: int) -> _Bound | None:
        """What the words at `n` say of a number, with the name of its field before or after it."""
        named, start = self._named_field(n)
        unit = "" if named else _UNIT_OF_FIELD.get(self._word(n), "")
        start += (1 + (self._word(n + 1) in ("is", "of"))) if unit else 0
        bound = self._range(start, unit) or self._compared(start, unit)
        if bound is None:
            return self._alone(start, named if named in self.lexicon.numbers else None)
        if named is None:
            named, end = self._named_field(bound.end)
            bound = replace(bound, end=end)
        return replace(bound, field=named)

    def _range(self, n: int, unit: str) -> _Bound | None:
        """ "between 10 and 20 dollars", "from 90 to 120 minutes", "10-20 €"."""
        opening = self._word(n)
        joins = _BETWEEN.get(opening, ("to",))
        first = self._amount(n + (opening in _BETWEEN))
        if first is None:
            return None
        joined = self._word(first.end) in joins
        if not joined and not re.fullmatch(r"\s*[-–—]\s*", self.message.gap(first.end)):
            return None
        last = self._amount(first.end + joined)
        if last is None or not (last.unit or first.unit or unit or opening == "between"):
            return None
        low, high = first.value, last.value
        if last.unit == "minutes" and not first.unit and self._word(last.end - 1).startswith("h"):
            low *= 60  # "1 to 2 hours"
        low, high = sorted((low, high))
        return _Bound(((">=", low), ("<=", high)), last.unit or first.unit or unit, last.end)

    def _compared(self, n: int, unit: str) -> _Bound | None:
        """ "under 15 dollars", "15 dollars or less", "around 90 minutes"; `unit` where a word before names it."""
        words = self.message.words
        cue = _BOUNDS.at(words, n) if n < len(words) else None
        amount = self._amount(cue.end if cue else n)
        if amount is None:
            return None
        after = _BOUNDS_AFTER.at(words, amount.end, self.message.cuts) if amount.end < len(words) else None
        sign = cue or after
        if sign is None:
            return None
        value, unit = _in_minutes(amount.value, amount.unit or unit or self._compared_unit(cue))
        end = amount.end if cue or not after else after.end
        return _around(value, unit, end) if sign.label == "~" else _Bound(((_OPS[sign.label], value),), unit, end)

    def _alone(self, n: int, named: str | None) -> _Bound | None:
        """A number that no word compares: "runtime 90", "a 90 minute film", "for 15 dollars"; else not understood."""
        amount = self._amount(n)
        if amount is None or (named is None and amount.unit not in _ALONE):
            return None
        is_whole = amount.end - n == len(self.message)
        if amount.unit == "money" and named is None and (is_whole or self._word(n - 1) == "for"):
            return _Bound((("<=", amount.value),), amount.unit, amount.end)
        if named or is_whole or self._word(amount.end) in NOUNS:
            return replace(_around(amount.value, amount.unit, amount.end), field=named)
        return _Bound((), amount.unit, amount.end)

    def _note(self, n: int, bound: _Bound) -> None:
        """Say why a bound is not held to; a number without any unit inside of a clause may be about anything."""
        text = shorten_quote(self.message.text(n, bound.end))
        unit, name = bound.unit, bound.field or self._field_of(bound.unit, self.lexicon.text_fields)
        if name and name not in self.lexicon.numbers:
            self.notes.append(no_number(name, text))
        elif unit and not name:
            self.notes.append(no_field(unit))
        elif unit or (any(map(str.isdecimal, text)) and self._word(bound.end) not in _COUNTED):
            self.notes.append(unclear_number(text))
        else:
            return
        self.mask.take(n, bound.end)

    def _named_field(self, n: int) -> tuple[str | None, int]:
        """The field that is named at word `n`, and the word after it and its "is" or "of"."""
        for spoken, name in self._names.get(self._word(n), ()):
            if self.message.words[n : n + len(spoken)] == spoken:
                end = n + len(spoken)
                return name, end + 1 if self._word(end) in ("is", "of") else end
        return None, n

    def _amount(self, n: int) -> _Amount | None:
        """The number at word `n` with the unit before or after it, in minutes where it is a time."""
        words = self.message.words
        before = "money" if self._word(n) in _BEFORE else ""
        n += bool(before)
        if self._word(n) in ("a", "an"):
            if self._word(n + 1) in ("hour", "half"):
                return self._hours(1.0 if words[n + 1] == "hour" else 0.5, n + 2)
            n += self._word(n + 1) not in ("hundred", "thousand", "million")
        written = _WITH_UNIT.fullmatch(self._word(n))
        if written:
            value, unit = read_number(written[1]) or 0.0, _UNIT_WRITTEN_TO_IT.get(written[2], "minutes")
            return self._hours(value, n + 1) if unit == "hours" else _Amount(value, unit, n + 1)
        number = number_at(words, n)
        if number is None:
            return None
        value, end = self._with_fraction(*number)
        after = _UNIT_OF.get(self._word(end), "")
        if after == "hours":
            return self._hours(value, end + 1)
        end += bool(after)
        end += bool(after) and _UNIT_OF.get(self._word(end)) == after
        return _Amount(value, before or after, end)

    def _with_fraction(self, value: float, end: int) -> tuple[float, int]:
        """A number with the "and a half" or the "½" after it."""
        if self.message.words[end : end + 3] == ("and", "a", "half"):
            return value + 0.5, end + 3
        fraction = read_number(self._word(end)) if not self._word(end).startswith(("1", "2")) else None
        is_sign = fraction is not None and 0 < fraction < 1 and not self.message.tokens[end].text[0].isdecimal()
        return (value + fraction, end + 1) if is_sign and fraction is not None else (value, end)

    def _hours(self, hours: float, end: int) -> _Amount:
        words = self.message.words
        end += words[end : end + 1] == ("hour",)
        if words[end : end + 3] == ("and", "a", "half"):
            return _Amount(60 * hours + 30, "minutes", end + 3)
        place = end + 1 if words[end : end + 1] == ("and",) else end
        minutes = number_at(words, place)
        if minutes and _UNIT_OF.get(self._word(minutes[1])) == "minutes":
            return _Amount(60 * hours + minutes[0], "minutes", minutes[1] + 1)
        return _Amount(60 * hours, "minutes", end)

    def _compared_unit(self, cue: Cue | None) -> str:
        return COMPARATIVE_UNITS.get(self.message.words[cue.start], "") if cue else ""

    def _field_of(self, unit: str, fields: Iterable[str] | None = None) -> str | None:
        """The field that holds what a unit measures, by its name; among those of numbers where none are given."""
        for wanted in UNITS[unit].fields if unit else ():
            for name in self.lexicon.numbers if fields is None else fields:
                if wanted in words_of(field_words(name)) or wanted == name:
                    return name
        return None

    def _only_field(self, n: int, bound: _Bound) -> str | None:
        """The field of a bare "under 15" at the end of a clause, where only one field is measured in any unit."""
        is_age = self._word(n - 1) in RELATIVES
        if bound.unit or not bound.bounds or is_age or not self._ends_clause(bound.end):
            return None
        measured = {name for unit in UNITS if (name := self._field_of(unit)) is not None}
        return next(iter(measured)) if len(measured) == 1 else None

    def _ends_clause(self, n: int) -> bool:
        return self.message.ends(n) or "," in self.message.gap(n) or self._word(n) in BOUNDARIES

    def _crosses(self, start: int, end: int) -> bool:
        return any(self.message.ends(n) for n in range(start + 1, end))

    def _word(self, n: int) -> str:
        return self.message.words[n] if 0 <= n < len(self.message) else ""


def _around(value: float, unit: str, end: int) -> _Bound:
    margin = _AROUND * value
    return _Bound(((">=", value - margin), ("<=", value + margin)), unit, end, is_soft=True)


def _in_minutes(value: float, unit: str) -> tuple[float, str]:
    """A bare number after "shorter than" is in hours where it is small."""
    return (value * (60 if value < 10 else 1), "minutes") if unit == "hours" else (value, unit)


def _whole(value: float) -> int | float:
    value = min(round(value, 6), float(MAX_NUMBER))
    return int(value) if value.is_integer() else value
