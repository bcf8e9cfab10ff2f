"""Single values as files write them: ids, numbers, times, texts and lists, each read or refused with a named reason."""

import ast
import html
import json
import math
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from index.data.records import Value

LAST_SECOND = 10**11  # the year 5138; a larger whole number counts milliseconds, from 1000 times that on microseconds
MAX_LIST = 100_000  # characters of a list written as JSON or Python
MAX_PART = 100  # characters of a part between `|`: in longer ones the bar is a sign of the text
MILLISECONDS, MICROSECONDS, DATES = "time in milliseconds", "time in microseconds", "time as a date"
ENTITIES, LINE_BREAK, CURRENCY, WORDS = "HTML entities", "line break in a title", "currency sign", "words for stars"

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_PLAIN_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?", re.ASCII)  # "007" and "+49" are no amounts
_PRICE = re.compile(r"[$€£¥]\s?(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?", re.ASCII)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z]\w{1,30});")
_BREAKS = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]+")
_THUMBS = {"up": 1.0, "like": 1.0, "yes": 1.0, "true": 1.0, "down": 0.0, "dislike": 0.0, "no": 0.0, "false": 0.0}
_NOTHING = {"", "nan", "null", "none"}


class BadValue(Exception):
    """A value that makes its row useless; `kind` says why in a few words."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


def read_id(value: Any, what: str) -> str:
    """An id as text, zeros kept. Raises BadValue where there is none, or it is neither text nor a whole number."""
    if isinstance(value, str):
        text = value.strip()
    elif value is None:
        text = ""
    elif isinstance(value, int) and not isinstance(value, bool):
        text = str(value)
    else:
        raise BadValue(f"{what} is no id")
    if not text:
        raise BadValue(f"no {what}")
    if not _is_text(text):
        raise BadValue("characters that are no text")
    return text


def read_number(value: Any, what: str) -> tuple[float | None, str | None]:
    """A finite number or None where there is none, and the rule that was applied. Raises BadValue."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return None, None
    if isinstance(value, bool):
        return float(value), WORDS
    if isinstance(value, str):
        text = value.strip()
        if text.lower() in _THUMBS:
            return _THUMBS[text.lower()], WORDS
        if not _NUMBER.fullmatch(text):
            raise BadValue(f"{what} is no number")
        value = text
    elif not isinstance(value, int | float):
        raise BadValue(f"{what} is no number")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise BadValue(f"{what} is no number")
    return number, None


def read_time(value: Any) -> tuple[int | None, str | None]:
    """Unix seconds or None where there is none, and the rule that was applied. Raises BadValue."""
    if isinstance(value, datetime | date):
        return _seconds(value), DATES
    if isinstance(value, str) and not _NUMBER.fullmatch(value.strip()) and value.strip():
        try:
            return _seconds(datetime.fromisoformat(value.strip())), DATES
        except (ValueError, OverflowError) as why:
            raise BadValue("time is no time") from why
    if isinstance(value, bool):
        raise BadValue("time is no time")
    try:
        number, _ = read_number(value, "time")
    except BadValue as why:
        raise BadValue("time is no time") from why
    if number is None:
        return None, None
    if abs(number) <= LAST_SECOND:
        return math.floor(number), None
    if abs(number) <= LAST_SECOND * 1000:
        return math.floor(number / 1000), MILLISECONDS
    if abs(number) <= LAST_SECOND * 1_000_000:
        return math.floor(number / 1_000_000), MICROSECONDS
    raise BadValue("time is out of range")


def read_text(value: Any) -> tuple[str | None, bool]:
    """A text without blanks around it, None where it is empty; and whether HTML entities were resolved in it."""
    if value is None:
        return None, False
    text = value if isinstance(value, str) else _as_text(value)
    if not _is_text(text):
        raise BadValue("characters that are no text")
    resolved = _ENTITY.sub(lambda found: html.unescape(found[0]), text) if "&" in text else text
    return resolved.strip() or None, resolved != text


def one_line(title: str) -> str:
    """A title without line breaks and other control characters."""
    return _BREAKS.sub(" ", title).strip()


def read_list(value: Any) -> tuple[str, ...]:
    """A list as files write it: JSON, a Python list, or parts between `|`; a single word is a list of one."""
    if isinstance(value, list | tuple):
        return tuple(part for part in (_as_text(each).strip() for each in value if each is not None) if part)
    text = "" if value is None else _as_text(value).strip()
    listed = written_list(text)
    if listed is not None:
        return read_list(listed)
    return tuple(part for part in (part.strip() for part in text.split("|")) if part)


def written_list(text: str) -> list[Any] | None:
    """The list that a text in brackets is in JSON or in Python, None where it is none; nothing in it is ever run."""
    if not (text.startswith("[") and text.endswith("]") and len(text) <= MAX_LIST):
        return None
    for read in (json.loads, ast.literal_eval):
        try:
            found = read(text)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
        if isinstance(found, list) and not any(isinstance(each, list | tuple | dict | set) for each in found):
            return found
    return None


def typed_column(values: Sequence[Any], never_number: bool = False) -> tuple[list[Value | None], list[int]]:
    """A column of attributes as numbers, lists or texts by what all its values are; and the places of currency signs.

    Numbers where every value is one, lists where any is a list or has parts between `|`, text otherwise.
    """
    plain = [value.strip() if isinstance(value, str) else value for value in values]
    if any(_is_list(value) for value in plain):
        return [read_list(value) or None for value in plain], []
    if never_number:
        return [_text_or_none(value) for value in plain], []
    numbers = [_amount(value) for value in plain]
    given = [value for value in plain if not _is_nothing(value)]
    if given and sum(number is not None for number in numbers) == len(given):
        priced = [n for n, value in enumerate(plain) if isinstance(value, str) and _PRICE.fullmatch(value)]
        return list(numbers), priced
    return [_text_or_none(value) for value in plain], []


def _amount(value: Any) -> int | float | None:
    """The number that a value is; None where it is none, or no attribute could hold it."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, str):
        priced = _PRICE.fullmatch(value)
        text = priced[1].replace(",", "") + (priced[2] or "") if priced else value
        if not _PLAIN_NUMBER.fullmatch(text):
            return None
        value = int(text) if text.lstrip("-").isdigit() and len(text) < 20 else float(text)
    if isinstance(value, int) and abs(value) < 2**63:
        return value
    return float(value) if isinstance(value, float) and math.isfinite(value) else None


def _is_list(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return True
    if not isinstance(value, str):
        return False
    if "|" in value:
        return all(len(part) <= MAX_PART for part in value.split("|"))
    return value.startswith("[") and written_list(value) is not None


def _is_nothing(value: Any) -> bool:
    if isinstance(value, float):
        return math.isnan(value)
    return value is None or (isinstance(value, str) and value.lower() in _NOTHING)


def _text_or_none(value: Any) -> str | None:
    return None if value is None or (isinstance(value, float) and math.isnan(value)) else _as_text(value) or None


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else str(value)


def _seconds(when: date) -> int:
    """Unix seconds of a date or a time; one without a zone is UTC."""
    if not isinstance(when, datetime):
        when = datetime(when.year, when.month, when.day)
    return math.floor((when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp())


def _is_text(text: str) -> bool:
    return "\0" not in text and (text.isascii() or not any("\ud800" <= c <= "\udfff" for c in text))
