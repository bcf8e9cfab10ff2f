"""Retrieval: what is proposed, in which order, and that no wish and no domain leaves it without an answer."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from index.data.domain import Domain, Histories
from index.data.records import History
from index.retrieval.behaviour_signals import CANDIDATE_WEIGHTS, NAMES
from index.retrieval.candidate_pool import CANDIDATES_PER_CHANNEL
from index.retrieval.channels.behaviour import BehaviourChannel
from index.retrieval.cold_start import COLD_START
from index.retrieval.query import Candidates, Query
from index.retrieval.retriever import Retriever
from index.retrieval.top_rows import top_rows
from index.types import Floats, Mask, Rows
from tests.helpers_small import (
    LACKING,
    N_ITEMS,
    domain_of,
    history,
    marked,
    retriever_over,
    rows_of,
    things,
    unit_vectors,
    walks,
    without,
)


@dataclass(frozen=True)
class Shelf:
    """A channel that has some rows, the first the best, and matches words by their number."""

    rows: tuple[int, ...]
    name: str = "shelf"

    def search(self, query: Query, n: int) -> Rows:
        allowed = np.ones(N_ITEMS, bool) if query.allowed is None else query.allowed
        return np.array([row for row in self.rows if allowed[row]][:n], np.int64)

    def score(self, query: Query, rows: Rows) -> Floats:
        return np.array([1 / (1 + self.rows.index(row)) if row in self.rows else 0 for row in rows], np.float32)

    def match(self, text: str, rows: Rows) -> Floats:
        return np.asarray(rows == int(text), np.float32)


def domain_without(lacking: str) -> Domain:
    items = things(categories=lacking != "categories")
    return domain_of(without(walks(), lacking), items)


@pytest.fixture(scope="module")
def retriever() -> Retriever:
    return retriever_over(domain_of(walks()))


SHOWN = history(3, 5, 8, 9, values=[5, 3, 4, 4])
QUERIES = {
    "a history": Query(SHOWN),
    "one liked item": Query(history(7, values=[5])),
    "nobody": Query(history()),
    "a dislike alone": Query(history(), disliked=rows_of(4, 5)),
    "a history and dislikes": Query(SHOWN, disliked=rows_of(4)),
    "few allowed": Query(SHOWN, allowed=marked(N_ITEMS, 2, 30, 31)),
    "nothing allowed": Query(SHOWN, allowed=marked(N_ITEMS)),
    "a lean": Query(SHOWN, preference_boost=np.linspace(0, 1, N_ITEMS, dtype=np.float32)),
    "words": Query(SHOWN, text="12"),
    "blanks": Query(history(), text="   "),
}


def lawful(found: Candidates, allowed: Mask) -> None:
    assert len(set(found.rows.tolist())) == len(found)
    assert allowed[found.rows].all()
    assert found.rows.tolist() == found.rows[np.lexsort((found.rows, -found.fused))].tolist()
    assert found.scores.shape == (len(found), len(found.channels))
    assert np.isfinite(found.fused).all()


@pytest.mark.parametrize("lacking", LACKING)
@pytest.mark.parametrize("asked", QUERIES)
def test_candidates_are_distinct_allowed_and_in_order_whatever_is_asked_of_whatever_domain(
    lacking: str, asked: str
) -> None:
    query = QUERIES[asked]
    domain = domain_without(lacking)
    found = retriever_over(domain, [Shelf((4, 7, 39))]).retrieve(query, 15)
    allowed = np.ones(N_ITEMS, bool) if query.allowed is None else query.allowed
    lawful(found, allowed)
    assert len(found) == min(15, allowed.sum())


@pytest.mark.parametrize("n", [1, N_ITEMS, N_ITEMS + 1, 500])
def test_asked_for_more_than_there_is_everything_comes(retriever: Retriever, n: int) -> None:
    assert len(retriever.retrieve(Query(SHOWN), n)) == min(n, N_ITEMS)


def test_fewer_candidates_are_the_first_of_more(retriever: Retriever) -> None:
    few, many = retriever.retrieve(Query(SHOWN), 5), retriever.retrieve(Query(SHOWN), 30)
    assert few.rows.tolist() == many.rows[:5].tolist()
    assert np.array_equal(few.fused, many.fused[:5])


def test_more_than_a_channel_proposes_are_found_where_more_are_asked_for() -> None:
    n_items = 3 * CANDIDATES_PER_CHANNEL
    large = retriever_over(domain_of(walks(30, n_items), things(n_items)))
    allowed = np.arange(n_items) % 50 != 0
    found = large.retrieve(Query(history(3), allowed=allowed), 2 * CANDIDATES_PER_CHANNEL)
    lawful(found, allowed)
    assert len(found) == 2 * CANDIDATES_PER_CHANNEL
    assert len(large.retrieve(Query(history()), n_items)) == n_items


@pytest.mark.parametrize("allowed", [None, np.ones(N_ITEMS, bool)])
def test_removed_items_are_never_candidates(retriever: Retriever, allowed: Mask | None) -> None:
    catalogue = replace(retriever.catalogue, removed=frozenset(("i10", "i11")))
    found = replace(retriever, catalogue=catalogue).retrieve(Query(SHOWN, allowed=allowed), N_ITEMS)
    assert set(range(N_ITEMS)) - set(found.rows.tolist()) == {10, 11}


def test_asking_twice_gives_the_same(retriever: Retriever) -> None:
    first, second = retriever.retrieve(Query(SHOWN), 20), retriever.retrieve(Query(SHOWN), 20)
    assert first.rows.tolist() == second.rows.tolist()
    assert np.array_equal(first.fused, second.fused)


def test_somebody_new_with_one_liked_item_gets_what_follows_it(retriever: Retriever) -> None:
    found = retriever.retrieve(Query(history(20, values=[5]), allowed=~marked(N_ITEMS, 20)), 4)
    assert {21, 22} <= set(found.rows.tolist())


def test_nobody_gets_what_is_popular(retriever: Retriever) -> None:
    popularity = retriever.features.behaviour.popularity
    found = retriever.retrieve(Query(history()), 10)
    assert popularity[found.rows].tolist() == sorted(popularity.tolist(), reverse=True)[:10]


def test_the_score_of_each_channel_stands_beside_each_candidate(retriever: Retriever) -> None:
    channels: Sequence[Any] = (Shelf((39, 2)), BehaviourChannel.of(retriever.features.behaviour))
    found = replace(retriever, channels=channels).retrieve(Query(SHOWN), 30)
    assert found.channels == ("shelf", "behaviour")
    for column, channel in enumerate(channels):
        assert found.scores[:, column] == pytest.approx(channel.score(Query(SHOWN), found.rows))


def test_what_only_one_channel_knows_is_a_candidate() -> None:
    n_items = 2 * CANDIDATES_PER_CHANNEL
    domain = domain_of(walks(60, CANDIDATES_PER_CHANNEL), things(n_items))  # the second half has no events
    last = n_items - 1
    own = retriever_over(domain, vectors=unit_vectors(n_items))
    assert last not in own.retrieve(Query(SHOWN), CANDIDATES_PER_CHANNEL + 1).rows

    class Far(Shelf):
        def search(self, query: Query, n: int) -> Rows:
            return rows_of(last)

    known = replace(own, channels=(Far(()),))
    allowed = marked(n_items, last, *range(CANDIDATES_PER_CHANNEL))
    assert last in known.retrieve(Query(SHOWN, allowed=allowed), n_items).rows


def test_words_lift_what_they_match(retriever: Retriever) -> None:
    shelf = Shelf(())
    listening = replace(retriever, channels=(shelf,), text_matchers=(shelf,))
    before = fused_of(listening, Query(SHOWN))
    after = fused_of(listening, Query(SHOWN, text="12"))
    assert after[12] > before[12] + 1
    assert np.delete(after, 12) == pytest.approx(np.delete(before, 12))


def test_blanks_are_no_words(retriever: Retriever) -> None:
    def never(_: str, rows: Rows) -> Floats:
        raise AssertionError("nothing was said")

    shelf = Shelf(())
    object.__setattr__(shelf, "match", never)
    assert len(replace(retriever, text_matchers=(shelf,)).retrieve(Query(SHOWN, text=" \n "), 5)) == 5


def test_a_lean_is_added_to_the_fused_score(retriever: Retriever) -> None:
    preference_boost = np.linspace(-1, 1, N_ITEMS, dtype=np.float32)
    before, after = (
        fused_of(retriever, Query(SHOWN)),
        fused_of(retriever, Query(SHOWN, preference_boost=preference_boost)),
    )
    assert after == pytest.approx(before + preference_boost, abs=1e-5)


def test_what_is_just_like_something_disliked_loses_most() -> None:
    vectors = unit_vectors()
    vectors[30] = vectors[31]
    own = retriever_over(domain_of(walks()), vectors=vectors)
    loss = fused_of(own, Query(SHOWN)) - fused_of(own, Query(SHOWN, disliked=rows_of(31)))
    assert (loss >= -1e-5).all()
    assert set(np.argsort(-loss)[:2].tolist()) == {30, 31}


def fused_of(retriever: Retriever, query: Query) -> Floats:
    """The fused score of every item by row."""
    found = retriever.retrieve(query, N_ITEMS)
    scores = np.full(N_ITEMS, np.nan, np.float32)
    scores[found.rows] = found.fused
    return scores


def test_the_order_of_one_catalogue_does_not_matter_to_what_is_found() -> None:
    histories, items, vectors = walks(), things(), unit_vectors()
    order = np.random.default_rng(8).permutation(N_ITEMS)  # the new row's old row
    new_row = np.argsort(order)
    shuffled = Histories(histories.users, histories.starts, new_row[histories.rows], histories.values, histories.times)
    moved = retriever_over(domain_of(shuffled, [items[row] for row in order]), vectors=vectors[order])
    shown = History(new_row[SHOWN.rows], SHOWN.values)
    own = fused_of(retriever_over(domain_of(histories), vectors=vectors), Query(SHOWN))
    assert fused_of(moved, Query(shown))[new_row] == pytest.approx(own, abs=1e-4)


# --- the behaviour channel --------------------------------------------------


def test_the_behaviour_channel_is_the_mix_and_says_nothing_without_a_history(retriever: Retriever) -> None:
    behaviour = retriever.features.behaviour
    channel = BehaviourChannel.of(behaviour)
    every = np.arange(N_ITEMS)
    assert channel.score(Query(SHOWN), every) == pytest.approx(behaviour.candidate_scores(SHOWN))
    assert channel.search(Query(SHOWN), 5).tolist() == top_rows(behaviour.candidate_scores(SHOWN), 5).tolist()
    assert len(channel.search(Query(history()), 5)) == 0
    assert not channel.score(Query(history()), every).any()


def test_a_look_up_of_item_vectors_gives_what_both_latent_views_add_to_the_mix(retriever: Retriever) -> None:
    behaviour = retriever.features.behaviour
    channel = BehaviourChannel.of(behaviour)
    signals = behaviour.signals(SHOWN)
    shares = np.sum([CANDIDATE_WEIGHTS[name] * signals[:, NAMES.index(name)] for name in ("latent/4", "coarse/4")], 0)
    found, scores = channel.store.search(behaviour.query_vector(SHOWN)[None], N_ITEMS)
    assert scores[0] == pytest.approx(shares[found[0]], rel=1e-4, abs=1e-6)
    assert not behaviour.query_vector(history()).any()


# --- best rows --------------------------------------------------------------


@given(
    scores=npst.arrays(np.float32, st.integers(0, 30), elements=st.sampled_from([-2, 0, 0.5, 1, 3])),
    n=st.integers(0, 35),
    data=st.data(),
)
def test_best_rows_are_those_of_a_full_sort_with_ties_by_row(scores: Floats, n: int, data: st.DataObject) -> None:
    allowed = data.draw(st.none() | npst.arrays(bool, len(scores)))
    wanted = [row for row in np.argsort(-scores, kind="stable").tolist() if allowed is None or allowed[row]]
    assert top_rows(scores, n, allowed).tolist() == wanted[:n]


def test_where_many_items_were_never_had_each_of_them_loses_for_people_with_a_history_only() -> None:
    items = things(2 * N_ITEMS)
    retriever = retriever_over(domain_of(walks(), items))
    cold_penalty = retriever.cold_penalty
    assert cold_penalty > 3  # half of the catalogue
    rows = np.arange(len(items))
    unknown = retriever.features.behaviour.popularity == 0
    for shown, lost in ((walks()[0], cold_penalty), (history(), 0.0)):
        features = retriever.features.of(shown)
        plain = (retriever.fusion if len(shown) else COLD_START).score(features)
        found = retriever.fused_scores(Query(shown), features, rows)
        assert found[unknown] == pytest.approx(plain[unknown] - lost, abs=1e-4)
        assert found[~unknown] == pytest.approx(plain[~unknown], abs=1e-4)
