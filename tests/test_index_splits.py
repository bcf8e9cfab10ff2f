"""Splits: the first event with an item counts, and what is held out is in no part that is learned from."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.data.domain import Histories
from index.data.splits import MIN_EVENTS, first_events, leave_last_out, split_validation
from tests.helpers_small import history

N_ITEMS = 6
PEOPLE = st.lists(st.lists(st.integers(0, N_ITEMS - 1), max_size=12), max_size=6)


def people(rows: list[list[int]], timed: bool = True) -> Histories:
    found = [history(*each, values=each, times=range(len(each)) if timed else None) for each in rows]
    return Histories.of([f"u{n}" for n in range(len(rows))], found)


@given(rows=PEOPLE)
def test_of_several_events_with_an_item_the_first_counts(rows: list[list[int]]) -> None:
    cleaned, n_repeats = first_events(people(rows), N_ITEMS)
    assert [each.rows.tolist() for each in cleaned] == [list(dict.fromkeys(each)) for each in rows]
    assert n_repeats == sum(len(each) for each in rows) - len(cleaned.rows)
    for before, after in zip(rows, cleaned, strict=True):
        assert after.times is not None
        assert after.times.tolist() == [before.index(row) for row in dict.fromkeys(before)]


@pytest.mark.parametrize("n_last", [1, 2])
@given(rows=PEOPLE)
def test_what_is_held_out_comes_right_after_what_is_learned_from(rows: list[list[int]], n_last: int) -> None:
    part = leave_last_out(people(rows), N_ITEMS, n_last)
    distinct = {f"u{n}": list(dict.fromkeys(each)) for n, each in enumerate(rows)}
    assert part.training.users == tuple(user for user, each in distinct.items() if len(each) >= MIN_EVENTS)
    for user, shown, answer in zip(part.training.users, part.training, part.next_rows.tolist(), strict=True):
        assert shown.rows.tolist() == distinct[user][:-n_last]
        assert answer == distinct[user][-n_last]


@given(rows=PEOPLE, max_users=st.integers(0, 7), seed=st.integers(0, 3))
def test_those_not_validated_on_are_learned_from_up_to_their_test(
    rows: list[list[int]], max_users: int, seed: int
) -> None:
    part = split_validation(people(rows), N_ITEMS, max_users, seed)
    long_enough = [list(dict.fromkeys(each)) for each in rows if len(set(each)) >= MIN_EVENTS]
    assert len(part.users) == len(part.next_rows) == min(max_users, len(long_enough))
    assert (np.diff(part.users) > 0).all()
    answers = dict(zip(part.users.tolist(), part.next_rows.tolist(), strict=True))
    for n, (shown, distinct) in enumerate(zip(part.training, long_enough, strict=True)):
        assert shown.rows.tolist() == (distinct[:-2] if n in answers else distinct[:-1])
        assert answers.get(n, distinct[-2]) == distinct[-2]


@given(rows=PEOPLE, max_users=st.integers(0, 7), n_events=st.integers(1, 4))
def test_of_several_validation_events_a_user_each_is_shown_all_before_it_and_none_is_learned_from(
    rows: list[list[int]], max_users: int, n_events: int
) -> None:
    part = split_validation(people(rows), N_ITEMS, max_users, 1, n_events=n_events)
    long_enough = [list(dict.fromkeys(each)) for each in rows if len(set(each)) >= MIN_EVENTS]
    found = {(int(part.users[n]), len(part.history(n))): int(part.next_rows[n]) for n in range(len(part.users))}
    expected: dict[tuple[int, int], int] = {}
    for user in sorted(set(part.users.tolist())):
        before_test = long_enough[user][:-1]
        n_held_out = min(n_events, len(before_test) - 1)
        assert part.training[user].rows.tolist() == before_test[:-n_held_out]
        expected |= {(user, n): before_test[n] for n in range(len(before_test) - n_held_out, len(before_test))}
    assert found == expected
    for n in range(len(part.users)):
        assert part.history(n).rows.tolist() == long_enough[int(part.users[n])][: int(part.n_before[n])]


def test_people_without_times_stay_without() -> None:
    part = leave_last_out(people([[0, 1, 2, 3]], timed=False), N_ITEMS, 2)
    assert part.training.times is None
    assert part.training[0].rows.tolist() == [0, 1]


def test_nobody_long_enough_leaves_nobody() -> None:
    part = leave_last_out(people([[0, 1], [], [2, 2, 2, 2]]), N_ITEMS, 2)
    assert len(part.training) == len(part.next_rows) == 0
    assert part.training.rows.dtype == np.int64


def test_where_everybodys_last_two_are_held_out_the_same_users_are_validated_on_the_same_events() -> None:
    histories = Histories.of(tuple(f"u{n}" for n in range(20)), [history(*range(n, n + 5)) for n in range(20)])
    some, everybody = (split_validation(histories, 30, 6, 1, holds_out_all=each) for each in (False, True))
    assert np.array_equal(some.users, everybody.users)
    assert np.array_equal(some.next_rows, everybody.next_rows)
    assert everybody.training.lengths.tolist() == [3] * 20
    assert sorted(some.training.lengths.tolist()) == [3] * 6 + [4] * 14
