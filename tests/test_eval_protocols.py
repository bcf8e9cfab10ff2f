"""Splits: what is fitted on, what is asked, what is left out and counted; nothing that is asked leaks."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, reject
from hypothesis import strategies as st

from eval.rank.protocols import (
    PROTOCOLS,
    Cases,
    by_time,
    folds,
    leave_one_out,
    refuse_leaks,
    shuffle_items,
    split_domain,
)
from index.build.loading import OpenedDomain
from index.data.domain import Catalogue, Domain, Histories
from index.data.records import Item
from index.data.splits import first_events
from index.errors import MendableError
from tests.helpers_eval import histories

N_ITEMS = 30
rows_of_users = st.lists(st.lists(st.integers(0, N_ITEMS - 1), max_size=9), min_size=1, max_size=12)


def domain_of(events: Histories, n_items: int = N_ITEMS) -> Domain:
    items = tuple(Item(f"i{n}", f"Thing {n}") for n in range(n_items))
    return Domain("small", Catalogue(items), events, "0" * 64)


def ids_of(domain: Domain, events: Histories) -> dict[str, list[str]]:
    """Item ids by user."""
    return {user: [domain.catalogue.ids[row] for row in events[n].rows] for n, user in enumerate(events.users)}


def test_leave_one_out_asks_for_the_last_event_and_validates_on_the_one_before() -> None:
    parts = leave_one_out(histories({"a": [4, 2, 7, 9], "b": [1, 2, 3]}))
    assert parts.test.relevant.rows.tolist() == [9, 3]
    assert [each.rows.tolist() for each in parts.test.histories] == [[4, 2, 7], [1, 2]]
    assert [each.rows.tolist() for each in parts.training] == [[4, 2, 7], [1, 2]]
    assert parts.validation.relevant.rows.tolist() == [7, 2]
    assert [each.rows.tolist() for each in parts.tuning] == [[4, 2], [1]]


def test_users_with_under_three_different_items_are_left_out_and_counted() -> None:
    events = histories({"one": [1], "two": [1, 2], "repeats": [1, 1, 2], "three": [1, 2, 3], "none": []})
    split = split_domain(OpenedDomain(domain_of(events)), "leave-one-out", seed=1)
    assert split.test.histories.users == ("three",)
    assert (split.left_out, split.repeats) == (4, 1)
    assert split.training.histories.users == ("three",)


def test_domain_without_three_events_of_anybody_is_refused() -> None:
    with pytest.raises(MendableError, match="three events"):
        split_domain(OpenedDomain(domain_of(histories({"a": [1, 2]}))), "leave-one-out", seed=1)


def test_of_several_events_with_one_item_the_first_counts() -> None:
    kept, n = first_events(histories({"a": [3, 5, 3, 5, 4], "b": [3, 3]}), N_ITEMS)
    assert ([each.rows.tolist() for each in kept], n) == ([[3, 5, 4], [3]], 3)


@given(rows_of_users)
def test_leave_one_out_divides_without_losing_or_doubling_an_event(users: list[list[int]]) -> None:
    events, _ = first_events(histories({f"u{n}": rows for n, rows in enumerate(users)}), N_ITEMS)
    assume(max(events.lengths) >= 3)
    parts = leave_one_out(events)
    for n, user in enumerate(parts.test.histories.users):
        whole = events[events.place_of[user]].rows.tolist()
        assert [*parts.test.histories[n].rows, *parts.test.relevant[n].rows] == whole
        assert [*parts.validation.histories[n].rows, *parts.validation.relevant[n].rows] == whole[:-1]


@given(rows_of_users, st.integers(0, 5))
def test_shuffled_items_are_the_same_items_with_the_same_events(users: list[list[int]], seed: int) -> None:
    domain = domain_of(histories({f"u{n}": rows for n, rows in enumerate(users)}))
    shuffled, original = shuffle_items(domain, seed)
    assert ids_of(shuffled, shuffled.histories) == ids_of(domain, domain.histories)
    assert [domain.catalogue.ids[row] for row in original] == list(shuffled.catalogue.ids)


def test_items_are_shuffled_the_same_way_for_the_same_seed_only() -> None:
    domain = domain_of(histories({"a": [1, 2, 3]}))
    orders = [shuffle_items(domain, seed)[1].tolist() for seed in (1, 1, 2)]
    assert orders[0] == orders[1] != orders[2]
    assert orders[0] != list(range(N_ITEMS))


@given(rows_of_users, st.lists(st.integers(0, 20), min_size=110, max_size=110))
def test_time_split_has_everything_before_an_instant_on_one_side(users: list[list[int]], clock: list[int]) -> None:
    ticks = iter(clock)
    events = histories(
        {f"u{n}": rows for n, rows in enumerate(users)},
        {f"u{n}": sorted(next(ticks) for _ in rows) for n, rows in enumerate(users)},
    )
    try:
        parts = by_time(events)
    except MendableError:
        reject()  # too few different times to divide by
    assert parts.instants is not None
    first, second = parts.instants.validation_from, parts.instants.test_from
    training, tested = times_of(parts.training), times_of(parts.test.relevant)
    assert max(training) < second <= min(tested)
    assert max(times_of(parts.tuning)) < first <= min(times_of(parts.validation.relevant))
    assert max(times_of(parts.validation.relevant)) < second
    assert len(training) + len(tested) == len(events.rows)
    late = {user for n, user in enumerate(events.users) if np.any(times_of(events[n]) >= second)}
    assert set(parts.test.histories.users) == late


def times_of(events: object) -> np.ndarray:
    times = getattr(events, "times", None)
    assert isinstance(times, np.ndarray)
    return times


def test_time_split_keeps_users_who_are_new_in_the_test_with_an_empty_history() -> None:
    events = histories({"old": list(range(18)), "new": [20, 21]}, {"old": list(range(18)), "new": [30, 31]})
    parts = by_time(events)
    assert parts.test.histories.users == ("new",)
    assert parts.test.histories.lengths.tolist() == [0]
    assert parts.test.relevant.rows.tolist() == [20, 21]


def test_time_split_without_times_is_refused_with_a_way_out() -> None:
    with pytest.raises(MendableError, match="leave-one-out"):
        split_domain(OpenedDomain(domain_of(histories({"a": [1, 2, 3]}))), "time", seed=1)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_nothing_that_is_asked_is_among_what_is_fitted_on(protocol: str) -> None:
    random = np.random.default_rng(0)
    users = {f"u{n}": random.integers(0, N_ITEMS, 12).tolist() for n in range(40)}
    clock = {user: np.sort(random.integers(0, 1000, 12)).tolist() for user in users}
    split = split_domain(OpenedDomain(domain_of(histories(users, clock))), protocol, seed=3)
    assert len(split.test) > 0 < len(split.validation)
    instants = split.instants
    assert (instants is None) == (protocol == "leave-one-out")
    assert split.training.before == (instants and instants.test_from)
    assert split.tuning.before == (instants and instants.validation_from)
    for fitted, cases in ((split.training, split.test), (split.tuning, split.validation)):
        for n, user in enumerate(cases.histories.users):
            known = fitted.histories[fitted.histories.place_of[user]].rows
            assert not set(cases.relevant[n].rows.tolist()) & set(known.tolist())
            assert known.tolist() == cases.histories[n].rows.tolist()


def test_test_event_in_the_training_data_is_refused_with_its_user() -> None:
    parts = leave_one_out(histories({"a": [4, 2, 7], "b": [1, 2, 3]}))
    leaking = histories({"a": [4, 2], "b": [1, 3]})
    with pytest.raises(ValueError, match=r"1 test events.*'b'"):
        refuse_leaks(leaking, parts.test, N_ITEMS)
    with pytest.raises(ValueError, match="'a'"):
        refuse_leaks(parts.training, replace(parts.test, histories=histories({"a": [7], "b": [1]})), N_ITEMS)
    refuse_leaks(parts.training, parts.test, N_ITEMS)


def test_cases_need_an_answer_of_every_user() -> None:
    with pytest.raises(ValueError, match="relevant event"):
        Cases(histories({"a": [1]}), histories({"a": []}))


def test_sampled_users_keep_their_histories_and_follow_the_seed() -> None:
    users = {f"u{n}": [n, (n + 1) % N_ITEMS, (n + 2) % N_ITEMS] for n in range(20)}
    cases = leave_one_out(histories(users)).test
    sampled = cases.sample(5, seed=1)
    assert sampled.histories.users == cases.sample(5, seed=1).histories.users != cases.sample(5, seed=2).histories.users
    for n, user in enumerate(sampled.histories.users):
        assert [*sampled.histories[n].rows, *sampled.relevant[n].rows] == users[user]
    assert len(cases.sample(50, seed=1)) == 20


@given(st.integers(0, 60), st.integers(2, 7))
def test_folds_are_as_even_as_can_be(n_users: int, k: int) -> None:
    sizes = np.bincount(folds(n_users, k, seed=1), minlength=k)
    assert sizes.sum() == n_users
    assert sizes.max() - sizes.min() <= 1
