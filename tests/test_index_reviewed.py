"""Vectors of reviews: laws of what an item's are like, and that what is held out says nothing to what is fitted."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.assemble import fit_retriever
from index.data.domain import Domain, Histories
from index.retrieval.fusion_features import COLUMNS, REVIEW_COLUMNS
from index.retrieval.fusion_training import fit_features, learn_fusion
from index.retrieval.query import Query
from index.retrieval.review_vectors import ReviewVectors
from tests.helpers_small import N_ITEMS, history, index_over, unit_vectors, walks, write_domain


def some_reviews(seed: int, n: int = 60, n_items: int = N_ITEMS) -> ReviewVectors:
    """Reviews at random, a third of them by nobody that is named; the last item has none."""
    random = np.random.default_rng(seed)
    writers = tuple(f"u{user}" if user < 40 else "" for user in random.integers(0, 60, n))
    return ReviewVectors(unit_vectors(n, seed=seed), random.integers(0, n_items - 1, n), writers)


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PALATE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


# --- vectors ----------------------------------------------------------------


@given(seed=st.integers(0, 50))
def test_the_nearest_review_is_that_of_a_comparison_with_each(seed: int) -> None:
    reviews, asked = some_reviews(seed), unit_vectors(1, seed=seed + 1000)[0]
    rows = np.random.default_rng(seed).permutation(N_ITEMS)
    expected = [max((reviews.vectors[reviews.rows == row] @ asked).tolist(), default=0.0) for row in rows]
    assert reviews.best_scores(asked, rows) == pytest.approx(expected, abs=1e-6)


@given(seed=st.integers(0, 50))
def test_the_order_of_reviews_does_not_matter(seed: int) -> None:
    reviews = some_reviews(seed)
    order = np.random.default_rng(seed).permutation(len(reviews))
    moved = ReviewVectors(reviews.vectors[order], reviews.rows[order], tuple(reviews.writers[n] for n in order))
    assert moved.item_means(N_ITEMS) == pytest.approx(reviews.item_means(N_ITEMS), abs=1e-6)


def test_means_are_centred_over_items_with_reviews_and_nothing_for_the_others() -> None:
    reviews = some_reviews(3)
    means, some = reviews.item_means(N_ITEMS), np.isin(np.arange(N_ITEMS), reviews.rows)
    assert means[some].mean(0) == pytest.approx(0, abs=1e-6)
    assert not means[~some].any() and means[some].any(1).all()


def test_no_review_at_all_is_nothing_everywhere() -> None:
    none = ReviewVectors(np.zeros((0, 16), np.float32), np.zeros(0, np.int64), ())
    assert not none.item_means(4).any()
    assert none.best_scores(unit_vectors(1)[0], np.arange(4)).tolist() == [0, 0, 0, 0]


# --- what is held out says nothing ------------------------------------------


@given(seed=st.integers(0, 20), n_events=st.integers(0, 10))
def test_only_reviews_of_what_the_writer_had_in_these_histories_are_known(seed: int, n_events: int) -> None:
    reviews, whole = some_reviews(seed), walks(n_users=30, seed=seed)
    histories = whole.until(np.minimum(whole.lengths, n_events))
    known = reviews.written_in(histories, N_ITEMS)
    had = {(user, row) for user, each in zip(histories.users, histories, strict=True) for row in each.rows.tolist()}
    expected = [
        place
        for place, (writer, row) in enumerate(zip(reviews.writers, reviews.rows.tolist(), strict=True))
        if not writer or (writer, row) in had
    ]
    assert known.rows.tolist() == reviews.rows[expected].tolist()
    assert np.array_equal(known.vectors, reviews.vectors[expected])


def reviews_of_events(histories: Histories, seed: int = 5) -> ReviewVectors:
    """One review of every event, by who had it."""
    writers = tuple(histories.users[n] for n in histories.owners)
    return ReviewVectors(unit_vectors(len(writers), seed=seed), histories.rows.copy(), writers)


def test_what_was_written_of_held_out_events_changes_nothing_that_is_fitted() -> None:
    whole, catalogue = walks(n_users=150), write_domain(walks()).catalogue
    training = whole.until(whole.lengths - 2)
    reviews = reviews_of_events(whole)
    leave_last_out = np.arange(len(whole.rows)) - np.repeat(whole.starts[:-1], whole.lengths) >= np.repeat(
        training.lengths, whole.lengths
    )
    repeated = np.array(
        [row in set(training[int(user)].rows.tolist()) for user, row in zip(whole.owners, whole.rows, strict=True)]
    )
    others = reviews.vectors.copy()
    others[leave_last_out & ~repeated] = unit_vectors(int((leave_last_out & ~repeated).sum()), seed=77)
    changed = replace(reviews, vectors=others)
    assert (leave_last_out & ~repeated).any() and not np.array_equal(others, reviews.vectors)
    domain = Domain("small", catalogue, whole, "0" * 64)
    one, other = (fit_retriever(index_over(domain, reviews=each), training, 1) for each in (reviews, changed))
    assert len(one.fusion.columns) == len(COLUMNS) + len(REVIEW_COLUMNS)
    for user in range(20):
        first, second = (each.retrieve(Query(training[user])) for each in (one, other))
        assert np.array_equal(first.rows, second.rows) and np.array_equal(first.fused, second.fused)


def test_without_reviews_nothing_of_the_fusion_changes() -> None:
    histories, catalogue = walks(n_users=150), write_domain(walks()).catalogue
    plain, _ = learn_fusion(histories, catalogue, unit_vectors(), seed=2)
    assert plain.columns == COLUMNS
    assert fit_features(histories, catalogue, unit_vectors(), None).columns == COLUMNS


def test_the_fusion_learns_from_reviews_where_they_tell_what_comes_next() -> None:
    """Reviews whose vectors stand for places on the walk: their column must get weight, and help with fresh people."""
    histories, catalogue = walks(n_users=200), write_domain(walks()).catalogue
    angle = 2 * np.pi * np.arange(N_ITEMS) / N_ITEMS
    places = np.stack([np.cos(angle), np.sin(angle), np.zeros(N_ITEMS)], 1).astype(np.float32)
    telling = ReviewVectors(places, np.arange(N_ITEMS), ("",) * N_ITEMS)
    fusion, _ = learn_fusion(histories, catalogue, unit_vectors(), 1, telling)
    features = fit_features(histories, catalogue, unit_vectors(), telling).of(history(3, 4, 5))
    without = features.copy()
    without[:, len(COLUMNS) :] = 0
    assert np.abs(fusion.score(features) - fusion.score(without)).max() > 0.1
