"""Vectors of reviews: laws of what an item's are like, and that what is held out says nothing to what is fitted."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.models.retrieval import fitted_retriever
from eval.rank.protocols import PROTOCOLS, split_domain
from index.assemble import fit_retriever
from index.build.builder import build_with
from index.build.loading import OpenedDomain, open_index
from index.data.domain import Domain, Histories, load_domain
from index.data.known_reviews import UNKNOWN_TIME
from index.data.records import Review
from index.data.tables import REVIEWS, table_path, write_table
from index.retrieval.fusion_features import COLUMNS
from index.retrieval.fusion_training_lists import fit_features, learn_fusion
from index.retrieval.query import Query
from index.retrieval.retriever import Retriever
from index.retrieval.review_sources import REVIEW_COLUMNS, ReviewSources
from index.retrieval.review_vectors import ReviewVectors
from index.storage.home import domain_folder
from index.types import Floats
from tests.helpers_index import HashingEncoder
from tests.helpers_small import N_ITEMS, SECOND, builder, history, index_over, unit_vectors, walks, write_domain


def some_reviews(seed: int, n: int = 60, n_items: int = N_ITEMS) -> ReviewVectors:
    """Reviews at random, a third of them anonymous, a third without a time; the last item has none."""
    random = np.random.default_rng(seed)
    writers = tuple(f"u{user}" if user < 40 else "" for user in random.integers(0, 60, n))
    times = np.where(random.random(n) < 1 / 3, UNKNOWN_TIME, SECOND + random.integers(0, 30_000, n))
    return ReviewVectors(unit_vectors(n, seed=seed), random.integers(0, n_items - 1, n), writers, times)


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


Expected = Callable[[str, int, float], bool]  # whether a review of this writer, item and time may be known


def pairs_of(histories: Histories) -> set[tuple[str, int]]:
    """The users with the rows of their events."""
    return {(user, row) for user, each in zip(histories.users, histories, strict=True) for row in each.rows.tolist()}


def assert_known(known: ReviewVectors, reviews: ReviewVectors, expected: Expected) -> None:
    """`known` are exactly the reviews that are expected, with all that belongs to them."""
    assert reviews.times is not None and known.times is not None
    every = zip(reviews.writers, reviews.rows.tolist(), reviews.times.tolist(), strict=True)
    places = [n for n, each in enumerate(every) if expected(*each)]
    assert known.rows.tolist() == reviews.rows[places].tolist()
    assert known.writers == tuple(reviews.writers[n] for n in places)
    assert known.times.tolist() == reviews.times[places].tolist()
    assert np.array_equal(known.vectors, reviews.vectors[places])


@given(seed=st.integers(0, 20), n_events=st.integers(0, 10))
def test_of_named_writers_only_reviews_of_their_events_in_these_histories_are_known(seed: int, n_events: int) -> None:
    reviews, whole = some_reviews(seed), walks(n_users=30, seed=seed)
    histories = whole.truncate(np.minimum(whole.lengths, n_events))
    fitted = pairs_of(histories)
    known = reviews.known_from(histories, N_ITEMS)
    assert_known(known, reviews, lambda writer, row, time: not writer or (writer, row) in fitted)


@given(seed=st.integers(0, 20), cut=st.integers(0, 30_000))
def test_under_a_cut_no_review_is_known_that_may_have_been_written_after_it(seed: int, cut: int) -> None:
    reviews, whole, before = some_reviews(seed), walks(n_users=30, seed=seed), SECOND + cut
    assert whole.times is not None
    histories = whole.select_events(whole.times < before)
    fitted = pairs_of(histories)

    def expected(writer: str, row: int, time: float) -> bool:
        if not writer:
            return time < before
        return (writer, row) in fitted and (time < before or time == UNKNOWN_TIME)

    known = reviews.known_from(histories, N_ITEMS, before, whole)
    assert_known(known, reviews, expected)
    assert known.times is not None
    assert not ((known.times >= before) & np.isfinite(known.times)).any()


@given(seed=st.integers(0, 20), n_last=st.integers(1, 9), timed=st.booleans())
def test_without_a_cut_an_anonymous_review_is_known_if_it_can_be_of_no_held_out_event(
    seed: int, n_last: int, timed: bool
) -> None:
    reviews, whole = some_reviews(seed), walks(n_users=4, seed=seed)
    whole = whole if timed else replace(whole, times=None)
    histories = whole.truncate(whole.lengths - n_last)
    fitted = pairs_of(histories)
    held_out: dict[int, list[float]] = {}
    for user, each in zip(whole.users, whole, strict=True):
        times = [-np.inf] * len(each) if each.times is None else each.times.tolist()
        for row, time in zip(each.rows.tolist(), times, strict=True):
            if (user, row) not in fitted:
                held_out.setdefault(row, []).append(time)

    def expected(writer: str, row: int, time: float) -> bool:
        return (writer, row) in fitted if writer else row not in held_out or time < min(held_out[row])

    assert_known(reviews.known_from(histories, N_ITEMS, every=whole), reviews, expected)


@pytest.mark.parametrize("time", [SECOND + 60, UNKNOWN_TIME], ids=["later", "without a time"])
@pytest.mark.parametrize("before", [SECOND + 50, None], ids=["a cut", "no cut"])
def test_an_anonymous_review_of_an_item_that_only_the_held_out_event_has_is_held_out(
    time: float, before: int | None
) -> None:
    whole = Histories.of(("u",), (history(3, 4, 7, times=[SECOND, SECOND + 10, SECOND + 60]),))
    review = ReviewVectors(unit_vectors(1), np.array([7]), ("",), np.array([time]))
    assert len(review.known_from(whole.truncate(np.array([2])), N_ITEMS, before, whole)) == 0
    earlier = replace(review, times=np.array([SECOND + 40.0]))
    assert len(earlier.known_from(whole.truncate(np.array([2])), N_ITEMS, before, whole)) == 1


def reviews_of_events(histories: Histories, seed: int = 5) -> ReviewVectors:
    """One review of every event at its time, every second one anonymous."""
    writers = tuple(histories.users[n] if n % 2 else "" for n in histories.owners)
    times = None if histories.times is None else histories.times.astype(np.float64)
    return ReviewVectors(unit_vectors(len(writers), seed=seed), histories.rows.copy(), writers, times)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_what_was_written_of_held_out_events_changes_nothing_that_is_fitted(protocol: str) -> None:
    whole = walks(n_users=60)
    domain = Domain("small", write_domain(walks()).catalogue, whole, "0" * 64)
    reviews = reviews_of_events(whole)

    def fitted(vectors: Floats) -> Retriever:
        opened = OpenedDomain(domain)
        opened.__dict__["index"] = index_over(domain, reviews=replace(reviews, vectors=vectors))
        return fitted_retriever(split_domain(opened, protocol, seed=1).training)

    split = split_domain(OpenedDomain(domain), protocol, seed=1)
    shown = split.training.unshuffled(split.training.histories)
    pairs = pairs_of(shown)
    held_out = np.array([(whole.users[n], row) not in pairs for n, row in zip(whole.owners, whole.rows, strict=True)])
    assert 0 < held_out.sum() < len(held_out)
    drawn = unit_vectors(len(reviews), seed=77)
    one = fitted(reviews.vectors)
    other = fitted(np.where(held_out[:, None], drawn, reviews.vectors))
    control = fitted(np.where(held_out[:, None], reviews.vectors, drawn))
    assert len(one.fusion.columns) == len(COLUMNS) + len(REVIEW_COLUMNS)
    for user in range(20):
        first, second, moved = (each.retrieve(Query(shown[user])) for each in (one, other, control))
        assert np.array_equal(first.rows, second.rows) and np.array_equal(first.fused, second.fused)
        assert not np.array_equal(first.fused, moved.fused)


def test_times_of_reviews_come_back_from_the_index_and_one_without_a_time_is_never_early(home: Path) -> None:
    domain = write_domain(walks(n_users=5))
    texts = [Review(f"r{n}", f"i{n}", "said of it", None, None, time) for n, time in enumerate((SECOND, None, 0))]
    columns = {field: [getattr(each, field) for each in texts] for field in REVIEWS.names}
    write_table(pa.table(columns, schema=REVIEWS), table_path(domain_folder(domain.name), "reviews"))
    build_with(builder(), domain.name)
    opened = open_index(load_domain(domain.name), HashingEncoder()).reviews
    assert opened is not None and opened.vectors.times is not None
    assert opened.vectors.times.tolist() == [SECOND, UNKNOWN_TIME, 0]
    nothing = domain.histories.truncate(np.zeros(5, np.int64))
    assert opened.vectors.known_from(nothing, N_ITEMS, SECOND + 1).rows.tolist() == [0, 2]


def test_retrieval_works_where_every_review_is_held_out() -> None:
    whole = walks(n_users=5)
    domain = Domain("small", write_domain(walks()).catalogue, whole, "0" * 64)
    late = ReviewVectors(unit_vectors(3), np.arange(3), ("",) * 3, np.full(3, 2.0 * SECOND))
    retriever = fit_retriever(index_over(domain, reviews=late), whole, 1, before=SECOND + 10**6)
    assert len(retriever.retrieve(Query(whole[0]), 10)) == 10


def test_without_reviews_nothing_of_the_fusion_changes() -> None:
    histories, catalogue = walks(n_users=150), write_domain(walks()).catalogue
    plain, _ = learn_fusion(histories, catalogue, unit_vectors(), seed=2)
    assert plain.columns == COLUMNS
    assert fit_features(catalogue, unit_vectors(), None, histories).columns == COLUMNS


def test_the_fusion_learns_from_reviews_where_they_tell_what_comes_next() -> None:
    """Reviews whose vectors stand for places on the walk: their column must get weight, and help with fresh people."""
    histories, catalogue = walks(n_users=200), write_domain(walks()).catalogue
    angle = 2 * np.pi * np.arange(N_ITEMS) / N_ITEMS
    places = np.stack([np.cos(angle), np.sin(angle), np.zeros(N_ITEMS)], 1).astype(np.float32)
    telling = ReviewVectors(places, np.arange(N_ITEMS), ("",) * N_ITEMS)
    fusion, _ = learn_fusion(histories, catalogue, unit_vectors(), 1, ReviewSources(telling))
    features = fit_features(catalogue, unit_vectors(), ReviewSources(telling), histories).of(history(3, 4, 5))
    without = features.copy()
    without[:, len(COLUMNS) :] = 0
    assert np.abs(fusion.score(features) - fusion.score(without)).max() > 0.1
