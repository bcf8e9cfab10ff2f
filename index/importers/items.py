"""Items as they are read: cleaned, the first kept where two rows disagree, attributes typed at the end."""

import re
from collections.abc import Sequence
from typing import Any

from index.data.records import Item
from index.data.tables import ITEM_COLUMNS
from index.errors import MendableError
from index.importers.rows import Batch
from index.importers.sources import Source
from index.importers.tally import Tally
from index.importers.values import (
    CURRENCY,
    ENTITIES,
    LINE_BREAK,
    BadValue,
    one_line,
    read_id,
    read_list,
    read_text,
    typed_column,
)

MAX_COLUMNS = 10_000
NO_TITLE, CONFLICT, NESTED = (
    "item without a title",
    "item that another row describes otherwise",
    "nested value left out",
)
_ID_LIKE = re.compile(r"(?:^|[_\s-])id$")


class ItemRows:
    """Gathers the catalogue of an import."""

    def __init__(self, tally: Tally) -> None:
        self.tally = tally
        self._rows: dict[str, dict[str, Any]] = {}
        self._places: list[tuple[Source, int]] = []
        self._columns: dict[str, None] = {}

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def ids(self) -> frozenset[str]:
        """The ids of the catalogue."""
        return frozenset(self._rows)

    def add(self, batch: Batch) -> None:
        """Take the rows of a batch with a column `item_id`; all but title, description, categories are attributes."""
        for line, row in zip(batch.lines, batch.rows(), strict=True):
            try:
                item_id = read_id(row.get("item_id"), "item")
                cleaned, kinds = _cleaned(row, item_id)
            except BadValue as why:
                self.tally.reject(why.kind, batch.source, line, row)
                continue
            there = self._rows.get(item_id)
            if there is None:
                self._keep(item_id, cleaned, batch.source, line)
                for kind in kinds:
                    self.tally.note(kind, batch.source, line)
            elif there == cleaned:
                self.tally.repeat(batch.source, line)
            else:
                self.tally.reject(CONFLICT, batch.source, line, row)

    def describe(self, item_id: str, text: str) -> None:
        """Add to the description of an item."""
        row = self._rows[item_id]
        row["description"] = f"{row['description']} {text}" if row["description"] else text

    def finish(self) -> list[Item]:
        """The items in the order of their rows."""
        rows = list(self._rows.values())
        columns = {name: self._column(name, [row.get(name) for row in rows]) for name in self._columns}
        return [
            Item(
                item_id,
                row["title"],
                row["description"],
                row["categories"],
                {name: value for name, values in columns.items() if (value := values[n]) is not None},
            )
            for n, (item_id, row) in enumerate(self._rows.items())
        ]

    def _keep(self, item_id: str, row: dict[str, Any], source: Source, line: int) -> None:
        self._rows[item_id] = row
        self._places.append((source, line))
        self._columns.update(dict.fromkeys(name for name in row if name not in ITEM_COLUMNS))
        if len(self._columns) > MAX_COLUMNS:
            raise MendableError(f"there are more than {MAX_COLUMNS} columns", source.at(line), "Leave some out")

    def _column(self, name: str, values: Sequence[Any]) -> list[Any]:
        typed, priced = typed_column(values, never_number=bool(_ID_LIKE.search(name)))
        if priced:
            source, line = self._places[priced[0]]
            self.tally.note(CURRENCY, source, line, len(priced))
        return typed


def _cleaned(row: dict[str, Any], item_id: str) -> tuple[dict[str, Any], list[str]]:
    """A row's title, description, categories and attributes, not yet typed, and the rules that were applied."""
    kinds: dict[str, None] = {}
    cleaned: dict[str, Any] = {"description": None, "categories": ()}
    for name, value in row.items():
        if name == "item_id" or value is None or value == "":
            continue
        if isinstance(value, dict) or (isinstance(value, list) and any(isinstance(v, dict | list) for v in value)):
            kinds[NESTED] = None
            continue
        clean, resolved = _clean(value)
        if resolved:
            kinds[ENTITIES] = None
        cleaned[name] = read_list(clean) if name == "categories" else clean
    title = cleaned.get("title")
    if title is None:
        kinds[NO_TITLE] = None
    elif one_line(str(title)) != title:
        kinds[LINE_BREAK] = None
    cleaned["title"] = one_line(str(title)) if title is not None else item_id
    return cleaned, list(kinds)


def _clean(value: Any) -> tuple[Any, bool]:
    """A value whose texts are clean, and whether HTML entities were resolved in any."""
    if isinstance(value, str):
        return read_text(value)
    if isinstance(value, list):
        parts = [read_text(part) for part in value if part is not None]
        return [text for text, _ in parts if text], any(resolved for _, resolved in parts)
    return str(value).lower() if isinstance(value, bool) else value, False
