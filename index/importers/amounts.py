"""Cells of number columns as shops write them: with currencies, decimal commas, thousands apart, and ranges."""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from index.importers.values import DECIMAL_COMMA

CURRENCY, THOUSANDS, RANGE = "currency sign", "thousands written apart", "range, its lower bound taken"
SAME_CURRENCY = {
    **dict.fromkeys(("usd", "us$", "dollar", "dollars"), "$"),
    **dict.fromkeys(("eur", "euro", "euros"), "€"),
    **dict.fromkeys(("gbp", "pound", "pounds"), "£"),
}
MAX_CELL = 60  # characters; a longer cell is no number

_SIGNS = "$€£¥₹₽₩₺₴₦₫฿₪₱¢"
_CODES = (
    "USD|EUR|GBP|JPY|CHF|CNY|RMB|INR|CAD|AUD|NZD|SEK|NOK|DKK|PLN|CZK|HUF|RON|BGN|RUB|UAH|TRY|BRL|MXN|ARS|CLP|COP|KRW|"
    "ZAR|SGD|HKD|TWD|THB|IDR|MYR|PHP|VND|ILS|AED|SAR|EGP|NGN|kr|zł|Kč|Ft|lei|Rs|euros?|dollars?|pounds?"
)
_CURRENCY = rf"(?:(?:US|CA|AU|NZ|HK|NT|A|C|R|S)?[{_SIGNS}]|(?:{_CODES})(?![a-z])\.?)"
_APART = " \u00a0\u2009\u202f'’"  # may stand between thousands
_AMOUNT = re.compile(
    rf"(?P<before>{_CURRENCY})?\s*(?P<minus>[-−])?\s*(?P<behind>{_CURRENCY})?\s*"
    rf"(?P<digits>\.?[0-9](?:[0-9.,{_APART}]*[0-9])?)(?P<exponent>e[+-]?[0-9]+)?(?:[.,][-–—])?\s*(?P<after>{_CURRENCY})?",
    re.IGNORECASE,
)
_DIGIT = re.compile(r"[0-9]")
_RANGE = re.compile(r"(?P<low>.*[^\s\-–—~])\s*(?:[-–—~…]|\.\.|\b(?:to|bis)\b)\s*(?P<high>[^\s\-–—~].*)")
_OPEN_RANGE = re.compile(r"(?P<low>[^-–—]*[^\s\-–—])\s*(?:[-–—+])(?P<high>)")
_CODE = re.compile(r"\+?[0-9][0-9.\-–/: ]*")


class Shape(Enum):
    """How digits are written, by the pattern that they have; the value of a doubtful one is its column's to decide."""

    PLAIN = r"0|[1-9][0-9]*"
    POINT_OR_THOUSAND = r"[1-9][0-9]{0,2}\.[0-9]{3}"
    COMMA_OR_THOUSAND = r"[1-9][0-9]{0,2},[0-9]{3}"
    POINT = r"(?:0|[1-9][0-9]*)?\.[0-9]+"
    COMMA = r"(?:0|[1-9][0-9]*|[1-9][0-9]{0,2}(?:\.[0-9]{3})+),[0-9]+"
    COMMA_THOUSANDS = r"[1-9][0-9]{0,2}(?:,[0-9]{3})+\.[0-9]+|[1-9][0-9]{0,2}(?:,[0-9]{3}){2,}"
    POINT_THOUSANDS = r"[1-9][0-9]{0,2}(?:\.[0-9]{3}){2,}"
    BLANK_THOUSANDS = rf"[1-9][0-9]{{0,2}}(?:[{_APART}][0-9]{{3}})+(?:[.,][0-9]+)?"


_SHAPES = {shape: re.compile(shape.value) for shape in Shape}
_COMMA_SHAPES, _POINT_SHAPES = (Shape.COMMA, Shape.POINT_THOUSANDS), (Shape.POINT, Shape.COMMA_THOUSANDS)


