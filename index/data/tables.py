"""The canonical tables of a domain as Parquet files: their columns, reading and writing."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq

from index.data.records import Item, Value
from index.errors import MendableError, first_line
from index.storage.home import write_file

ColumnKind = Literal["number", "list", "text"]

BLOCK = 4096  # rows that are read at once
ROW_GROUP = 1 << 17  # rows that Parquet packs as one: a reader holds one of them, some tens of megabytes of reviews
ITEM_COLUMNS = ("item_id", "title", "description", "categories")
INTERACTIONS = pa.schema(
    [
        ("user_id", pa.string()),
        ("item_id", pa.string()),
        ("timestamp", pa.int64()),
        ("value", pa.float64()),
        ("event", pa.string()),
    ]
)
REVIEWS = pa.schema(
    [
        ("review_id", pa.string()),
        ("item_id", pa.string()),
        ("text", pa.string()),
        ("user_id", pa.string()),
        ("rating", pa.float64()),
        ("timestamp", pa.int64()),
        ("title", pa.string()),
    ]
)


def table_path(folder: Path, name: str) -> Path:
    """Where a table of a domain's folder is: `items`, `interactions` or `reviews`."""
    return folder / f"{name}.parquet"


def read_table(path: Path) -> pa.Table:
    """A Parquet file, or a folder of parts in order of their names. Raises MendableError where it cannot be read."""
    parts = sorted(path.rglob("*.parquet")) if path.is_dir() else [path]
    try:
        return pa.concat_tables([pq.ParquetFile(part).read() for part in parts], promote_options="default")
    except (OSError, pa.ArrowException) as why:
        raise _unreadable(path, why) from why


def read_blocks(path: Path, columns: Sequence[str]) -> Iterator[dict[str, list[Any]]]:
    """Those of the columns that a table has, BLOCK rows at a time. Raises MendableError where it cannot be read."""
    for part in sorted(path.rglob("*.parquet")) if path.is_dir() else [path]:
        try:
            file = pq.ParquetFile(part)
            for block in file.iter_batches(
                BLOCK, columns=[name for name in columns if name in file.schema_arrow.names]
            ):
                yield block.to_pydict()
        except (OSError, pa.ArrowException) as why:
            raise _unreadable(path, why) from why


def column_kinds(path: Path) -> dict[str, ColumnKind]:
    """What each column of attributes of an items table holds; one without a type, as it has no values, is left out."""
    kinds: dict[str, ColumnKind] = {}
    for column in read_table(path).schema:
        if pa.types.is_list(column.type) or pa.types.is_large_list(column.type):
            kinds[column.name] = "list"
        elif pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
            kinds[column.name] = "number"
        elif not pa.types.is_null(column.type):
            kinds[column.name] = "text"
    return {name: kind for name, kind in kinds.items() if name not in ITEM_COLUMNS}


def write_table(table: pa.Table, path: Path) -> None:
    """Write a Parquet file as one step."""
    write_file(path, lambda aside: pq.write_table(table, aside, row_group_size=ROW_GROUP, compression="zstd"))


def items_table(items: Iterable[Item]) -> pa.Table:
    """Items as a table, one column for each attribute that any of them has; numbers, texts or lists of text."""
    rows = list(items)
    names = list(dict.fromkeys(name for item in rows for name in item.attributes))
    columns: dict[str, pa.Array] = {
        "item_id": pa.array([item.item_id for item in rows], pa.string()),
        "title": pa.array([item.title for item in rows], pa.string()),
        "description": pa.array([item.description for item in rows], pa.string()),
        "categories": pa.array([list(item.categories) for item in rows], pa.list_(pa.string())),
    }
    for name in names:
        columns[name] = _attribute_column([item.attributes.get(name) for item in rows])
    return pa.table(columns)


def items_of(table: pa.Table) -> tuple[Item, ...]:
    """The items of a table, in its order; empty attributes are left out."""
    columns: dict[str, list[Any]] = {name: table.column(name).to_pylist() for name in table.column_names}
    n = table.num_rows
    ids, titles = columns["item_id"], columns["title"]
    descriptions = columns.get("description", [None] * n)
    categories = columns.get("categories", [None] * n)
    attributes = {name: values for name, values in columns.items() if name not in ITEM_COLUMNS}
    return tuple(
        Item(ids[row], titles[row], descriptions[row], tuple(categories[row] or ()), _attributes_of(attributes, row))
        for row in range(n)
    )


def _unreadable(path: Path, why: Exception) -> MendableError:
    reason = first_line(why)
    way_out = "Import the domain again with `python -m index import` or `fetch`"
    return MendableError(f"cannot read a table ({reason})", str(path), way_out)


def _attributes_of(columns: Mapping[str, Sequence[Any]], row: int) -> dict[str, Value]:
    found = ((name, values[row]) for name, values in columns.items())
    return {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in found
        if value is not None and value != []
    }


def _attribute_column(values: Sequence[Value | None]) -> pa.Array:
    """One column of a single type: lists where any value is one, else numbers where all are, else text."""
    present = [value for value in values if value is not None]
    if any(isinstance(value, tuple) for value in present):
        return pa.array(
            [None if v is None else list(v) if isinstance(v, tuple) else [str(v)] for v in values],
            pa.list_(pa.string()),
        )
    if all(isinstance(value, int) for value in present):
        return pa.array(values, pa.int64())
    if all(isinstance(value, int | float) for value in present):
        numbers = [float(value) if isinstance(value, int | float) else None for value in values]
        return pa.array(numbers, pa.float64())
    return pa.array([None if v is None else str(v) for v in values], pa.string())
