"""Finds items of the shown list by their place in it: "the second one", "number 3", "the first two"."""

from collections.abc import Sequence
from dataclasses import dataclass

from agent.language.common_words import BOUNDARIES, JOINERS, NOUNS
from agent.language.number_words import NUMBER_WORDS, ORDINALS
from agent.language.word_lists import word_set
from agent.numbers import is_whole
from agent.understanding.message import Message

_NUMBER_SIGNS = frozenset(("number", "no", "nr", "num", "#"))
_NOUNS = NOUNS | word_set("pick picks recommendation recommendations suggestion suggestions option options result")


@dataclass(frozen=True, slots=True)
class ListPosition:
    """The words from `start` to `end` name a place in the list, with these ids; none where the list is shorter."""

    start: int
    end: int
    ids: tuple[str, ...]


def position_at(message: Message, n: int, shown: Sequence[str], is_object: bool) -> ListPosition | None:
    """The place that is named at word `n`; an ordinal or number alone only where it is the object of a verb."""
    words = message.words
    start, n = n, n + 1 if words[n] == "the" and n + 1 < len(words) else n
    if not shown or words[min(n + 2, len(words) - 1)] in ("years", "decades", "days", "weeks", "months"):
        return None
    if words[n] in _NUMBER_SIGNS and n + 1 < len(words) and _digit(words[n + 1]):
        return ListPosition(start, n + 2, _ids_at(shown, _digit(words[n + 1]) - 1))
    if words[n] in ("first", "last", "top") and n + 1 < len(words) and _digit(words[n + 1]) > 1:
        count = _digit(words[n + 1])
        ids = tuple(shown[-count:] if words[n] == "last" else shown[:count])
        return (
            ListPosition(start, _after_noun(message, n + 2), ids)
            if count <= len(shown)
            else ListPosition(start, n + 2, ())
        )
    if words[n] in ORDINALS or words[n] == "last":
        end = _after_noun(message, n + 1)
        if end > n + 1 or ((is_object or start < n) and _is_end(message, n + 1)):
            return ListPosition(start, end, _ids_at(shown, -1 if words[n] == "last" else ORDINALS[words[n]]))
    digit = _digit(words[n]) if is_whole(words[n]) and n == start else 0
    if is_object and 0 < digit <= len(shown) and _is_end(message, n + 1):
        return ListPosition(start, n + 1, _ids_at(shown, digit - 1))
    return None


def _after_noun(message: Message, n: int) -> int:
    return n + 1 if n < len(message) and message.words[n] in _NOUNS and not message.ends(n) else n


def _is_end(message: Message, n: int) -> bool:
    return message.ends(n) or "," in message.gap(n) or message.words[n] in BOUNDARIES | JOINERS


def _digit(word: str) -> int:
    digits = NUMBER_WORDS.get(word, word)
    return int(digits) if is_whole(digits) and len(digits) < 4 else 0


def _ids_at(shown: Sequence[str], place: int) -> tuple[str, ...]:
    return (shown[place],) if -len(shown) <= place < len(shown) else ()
