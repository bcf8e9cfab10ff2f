"""The hard wishes over a whole catalogue: the same as item by item, and as few as possible give way."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.constraints import Constraint, Joined, State, Wish, holds
from agent.filters import allowed_rows, columns_of, count_satisfying
from index.data.domain import Catalogue
from tests.helpers_talk import DOMAIN, FILMS

CATALOGUE = DOMAIN.catalogue
WESTERN, ANIMATION = Constraint("categories", "=", "Western"), Constraint("categories", "=", "Animation")
SCI_FI, HORROR = Constraint("categories", "=", "sci fi"), Constraint("categories", "=", "Horror")

constraints = st.one_of(
    st.builds(
        Constraint,
        st.sampled_from(["year", "decade", "runtime"]),
        st.sampled_from(["=", "<", "<=", ">", ">="]),
        st.sampled_from([1952, 1980, 1990, 1995, 1995.0, 120, 2050]),
    ),
    st.builds(
        Constraint,
        st.sampled_from(["categories", "title", "text", "director", "nothing"]),
        st.sampled_from(["=", "in", "like", "<"]),
        st.sampled_from(["Sci-Fi", "sci fi", "alien", ("Horror", "Western"), "Ridley Scott", "Heat (1995)"]),
    ),
)
wishes = st.one_of(
    constraints,
    st.builds(Joined, st.sampled_from(["all", "any"]), st.lists(constraints, min_size=1, max_size=3).map(tuple)),
)


@given(wishes)
def test_mask_of_a_wish_is_what_holds_of_each_item(wish: Wish) -> None:
    assert columns_of(CATALOGUE).satisfying(wish).tolist() == [holds(wish, item) for item in FILMS]


@given(st.lists(wishes, max_size=3), st.lists(wishes, max_size=2))
def test_allowed_items_break_no_wish_that_was_not_given_up(must: list[Wish], must_not: list[Wish]) -> None:
    state = State(must=tuple(must), must_not=tuple(must_not))
    allowed = allowed_rows(state, CATALOGUE, (), 10)
    given_up = {relaxed.wish for relaxed in allowed.relaxed}
    for item in (FILMS[row] for row in np.flatnonzero(allowed.mask)):
        assert all(holds(wish, item) for wish in must if wish not in given_up)
        assert not any(holds(wish, item) for wish in must_not if wish not in given_up)
    assert bool(given_up) == (count_satisfying(state, CATALOGUE) == 0)
    assert allowed.mask.any()


def test_judged_barred_and_removed_items_are_never_allowed() -> None:
    catalogue = Catalogue(FILMS, frozenset({"1"}))
    allowed = allowed_rows(State(liked=("2",), disliked=("3",), seen=("4",)), catalogue, {4, 5}, 10)
    assert np.flatnonzero(~allowed.mask).tolist() == [0, 1, 2, 3, 4, 5]


def test_one_of_two_wishes_gives_way_and_the_reason_names_both() -> None:
    allowed = allowed_rows(State(must=(ANIMATION, WESTERN)), CATALOGUE, (), 10)
    assert len(allowed.relaxed) == 1
    assert allowed.relaxed[0].because == "no item is both western and animation"
    assert [FILMS[row].item_id for row in np.flatnonzero(allowed.mask)] == ["10", "11"]  # more remain than one cartoon


def test_year_that_nothing_meets_gives_way_by_itself() -> None:
    state = State(must=(SCI_FI, Constraint("year", ">", 2050)))
    allowed = allowed_rows(state, CATALOGUE, (), 10)
    assert [relaxed.wish for relaxed in allowed.relaxed] == [Constraint("year", ">", 2050)]
    assert allowed.relaxed[0].because == "no item is newer than 2050"
    assert allowed.mask.sum() == 6


def test_what_must_not_be_stays_barred_while_a_wish_can_give_way() -> None:
    only_horror = State(must=(Constraint("title", "=", "Shining, The (1980)"),), must_not=(HORROR,))
    assert allowed_rows(only_horror, CATALOGUE, (), 10).relaxed[0].wish == only_horror.must[0]


def test_nothing_gives_way_because_all_that_fits_was_had() -> None:
    allowed = allowed_rows(State(must=(WESTERN,)), CATALOGUE, np.array([9, 10]), 10)
    assert allowed.relaxed == ()
    assert not allowed.mask.any()


def test_many_wishes_that_contradict_each_other_leave_items_and_name_what_gave_way() -> None:
    years = tuple(Constraint("year", "=", 1970 + n) for n in range(14))
    allowed = allowed_rows(State(must=years), CATALOGUE, (), 10)
    assert [FILMS[row].item_id for row in np.flatnonzero(allowed.mask)] == ["4", "9"]  # the newest that exists, 1980
    assert len(allowed.relaxed) == len(years) - 1


@pytest.mark.parametrize("k", [1, 100])
def test_empty_catalogue_allows_nothing_and_relaxes_nothing(k: int) -> None:
    allowed = allowed_rows(State(must=(WESTERN,)), Catalogue(()), (), k)
    assert (len(allowed.mask), allowed.relaxed) == (0, ())


def test_columns_are_made_once_for_a_catalogue() -> None:
    assert columns_of(CATALOGUE) is columns_of(CATALOGUE)
    assert columns_of(CATALOGUE) is not columns_of(Catalogue(FILMS))
