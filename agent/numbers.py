"""Numbers in text: digits of every script, fractions, thousands, decimal commas, currencies."""

import re
import unicodedata

from index.data.records import Value
from index.importers.amounts import MAX_CELL, read_cell

MAX_NUMBER = 10**15  # numbers of a message are cut off here: JSON and floats hold every whole number below exactly
CURRENCIES = "$€£¥₹"
_FRACTION = re.compile(r"([0-9]*)([¼-¾⅐-⅞↉])")
_THOUSANDS = re.compile(r"[1-9][0-9]{0,2}(?:,[0-9]{3})+(?:\.[0-9]+)?")
_THOUSANDS_WITH_DOTS = re.compile(r"[1-9][0-9]{0,2}(?:\.[0-9]{3})+,[0-9]+")
_DECIMAL_COMMA = re.compile(r"[0-9]+,[0-9]+")
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_UNIT_AT_END = re.compile(r"\s*(?:%|[A-Za-z]+\.?)$")


def ascii_digits(text: str) -> str:
    """Text with the decimal digits of every script as 0-9 and fractions as decimals: "١٩٩٤" is "1994", "1½" is "1.5".

    Other signs for digits, as "²" and "①", are read where nothing else stands beside them: "5²" is not 52.
    """
    if text.isascii():
        return text
    if all(c.isdigit() and not c.isdecimal() for c in text):
        return "".join(str(unicodedata.digit(c)) for c in text)
    text = "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in text)
    return _FRACTION.sub(lambda found: (found[1] or "0") + _decimals(found[2]), text)


def _decimals(fraction: str) -> str:
    """ ".5" for "½"."""
    return f"{unicodedata.numeric(fraction):.6f}".removeprefix("0").rstrip("0.")


def is_whole(word: str) -> bool:
    """Whether a word is a whole number in the digits 0-9."""
    return word.isascii() and word.isdigit()


def without_separators(text: str) -> str:
    """A number without the marks between thousands, a decimal point in it; other text as it is.

    A comma parts thousands where three digits follow each one, else it is a decimal comma.
    """
    if _THOUSANDS.fullmatch(text):
        return text.replace(",", "")
    if _THOUSANDS_WITH_DOTS.fullmatch(text):
        return text.replace(".", "").replace(",", ".")
    return text.replace(",", ".") if _DECIMAL_COMMA.fullmatch(text) else text


def read_number(text: str) -> float | None:
    """The number that a text in the digits 0-9 is, at most MAX_NUMBER; None where it is none."""
    text = without_separators(text)
    return min(float(text), float(MAX_NUMBER)) if _NUMBER.fullmatch(text) else None


def number_of(value: Value | None) -> int | float | None:
    """The number that a value of an item is; text is one where an import would read it, or with a unit: "117 min"."""
    if isinstance(value, int | float):
        return value
    if not isinstance(value, str) or len(value) > MAX_CELL:
        return None
    text = ascii_digits(value).strip()
    cell = read_cell(text) or read_cell(_UNIT_AT_END.sub("", text))
    return cell.low.number(comma=False) if cell else None
