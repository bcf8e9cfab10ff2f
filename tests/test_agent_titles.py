"""Titles are found in every spoken form, with small misspellings, and never in other names."""

import pytest

from agent.language.spoken_titles import plain_title, spoken_forms
from agent.language.typos import edit_distance
from agent.language.words import words_of
from agent.understanding.title_index import TitleIndex
from index.data.domain import Catalogue
from index.data.records import Item
from tests.helpers_talk import DOMAIN, FILMS, LEXICON

INDEX = LEXICON.titles


def named(text: str) -> list[str]:
    """The ids of what the first words of a text name, longest first."""
    hit = next(iter(INDEX.at(words_of(text), 0)), None)
    return [INDEX.catalogue.items[row].item_id for row in hit.rows] if hit else []


@pytest.mark.parametrize("item", FILMS, ids=lambda item: item.item_id)
def test_every_spoken_form_of_a_title_finds_its_item(item: Item) -> None:
    for form in spoken_forms(item.title):
        assert item.item_id in named(form)
        assert item.item_id in named(form.upper())


@pytest.mark.parametrize(
    ("said", "item_id"),
    [
        ("The Empire Strikes Back", "4"),
        ("empire strikes back", "4"),
        ("godfather part ii", "15"),
        ("Godfather 2", "15"),
        ("Godfather Part Two", "15"),
        ("The Godfather", "14"),
        ("amelie", "17"),
        ("starwars", "1"),
        ("mars attacks", "13"),
    ],
)
def test_other_ways_to_say_a_title_find_the_item(said: str, item_id: str) -> None:
    assert named(said)[:1] == [item_id]


def test_most_popular_item_of_one_title_stands_first() -> None:
    assert named("Sabrina") == ["8", "7"]


def test_year_chooses_between_items_of_one_title() -> None:
    rows = next(iter(INDEX.at(("sabrina",), 0))).rows
    assert [INDEX.catalogue.items[row].item_id for row in INDEX.of_year(rows, 1954)] == ["7"]
    assert INDEX.of_year(rows, 1900) == ()


def test_longest_title_at_a_place_comes_first() -> None:
    ends = [hit.end for hit in INDEX.at(words_of("Scream 2 tonight"), 0)]
    assert ends == [2, 1]


@pytest.mark.parametrize(
    ("said", "item_id"),
    [
        ("Shawshank Redemtion", "12"),
        ("the shawshank redemptoin", "12"),
        ("Empire Strkes Back", "4"),
        ("Unforgivn", "10"),
        ("Nosferatoo", "20"),
        ("Scream 3", None),
        ("Aliex", None),
        ("Heap", None),
        ("The Batman", None),
        ("High Moon Rising", None),
    ],
)
def test_small_misspellings_are_read_and_other_titles_are_not(said: str, item_id: str | None) -> None:
    hit = INDEX.nearest(words_of(said))
    assert (INDEX.catalogue.items[hit.rows[0]].item_id if hit else None) == item_id


def test_a_title_in_brackets_yields_to_an_item_of_just_that_title() -> None:
    items = (Item("a", "Maybe (Perhaps) (1994)"), Item("b", "Perhaps (1994)"))
    index = TitleIndex.of(Catalogue(items), [9, 1])
    assert next(iter(index.at(("perhaps",), 0))).rows == (1, 0)


def test_part_before_a_colon_names_an_item_only_where_no_other_shares_it() -> None:
    items = (
        Item("a", "Star Trek: First Contact"),
        Item("b", "Star Trek: Generations"),
        Item("c", "Austin Powers: Spy"),
    )
    index = TitleIndex.of(Catalogue(items))
    assert list(index.at(("star", "trek"), 0)) == []
    assert next(iter(index.at(("austin", "powers"), 0))).rows == (2,)


def test_plain_title_loses_years_and_marks_only() -> None:
    assert plain_title("Land Before Time III (1995) (V)") == "Land Before Time III"
    assert plain_title("Seven (Se7en) (1995)") == "Seven (Se7en)"


@pytest.mark.parametrize(
    ("a", "b", "distance"), [("heat", "heat", 0), ("heat", "haet", 1), ("heat", "hat", 1), ("heat", "cold", None)]
)
def test_edit_distance_counts_swaps_as_one_and_stops_at_its_limit(a: str, b: str, distance: int | None) -> None:
    assert edit_distance(a, b, 2) == edit_distance(b, a, 2) == distance


def test_empty_catalogue_names_nothing() -> None:
    index = TitleIndex.of(Catalogue(()))
    assert list(index.at(("alien",), 0)) == []
    assert index.nearest(("alien",)) is None


def test_popularity_of_the_shelf_comes_from_its_events() -> None:
    assert INDEX.popularity[7] == 4
    assert len(INDEX.popularity) == len(DOMAIN.catalogue)
