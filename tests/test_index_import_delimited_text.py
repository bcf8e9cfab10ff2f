"""Splitting delimited text: the fast ways agree with the careful one, and a broken record costs no other."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.importers.delimited_text import (
    MAX_FIELD,
    Records,
    Shape,
    _columns_at_once,
    _one_by_one,
    _plain_rows,
    _rows_at_once,
    split_records,
)
from index.importers.sources import MAX_LINE, Block, Source

LINE_TEXT = st.text(st.sampled_from('ab,,\t|é" \r\0'), max_size=8)
TEXTS = st.lists(LINE_TEXT, min_size=1, max_size=5).map(lambda lines: "".join(line + "\n" for line in lines))


def block_of(text: str) -> Block:
    content = text.encode()
    return Block(1, content, content.count(b"\n") + (not content.endswith(b"\n")), "utf-8")


def rows_of(records: Records) -> list[list[str]]:
    if records.columns is None:
        return records.rows
    return [list(row) for row in zip(*(column.to_pylist() for column in records.columns), strict=True)]


@given(TEXTS, st.integers(2, 4))
def test_columns_split_at_once_are_the_records_of_csv_one_by_one(text: str, width: int) -> None:
    block = block_of(text)
    at_once = _columns_at_once(block, Shape(), width)
    if at_once is None:
        return
    careful, _ = _one_by_one(block.lines, 1, at_end=True)
    assert not careful.broken
    assert list(at_once.lines) == list(careful.lines)
    assert rows_of(at_once) == careful.rows


@given(TEXTS, st.integers(2, 4))
def test_columns_split_at_once_are_the_records_between_tabs(text: str, width: int) -> None:
    shape = Shape("\t")
    at_once = _columns_at_once(block_of(text), shape, width)
    if at_once is None:
        return
    careful = _plain_rows(block_of(text), shape)
    assert list(at_once.lines) == list(careful.lines)
    assert rows_of(at_once) == careful.rows


@given(TEXTS)
def test_rows_split_at_once_are_the_records_one_by_one(text: str) -> None:
    block = block_of(text)
    at_once = _rows_at_once(block)
    if at_once is None:
        return
    careful, done = _one_by_one(block.lines, 1, at_end=True)
    assert (list(at_once.lines), at_once.rows, done) == (list(careful.lines), careful.rows, len(block.lines))


@given(
    st.lists(st.lists(st.text(st.sampled_from('ab,"\né'), max_size=6), min_size=2, max_size=3), min_size=1, max_size=6)
)
def test_what_the_csv_writer_wrote_is_read_back(rows: list[list[str]]) -> None:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    read, _ = _one_by_one(block_of(out.getvalue()).lines, 1, at_end=True)
    assert read.rows == rows


def test_a_plain_block_is_split_into_columns() -> None:
    """The fast way is taken at all."""
    records = _columns_at_once(block_of("a,b\r\nc,\r\n"), Shape(), 2)
    assert records is not None
    assert _columns_at_once(block_of("a\tb\nc\t\n"), Shape("\t"), 2) is not None
    assert _rows_at_once(block_of("a,b\r\nc,\r\n")) is not None
    assert [column.to_pylist() for column in records.columns or ()] == [["a", "c"], ["b", ""]]


@pytest.mark.parametrize("n", [1000, MAX_FIELD + 10, MAX_LINE - 10, MAX_LINE + 10, 3 * MAX_LINE])
def test_lines_around_a_very_long_one_keep_their_numbers(n: int, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(b"a,b\n" + b"y" * n + b"\nc,d\n" + b'"e",f')
    found = list(split_records(Source(path), Shape()))
    records = [pair for each in found for pair in zip(each.lines, rows_of(each), strict=True)]
    assert [(line, row) for line, row in records if line != 2] == [(1, ["a", "b"]), (3, ["c", "d"]), (4, ["e", "f"])]
    assert [line for each in found for line, *_ in each.broken] == ([2] if n > MAX_FIELD else [])


@pytest.mark.parametrize("quote_at", [0, 5, 9])
def test_a_quote_that_never_closes_costs_its_own_line_only(quote_at: int, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("".join(f'"{n},x\n' if n == quote_at else f"{n},x\n" for n in range(10)))
    found = list(split_records(Source(path), Shape()))
    assert [line for records in found for line, *_ in records.broken] == [quote_at + 1]
    assert [line for records in found for line in records.lines] == [n + 1 for n in range(10) if n != quote_at]
