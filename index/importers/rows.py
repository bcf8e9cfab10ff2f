"""Rows of delimited text, JSON lines and Parquet in batches, each row with the line it begins in."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from index.errors import MendableError
from index.importers.delimited_text import Records, Shape, fault_of, split_records
from index.importers.sources import Source
from index.importers.tally import Tally

PARQUET_ROWS = 65_536
TWICE = "row with a column that is there twice"


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

    def line_of(self, name: str) -> int:
        """The line in which a column is named first."""

    def renamed(self, names: Mapping[str, str]) -> "Batch":
        """The same rows with other names for some columns."""


@dataclass(frozen=True)
class ColumnBatch:
    """Rows whose columns are known: of a delimited file or of Parquet; `header` is the line that names them."""

    source: Source
    lines: Sequence[int]
    columns: Mapping[str, Any]
    header: int = 1

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

    def line_of(self, name: str) -> int:
        return self.header

    def renamed(self, names: Mapping[str, str]) -> "ColumnBatch":
        return replace(self, columns={names.get(name, name): column for name, column in self.columns.items()})


@dataclass(frozen=True)
class RowBatch:
    """Rows that each name their own columns: of JSON lines."""

    source: Source
    lines: Sequence[int]
    objects: Sequence[dict[str, Any]]

    def names(self) -> Sequence[str]:
        return tuple(dict.fromkeys(name for row in self.objects for name in row))

    def column(self, name: str) -> Any | None:
        return self.values(name)

    def values(self, name: str) -> Sequence[Any]:
        """The values of a column, None where a row has no such column."""
        return [row.get(name) for row in self.objects]

    def rows(self) -> Sequence[dict[str, Any]]:
        return self.objects

    def line_of(self, name: str) -> int:
        return next(line for line, row in zip(self.lines, self.objects, strict=True) if name in row)

    def renamed(self, names: Mapping[str, str]) -> "RowBatch":
        if not names:
            return self
        return replace(self, objects=[{names.get(name, name): row[name] for name in row} for row in self.objects])


@dataclass(frozen=True)
class Renaming:
    """Columns of the user's own names: `names` maps a source's column to ours; `met` collects those that were there."""

    names: Mapping[str, str] = field(default_factory=dict)
    met: set[str] = field(default_factory=set)

    def of(self, columns: Sequence[str], where: str) -> list[str]:
        """Columns in small letters under our names. Raises MendableError where two would be the same."""
        small = [column.strip().lower() for column in columns]
        self.met.update(name for name in small if name in self.names)
        ours = [self.names.get(name, name) for name in small]
        twice = doubled(ours)
        if twice:
            raise MendableError(f"the column {twice!r} is there twice", where, "Remove one of them")
        return ours


class Header(Protocol):
    """How a format names its columns."""

    def of(self, columns: Sequence[str], where: str) -> list[str]:
        """Our names of the columns in a header at `file:line`. Raises MendableError where it is none of the format."""


def doubled(names: Sequence[str]) -> str | None:
    """The first name that is there twice."""
    return next((name for n, name in enumerate(names) if name and name in names[:n]), None)


def delimited_batches(source: Source, tally: Tally, shape: Shape, naming: Header) -> Iterator[ColumnBatch]:
    """The rows of a delimited file that have as many fields as the header; the others are rejected."""
    header, header_line = None if shape.header is None else list(shape.header), 1
    for records in split_records(source, shape):
        if header is None:
            if not records.rows and not records.broken:
                continue
            header_line, header, records = _header(source, records, naming)
        tally.read += len(records.broken) + len(records.lines)
        for line, kind, text in records.broken:
            tally.reject(kind, source, line, text)
        if records.rows and set(map(len, records.rows)) != {len(header)}:
            records = _of_width(source, tally, records, len(header))
        if not len(records.lines):
            continue
        if "" in header:
            tally.leave_out("", source, header_line)
        columns = records.columns or list(zip(*records.rows, strict=True))
        yield ColumnBatch(source, records.lines, {n: c for n, c in zip(header, columns, strict=True) if n}, header_line)


def json_batches(source: Source, tally: Tally, renaming: Renaming) -> Iterator[RowBatch]:
    """The objects of a file of JSON lines; lines that hold none are rejected."""
    names = _JsonNames(renaming)
    for block in source.blocks():
        lines, rows = [], []
        for line, text in enumerate(block.lines, block.first_line):
            if not text.strip():
                continue
            tally.read += 1
            row = _json_object(text)
            named = row if isinstance(row, str) else names.of(row)
            if isinstance(named, str):
                tally.reject(named, source, line, text)
            else:
                lines.append(line)
                rows.append(named)
        if rows:
            yield RowBatch(source, lines, rows)


class _JsonNames:
    """Our names of the columns of JSON objects; each way of naming them is worked out once."""

    def __init__(self, renaming: Renaming) -> None:
        self.renaming = renaming
        self._ours: dict[tuple[str, ...], list[str] | None] = {}

    def of(self, row: dict[str, Any]) -> dict[str, Any] | str:
        """The row under our names, or why it cannot be used."""
        names = tuple(row)
        if names not in self._ours:
            try:
                self._ours[names] = self.renaming.of(names, "")
            except MendableError:
                self._ours[names] = None
        ours = self._ours[names]
        return TWICE if ours is None else dict(zip(ours, row.values(), strict=True))


def parquet_batches(source: Source, tally: Tally, renaming: Renaming) -> Iterator[ColumnBatch]:
    """The rows of a Parquet file; a row's number stands for its line."""
    if source.member is not None:
        raise MendableError("Parquet is not read out of a zip", source.shown, "Unpack it and name the file")
    first = 1
    try:
        with pq.ParquetFile(source.path) as file:
            names = renaming.of(file.schema_arrow.names, source.shown)
            for batch in file.iter_batches(PARQUET_ROWS):
                columns = dict(zip(names, (_plain_array(column) for column in batch.columns), strict=True))
                tally.read += batch.num_rows
                yield ColumnBatch(source, range(first, first + batch.num_rows), columns)
                first += batch.num_rows
    except (pa.ArrowException, OSError) as why:
        reason = (str(why).splitlines() or [type(why).__name__])[0]
        raise MendableError(f"no Parquet file that can be read ({reason})", source.shown, "Write it anew") from why


def _header(source: Source, records: Records, naming: Header) -> tuple[int, list[str], Records]:
    """The line of the first record, that record as column names, and the records behind it."""
    if records.broken and (not records.rows or records.broken[0][0] < records.lines[0]):
        line, fault, _ = records.broken[0]
        raise MendableError(f"the header cannot be read ({fault})", source.at(line), "Save the file as UTF-8 text")
    line = records.lines[0]
    names = naming.of(records.rows[0], source.at(line))
    return line, names, replace(records, lines=records.lines[1:], rows=records.rows[1:])


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
        found = json.loads(text, object_pairs_hook=_object_of)
    except (ValueError, RecursionError):
        return "broken JSON"
    if isinstance(found, _Doubled):
        return TWICE
    return found if isinstance(found, dict) else "JSON that is no object"


class _Doubled(dict[str, Any]):
    """An object with a name that is there twice: JSON leaves open which of the values counts."""


def _object_of(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    return found if len(found) == len(pairs) else _Doubled(found)


def _plain_array(column: Any) -> Any:
    """An Arrow column without dictionary coding, its texts, numbers and lists of the ordinary kinds."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_decimal(column.type):
        return column.cast(pa.float64())
    if pa.types.is_large_string(column.type) or pa.types.is_string_view(column.type):
        return column.cast(pa.string())
    return column
