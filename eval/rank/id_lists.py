"""Lists of ids as one text, separated by blanks: what is written can be read back, whatever the ids hold."""

import re
from collections.abc import Container, Iterable

_ID = re.compile(r'"(?:[^"]|"")*"(?!\S)|\S+')


def join_ids(ids: Iterable[str]) -> str:
    """Ids separated by blanks; one that holds a blank or begins with a quote stands in quotes, its own doubled."""
    return " ".join(map(_quoted, ids))


def split_ids(text: str, known: Container[str] = ()) -> list[str]:
    """The ids of a list, as `join_ids` or anyone else wrote it.

    Quotes that `join_ids` would not have written belong to the id, unless only the id without them is `known`.
    """
    return [_unquoted(part, known) for part in _ID.findall(text)]


def _quoted(item_id: str) -> str:
    if item_id.startswith('"') or len(item_id.split()) != 1 or item_id != item_id.strip():
        return '"' + item_id.replace('"', '""') + '"'
    return item_id


def _unquoted(part: str, known: Container[str]) -> str:
    if len(part) < 2 or not (part.startswith('"') and part.endswith('"')):
        return part
    inner = part[1:-1].replace('""', '"')
    return inner if _quoted(inner) == part or (part not in known and inner in known) else part
