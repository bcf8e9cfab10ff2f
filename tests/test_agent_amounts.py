"""Bounds on numbers and years: held where a field can take them, in numbers or in text, else said to be not held."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.constraints import Constraint, State, holds
from agent.filters import allowed_rows, columns_of
from agent.language.constraint_text import describe_wish
from agent.language.number_words import NUMBER_WORDS, number_at
from agent.language.words import words_of
from agent.numbers import MAX_NUMBER, number_of
from agent.understanding import Lexicon, Understood, understand
from index.data.domain import Catalogue
from index.data.records import Item, Value


def shelf(field: str, *values: Value | None) -> Catalogue:
    """Tools with one attribute; None where an item lacks it."""
    return Catalogue(
        tuple(
            Item(f"i{n}", f"Tool number {n}", None, ("Tool",), {} if value is None else {field: value})
            for n, value in enumerate(values)
        )
    )


def heard(message: str, catalogue: Catalogue) -> Understood:
    return understand(message, State(), (), Lexicon(catalogue))


def musts(message: str, catalogue: Catalogue) -> list[str]:
    return [describe_wish(wish) for wish in heard(message, catalogue).state.must]


def allowed(message: str, catalogue: Catalogue) -> list[int]:
    """The rows that a message allows."""
    return np.flatnonzero(allowed_rows(heard(message, catalogue).state, catalogue, (), 10).mask).tolist()


NUMBERS = shelf("price", 6.99, 12, 18.5, None, 25)
IN_TEXT = shelf("price", "6,99 €", "$12", "18.50", "N/A", "EUR 25")  # the same in text
IN_WORDS = shelf("price", "cheap", "dear", "N/A", "$3.99 - $10.99", "9 €")
WITHOUT = shelf("price", None, None)
YEARS_IN_TEXT = shelf("year", "1971", "1984", "unknown", "1999")


@pytest.mark.parametrize("catalogue", [NUMBERS, IN_TEXT], ids=["numbers", "text"])
@pytest.mark.parametrize(
    ("message", "must", "rows"),
    [
        ("something under 15 dollars", ["price under 15"], [0, 1]),
        ("under 15 euros", ["price under 15"], [0, 1]),
        ("cheaper than 20", ["price under 20"], [0, 1, 2]),
        ("under $15", ["price under 15"], [0, 1]),
        ("15€ max", ["price at most 15"], [0, 1]),
        ("15 dollars or less", ["price at most 15"], [0, 1]),
        ("for 12 dollars", ["price at most 12"], [0, 1]),
        ("12 dollars", ["price at most 12"], [0, 1]),
        ("nothing over 20 dollars", ["price at most 20"], [0, 1, 2]),
        ("under 6,99 €", ["price under 6.99"], []),
        ("6,99 € or less", ["price at most 6.99"], [0]),
        ("less than 1,234.56 dollars", ["price under 1234.56"], [0, 1, 2, 4]),
        ("between 10 and 20 dollars", ["price at least 10", "price at most 20"], [1, 2]),
        ("10-20 €", ["price at least 10", "price at most 20"], [1, 2]),
        ("under twenty five dollars", ["price under 25"], [0, 1, 2]),
        ("under a hundred bucks", ["price under 100"], [0, 1, 2, 4]),
        ("exactly 12 dollars", ["price of 12"], [1]),
        ("price under 15", ["price under 15"], [0, 1]),
        ("cost under 15", ["price under 15"], [0, 1]),
        ("under 15", ["price under 15"], [0, 1]),
        ("I have 20 dollars", ["price at most 20"], [0, 1, 2]),
    ],
)
def test_a_bound_on_the_price_is_held_whether_it_is_a_number_or_text(
    catalogue: Catalogue, message: str, must: list[str], rows: list[int]
) -> None:
    assert musts(message, catalogue) == must
    state = heard(message, catalogue).state
    assert [n for n, item in enumerate(catalogue.items) if all(holds(wish, item) for wish in state.must)] == rows
    assert not rows or allowed(message, catalogue) == rows


@pytest.mark.parametrize("message", ["about 12 dollars", "around $12", "a 12 dollar item"])
def test_a_price_that_is_not_a_bound_is_a_soft_wish(message: str) -> None:
    state = heard(message, NUMBERS).state
    assert (state.must, [describe_wish(wish) for wish in state.prefer]) == ((), ["price from 10.8 to 13.2"])


@pytest.mark.parametrize(
    "message", ["under 15 dollars", "cheaper than 20", "price under 15", "10-20 €", "15 dollars", "around 15 dollars"]
)
def test_a_bound_that_no_field_can_take_is_said_to_be_not_held_and_the_reason_is_true(message: str) -> None:
    (lacking,) = heard(message, WITHOUT).notes
    (in_words,) = heard(message, IN_WORDS).notes
    assert lacking == "nothing here says the price"
    assert in_words.startswith("the price here is not given as a number")
    assert heard(message, WITHOUT).state == heard(message, IN_WORDS).state == State()


def test_nothing_is_said_to_be_missing_because_only_late_items_have_it() -> None:
    late = shelf("price", *(None,) * 2_000, 5)
    assert heard("under 15 dollars", late).notes == ()
    assert allowed("under 15 dollars", late) == [2_000]


@pytest.mark.parametrize("message", ["under 15", "more than 3 robots", "something for kids under 12"])
def test_a_number_without_a_measure_is_said_to_be_not_understood(message: str) -> None:
    understood = heard(message, WITHOUT)
    assert understood.state.must == ()
    assert any(note.startswith("I did not understand") for note in understood.notes)


def test_an_age_is_no_price() -> None:
    assert musts("something for kids under 12", NUMBERS) == []


@pytest.mark.parametrize("message", ["I have seen it more than 3 times", "at least one tool", "over and over again"])
def test_a_count_in_passing_is_no_wish_and_needs_no_word(message: str) -> None:
    assert heard(message, NUMBERS).notes == ()
    assert "price" not in " ".join(musts(message, NUMBERS))


@pytest.mark.parametrize(
    ("message", "rows"),
    [
        ("before 1980", [0]),
        ("something before ١٩٨٠", [0]),
        ("newer than 1980", [1, 3]),
        ("from the 80s", [1]),
        ("from the 70s or the 90s", [0, 3]),
        ("between 1970 and 1985", [0, 1]),
        ("the last 20 years", [1, 3]),
        ("the last ² decades", [1, 3]),
    ],
)
def test_a_year_in_text_is_a_year(message: str, rows: list[int]) -> None:
    assert allowed(message, YEARS_IN_TEXT) == rows


@pytest.mark.parametrize("field", ["vintage", "release_year", "publication_year"])
def test_a_field_that_is_named_after_a_year_holds_the_year(field: str) -> None:
    catalogue = shelf(field, 1971, 1984, None, 1999)
    assert (allowed("before 1980", catalogue), heard("before 1980", catalogue).notes) == ([0], ())


@pytest.mark.parametrize("message", ["before 1980", "the last 20 years", "something recent", "newer"])
def test_a_catalogue_that_lacks_years_or_has_them_in_words_says_just_that(message: str) -> None:
    lacking, in_words = heard(message, WITHOUT), heard(message, shelf("year", "old", "new", "1980"))
    assert (lacking.state.must, lacking.notes) == ((), ("nothing here says the year",))
    assert (in_words.state.must, in_words.notes) == ((), ("the year here is not given as a number",))


@pytest.mark.parametrize("digits", [16, 308, 309, 400, 3_900])
@pytest.mark.parametrize("pattern", ["under {} dollars", "over {} dollars", "about {} dollars", "the last {} years"])
def test_numbers_of_any_length_are_bounded(digits: int, pattern: str) -> None:
    catalogue = Catalogue((Item("a", "Lamp", None, (), {"price": 5, "year": 1990}),))
    state = understand(pattern.format("9" * digits), State(), (), Lexicon(catalogue)).state
    for wish in (*state.must, *state.prefer):
        parts = (wish,) if isinstance(wish, Constraint) else wish.parts
        assert all(isinstance(part.value, int | float) and abs(part.value) <= MAX_NUMBER for part in parts)
    assert state != State()


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("6,99 €", 6.99),
        ("€6.99", 6.99),
        ("$1,299.00", 1299),
        ("1.299,00 €", 1299),
        ("1,299", 1299),
        ("0,999", 0.999),
        ("USD 15", 15),
        ("117 min", 117),
        ("14%", 14),
        ("-5", -5),
        ("١٥", 15),
        ("1½", 1.5),
        ("1234567½", 1234567.5),
        ("½", 0.5),
        ("↉", 0),
        ("٣⅓", 3.333333),
        (" 12 ", 12),
        (7, 7),
        ("$3.99 - $10.99", 3.99),
        ("007", None),
        ("12 Angry Men", None),
        ("1h 57m", None),
        ("5²", None),
        ("N/A", None),
        ("", None),
        ("9" * 1_000, None),
        (("7",), None),
        (None, None),
    ],
    ids=str,
)
def test_number_of_a_value_is_the_number_that_is_written(value: Value | None, number: float | None) -> None:
    assert number_of(value) == number


@given(st.integers(0, 10**9), st.sampled_from(["{:,}", "{}", "{:,}.00", "${:,}", "{} €"]))
def test_a_number_is_read_back_from_every_way_to_write_it(number: int, pattern: str) -> None:
    assert number_of(pattern.format(number)) == number


@pytest.mark.parametrize(
    ("text", "number", "end"),
    [
        ("twenty five films", 25, 2),
        ("twenty-five", 25, 2),
        ("a hundred and ten", 110, 4),
        ("two thousand", 2_000, 2),
        ("a hundred and then", 100, 2),
        ("five million thousand thousand thousand", MAX_NUMBER, 5),
        ("ninety nine", 99, 2),
        ("ten nine", 10, 1),
    ],
)
def test_numbers_in_words_are_read(text: str, number: int, end: int) -> None:
    assert number_at(words_of(text), 0) == (number, end)


def test_a_fraction_is_the_decimal_that_it_stands_for() -> None:
    assert words_of("8½ hours, ½ or 33⅓") == ("8.5", "hours", "0.5", "or", "33.333333")


@pytest.mark.parametrize("words", [(), ("a",), ("hundred",), ("and", "five"), ("²",)])
def test_words_that_are_no_number_are_none(words: tuple[str, ...]) -> None:
    assert number_at(words, 0) is None


@pytest.mark.parametrize("word", NUMBER_WORDS)
def test_every_number_word_is_its_number(word: str) -> None:
    assert number_at((word,), 0) == (float(NUMBER_WORDS[word]), 1)


VALUES = st.one_of(
    st.none(), st.integers(-50, 50), st.floats(-50, 50), st.just(math.nan), st.sampled_from(["5 €", "7,5", "x", "-3"])
)


@given(
    st.lists(VALUES, min_size=1, max_size=5),
    st.sampled_from(["=", "<", "<=", ">", ">="]),
    st.integers(-50, 50) | st.sampled_from([7.5, 5.0]),
)
def test_the_mask_of_a_bound_is_what_holds_of_each_item(values: list[Value | None], op: str, bound: float) -> None:
    catalogue = shelf("price", *values)
    wish = Constraint("price", op, bound)  # type: ignore[arg-type]  # drawn from the operators
    assert columns_of(catalogue).satisfying(wish).tolist() == [holds(wish, item) for item in catalogue.items]
