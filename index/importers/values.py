"""Single values as files write them: ids, numbers, texts and lists, each read or refused with a named reason."""

import ast
import html
import json
import math
import re
from typing import Any

from index.printable import is_printable

MAX_LIST = 100_000  # characters of a list written as JSON or Python
MISSING_WORDS = frozenset(  # as programs spell a value that is not there
    ("nan", "NaN", "NAN", "-nan", "null", "NULL", "None", "none", "NONE", "N/A", "n/a", "#N/A", "<NA>", "NaT")
)
ENTITIES, CONTROLS, WORDS = "HTML entities", "line break or control character in a title", "words for stars"
DECIMAL_COMMA = "decimal comma"

NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_COMMA_NUMBER = re.compile(r"[+-]?\d+,\d{1,2}", re.ASCII)  # three digits after it would rather be thousands
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z]\w{1,30});")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_THUMBS = {"up": 1.0, "like": 1.0, "yes": 1.0, "true": 1.0, "down": 0.0, "dislike": 0.0, "no": 0.0, "false": 0.0}


class BadValue(Exception):
    """A value that makes its row useless; `kind` says why in a few words."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


def is_missing(value: Any) -> bool:
    """Whether a value is none: nothing, a blank text, NaN or infinity, or a word that programs write for it."""
    if isinstance(value, str):
        text = value.strip()
        return not text or text in MISSING_WORDS
    return value is None or (isinstance(value, float) and not math.isfinite(value))


def read_id(value: Any, what: str) -> str:
    """An id as text, zeros kept. Raises BadValue where there is none, or none that can be shown and written again."""
    if is_missing(value):
        raise BadValue(f"no {what}")
    if isinstance(value, str):
        text = value.strip()
    elif isinstance(value, int) and not isinstance(value, bool):
        text = str(value)
    else:
        raise BadValue(f"{what} is no id")
    _refuse_no_text(text)
    if not is_printable(text):
        raise BadValue(f"control character in the id of the {what}")
    return text


def read_number(value: Any, what: str) -> tuple[float | None, str | None]:
    """A finite number or None where there is none, and the rule that was applied. Raises BadValue."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return None, None
    if isinstance(value, bool):
        return float(value), WORDS
    rule = None
    if isinstance(value, str):
        text = value.strip()
        if text.lower() in _THUMBS:
            return _THUMBS[text.lower()], WORDS
        if _COMMA_NUMBER.fullmatch(text):
            text, rule = text.replace(",", "."), DECIMAL_COMMA
        if not NUMBER.fullmatch(text):
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
    return number, rule


def read_text(value: Any) -> tuple[str | None, bool]:
    """A text without blanks around it, None where it is missing; and whether HTML entities were resolved in it."""
    if is_missing(value):
        return None, False
    text = as_text(value)
    _refuse_no_text(text)
    resolved = _ENTITY.sub(lambda found: html.unescape(found[0]), text) if "&" in text else text
    return resolved.strip() or None, resolved != text


def one_line(title: str) -> str:
    """A title without line breaks and other control characters."""
    return _CONTROLS.sub(" ", title).strip()


def read_list(value: Any) -> tuple[str, ...]:
    """A list as files write it: JSON, a Python list, or parts between `|`; a single word is a list of one."""
    if isinstance(value, list | tuple):
        return tuple(as_text(part).strip() for part in value if not is_missing(part))
    text = "" if value is None else as_text(value).strip()
    listed = written_list(text)
    return read_list(listed if listed is not None else text.split("|"))


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


def as_text(value: Any) -> str:
    """A value in words: itself where it is text, `true` and `false` as JSON writes them."""
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else str(value)


def _refuse_no_text(text: str) -> None:
    if "\0" in text or not (text.isascii() or not any("\ud800" <= c <= "\udfff" for c in text)):
        raise BadValue("characters that are no text")
