"""Writes JSON that every parser accepts: no NaN, no Infinity, no half of a character pair."""

import json
import math
import re
import sys
from collections.abc import Mapping
from typing import Any

_HALF_PAIR = re.compile("[\ud800-\udfff]")


def json_text(content: Any, indent: int | None = None, *, sort_keys: bool = False, ascii_only: bool = False) -> str:
    """`content` as JSON that can be encoded as UTF-8; a number that is not finite is missing and becomes null."""
    options: dict[str, Any] = {"indent": indent, "sort_keys": sort_keys, "ensure_ascii": ascii_only}
    try:
        text = json.dumps(content, allow_nan=False, **options)
    except ValueError:
        text = json.dumps(_finite(content), allow_nan=False, **options)
    return _HALF_PAIR.sub(lambda half: f"\\u{ord(half[0]):04x}", text)


def print_json(content: Any, indent: int | None = None) -> None:
    """Print JSON at once; what the encoding of stdout lacks is escaped, so that it stays the same JSON."""
    text = json_text(content, indent)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        text = json_text(content, indent, ascii_only=True)
    print(text, flush=True)


def _finite(content: Any) -> Any:
    if isinstance(content, float):
        return content if math.isfinite(content) else None
    if isinstance(content, Mapping):
        return {_finite(key): _finite(value) for key, value in content.items()}
    return [_finite(each) for each in content] if isinstance(content, list | tuple) else content
