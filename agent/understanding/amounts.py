"""Finds what a message says of the numbers of a catalogue: "under 2 hours", "cheaper than 20", "abv above 13"."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from agent.constraints import Constraint, Op
from agent.language.cues import Cue, Phrases
from agent.language.english import NUMBER_WORDS
from agent.language.scopes import AMOUNTS, AMOUNTS_AFTER, COMPARED, UNITS
from agent.language.tokens import Message, words_of
from agent.understanding.lexicon import Lexicon
from agent.understanding.matches import FieldMatch, TokenMask

_COMPARING, _AFTER = Phrases(AMOUNTS), Phrases(AMOUNTS_AFTER)
_UNIT_OF = {word: unit for unit, (words, _) in UNITS.items() for word in words.split("|")}
_OPS: dict[str, Op] = {"<": "<", "<=": "<=", ">": ">", ">=": ">=", "=": "="}


@dataclass(frozen=True, slots=True)
class _Amount:
    value: float
    unit: str
    end: int


def find_amounts(message: Message, lexicon: Lexicon, free: TokenMask) -> Iterator[FieldMatch | str]:
    """The bounds on numbers that a message says; a unit that the catalogue has no field for as that unit's name."""
    n = 0
    while n < len(message):
        read = _bound_at(message, lexicon, n) if free.are(n, n + 1) else None
        if read is None:
            n += 1
            continue
        op, amount, named = read
        name = named or _field_of(amount.unit, lexicon)
        if name and free.are(n, amount.end):
            free.take(n, amount.end)
            yield FieldMatch(n, amount.end, (Constraint(name, op, _whole(amount.value)),))
        elif amount.unit:
            free.take(n, amount.end)
            yield amount.unit
        n = amount.end


def _bound_at(message: Message, lexicon: Lexicon, n: int) -> tuple[Op, _Amount, str | None] | None:
    """The comparison, the amount and the field where it is named, of the words at `n`."""
    words = message.words
    field, start = _named_field(words, lexicon, n)
    rated = not field and words[n] in ("rated", "rating", "score", "scored", "scoring")
    start += rated
    cue = _COMPARING.at(words, start) if start < len(words) else None
    amount = _amount(message, cue.end) if cue else _amount(message, start)
    if amount is None or any(message.ends(each) for each in range(n + 1, amount.end)):
        return None
    after = _AFTER.at(words, amount.end, message.cuts) if amount.end < len(words) else None
    sign = cue or after
    if sign is None:
        return None
    if not field:
        field, end = _named_field(words, lexicon, amount.end)
        amount = _Amount(amount.value, amount.unit, end)
    unit = amount.unit or ("stars" if rated else _compared_unit(words, cue))
    end = max(amount.end, after.end if after and not cue else 0)
    return _OPS[sign.label], _scaled(_Amount(amount.value, unit, end), lexicon), field


def _named_field(words: tuple[str, ...], lexicon: Lexicon, n: int) -> tuple[str | None, int]:
    for name in lexicon.numbers:
        spoken = words_of(name.replace("_", " "))
        if words[n : n + len(spoken)] == spoken:
            end = n + len(spoken)
            return name, end + 1 if end < len(words) and words[end] in ("is", "of") else end
    return None, n


def _amount(message: Message, n: int) -> _Amount | None:
    """A number with the unit before or after it, in minutes where it is a time."""
    words = message.words
    unit = ""
    if n < len(words) and words[n] in ("$", "€", "£", "a", "an"):
        unit = "money" if words[n] in "$€£" else ""
        n += 1
    if n >= len(words):
        return None
    if words[n] in ("hour", "half") and words[n - 1] in ("a", "an"):
        return _hours(message, 1.0 if words[n] == "hour" else 0.5, n + 1)
    found = re.fullmatch(r"(\d+(?:\.\d+)?)(h|hr|hrs|min|mins|m)?", NUMBER_WORDS.get(words[n], words[n]))
    if not found:
        return None
    value, end = float(found[1]), n + 1
    if found[2]:
        return _hours(message, value, end) if found[2][0] == "h" else _Amount(value, "minutes", end)
    if words[end : end + 3] == ("and", "a", "half"):
        value, end = value + 0.5, end + 3
    after = _UNIT_OF.get(words[end], "") if end < len(words) else ""
    if after == "hours":
        return _hours(message, value, end + 1)
    end += bool(after)
    end += end < len(words) and bool(after) and _UNIT_OF.get(words[end]) == after
    return _Amount(value, unit or after, end)


def _hours(message: Message, hours: float, end: int) -> _Amount:
    words = message.words
    end += words[end : end + 1] == ("hour",)
    if words[end : end + 3] == ("and", "a", "half"):
        return _Amount(60 * hours + 30, "minutes", end + 3)
    place = end + 1 if words[end : end + 1] == ("and",) else end
    if len(words) > place + 1 and words[place].isdigit() and _UNIT_OF.get(words[place + 1]) == "minutes":
        return _Amount(60 * hours + int(words[place]), "minutes", place + 2)
    return _Amount(60 * hours, "minutes", end)


def _compared_unit(words: tuple[str, ...], cue: Cue | None) -> str:
    return COMPARED.get(words[cue.start], "") if cue else ""


def _scaled(amount: _Amount, lexicon: Lexicon) -> _Amount:
    """A bare number after "shorter than" is in hours where it is small."""
    if amount.unit == "hours":
        return _Amount(amount.value * (60 if amount.value < 10 else 1), "minutes", amount.end)
    return amount


def _field_of(unit: str, lexicon: Lexicon) -> str | None:
    """The number field that holds what a unit measures, by its name."""
    for wanted in UNITS[unit][1].split() if unit else ():
        for name in lexicon.numbers:
            if wanted in words_of(name.replace("_", " ")) or wanted == name:
                return name
    return None


def _whole(value: float) -> int | float:
    return int(value) if value.is_integer() else value
