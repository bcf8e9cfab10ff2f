"""Writes JSON that every parser and terminal accepts: no NaN, no Infinity, no half of a pair, no control character."""

import json
import math
import sys
from collections.abc import Mapping
from typing import Any

from index.printable import escaped_json


def json_text(content: Any, indent: int | None = None, *, sort_keys: bool = False, ascii_only: bool = False) -> str:
    """`content` as JSON in printable UTF-8; a number that is not finite is missing and becomes null."""
    options: dict[str, Any] = {"indent": indent, "sort_keys": sort_keys, "ensure_ascii": ascii_only}
    try:
        text = json.dumps(content, allow_nan=False, **options)
    except ValueError:
        text = json.dumps(_finite(content), allow_nan=False, **options)
    return escaped_json(text)


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
