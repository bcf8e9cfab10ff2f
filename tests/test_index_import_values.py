"""How single values and columns are read: the fast way over whole columns agrees with the careful one over values."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.importers.columns import UNPLAIN, ids_at_once, numbers_at_once, times_at_once, words_at_once
from index.importers.film_titles import film_title, film_year
from index.importers.times import Time, read_time
from index.importers.values import (
    MISSING_WORDS,
    BadValue,
    is_missing,
    one_line,
    read_id,
    read_list,
    read_number,
    read_text,
    written_list,
)

ODD = st.sampled_from(
    [
        "",
        " ",
        "0",
        "007",
        " 12 ",
        "-0",
        "1e3",
        "1_0",
        "٣",
        "0x10",
        "nan",
        "inf",
        "-inf",
        "up",
        "1.",
        ".5",
        "+5",
        "9" * 400,
        "4,5",
        "a\x1b",
        "a\x9b",
        "a\u202e",
        "a\u2028b",
        *sorted(MISSING_WORDS),
    ]
)
CELLS = st.one_of(ODD, st.text(max_size=5), st.integers(-(10**15), 10**15).map(str), st.floats().map(str))


@given(st.lists(CELLS, min_size=1, max_size=4))
def test_numbers_of_a_column_at_once_are_those_read_one_by_one(cells: list[str]) -> None:
    try:
        at_once = numbers_at_once(cells, len(cells)).to_pylist()
    except UNPLAIN:
        return
    assert at_once == [read_number(cell, "value")[0] for cell in cells]


@given(st.lists(CELLS, min_size=1, max_size=4))
def test_times_of_a_column_at_once_are_those_read_one_by_one(cells: list[str]) -> None:
    try:
        at_once = times_at_once(cells, len(cells))
    except UNPLAIN:
        return
    read = [read_time(cell) for cell in cells]
    assert at_once.numbers.to_pylist() == [time.number if time else None for time in read]
    assert {time.is_date for time in read if time} <= {at_once.are_dates}


@given(st.lists(CELLS, min_size=1, max_size=4))
def test_words_of_a_column_at_once_are_those_read_one_by_one(cells: list[str]) -> None:
    try:
        at_once = words_at_once(cells, len(cells)).to_pylist()
    except UNPLAIN:
        return
    assert at_once == [read_text(cell)[0] for cell in cells]


@given(st.lists(st.one_of(CELLS, st.integers(), st.none()), min_size=1, max_size=4))
def test_ids_of_a_column_at_once_are_those_read_one_by_one(cells: list[Any]) -> None:
    try:
        at_once = ids_at_once(cells).to_pylist()
    except UNPLAIN:
        return
    assert at_once == [read_id(cell, "item") for cell in cells]


@given(st.integers(-(10**10), 10**10))
def test_a_time_is_the_same_as_number_text_and_date(seconds: int) -> None:
    when = datetime.fromtimestamp(seconds, UTC)
    plain = when.replace(tzinfo=None).isoformat(" ")
    read = [read_time(each) for each in (seconds, str(seconds), f"{seconds}.0", when, plain)]
    assert {time.number for time in read if time} == {seconds}
    assert [time.is_date for time in read if time] == [False, False, False, True, True]


@pytest.mark.parametrize("value", ["yesterday", "yes", "1e400", True, [1], {"a": 1}, "2020-13-01"])
def test_what_is_no_time_is_refused(value: Any) -> None:
    with pytest.raises(BadValue):
        read_time(value)


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        " ",
        1.5,
        float("nan"),
        True,
        {},
        [],
        "a\0b",
        "\ud800",
        "nan",
        "None",
        "a\x1b[31m",
        "a\x9b",
        "a\u202eb",
        "a\tb",
    ],
)
def test_what_is_no_id_is_refused(value: Any) -> None:
    with pytest.raises(BadValue):
        read_id(value, "item")


def test_a_date_without_a_zone_is_midnight_in_utc() -> None:
    assert read_time(date(1970, 1, 2)) == read_time("1970-01-02") == Time(86_400, is_date=True)


@pytest.mark.parametrize(
    ("value", "parts"),
    [
        ('["a", "b|c"]', ("a", "b|c")),
        ("['a', \"it's\"]", ("a", "it's")),
        ("[1, 2]", ("1", "2")),
        ("a| b |", ("a", "b")),
        ("a, b", ("a, b",)),
        ("", ()),
        ("[]", ()),
        ("[broken", ("[broken",)),
        (["x", None, 3], ("x", "3")),
    ],
)
def test_lists_are_json_python_or_parts_between_bars(value: Any, parts: tuple[str, ...]) -> None:
    assert read_list(value) == parts


@pytest.mark.parametrize(
    "text", ["[__import__('os').getcwd()]", "[" * 10_000 + "]" * 10_000, "[[1], [2]]", "[1" * 99 + "]"]
)
def test_a_list_that_is_a_program_or_has_no_end_is_plain_text(text: str) -> None:
    assert written_list(text) is None


@pytest.mark.parametrize("value", [None, "", " ", float("nan"), float("inf"), *sorted(MISSING_WORDS), " None "])
def test_a_missing_value_is_no_text(value: Any) -> None:
    assert is_missing(value)
    assert read_text(value) == (None, False)


@pytest.mark.parametrize("value", [0, "0", False, "Nan", "No one", "nano"])
def test_what_only_resembles_a_missing_value_is_a_text(value: Any) -> None:
    assert not is_missing(value)
    assert read_text(value)[0] is not None


@given(st.text())
def test_a_title_in_one_line_holds_no_control_character(title: str) -> None:
    shown = one_line(title)
    assert not {chr(code) for code in (*range(32), *range(127, 160))} & set(shown)
    assert one_line(shown) == shown


@pytest.mark.parametrize(
    ("title", "beside", "whole", "year"),
    [
        ("Matrix, The (1999)", "", "Matrix, The (1999)", 1999),
        ("Matrix, The", "1999", "Matrix, The (1999)", 1999),
        ("Land Before Time III (1995) (V)", "1995", "Land Before Time III (1995)", 1995),
        ("Land Before Time III (1995)", "V", "Land Before Time III (1995)", 1995),
        ("Show (2006–2007)", "", "Show (2006–2007)", 2006),
        ("unknown", "unknown", "unknown", None),
        ("1984", "", "1984", None),
    ],
)
def test_a_film_s_year_stands_at_the_end_of_its_title(title: str, beside: str, whole: str, year: int | None) -> None:
    assert film_title(title, beside) == whole
    assert film_year(whole) == year


def test_plain_columns_are_read_at_once() -> None:
    """The fast way is taken at all: the laws above hold of it, and not of nothing."""
    assert numbers_at_once(["1", "2.5"], 2).to_pylist() == [1, 2.5]
    assert times_at_once(["10", "20"], 2).numbers.to_pylist() == [10, 20]
    assert ids_at_once(["a", "b"]).to_pylist() == ["a", "b"]
