"""Reviews: which stand for an item, what the channel finds by them, and that what is held out says nothing."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.building import add_items, build_with, remove_items
from index.channels import TextChannel
from index.domain import Domain, Histories, load_domain
from index.errors import MendableError
from index.features import COLUMNS, REVIEW_COLUMNS
from index.generations import finished
from index.home import domain_folder
from index.learning import fitted_features, learn_fusion
from index.loading import load_text_index
from index.manifest import read_manifest
from index.query import Query
from index.records import Item, Review
from index.retriever import fitted_retriever
from index.reviewchannel import Meaning, ReviewChannel
from index.reviewed import ReviewVectors
from index.reviewpart import load_review_index
from index.reviews import LONGEST, MOST_AN_ITEM, chosen, load_reviews, review_text
from index.tables import REVIEWS, table_path, write_table
from tests.helpers_index import HashingEncoder, text_builder
from tests.helpers_small import N_ITEMS, builder, history, unit_vectors, walks, write_domain

SAID = {"i3": "the lighthouse keeper sings", "i7": "a storm at sea, and a whale", "i9": "chess players quarrel"}


def review(n: int, item_id: str, text: str, user_id: str | None = None, title: str | None = None) -> Review:
    return Review(f"r{n}", item_id, text, user_id, None, None, title)


def write_reviews(name: str, reviews: Sequence[Review]) -> Domain:
    columns = {field: [getattr(each, field) for each in reviews] for field in REVIEWS.names}
    write_table(pa.table(columns, schema=REVIEWS), table_path(domain_folder(name), "reviews"))
    return load_domain(name)


def reviewed_domain(reviews: Sequence[Review] | None = None, n_users: int = 60) -> Domain:
    """A domain on disk whose items i3, i7 and i9 were written about by nobody that is named."""
    domain = write_domain(walks(n_users=n_users))
    every = [review(n, item, text) for n, (item, text) in enumerate(SAID.items())] if reviews is None else reviews
    return write_reviews(domain.name, every)


def channel_of(domain: Domain) -> ReviewChannel:
    index = load_text_index(domain, HashingEncoder())
    opened = load_review_index(index)
    assert opened is not None
    return ReviewChannel(opened.found, opened.found.means(len(domain.catalogue)), opened.store, index.encoded)


def some_reviews(seed: int, n: int = 60, n_items: int = N_ITEMS) -> ReviewVectors:
    """Reviews at random, a third of them by nobody that is named; the last item has none."""
    random = np.random.default_rng(seed)
    writers = tuple(f"u{user}" if user < 40 else "" for user in random.integers(0, 60, n))
    return ReviewVectors(unit_vectors(n, seed=seed), random.integers(0, n_items - 1, n), writers)


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PALATE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


# --- which stand for an item ------------------------------------------------


def test_of_many_reviews_of_an_item_the_longest_are_taken_in_the_order_of_the_table() -> None:
    catalogue = reviewed_domain().catalogue
    texts = ["word " * (n % 17 + 1) for n in range(3 * MOST_AN_ITEM)]
    reviews = (*(review(n, "i1", text) for n, text in enumerate(texts)), review(99, "i2", "short"))
    found = chosen(reviews, catalogue)
    assert found.n_known == len(reviews)
    kept = [each for each in found.reviews if each.item_id == "i1"]
    left = [each for each in reviews if each not in found.reviews]
    assert len(kept) == MOST_AN_ITEM
    assert min(len(review_text(each)) for each in kept) >= max(len(review_text(each)) for each in left)
    assert list(found.reviews) == [each for each in reviews if each in found.reviews]


def test_reviews_of_unknown_items_and_without_words_are_not_taken() -> None:
    catalogue = reviewed_domain().catalogue
    reviews = (review(0, "nowhere", "fine"), review(1, "i1", " \n "), review(2, "i1", "good", title="Title"))
    assert [each.review_id for each in chosen(reviews, catalogue).reviews] == ["r2"]


def test_a_review_is_read_with_its_title_in_one_line_and_no_longer_than_is_read() -> None:
    assert review_text(review(0, "i1", "a\n b", title="Oh  dear")) == "Oh dear a b"
    assert len(review_text(review(0, "i1", "x" * 5000))) == LONGEST


# --- vectors ----------------------------------------------------------------


@given(seed=st.integers(0, 50))
def test_the_nearest_review_is_that_of_a_comparison_with_each(seed: int) -> None:
    reviews, asked = some_reviews(seed), unit_vectors(1, seed=seed + 1000)[0]
    rows = np.random.default_rng(seed).permutation(N_ITEMS)
    expected = [max((reviews.vectors[reviews.rows == row] @ asked).tolist(), default=0.0) for row in rows]
    assert reviews.nearest(asked, rows) == pytest.approx(expected, abs=1e-6)


@given(seed=st.integers(0, 50))
def test_the_order_of_reviews_does_not_matter(seed: int) -> None:
    reviews = some_reviews(seed)
    order = np.random.default_rng(seed).permutation(len(reviews))
    moved = ReviewVectors(reviews.vectors[order], reviews.rows[order], tuple(reviews.writers[n] for n in order))
    assert moved.means(N_ITEMS) == pytest.approx(reviews.means(N_ITEMS), abs=1e-6)


def test_means_are_centred_over_items_with_reviews_and_nothing_for_the_others() -> None:
    reviews = some_reviews(3)
    means, some = reviews.means(N_ITEMS), np.isin(np.arange(N_ITEMS), reviews.rows)
    assert means[some].mean(0) == pytest.approx(0, abs=1e-6)
    assert not means[~some].any() and means[some].any(1).all()


def test_no_review_at_all_is_nothing_everywhere() -> None:
    none = ReviewVectors(np.zeros((0, 16), np.float32), np.zeros(0, np.int64), ())
    assert not none.means(4).any()
    assert none.nearest(unit_vectors(1)[0], np.arange(4)).tolist() == [0, 0, 0, 0]


def test_a_catalogue_in_another_order_keeps_each_items_reviews() -> None:
    reviews, original = some_reviews(4), np.random.default_rng(9).permutation(N_ITEMS)
    assert reviews.renumbered(original).means(N_ITEMS) == pytest.approx(reviews.means(N_ITEMS)[original], abs=1e-6)


# --- what is held out says nothing ------------------------------------------


@given(seed=st.integers(0, 20), n_events=st.integers(0, 10))
def test_only_reviews_of_what_the_writer_had_in_these_histories_are_known(seed: int, n_events: int) -> None:
    reviews, whole = some_reviews(seed), walks(n_users=30, seed=seed)
    histories = whole.until(np.minimum(whole.lengths, n_events))
    known = reviews.known_from(histories, N_ITEMS)
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
    held_out = np.arange(len(whole.rows)) - np.repeat(whole.starts[:-1], whole.lengths) >= np.repeat(
        training.lengths, whole.lengths
    )
    repeated = np.array(
        [row in set(training[int(user)].rows.tolist()) for user, row in zip(whole.owners, whole.rows, strict=True)]
    )
    others = reviews.vectors.copy()
    others[held_out & ~repeated] = unit_vectors(int((held_out & ~repeated).sum()), seed=77)
    changed = replace(reviews, vectors=others)
    assert (held_out & ~repeated).any() and not np.array_equal(others, reviews.vectors)
    one, other = (fitted_retriever(training, catalogue, unit_vectors(), 1, each) for each in (reviews, changed))
    assert len(one.fusion.columns) == len(COLUMNS) + len(REVIEW_COLUMNS)
    for user in range(20):
        first, second = (each.retrieve(Query(training[user])) for each in (one, other))
        assert np.array_equal(first.rows, second.rows) and np.array_equal(first.fused, second.fused)


def test_without_reviews_nothing_of_the_fusion_changes() -> None:
    histories, catalogue = walks(n_users=150), write_domain(walks()).catalogue
    plain, _ = learn_fusion(histories, catalogue, unit_vectors(), seed=2)
    assert plain.columns == COLUMNS
    assert fitted_features(histories, catalogue, unit_vectors(), None).columns == COLUMNS


def test_the_fusion_learns_from_reviews_where_they_tell_what_comes_next() -> None:
    """Reviews whose vectors stand for places on the walk: their column must get weight, and help with fresh people."""
    histories, catalogue = walks(n_users=200), write_domain(walks()).catalogue
    angle = 2 * np.pi * np.arange(N_ITEMS) / N_ITEMS
    places = np.stack([np.cos(angle), np.sin(angle), np.zeros(N_ITEMS)], 1).astype(np.float32)
    telling = ReviewVectors(places, np.arange(N_ITEMS), ("",) * N_ITEMS)
    fusion, _ = learn_fusion(histories, catalogue, unit_vectors(), 1, telling)
    features = fitted_features(histories, catalogue, unit_vectors(), telling).of(history(3, 4, 5))
    without = features.copy()
    without[:, len(COLUMNS) :] = 0
    assert np.abs(fusion.score(features) - fusion.score(without)).max() > 0.1


# --- the part on disk -------------------------------------------------------


def test_a_domain_with_reviews_has_them_in_its_index_and_one_without_has_none() -> None:
    domain = reviewed_domain()
    build_with(builder(), domain.name)
    manifest = read_manifest(finished(domain.name)[0])
    assert (manifest.parts["reviews"]["n_reviews"], manifest.parts["reviews"]["n_known"]) == (3, 3)
    assert tuple(manifest.parts["behaviour"]["fusion_columns"])[-1] == REVIEW_COLUMNS[-1]
    plain = write_domain(walks(), name="plain")
    build_with(builder(), plain.name)
    assert "reviews" not in read_manifest(finished("plain")[0]).parts
    assert load_review_index(load_text_index(plain, HashingEncoder())) is None


def test_a_second_build_with_reviews_does_nothing_and_another_review_builds_again() -> None:
    domain = reviewed_domain()
    build_with(builder(), domain.name)
    before = finished(domain.name)
    build_with(builder(), domain.name)
    assert finished(domain.name) == before
    write_reviews(domain.name, [*load_reviews(domain.name), review(9, "i1", "a new word")])
    build_with(builder(), domain.name)
    assert finished(domain.name) != before
    assert channel_of(load_domain(domain.name)).reviews.rows.tolist() == [3, 7, 9, 1]


def test_an_index_made_without_the_reviews_that_are_there_is_refused() -> None:
    domain = reviewed_domain()
    build_with(text_builder(), domain.name)
    with pytest.raises(MendableError, match=r"without the domain's reviews.*index build"):
        load_review_index(load_text_index(domain, HashingEncoder()))


@pytest.mark.parametrize("file", ["rows.npy", "reviews.json", "vectors.npy"])
def test_damaged_reviews_are_refused(file: str) -> None:
    domain = reviewed_domain()
    build_with(builder(), domain.name)
    index = load_text_index(domain, HashingEncoder())
    (index.folder / "reviews" / file).write_bytes(b"{}")
    with pytest.raises(MendableError, match="index build"):
        load_review_index(index)


def test_a_table_of_no_reviews_is_built_and_finds_nothing() -> None:
    domain = reviewed_domain(reviews=())
    build_with(builder(), domain.name)
    channel = channel_of(domain)
    assert len(channel.search(Query(history(3), text="sea"), 5)) == 0
    assert channel.match("sea", np.arange(N_ITEMS)).tolist() == [0] * N_ITEMS


def test_items_added_and_removed_leave_the_reviews_of_the_others() -> None:
    domain = reviewed_domain()
    build_with(builder(), domain.name)
    before = channel_of(domain)
    add_items(domain.name, [Item("new", "A new thing")], builder())
    remove_items(domain.name, ["i7"])
    after = channel_of(load_domain(domain.name))
    assert np.array_equal(before.reviews.vectors, after.reviews.vectors)
    assert len(after.means) == N_ITEMS + 1
    assert after.search(Query(history(), text=SAID["i9"]), 1).tolist() == [9]


# --- the channel ------------------------------------------------------------


@pytest.fixture
def channel() -> ReviewChannel:
    domain = reviewed_domain()
    build_with(builder(), domain.name)
    return channel_of(domain)


@pytest.mark.parametrize(("row", "words"), [(3, "a keeper that sings"), (7, "whale and storm"), (9, "chess")])
def test_words_find_the_item_of_whose_reviews_they_are(channel: ReviewChannel, row: int, words: str) -> None:
    assert channel.search(Query(history(), text=words), 1).tolist() == [row]
    assert channel.match(words, np.array([3, 7, 9])).argmax() == [3, 7, 9].index(row)


def test_only_allowed_items_with_reviews_are_found_best_first(channel: ReviewChannel) -> None:
    allowed = np.ones(N_ITEMS, bool)
    allowed[7] = False
    found = channel.search(Query(history(), text="a whale and a keeper", allowed=allowed), 10)
    assert sorted(found.tolist()) == [3, 9]
    scores = channel.score(Query(history(), text="a whale and a keeper"), found)
    assert (np.diff(scores) <= 0).all()


def test_without_anything_to_go_on_nothing_is_said(channel: ReviewChannel) -> None:
    for query in (Query(history()), Query(history(0, 1))):  # nobody; a history of items without reviews
        assert len(channel.search(query, 5)) == 0
        assert not channel.score(query, np.arange(N_ITEMS)).any()


def test_a_history_finds_what_was_written_alike() -> None:
    said = {
        "i1": "dragons and castles",
        "i2": "dragons in castles again",
        "i5": "a court case",
        "i6": "a court, a judge",
    }
    domain = reviewed_domain([review(n, item, text) for n, (item, text) in enumerate(said.items())])
    build_with(builder(), domain.name)
    channel = channel_of(domain)
    for had, alike in ((1, 2), (6, 5)):
        allowed = np.arange(N_ITEMS) != had
        assert channel.search(Query(history(had), allowed=allowed), 1).tolist() == [alike]
        against = Query(history(), np.array([had]), text="dragons, a court", allowed=allowed)
        scores = dict(zip((1, 2, 5, 6), channel.score(against, np.array([1, 2, 5, 6])).tolist(), strict=True))
        assert scores[alike] < min(scores[row] for row in scores if row not in (had, alike))


def test_words_are_as_near_as_the_nearer_of_text_and_reviews() -> None:
    domain = reviewed_domain()
    build_with(builder(), domain.name)
    text, written = TextChannel(load_text_index(domain, HashingEncoder())), channel_of(domain)
    every = np.arange(N_ITEMS)
    for words in (SAID["i7"], domain.catalogue.items[12].title, "nothing of the kind"):
        both = Meaning(text, written).match(words, every)
        assert np.array_equal(both, np.maximum(text.match(words, every), written.match(words, every)))
    assert Meaning(text, written).match(SAID["i7"], every).argmax() == 7
    assert Meaning(text, written).match(domain.catalogue.items[12].title, every).argmax() == 12
