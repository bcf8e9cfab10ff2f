"""Rows of delimited text, JSON lines and Parquet in batches, each row with the line it begins in."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from index.errors import MendableError
from index.importers.sources import Source
from index.importers.splitting import Records, Shape, fault_of, split_records
from index.importers.tally import Tally

PARQUET_ROWS = 65_536


class Batch(Protocol):
    """Some rows of one source, by column for events and by row for items."""

    @property
    def source(self) -> Source:
        """Where they come from."""

    @property
    def lines(self) -> Sequence[int]:
        """The line in which each row begins."""

    def names(self) -> Sequence[str]:
        """The columns, in small letters."""

    def column(self, name: str) -> Any | None:
        """The values of a column, one a row; None where there is no such column."""

    def rows(self) -> Sequence[dict[str, Any]]:
        """The rows by column name."""


@dataclass(frozen=True)
class ColumnBatch:
    """Rows whose columns are known: of a delimited file or of Parquet."""

    source: Source
    lines: Sequence[int]
    columns: Mapping[str, Any]

    def names(self) -> Sequence[str]:
        return tuple(self.columns)

    def column(self, name: str) -> Any | None:
        return self.columns.get(name)

    def values(self, name: str) -> Sequence[Any]:
        """The values of a column as they are in Python, empty texts where there is no such column."""
        column = self.columns.get(name)
        if column is None:
            return [""] * len(self.lines)
        return column.to_pylist() if isinstance(column, pa.Array) else column  # type: ignore[no-any-return]  # a column

    def rows(self) -> Sequence[dict[str, Any]]:
        columns = map(self.values, self.columns)
        return [dict(zip(self.columns, values, strict=True)) for values in zip(*columns, strict=True)]


@dataclass(frozen=True)
class RowBatch:
    """Rows that each name their own columns: of JSON lines."""

    source: Source
    lines: Sequence[int]
    objects: Sequence[dict[str, Any]]

    def names(self) -> Sequence[str]:
        return tuple(dict.fromkeys(name for row in self.objects for name in row))

    def column(self, name: str) -> Any | None:
        return [row.get(name) for row in self.objects]

    def rows(self) -> Sequence[dict[str, Any]]:
        return self.objects


@dataclass(frozen=True)
class Renaming:
    """Columns of the user's own names: `names` maps a source's column to ours; `met` collects those that were there."""

    names: Mapping[str, str] = field(default_factory=dict)
    met: set[str] = field(default_factory=set)

    def of(self, columns: Sequence[str], source: Source) -> list[str]:
        """Columns in small letters under our names. Raises MendableError where two would be the same."""
        small = [column.strip().lower() for column in columns]
        self.met.update(name for name in small if name in self.names)
        ours = [self.names.get(name, name) for name in small]
        twice = next((name for n, name in enumerate(ours) if name and name in ours[:n]), None)
        if twice:
            raise MendableError(f"the column {twice!r} is there twice", source.at(1), "Remove one of them")
        return ours


class Header(Protocol):
    """How a format names its columns."""

    def of(self, columns: Sequence[str], source: Source) -> list[str]:
        """Our names of the columns in a header. Raises MendableError where it is no header of the format."""


def delimited_batches(source: Source, tally: Tally, shape: Shape, naming: Header) -> Iterator[ColumnBatch]:
    """The rows of a delimited file that have as many fields as the header; the others are rejected."""
    header = None if shape.header is None else list(shape.header)
    for records in split_records(source, shape):
        if header is None:
            header, records = _header(source, records, naming)
            if header is None:
                continue
        tally.read += len(records.broken) + len(records.lines)
        for line, kind, text in records.broken:
            tally.reject(kind, source, line, text)
        if records.rows and set(map(len, records.rows)) != {len(header)}:
            records = _of_width(source, tally, records, len(header))
        if not len(records.lines):
            continue
        if "" in header:
            tally.note("column without a name left out", source, 1, len(records.lines))
        columns = records.columns or list(zip(*records.rows, strict=True))
        yield ColumnBatch(source, records.lines, {n: c for n, c in zip(header, columns, strict=True) if n})


def json_batches(source: Source, tally: Tally, renaming: Renaming) -> Iterator[RowBatch]:
    """The objects of a file of JSON lines; lines that hold none are rejected."""
    for block in source.blocks():
        lines, rows = [], []
        for n, text in enumerate(block.lines):
            if not text.strip():
                continue
            tally.read += 1
            row = _json_object(text)
            if isinstance(row, str):
                tally.reject(row, source, block.first_line + n, text)
            else:
                lines.append(block.first_line + n)
                rows.append(row)
        ours: dict[tuple[str, ...], list[str]] = {}
        for n, row in enumerate(rows):
            names = tuple(row)
            if names not in ours:
                ours[names] = renaming.of(names, source)
            rows[n] = dict(zip(ours[names], row.values(), strict=True))
        if rows:
            yield RowBatch(source, lines, rows)


def parquet_batches(source: Source, tally: Tally, renaming: Renaming) -> Iterator[ColumnBatch]:
    """The rows of a Parquet file; a row's number stands for its line."""
    if source.member is not None:
        raise MendableError("Parquet is not read out of a zip", source.shown, "Unpack it and name the file")
    first = 1
    try:
        with pq.ParquetFile(source.path) as file:
            names = renaming.of(file.schema_arrow.names, source)
            for batch in file.iter_batches(PARQUET_ROWS):
                columns = dict(zip(names, (_plain_array(column) for column in batch.columns), strict=True))
                tally.read += batch.num_rows
                yield ColumnBatch(source, range(first, first + batch.num_rows), columns)
                first += batch.num_rows
    except (pa.ArrowException, OSError) as why:
        reason = (str(why).splitlines() or [type(why).__name__])[0]
        raise MendableError(f"no Parquet file that can be read ({reason})", source.shown, "Write it anew") from why


def _header(source: Source, records: Records, naming: Header) -> tuple[list[str] | None, Records]:
    """The first record as column names, None where there was none yet; and the records without it."""
    if records.broken and (not records.rows or records.broken[0][0] < records.lines[0]):
        line, kind, _ = records.broken[0]
        raise MendableError(f"the header cannot be read ({kind})", source.at(line), "Save the file as UTF-8 text")
    if not records.rows:
        return None, records
    return naming.of(records.rows[0], source), replace(records, lines=records.lines[1:], rows=records.rows[1:])


def _of_width(source: Source, tally: Tally, records: Records, width: int) -> Records:
    """The records that have `width` fields; the others are rejected."""
    lines, rows = [], []
    for line, row in zip(records.lines, records.rows, strict=True):
        if len(row) == width:
            lines.append(line)
            rows.append(row)
        else:
            tally.reject("row too short" if len(row) < width else "row too long", source, line, row)
    return Records(lines, rows)


def _json_object(text: str) -> dict[str, Any] | str:
    """The object of a line, or why there is none."""
    fault = fault_of(text)
    if fault is not None:
        return fault
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return "broken JSON"
    return found if isinstance(found, dict) else "JSON that is no object"


def _plain_array(column: Any) -> Any:
    """An Arrow column without dictionary coding, its texts and lists of the ordinary kinds."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_large_string(column.type) or pa.types.is_string_view(column.type):
        return column.cast(pa.string())
    return column
