"""What a column of attributes is: numbers, lists or texts by all of its cells, however these are written."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.importers.amounts import CURRENCY, RANGE, THOUSANDS, read_cell
from index.importers.column_types import CURRENCIES, MISSING_WORD, NO_NUMBER, NO_NUMBER_WORDS, type_column
from index.importers.values import DECIMAL_COMMA, MISSING_WORDS

N = 20
PRICES = [f"{n}.99" for n in range(5, 5 + N)]
NUMBERS = [float(price) for price in PRICES]


def values(*cells: Any, name: str = "size") -> list[Any]:
    return type_column(name, cells).values


def with_cell(cell: Any, name: str = "price") -> tuple[Any, dict[str, Sequence[int]]]:
    """What a cell in the middle of a column of prices becomes, and the rules; the others must stay numbers."""
    column = type_column(name, [*PRICES[:10], cell, *PRICES[10:]])
    assert [*column.values[:10], *column.values[11:]] == NUMBERS
    return column.values[10], dict(column.rules)


@pytest.mark.parametrize("cell", [*sorted(MISSING_WORDS), "NA", *sorted(NO_NUMBER_WORDS), "Unknown", " tbd "])
@pytest.mark.parametrize("name", ["price", "anything"])
def test_a_word_for_a_missing_value_leaves_a_column_numbers_and_is_counted(cell: str, name: str) -> None:
    assert with_cell(cell, name) == (None, {MISSING_WORD: [10]})


@pytest.mark.parametrize("cell", ["call us", "free", "5 or 6", "x2", True, "1e400", "about 5 $", ["a"], "9 - 3"])
def test_an_odd_cell_leaves_a_column_numbers_and_is_counted(cell: Any) -> None:
    assert with_cell(cell) == (None, {NO_NUMBER: [10]})


@pytest.mark.parametrize("cell", [None, "", "  ", float("nan")])
def test_an_empty_cell_of_a_column_of_numbers_is_not_counted(cell: Any) -> None:
    assert with_cell(cell) == (None, {})


@pytest.mark.parametrize(
    ("cell", "number", "rules"),
    [
        ("$6.99", 6.99, [CURRENCY]),
        ("US$6.99", 6.99, [CURRENCY]),
        ("6.99 USD", 6.99, [CURRENCY]),
        ("6,99 €", 6.99, [CURRENCY, DECIMAL_COMMA]),
        ("6,99\u00a0€", 6.99, [CURRENCY, DECIMAL_COMMA]),
        ("€ 6,99", 6.99, [CURRENCY, DECIMAL_COMMA]),
        ("-£5", -5, [CURRENCY]),
        ("Rs. 499", 499, [CURRENCY]),
        ("499 kr", 499, [CURRENCY]),
        ("6,5", 6.5, [DECIMAL_COMMA]),
        ("0,999", 0.999, [DECIMAL_COMMA]),
        ("1,234.50", 1234.5, [THOUSANDS]),
        ("1,234", 1234, [THOUSANDS]),
        ("1,234,567", 1234567, [THOUSANDS]),
        ("1.234,50", 1234.5, [DECIMAL_COMMA, THOUSANDS]),
        ("1.234.567", 1234567, [THOUSANDS]),
        ("1 234,50", 1234.5, [DECIMAL_COMMA, THOUSANDS]),
        ("1\u202f234", 1234, [THOUSANDS]),
        ("1'234.50", 1234.5, [THOUSANDS]),
        ("$3.99 - $10.99", 3.99, [CURRENCY, RANGE]),
        ("3.99–10.99 €", 3.99, [CURRENCY, RANGE]),
        ("$5 to $6", 5, [CURRENCY, RANGE]),
        ("3-5", 3, [RANGE]),
        ("6,99 - 10,99", 6.99, [DECIMAL_COMMA, RANGE]),
        ("2006–", 2006, [RANGE]),
        ("18+", 18, [RANGE]),
        ("5.-", 5, []),
        ("1e3", 1000.0, []),
        (".5", 0.5, []),
        (7, 7, []),
    ],
)
def test_a_number_is_read_however_it_is_written_and_the_rule_is_counted(
    cell: Any, number: float, rules: list[str]
) -> None:
    assert with_cell(cell) == (number, {rule: [10] for rule in rules})


@given(st.integers(0, 10**9), st.integers(0, 99))
def test_a_price_is_the_same_in_every_country_s_writing(whole: int, cents: int) -> None:
    plain = f"{whole}.{cents:02}"
    english, german = f"{whole:,}.{cents:02}", f"{whole:,}".replace(",", ".") + f",{cents:02}"
    written = (plain, english, german, f"{whole},{cents:02}", f"{whole:,}".replace(",", " ") + f",{cents:02}")
    found = [read_cell(f"{sign}{text}") for text in written for sign in ("", "$", "€ ")]
    assert [cell.low.number(comma) if cell else None for cell in found for comma in (False, True)] == [
        float(plain)
    ] * 30


def test_a_doubtful_comma_follows_the_other_cells_of_its_column() -> None:
    assert values("1,234", "5.5") == [1234, 5.5]
    assert values("1,234", "5,5") == [1.234, 5.5]
    assert values("1.234", "5,5") == [1234, 5.5]
    assert values("1.234", "5.5") == [1.234, 5.5]


def test_a_column_of_ranges_is_numbers_where_its_name_or_a_currency_says_so() -> None:
    assert values("2006–2010", "1999–", name="year") == [2006, 1999]
    assert values("$5 - $6", "$7+") == [5, 7]
    assert values("2-4", "1+", name="players") == ["2-4", "1+"]


def test_several_currencies_in_a_column_are_counted() -> None:
    column = type_column("price", ["$5", "USD 6", "7 €", "$8", "9 eur"])
    assert column.values == [5, 6, 7, 8, 9]
    assert column.rules[CURRENCIES] == [2, 4]


@pytest.mark.parametrize(
    "column",
    [
        ["38", "40", "42", "S", "M"],
        ["300", "500", "X1", "X2"],
        ["007", *PRICES],
        ["+49 30 1234", *PRICES],
        ["2001-05-01", *PRICES],
        ["0-306-40615-2", *PRICES],
        ["12:30", *PRICES],
        ["1.2.3", *PRICES],
        ["2-4", "3-5", "1-2"],
        ["10115", "01067"],
        ["PG-13", "16", "R", "18"],
    ],
    ids=lambda column: column[0],
)
def test_a_column_of_texts_and_codes_stays_as_it_is_written(column: list[str]) -> None:
    assert type_column("anything", column).values == column


@pytest.mark.parametrize("name", ["brand_id", "wine id", "id", "isbn", "isbn13", "sku", "zip", "phone", "asin"])
def test_a_column_of_identifiers_is_never_numbers(name: str) -> None:
    assert values("12", "13", name=name) == ["12", "13"]


@pytest.mark.parametrize("word", sorted(MISSING_WORDS))
def test_a_word_for_a_missing_value_is_missing_in_texts_and_lists(word: str) -> None:
    assert values("Acme", word, "Zenith") == ["Acme", None, "Zenith"]
    assert values("a|b", word, f"c|{word}") == [("a", "b"), None, ("c",)]
    assert values(["a", word], [word], None) == [("a",), None, None]
    assert type_column("brand", ["Acme", word]).rules == {MISSING_WORD: [1]}


def test_na_is_missing_unless_it_stands_beside_other_codes_of_two_capitals() -> None:
    assert values("Acme", "NA") == ["Acme", None]
    assert values("EU", "NA", "JP") == ["EU", "NA", "JP"]


@pytest.mark.parametrize(
    ("column", "typed"),
    [
        (["1", "2.5", ""], [1, 2.5, None]),
        (["1", "x"], ["1", "x"]),
        (["1e400", "1"], ["1e400", "1"]),
        (["9" * 30, "1"], [float("9" * 30), 1]),
        (["a|b", "c"], [("a", "b"), ("c",)]),
        (["1|2", "3"], [("1", "2"), ("3",)]),
        (["['a']", "[]"], [("a",), None]),
        (["x" * 200 + "|b", "c"], ["x" * 200 + "|b", "c"]),
        ([1, None, 2.5], [1, None, 2.5]),
        ([True, None], ["true", None]),
        (["", None], [None, None]),
        ([10**400, 1], [str(10**400), "1"]),
    ],
    ids=str,
)
def test_a_column_is_numbers_lists_or_text_by_all_of_its_values(column: list[Any], typed: list[Any]) -> None:
    assert values(*column) == typed


@given(st.lists(st.text(max_size=8), max_size=6))
def test_a_column_of_any_text_has_one_type(cells: list[str]) -> None:
    found = [value for value in values(*cells) if value is not None]
    kinds = {"number" if isinstance(value, int | float) else type(value).__name__ for value in found}
    assert len(kinds) <= 1
    assert len(values(*cells)) == len(cells)
