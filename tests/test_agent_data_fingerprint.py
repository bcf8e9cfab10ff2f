"""Which domain an adapter serves: one that holds its items, their texts and its ratings, however much it has grown."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.rerank import data_fingerprint
from agent.rerank.data_fingerprint import (
    DataFingerprint,
    find_mismatch,
    fingerprint_of,
    has_same_histories,
    histories_sha256,
)
from index.data.domain import Catalogue, Domain, Histories
from index.data.item_text import item_text
from index.data.records import History, Item
from tests.helpers_small import N_ITEMS, domain_of, walks, write_domain

OTHER_TABLES = "1" * 64


def changed(domain: Domain, items: tuple[Item, ...] | None = None, histories: Histories | None = None) -> Domain:
    """A domain of the same name with other tables."""
    catalogue = domain.catalogue if items is None else Catalogue(items)
    return replace(domain, catalogue=catalogue, histories=histories or domain.histories, sha256=OTHER_TABLES)


def mismatch(trained_on: Domain, here: Domain) -> str | None:
    return find_mismatch(fingerprint_of(trained_on), trained_on.catalogue.ids, here)


DOMAIN = domain_of(walks())
ITEMS, EVENTS = DOMAIN.catalogue.items, DOMAIN.histories
LATER = replace(EVENTS, times=None if EVENTS.times is None else EVENTS.times + 5)


def with_event(histories: Histories, user: int, place: int, row: int, value: float) -> Histories:
    """One more event of a user, before the event at `place`."""
    own = list(histories)
    old = own[user]
    assert old.times is not None
    rows, values = np.insert(old.rows, place, row), np.insert(old.values, place, value)
    times = np.insert(old.times, place, old.times[min(place, len(old) - 1)])
    own[user] = History(rows, values.astype(np.float32), times)
    return Histories.of(histories.users, own)


def first_item(**fields: object) -> tuple[Item, ...]:
    return (replace(ITEMS[0], **fields), *ITEMS[1:])  # type: ignore[arg-type]  # each test gives fields of an item


# --- what is no difference --------------------------------------------------

ORDER = np.random.default_rng(4).permutation(N_ITEMS)
SAME: dict[str, Callable[[], Domain]] = {
    "the tables written anew": lambda: changed(DOMAIN),
    "items in another order": lambda: changed(
        DOMAIN, tuple(ITEMS[row] for row in ORDER), replace(EVENTS, rows=np.argsort(ORDER)[EVENTS.rows])
    ),
    "users in another order": lambda: changed(DOMAIN, histories=EVENTS.select_users(np.arange(len(EVENTS))[::-1])),
    "new items": lambda: changed(DOMAIN, (*ITEMS, Item("new", "One more"))),
    "a new user": lambda: changed(DOMAIN, histories=Histories.of((*EVENTS.users, "new"), [*EVENTS, EVENTS[0]])),
    "a newer event": lambda: changed(DOMAIN, histories=with_event(EVENTS, 3, 10, 7, 2.0)),
    "an event between older ones": lambda: changed(DOMAIN, histories=with_event(EVENTS, 3, 4, 7, 2.0)),
    "another price": lambda: changed(DOMAIN, first_item(attributes={"year": 1950, "price": 3.5})),
    "a link": lambda: changed(DOMAIN, first_item(attributes={"year": 1950, "imdb_url": "http://x"})),
    "other times": lambda: changed(DOMAIN, histories=LATER),
    "removed items": lambda: replace(changed(DOMAIN), catalogue=Catalogue(ITEMS, frozenset(("i3", "i4")))),
}


@pytest.mark.parametrize("difference", SAME)
def test_a_domain_that_holds_all_that_was_trained_on_is_served(difference: str) -> None:
    assert mismatch(DOMAIN, SAME[difference]()) is None


# --- what is one ------------------------------------------------------------

VALUES = EVENTS.values.copy()
VALUES[17] = 6 - VALUES[17] if VALUES[17] != 3 else 1
OTHER: dict[str, tuple[Callable[[], Domain], str]] = {
    "a title": (lambda: changed(DOMAIN, first_item(title="Another (1950)")), "texts"),
    "a description": (lambda: changed(DOMAIN, first_item(description="quite another")), "texts"),
    "a category": (lambda: changed(DOMAIN, first_item(categories=("War",))), "texts"),
    "a year": (lambda: changed(DOMAIN, first_item(attributes={"year": 1951})), "texts"),
    "an attribute in words": (lambda: changed(DOMAIN, first_item(attributes={"year": 1950, "cast": ("X",)})), "texts"),
    "texts of two items swapped": (
        lambda: changed(DOMAIN, (replace(ITEMS[1], item_id="i0"), replace(ITEMS[0], item_id="i1"), *ITEMS[2:])),
        "texts",
    ),
    "an item that is gone": (lambda: changed(DOMAIN, ITEMS[:-1], EVENTS), "1 of 40"),
    "other ids": (lambda: changed(DOMAIN, first_item(item_id="x")), "'i0' first"),
    "one value": (lambda: changed(DOMAIN, histories=replace(EVENTS, values=VALUES)), "ratings"),
    "no values": (
        lambda: changed(DOMAIN, histories=replace(EVENTS, values=np.full_like(EVENTS.values, np.nan))),
        "ratings",
    ),
    "another item in one event": (
        lambda: changed(DOMAIN, histories=replace(EVENTS, rows=np.append(EVENTS.rows[:-1], (EVENTS.rows[-1] + 1) % 9))),
        "ratings",
    ),
    "a user of another name": (
        lambda: changed(DOMAIN, histories=replace(EVENTS, users=("x", *EVENTS.users[1:]))),
        "ratings",
    ),
    "an event less": (lambda: changed(DOMAIN, histories=EVENTS.truncate(EVENTS.lengths - 1)), "ratings"),
    "an event more and a value changed": (
        lambda: changed(DOMAIN, histories=with_event(replace(EVENTS, values=VALUES), 3, 10, 7, 2.0)),
        "ratings",
    ),
}


@pytest.mark.parametrize("difference", OTHER)
def test_a_domain_of_other_items_texts_or_ratings_is_not_served(difference: str) -> None:
    here, named = OTHER[difference]
    assert named in str(mismatch(DOMAIN, here()))


@given(st.data())
@settings(max_examples=30, deadline=None)
def test_of_a_domain_that_has_grown_a_share_of_changed_values_is_noticed_by_a_sample(data: st.DataObject) -> None:
    histories = walks(n_users=200, length=20, seed=data.draw(st.integers(0, 99)))
    trained_on = domain_of(histories)
    random = np.random.default_rng(data.draw(st.integers(0, 99)))
    values = histories.values.copy()
    some = random.random(len(values)) < 0.05
    values[some] = values[some] % 5 + 1
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(data_fingerprint, "SAMPLE", 512)
        made = fingerprint_of(trained_on)
    grown = changed(trained_on, histories=with_event(histories, 0, 20, 1, 1.0))
    other = changed(trained_on, histories=with_event(replace(histories, values=values), 0, 20, 1, 1.0))
    assert find_mismatch(made, trained_on.catalogue.ids, grown) is None
    assert find_mismatch(made, trained_on.catalogue.ids, other) == "other ratings"


def test_a_domain_without_events_is_told_from_one_with_some_that_are_gone() -> None:
    empty = domain_of(Histories.of((), ()))
    assert mismatch(empty, changed(empty)) is None
    assert mismatch(empty, changed(DOMAIN)) is None  # it has grown
    assert mismatch(DOMAIN, changed(empty)) == "other ratings"


def test_an_adapter_of_the_format_before_serves_the_same_files_only() -> None:
    before = DataFingerprint(tables_sha256=DOMAIN.sha256)
    assert find_mismatch(before, (), DOMAIN) is None
    assert "other tables" in str(find_mismatch(before, (), changed(DOMAIN)))


@pytest.mark.parametrize(
    "fields",
    [
        {"title": "Another (1950)"},
        {"description": "quite another"},
        {"description": None},
        {"categories": ()},
        {"attributes": {"year": 1951}},
        {"attributes": {}},
        {"attributes": {"year": 1950, "price": 3.5}},
        {"attributes": {"year": 1950, "imdb_url": "http://x"}},
        {"attributes": {"year": 1950, "cast": ("X", "Y")}},
        {"attributes": {"year": 1950, "brand": "X"}},
    ],
    ids=str,
)
def test_a_text_is_another_for_the_adapter_where_it_is_for_the_encoder(fields: dict[str, object]) -> None:
    items = (Item("i0", "Star number 0", "a wars", ("Comedy",), {"year": 1950}), *ITEMS[1:])
    other = (replace(items[0], **fields), *items[1:])  # type: ignore[arg-type]  # fields of an item
    same = item_text(other[0]) == item_text(items[0])
    assert (mismatch(domain_of(EVENTS, items), changed(domain_of(EVENTS, other))) is None) == same


def test_tables_that_are_written_and_read_hold_what_was_written(home: Path) -> None:
    assert mismatch(DOMAIN, write_domain(EVENTS, ITEMS)) is None


# --- the same events, for an evaluation -------------------------------------


@pytest.mark.parametrize("difference", ["a newer event", "an event between older ones", "a new user", "other times"])
def test_for_an_evaluation_the_events_must_be_the_same_with_their_times(difference: str) -> None:
    made = fingerprint_of(DOMAIN)
    assert has_same_histories(made, changed(DOMAIN))
    assert not has_same_histories(made, SAME[difference]())


def test_the_hash_of_histories_tells_users_order_items_values_and_times_apart_however_they_are_stored() -> None:
    ids = DOMAIN.catalogue.ids
    first = histories_sha256(EVENTS, ids)
    swapped = EVENTS.rows.copy()
    swapped[[0, 1]] = swapped[[1, 0]]
    others = (
        replace(EVENTS, rows=swapped),
        replace(EVENTS, users=("x", *EVENTS.users[1:])),
        replace(EVENTS, values=VALUES),
        LATER,
        replace(EVENTS, times=None),
        EVENTS.truncate(EVENTS.lengths - 1),
    )
    assert len({first, *(histories_sha256(other, ids) for other in others)}) == 1 + len(others)
    moved = replace(EVENTS, rows=np.argsort(ORDER)[EVENTS.rows])
    assert histories_sha256(moved, tuple(ids[row] for row in ORDER)) == first
    assert histories_sha256(EVENTS, (*ids, "one more")) == first
