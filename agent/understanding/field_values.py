"""Finds values of the catalogue's fields in a message: genres, countries, people, whatever they hold."""

from collections.abc import Iterator, Sequence

from agent.language.common_words import COMMON, NOUNS
from agent.language.plurals import is_plural
from agent.language.role_words import POINTERS, SURE
from agent.language.word_lists import word_set
from agent.language.words import words_of
from agent.understanding.field_matches import FieldMatch, TokenMask
from agent.understanding.lexicon import Lexicon, Sense
from agent.understanding.message import Message

_WITH = frozenset(("with", "for", "to"))
_BEFORE_SURNAMES = word_set("love like loved liked enjoy of and or more some any a no not without watch")
_SKIPPED = word_set("the a an by old any some those")


def find_values(message: Message, lexicon: Lexicon, mask: TokenMask) -> Iterator[FieldMatch]:
    """The values that a message names, from left to right; the words of each are taken."""
    n = 0
    while n < len(message):
        match = _value_at(message, lexicon, mask, n)
        if match:
            mask.take(match.start, match.end)
            yield match
        n = match.end if match else n + 1


def _value_at(message: Message, lexicon: Lexicon, mask: TokenMask, n: int) -> FieldMatch | None:
    words = message.words
    for end in range(min(len(words), n + lexicon.max_words), n, -1):
        form = " ".join(words[n:end])
        if form not in lexicon.senses and not (end == n + 1 and form in lexicon.surnames):
            continue
        if not mask.are_free(n, end) or any(message.ends(each) for each in range(n + 1, end)):
            continue
        senses = [s for s in lexicon.senses.get(form, ()) if _is_meant(message, s, n, end)]
        if not senses and end == n + 1:
            senses = [s for s in lexicon.surnames.get(form, ()) if _is_surname(message, n, end)]
        if senses:
            start, stop = _with_field(message, senses[0], n, end)
            return _match(message, start, stop, _pointed_at(message, n, senses))
    return None


def _match(message: Message, start: int, end: int, senses: Sequence[Sense]) -> FieldMatch:
    plural = is_plural(message.words[end - 1]) and message.words[end - 1] not in NOUNS
    if len(senses) == 1:
        return FieldMatch(start, end, senses[0].parts, is_plural=plural)
    return FieldMatch(
        start, end, tuple(part for sense in senses for part in sense.parts), any_of=True, is_plural=plural
    )


def _is_meant(message: Message, sense: Sense, start: int, end: int) -> bool:
    if sense.needs == "name":
        return _is_named(message, start, end)
    if sense.needs == "with":
        after_with = start > 0 and message.words[start - 1] in _WITH and not message.ends(start)
        return after_with or _is_named(message, start, end)
    if sense.needs == "field":
        return _with_field(message, sense, start, end) != (start, end)
    if sense.needs == "noun":
        before = {message.words[n] for n in range(max(0, start - 2), start)}
        after = message.words[end] if end < len(message) else ""
        alone = end - start == len(message)
        return alone or after in NOUNS or "for" in before or "no" in before or "not" in before
    return True


def _is_named(message: Message, start: int, end: int) -> bool:
    """Whether a word that may be ordinary is used as a name: with a capital, or after a word such as "starring"."""
    before = _pointer(message, start)
    if before in SURE or (before == "by" and message.words[start] not in COMMON):
        return True
    token = message.tokens[start]
    proper = token.text[0].isupper() and not token.starts and not message.shouts
    after = message.words[end] if end < len(message) else ""
    return proper and (before in POINTERS or after in NOUNS or token.text.endswith(("'s", "’s")))


def _is_surname(message: Message, start: int, end: int) -> bool:
    """Whether a last name stands where a name does: "I love Hitchcock", "Hitchcock films"."""
    token, after = message.tokens[start], message.words[end] if end < len(message) else ""
    if _is_named(message, start, end):
        return True
    if not token.text[0].isupper() or message.shouts:
        return False
    if token.starts:
        return after in NOUNS or (after in ("or", "and") and message.tokens[end + 1].text[0].isupper())
    return message.words[start - 1] in _BEFORE_SURNAMES


def _with_field(message: Message, sense: Sense, start: int, end: int) -> tuple[int, int]:
    """The words of a value with the name of its field beside it: "high acidity"."""
    if sense.needs == "field":
        field = words_of(sense.parts[0].field.replace("_", " "))
        if message.words[end : end + len(field)] == field:
            return start, end + len(field)
        if start >= len(field) and message.words[start - len(field) : start] == field:
            return start - len(field), end
    return start, end


def _pointed_at(message: Message, start: int, senses: Sequence[Sense]) -> Sequence[Sense]:
    """The senses of the fields that the word before points at ("by" at makers); all where it points at none of them."""
    fields = POINTERS.get(_pointer(message, start), frozenset())
    return [sense for sense in senses if sense.parts[0].field in fields] or senses


def _pointer(message: Message, start: int) -> str:
    n = start - 1
    while n > 0 and message.words[n] in _SKIPPED and message.words[n] != "by":
        n -= 1
    if n < 0 or message.ends(start):
        return ""
    if message.words[n] == "by" and n > 0 and message.words[n - 1] in POINTERS:
        return message.words[n - 1]
    return message.words[n]