@dataclass(frozen=True, slots=True)
class Amount:
    """A number as it is written: its digits, what is before and behind them."""

    digits: str
    shape: Shape
    sign: str = ""
    exponent: str = ""
    currency: str = ""

    def decimal_sign(self, comma: bool) -> str:
        """What stands before its decimals; `comma` is the column's way, for digits that leave a doubt."""
        if self.shape is Shape.BLANK_THOUSANDS:
            return "," if "," in self.digits else "."
        if self.shape in _COMMA_SHAPES or self.shape in _POINT_SHAPES:
            return "," if self.shape in _COMMA_SHAPES else "."
        return "," if comma else "."

    def number(self, comma: bool) -> int | float | None:
        """Its value, None where an attribute could not hold it."""
        sign = self.decimal_sign(comma)
        digits = "".join(c for c in self.digits if c.isdigit() or c == sign).replace(sign, ".")
        text = self.sign + digits + self.exponent
        return plain_number(int(text) if digits.isdigit() and len(text) < 20 and not self.exponent else float(text))


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell that reads as a number, or as a range: between two, or from one on ("2006–", "18+")."""

    low: Amount
    high: Amount | None = None

    @property
    def currency(self) -> str:
        """The currency that is written in it, one spelling for each, empty where none is."""
        written = (self.low.currency or (self.high.currency if self.high else "")).lower().rstrip(".")
        return SAME_CURRENCY.get(written, written)

    def rules(self, comma: bool) -> list[str]:
        """The rules by which it is read, for the report."""
        sign, others = self.low.decimal_sign(comma), {c for c in self.low.digits if not c.isdigit()}
        applied = {
            CURRENCY: bool(self.currency),
            DECIMAL_COMMA: sign == "," and sign in others,
            THOUSANDS: bool(others - {sign}),
            RANGE: self.high is not None,
        }
        return [rule for rule, was_applied in applied.items() if was_applied]


def read_cell(text: str) -> Cell | None:
    """A number or a range out of a cell without blanks around it, None where it is neither."""
    if len(text) > MAX_CELL or not _DIGIT.search(text):
        return None
    whole = _read_amount(text)
    if whole is not None:
        return Cell(whole)
    ends = _RANGE.fullmatch(text) or _OPEN_RANGE.fullmatch(text)
    if ends is None:
        return None
    low, high = _read_amount(ends["low"]), _read_amount(ends["high"] or ends["low"])
    if low is None or high is None or (low.number(False) or 0) > (high.number(False) or 0):
        return None
    return Cell(low, high)


def has_decimal_commas(cells: Iterable[Cell]) -> bool:
    """Whether decimals follow a comma in a column, by those of its cells that leave no doubt."""
    shapes = [amount.shape for cell in cells for amount in (cell.low, cell.high) if amount is not None]
    return sum(shape in _COMMA_SHAPES for shape in shapes) > sum(shape in _POINT_SHAPES for shape in shapes)


def is_code(text: str) -> bool:
    """Whether digits and signs are no number but a code, a telephone number or a date: "007", "2001-05-01"."""
    return bool(_CODE.fullmatch(text)) and read_cell(text) is None


def plain_number(value: Any) -> int | float | None:
    """A number that an attribute can hold, None where it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, int) and abs(value) < 2**63:
        return value
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _read_amount(text: str) -> Amount | None:
    found = _AMOUNT.fullmatch(text)
    if found is None:
        return None
    digits, currency = found["digits"], found["before"] or found["behind"] or found["after"] or ""
    shape = next((shape for shape, pattern in _SHAPES.items() if pattern.fullmatch(digits)), None)
    if shape is None or (found["exponent"] and shape not in (Shape.PLAIN, Shape.POINT, Shape.POINT_OR_THOUSAND)):
        return None
    amount = Amount(digits, shape, "-" if found["minus"] else "", found["exponent"] or "", currency.strip())
    return None if amount.exponent and amount.number(comma=False) is None else amount  # "1e400"
