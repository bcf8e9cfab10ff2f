"""Which ids of a catalogue are one item, and which only share a title."""

from dataclasses import replace

import numpy as np
import pytest

from index.data.domain import Catalogue
from index.data.duplicates import Duplicates, are_duplicates, find_duplicates
from index.data.records import Item, Value

KULL = Item("1", "Kull the Conqueror (1997)", None, ("Action", "Adventure"), {"year": 1997, "director": ("Nicolella",)})


def other(title: str = KULL.title, description: str | None = None, **attributes: Value) -> Item:
    """Another id with attributes of its own."""
    return Item("2", title, description, (), attributes)


def groups(*items: Item, n_events: tuple[int, ...] | None = None) -> tuple[tuple[int, ...], ...]:
    """The duplicates of a catalogue, by row."""
    catalogue = Catalogue(tuple(replace(item, item_id=str(n)) for n, item in enumerate(items)))
    return find_duplicates(catalogue, np.array(n_events or (0,) * len(items))).groups


@pytest.mark.parametrize(
    "same",
    [
        replace(KULL, item_id="2"),
        other(year=1997),
        other(),  # the year of the title is as good as the attribute
        other("KULL  the Conqueror", year=1997.0),
        other(year=1997, director=("Nicolella", "Somebody Else")),
        other(year=1997, runtime=93, price=2.5),
        other(year=1997, director="https://example.org/nicolella"),
        replace(KULL, item_id="2", categories=("Fantasy",), description="A barbarian becomes king."),
    ],
)
def test_equal_title_and_year_are_one_item_whatever_else_a_source_says(same: Item) -> None:
    assert are_duplicates(KULL, same) and are_duplicates(same, KULL)
    assert groups(KULL, same) == ((0, 1),)


@pytest.mark.parametrize(
    "different",
    [
        other("Kull the Conqueror (1998)", year=1998),
        other("Kull the Conqueror"),  # without a year nothing shows that it is the same
        other("Kull the Conqueror II (1997)", year=1997),
        other(year=1997, director=("Somebody Else",)),
        other(year=1998),
    ],
)
def test_another_year_title_or_maker_is_another_item(different: Item) -> None:
    assert not are_duplicates(KULL, different) and not are_duplicates(different, KULL)
    assert groups(KULL, different) == ()


def test_articles_in_front_and_behind_are_one_title() -> None:
    assert groups(Item("", "Matrix, The (1999)"), Item("", "The Matrix (1999)"), Item("", "Matrix (1999)")) == ((0, 1),)


@pytest.mark.parametrize(
    ("name", "one", "two"), [("season", 1, 2), ("artist", "Abba", "Queen"), ("platform", "PC", "PS4")]
)
def test_parts_of_a_series_and_works_of_two_makers_are_two_items(name: str, one: Value, two: Value) -> None:
    assert groups(Item("", "Gold (1992)", None, (), {name: one}), Item("", "Gold (1992)", None, (), {name: two})) == ()


@pytest.mark.parametrize("name", ["asin", "imdb_url", "image", "release_date", "show_id"])
def test_codes_links_and_dates_do_not_make_two_items_of_one(name: str) -> None:
    assert groups(other(year=1997, **{name: "B0001"}), other(year=1997, **{name: "B0002"})) == ((0, 1),)


def test_products_of_one_title_without_a_year_stay_apart_unless_all_that_is_stated_is_equal() -> None:
    frogger = Item("", "Frogger")
    described = replace(frogger, description="Cross the road.", attributes={"platform": "PC"})
    assert groups(frogger, frogger) == ()
    assert groups(described, described) == ((0, 1),)
    assert groups(described, replace(described, attributes={"platform": "PS4"})) == ()
    assert groups(described, replace(described, description="Cross the river.")) == ()


@pytest.mark.parametrize("title", ["", "   ", "(1997)"])
def test_items_without_a_title_are_never_one(title: str) -> None:
    assert groups(Item("", title, None, (), {"year": 1997}), Item("", title, None, (), {"year": 1997})) == ()


@pytest.mark.parametrize("year", [float("nan"), float("inf")])
def test_a_year_that_is_no_number_is_none(year: float) -> None:
    assert groups(Item("", "Gold", None, (), {"year": year}), Item("", "Gold", None, (), {"year": year})) == ()


def test_the_row_with_most_events_is_preferred_then_the_first() -> None:
    assert groups(KULL, KULL, KULL, n_events=(1, 5, 5)) == ((1, 2, 0),)


def test_an_item_that_fits_two_different_ones_joins_the_first() -> None:
    one, two, either = other(year=1997, artist="Abba"), other(year=1997, artist="Queen"), other(year=1997)
    assert groups(one, two, either) == ((0, 2),)


# --- rows and masks ---------------------------------------------------------

FOUND = Duplicates(((3, 0), (5, 1, 2)))


def rows(*numbers: int) -> np.ndarray:
    return np.array(numbers, np.int64)


def test_rows_are_joined_by_those_of_the_same_items() -> None:
    assert FOUND.with_duplicates(rows(0, 4)).tolist() == [0, 3, 4]
    assert FOUND.with_duplicates(rows()).tolist() == []
    every = FOUND.with_duplicates(rows(2, 3))
    assert FOUND.with_duplicates(every).tolist() == every.tolist() == [0, 1, 2, 3, 5]


def test_distinct_rows_keep_their_order_and_the_first_of_each_item() -> None:
    assert FOUND.distinct(rows(4, 0, 2, 3, 1, 6)).tolist() == [4, 0, 2, 6]
    assert FOUND.distinct(rows()).tolist() == []


@pytest.mark.parametrize(
    ("allowed", "kept"),
    [((0, 1, 2, 3, 4, 5), (3, 4, 5)), ((0, 1, 2), (0, 1)), ((2, 3), (2, 3)), ((), ())],
)
def test_of_the_allowed_rows_of_an_item_only_the_preferred_one_is_kept(
    allowed: tuple[int, ...], kept: tuple[int, ...]
) -> None:
    mask = np.isin(np.arange(6), allowed)
    before = mask.copy()
    assert np.flatnonzero(FOUND.hide_repeats(mask)).tolist() == list(kept)
    assert (mask == before).all()
