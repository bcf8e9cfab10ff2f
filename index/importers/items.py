"""Items as they are read: cleaned, the first kept where two rows disagree, attributes typed at the end."""

from collections.abc import Mapping, Sequence
from typing import Any

from index.data.records import Item, Value
from index.data.tables import ITEM_COLUMNS, ColumnKind
from index.errors import MendableError
from index.importers.column_types import MISSING_WORD, cell_as, type_column
from index.importers.rows import Batch
from index.importers.sources import Source
from index.importers.tally import Tally
from index.importers.values import (
    CONTROLS,
    ENTITIES,
    BadValue,
    as_text,
    is_missing,
    one_line,
    read_id,
    read_list,
    read_text,
)

MAX_COLUMNS = 10_000
NO_TITLE, CONFLICT, NESTED = (
    "item without a title",
    "item that another row describes otherwise",
    "nested value left out",
)


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
                cleaned, rules = _clean_row(row, item_id)
            except BadValue as why:
                self.tally.reject(why.kind, batch.source, line, row)
                continue
            there = self._rows.get(item_id)
            if there is None:
                self._keep(item_id, cleaned, batch.source, line)
                for rule in rules:
                    self.tally.note(rule, batch.source, line)
            elif there == cleaned:
                self.tally.repeat(batch.source, line)
            else:
                self.tally.reject(CONFLICT, batch.source, line, row)

    def describe(self, item_id: str, text: str) -> None:
        """Add to the description of an item."""
        row = self._rows[item_id]
        row["description"] = f"{row['description']} {text}" if row["description"] else text

    def finish(self) -> list[Item]:
        """The items in the order of their rows, each column of attributes with one type for all its cells."""
        return self._items({name: self._typed(name, self._cells(name)) for name in self._columns})

    def finish_like(self, kinds: Mapping[str, ColumnKind]) -> list[Item]:
        """As `finish`, for rows that join a table whose columns have these kinds already.

        Raises MendableError at the line of the first cell that does not fit.
        """
        return self._items(
            {
                name: self._fitted(name, kinds[name]) if name in kinds else self._typed(name, self._cells(name))
                for name in self._columns
            }
        )

    def _items(self, columns: Mapping[str, Sequence[Value | None]]) -> list[Item]:
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

    def _cells(self, name: str) -> list[Any]:
        return [row.get(name) for row in self._rows.values()]

    def _typed(self, name: str, cells: Sequence[Any]) -> list[Value | None]:
        column = type_column(name, cells)
        for rule, places in column.rules.items():
            source, line = self._places[places[0]]
            self.tally.note(f"{name}: {rule}", source, line, len(places), cells[places[0]])
        return column.values

    def _fitted(self, name: str, kind: ColumnKind) -> list[Value | None]:
        values: list[Value | None] = []
        for (source, line), cell in zip(self._places, self._cells(name), strict=True):
            try:
                value, rules = cell_as(kind, cell)
            except BadValue as why:
                raise MendableError(
                    f"column {name!r} holds {kind}s, this item has {str(cell)[:60]!r}",
                    source.at(line),
                    "Mend the value",
                ) from why
            for rule in rules:
                self.tally.note(f"{name}: {rule}", source, line, example=cell)
            values.append(value)
        return values


def _clean_row(row: dict[str, Any], item_id: str) -> tuple[dict[str, Any], list[str]]:
    """A row's title, description, categories and attributes, not yet typed, and the rules that were applied."""
    rules: dict[str, None] = {}
    cleaned: dict[str, Any] = {"description": None, "categories": ()}
    for name, value in row.items():
        if name == "item_id" or value is None or value == "":
            continue
        if isinstance(value, dict) or (isinstance(value, list) and any(isinstance(v, dict | list) for v in value)):
            rules[NESTED] = None
            continue
        if name in ITEM_COLUMNS and is_missing(value):
            if isinstance(value, str) and value.strip():
                rules[f"{name}: {MISSING_WORD}"] = None
            continue
        clean, resolved = _clean(value)
        if resolved:
            rules[ENTITIES] = None
        cleaned[name] = read_list(clean) if name == "categories" else clean
    written = as_text(cleaned.get("title", ""))
    title = one_line(written)
    if title != written:
        rules[CONTROLS] = None
    if not title:
        rules[NO_TITLE] = None
    cleaned["title"] = title or item_id
    return cleaned, list(rules)


def _clean(value: Any) -> tuple[Any, bool]:
    """A value whose texts are clean, and whether HTML entities were resolved in any."""
    if isinstance(value, str) and not is_missing(value):
        return read_text(value)
    if isinstance(value, list):
        parts = [read_text(part) for part in value]
        return [text for text, _ in parts if text], any(resolved for _, resolved in parts)
    return str(value).lower() if isinstance(value, bool) else value, False
