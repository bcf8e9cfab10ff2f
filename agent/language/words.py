"""Text as folded words: invisible characters left out, numbers in one form, apostrophes dropped."""

import re
from functools import lru_cache

from agent.numbers import CURRENCIES, ascii_digits, without_separators
from index.data.fold_text import fold_text

_UNITS_AFTER_COMMA = rf"(?:[{CURRENCIES}%]|(?i:euros?|eur|dollars?|usd|bucks|pounds?|hours?|hrs?|stars?)\b)"
# Numbers with marks between thousands, decimal commas beside a currency or unit, decimal points; words; signs.
WORD = re.compile(
    r"\d{1,3}(?:\.\d{3})+,\d+(?!\d)|\d{1,3}(?:,\d{3})+(?:\.\d+)?(?!\d)"
    rf"|\d+,\d{{1,2}}(?=\s?{_UNITS_AFTER_COMMA})|(?:(?<=[{CURRENCIES}])|(?<=[{CURRENCIES}] ))\d+,\d{{1,2}}(?![\d,])"
    rf"|\d+[.٫]\d+|\w[\w\u0300-\u036f]*(?:['’`]\w[\w\u0300-\u036f]*)*|[&%#{CURRENCIES}]"
)
# Left out, as it is not seen: soft hyphens, zero-width characters, direction marks, byte order marks, tags.
_INVISIBLE = re.compile(
    "[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb\U000e0000-\U000e01ef]"
)
_LINE_ENDS = re.compile("[\r\x0b\x0c\x85\u2028\u2029]")
# Read as a blank: control characters, halves of character pairs, letters that are drawn as nothing.
_BLANK = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff\u115f\u1160\u2800\u3164\uffa0]")
_APOSTROPHES = str.maketrans("", "", "'’`")


def clean_text(text: str) -> str:
    """Text without invisible and control characters and blanks around it; every end of a line is a line feed."""
    if text.isascii() and text.isprintable():
        return text.strip()
    text = _LINE_ENDS.sub("\n", _INVISIBLE.sub("", text))
    return _BLANK.sub(" ", text).strip()


def has_letters(word: str) -> bool:
    """Whether a word has letters or digits, unlike "$" and "___"."""
    return any(map(str.isalnum, word))


@lru_cache(1 << 14)  # the values of a catalogue are read several times while its vocabulary is built
def words_of(text: str) -> tuple[str, ...]:
    """The folded words of a text, `&` as "and", numbers in the digits 0-9 without marks between thousands."""
    if text.isascii() and text.replace(" ", "").isalpha():  # most names: the pattern would take five times as long
        return tuple(text.lower().split())
    return tuple(fold_word(found[0]) for found in WORD.finditer(text))


def fold_word(text: str) -> str:
    """A word folded, never empty; a number in the digits 0-9."""
    if text == "&":
        return "and"
    plain = ascii_digits(text)
    if plain[0].isdigit():
        return without_separators(plain.casefold().translate(_APOSTROPHES).replace("٫", "."))
    return "".join(fold_text(plain).translate(_APOSTROPHES).split()) or plain
