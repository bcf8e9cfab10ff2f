"""Delimited text split into records, each with the line where it begins; what is broken costs one record, no more."""

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import pyarrow as pa
from pyarrow.csv import ConvertOptions, ParseOptions, ReadOptions, read_csv

from index.importers.sources import TOO_LONG, Block, Source

STRAY_RETURN = "carriage return inside a row"
MAX_FIELD = 1 << 20  # characters of one field of a CSV; a quote that never closes is given up after as many
_SURROGATE = re.compile("[\ud800-\udfff]")  # what a byte that is no UTF-8 was read as


@dataclass(frozen=True)
class Shape:
    """How a delimited file is written: `delimiter` "," is CSV with its quotes; `header` None where line 1 is one."""

    delimiter: str = ","
    header: tuple[str, ...] | None = None
    encoding: str = "utf-8"


@dataclass(frozen=True, slots=True)
class Records:
    """The line where each record begins, and its fields: as `rows`, or as `columns` where they were split at once.

    `broken` are the lines that gave no record, with the reason and the text.
    """

    lines: Sequence[int]
    rows: list[list[str]] = field(default_factory=list)
    columns: list[pa.Array] | None = None
    broken: Sequence[tuple[int, str, str]] = ()


def split_records(source: Source, shape: Shape) -> Iterator[Records]:
    """The records of a delimited file, a block at a time.

    A block in which every line is plainly a record is split at once, by Arrow where nothing is quoted; any other
    record by record.
    """
    csv.field_size_limit(MAX_FIELD)
    width = len(shape.header) if shape.header else 0
    waiting, first_line = list[str](), 1
    for block in source.blocks(shape.encoding):
        whole = None
        if not waiting:
            first_line = block.first_line
            whole = _columns_at_once(block, shape, width)
            if whole is None:
                whole = _rows_at_once(block) if shape.delimiter == "," else _plain_rows(block, shape)
        if whole is None:
            waiting += block.lines
            whole, done = _one_by_one(waiting, first_line, at_end=False)
            waiting, first_line = waiting[done:], first_line + done
        width = width or (len(whole.rows[0]) if whole.rows else 0)
        yield whole
    if waiting:
        yield _one_by_one(waiting, first_line, at_end=True)[0]


def fault_of(text: str) -> str | None:
    """Why a line cannot be read, None where it can."""
    if text == TOO_LONG:
        return "line too long"
    if "\0" in text:
        return "NUL character"
    return None if text.isascii() or not _SURROGATE.search(text) else "bytes that are no UTF-8"


def _columns_at_once(block: Block, shape: Shape, width: int) -> Records | None:
    """A block as columns of text; None where any of its lines is no record of `width` fields, or perhaps none."""
    quoted = shape.delimiter == ","
    if width < 2 or len(shape.delimiter) > 1 or b"\0" in block.content or (quoted and b'"' in block.content):
        return None
    if block.encoding != "utf-8" and not block.content.isascii():
        return None
    if block.content.count(b"\r") != block.content.count(b"\r\n"):
        return None
    names = [str(n) for n in range(width)]
    try:
        table = read_csv(
            pa.py_buffer(block.content),
            ReadOptions(column_names=names, use_threads=False, block_size=len(block.content) + 1),
            ParseOptions(delimiter=shape.delimiter, quote_char=False),
            ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False),
        )
    except pa.ArrowInvalid:
        return None
    if table.num_rows != block.n_lines:
        return None  # blank lines are no records
    lines = range(block.first_line, block.first_line + block.n_lines)
    return Records(lines, columns=[column.combine_chunks() for column in table.columns])


def _rows_at_once(block: Block) -> Records | None:
    """A block of CSV as rows; None where any of its lines is not one whole record."""
    lines = block.lines
    if any(map(fault_of, lines)):
        return None
    try:
        rows = list(csv.reader(lines, strict=True))
    except csv.Error:
        return None
    return _without_blank(block.first_line, rows) if len(rows) == len(lines) else None


def _plain_rows(block: Block, shape: Shape) -> Records:
    """Lines cut at a delimiter that has no quoting."""
    broken = []
    rows: list[list[str]] = []
    for line, text in enumerate(block.lines, block.first_line):
        fault = fault_of(text)
        if fault is not None:
            broken.append((line, fault, text))
        bare = text.rstrip("\r\n")
        rows.append(bare.split(shape.delimiter) if bare and fault is None else [])
    return replace(_without_blank(block.first_line, rows), broken=broken)


def _without_blank(first_line: int, rows: list[list[str]]) -> Records:
    if [] not in rows:
        return Records(range(first_line, first_line + len(rows)), rows)
    return Records([first_line + n for n, row in enumerate(rows) if row], [row for row in rows if row])


class _Feed:
    """Hands out lines one by one, and remembers whether more were wanted than there are."""

    def __init__(self, lines: Sequence[str], at: int) -> None:
        self.lines, self.at, self.dry = lines, at, False

    def __iter__(self) -> "_Feed":
        return self

    def __next__(self) -> str:
        if self.at >= len(self.lines):
            self.dry = True
            raise StopIteration
        self.at += 1
        return self.lines[self.at - 1]


def _one_by_one(waiting: Sequence[str], first_line: int, at_end: bool) -> tuple[Records, int]:
    """The records in some lines, and how many lines they took; one that is not whole is left unless the file ends."""
    lines, rows, broken = [], [], []
    at = 0
    while at < len(waiting):
        text, line = waiting[at], first_line + at
        fault = fault_of(text)
        feed = _Feed(waiting, at)
        row: list[str] = []
        if fault is None:
            try:
                row = next(csv.reader(feed, strict=True))
            except csv.Error as why:
                if feed.dry and not at_end:
                    break
                fault = STRAY_RETURN if "new-line character" in str(why) else "broken quotes"
        if fault is None and feed.at > at + 1:
            fault = next((why for why in map(fault_of, waiting[at + 1 : feed.at]) if why), None)
        if fault is not None:
            broken.append((line, fault, text))
            at += 1
            continue
        if row:
            lines.append(line)
            rows.append(row)
        at = feed.at
    return Records(lines, rows, broken=broken), at
