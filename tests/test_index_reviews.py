"""Reviews: which stand for an item, what an index keeps of them, and what the channel finds by them."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.build.builder import add_items, build_with, remove_items
from index.build.generations import generation_folders
from index.build.loading import open_index
from index.build.manifest import read_manifest
from index.build.review_selection import MAX_PER_ITEM, Passage, select_passages
from index.data.domain import Catalogue, Domain, load_domain
from index.data.records import Item, Review
from index.data.reviews import MAX_REVIEW, load_reviews, review_text, review_title, stream_reviews
from index.data.tables import BLOCK, REVIEWS, table_path, write_table
from index.errors import MendableError
from index.retrieval.channels.reviews import ReviewChannel, SemanticMatcher
from index.retrieval.channels.text import TextChannel
from index.retrieval.fusion_features import COLUMNS
from index.retrieval.query import Query
from index.retrieval.review_sources import REVIEW_COLUMNS
from index.retrieval.sentiment_features import SENTIMENT_COLUMNS
from index.search import find
from index.storage.home import domain_folder
from tests.helpers_index import HashingEncoder, text_builder
from tests.helpers_small import N_ITEMS, builder, history, things, walks, write_domain

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
    index = open_index(domain, HashingEncoder())
    opened = index.reviews
    assert opened is not None
    return ReviewChannel(
        opened.vectors, opened.vectors.item_means(len(domain.catalogue)), opened.store, index.text.encode
    )


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PALATE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


# --- which stand for an item ------------------------------------------------


def passages(reviews: Sequence[Review], limit: int = MAX_PER_ITEM) -> list[Passage]:
    selected = select_passages(reviews, reviewed_domain().catalogue, limit)
    return list(selected.read(reviews))


def test_of_many_reviews_of_an_item_the_longest_passage_of_each_comes_first() -> None:
    texts = ["word " * (n % 17 + 1) + ". " + "x " * 3 + "." for n in range(3 * MAX_PER_ITEM)]
    reviews = [*(review(n, "i1", text) for n, text in enumerate(texts)), review(99, "i2", "short")]
    found = [each for each in passages(reviews) if each.review.item_id == "i1"]
    assert len(found) == MAX_PER_ITEM == len({each.review.review_id for each in found})
    left = [each.text for each in reviews if each not in [one.review for one in found]]
    assert min(len(each.review.text) for each in found) >= max(map(len, left[:-1]))


def test_an_item_with_one_review_keeps_its_passages_in_their_order() -> None:
    text = " ".join(f"Sentence number {n} has some words of its own." for n in range(12))
    found = passages([review(0, "i1", text)])
    assert [each.text for each in found] == sorted((each.text for each in found), key=text.index)
    assert len(found) > 1 and " ".join(each.text for each in found) == text


@given(seed=st.integers(0, 30), limit=st.integers(1, 5))
def test_passages_are_exact_words_of_reviews_of_known_items_and_not_more_than_wanted(seed: int, limit: int) -> None:
    random = np.random.default_rng(seed)
    items = [f"i{n}" for n in random.integers(0, 4, 20)] + ["nowhere"]
    words = [". ".join("abc " * int(n) for n in random.integers(0, 200, 4)) for _ in items]
    reviews = [review(n, item, text) for n, (item, text) in enumerate(zip(items, words, strict=True))]
    selected = select_passages(reviews, Catalogue(things()), limit)
    found = list(selected.read(reviews))
    assert [each.review.review_id for each in found] == [f"r{place[0]}" for place in selected.places]
    assert all(" ".join(each.span.of(each.review.text).split()) == each.text for each in found)
    assert max(Counter(each.review.item_id for each in found).values(), default=0) <= limit
    assert "nowhere" not in {each.review.item_id for each in found}


def test_reviews_of_unknown_items_and_without_words_are_not_taken() -> None:
    reviews = (review(0, "nowhere", "fine"), review(1, "i1", " \n ?!"), review(2, "i1", "good", title="Title"))
    assert [(each.review.review_id, each.text) for each in passages(reviews)] == [("r2", "Title. good")]


def test_of_a_review_no_more_is_read_than_is_bounded() -> None:
    assert len(review_text(review(0, "i1", "x" * 1_000_000))) == MAX_REVIEW
    assert review_title(review(0, "i1", "a", title=" Oh \n dear ")) == "Oh dear"
    assert review_title(review(0, "i1", "a")) == ""


def test_reviews_are_read_in_blocks_in_the_order_of_the_table_with_the_columns_that_are_wanted() -> None:
    domain = reviewed_domain([review(n, f"i{n % 5}", f"text {n}", f"u{n}") for n in range(3 * BLOCK // 2)])
    assert [each.review_id for each in stream_reviews(domain.name)] == [f"r{n}" for n in range(3 * BLOCK // 2)]
    only = next(stream_reviews(domain.name, ("item_id", "text")))
    assert (only.item_id, only.text) == ("i0", "text 0")
    assert only.user_id is None and only.timestamp is None and not only.review_id


def test_a_table_of_reviews_that_is_cut_off_is_one_line() -> None:
    domain = reviewed_domain()
    table_path(domain_folder(domain.name), "reviews").write_bytes(b"PAR1")
    with pytest.raises(MendableError, match=r"reviews\.parquet.*index import"):
        list(stream_reviews(domain.name))


# --- the part on disk -------------------------------------------------------


def test_a_domain_with_reviews_has_them_in_its_index_and_one_without_has_none() -> None:
    domain = reviewed_domain()
    build_with(builder(), domain.name)
    manifest = read_manifest(generation_folders(domain.name)[0])
    assert (manifest.parts["reviews"]["n_passages"], manifest.parts["reviews"]["n_known"]) == (3, 3)
    assert tuple(manifest.parts["behaviour"]["fusion_columns"]) == (*COLUMNS, *REVIEW_COLUMNS, *SENTIMENT_COLUMNS)
    plain = write_domain(walks(), name="plain")
    build_with(builder(), plain.name)
    assert "reviews" not in read_manifest(generation_folders("plain")[0]).parts
    assert open_index(plain, HashingEncoder()).reviews is None


def test_a_second_build_with_reviews_does_nothing_and_another_review_builds_again() -> None:
    domain = reviewed_domain()
    build_with(builder(), domain.name)
    before = generation_folders(domain.name)
    build_with(builder(), domain.name)
    assert generation_folders(domain.name) == before
    write_reviews(domain.name, [*load_reviews(domain.name), review(9, "i1", "a new word")])
    build_with(builder(), domain.name)
    assert generation_folders(domain.name) != before
    assert channel_of(load_domain(domain.name)).reviews.rows.tolist() == [3, 7, 9, 1]


def test_an_index_made_without_the_reviews_that_are_there_is_refused() -> None:
    domain = reviewed_domain()
    build_with(text_builder(), domain.name)
    with pytest.raises(MendableError, match=r"without the domain's reviews.*index build"):
        _ = open_index(domain, HashingEncoder()).reviews


@pytest.mark.parametrize("file", ["rows.npy", "spans.npy", "reviews.json", "vectors.npy"])
def test_damaged_reviews_are_refused(file: str) -> None:
    domain = reviewed_domain()
    build_with(builder(), domain.name)
    index = open_index(domain, HashingEncoder())
    (index.folder / "reviews" / file).write_bytes(b"{}")
    with pytest.raises(MendableError, match="index build"):
        _ = index.reviews


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
    text, written = TextChannel(open_index(domain, HashingEncoder()).text), channel_of(domain)
    every = np.arange(N_ITEMS)
    for words in (SAID["i7"], domain.catalogue.items[12].title, "nothing of the kind"):
        both = SemanticMatcher(text, written).match(words, every)
        assert np.array_equal(both, np.maximum(text.match(words, every), written.match(words, every)))
    assert SemanticMatcher(text, written).match(SAID["i7"], every).argmax() == 7
    assert SemanticMatcher(text, written).match(domain.catalogue.items[12].title, every).argmax() == 12


def test_an_item_whose_title_says_nothing_is_found_by_its_reviews_unless_it_is_removed() -> None:
    domain = reviewed_domain()
    build_with(builder(), domain.name)
    index = open_index(domain, HashingEncoder())
    assert find(index, "whale and a storm", 1)[0].item_id == "i7"
    remove_items(domain.name, ["i7"])
    later = open_index(load_domain(domain.name), HashingEncoder())
    assert "i7" not in {hit.item_id for hit in find(later, "whale and a storm", N_ITEMS)}
