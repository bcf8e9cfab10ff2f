"""Sentiment as features of the fusion: what is neutral, what counts, whose words are read, and what is held out."""

import numpy as np
import pytest

from index.data.domain import Histories
from index.data.records import History
from index.retrieval.fusion_features import COLUMNS
from index.retrieval.fusion_training_lists import fit_features, learn_fusion
from index.retrieval.review_sources import REVIEW_COLUMNS, ReviewSources
from index.retrieval.review_vectors import ReviewVectors
from index.retrieval.sentiment_features import SENTIMENT_COLUMNS, SentimentFeatures
from index.sentiment.aspects import Aspect, Aspects
from index.sentiment.review_opinions import Mentions, ReviewOpinions
from index.types import Floats
from tests.helpers_small import N_ITEMS, history, things, unit_vectors, walks, write_domain

SCORE, REVIEWS, CARED, OWN, OF_HISTORY = range(len(SENTIMENT_COLUMNS))
SOUND, STRINGS = 0, 1
Opinion = tuple[int, str, float, int]  # row of the item, writer, score, aspect that is mentioned


def opinions_of(*given: Opinion) -> ReviewOpinions:
    """Reviews that mention one aspect each; a sentence has the score of its review."""
    rows, scores = np.array([each[0] for each in given], np.int64), np.array([each[2] for each in given], np.float32)
    n = len(given)
    spans = np.zeros((n, 2), np.int64)
    mentions = Mentions(np.arange(n), np.array([each[3] for each in given], np.int64), scores, spans, spans)
    aspects = Aspects((Aspect("sound", ("sound",)), Aspect("strings", ("strings",))))
    ids, writers = tuple(f"r{n}" for n in range(n)), tuple(each[1] for each in given)
    times, words = np.arange(n, dtype=np.float64), np.zeros(0, np.uint8)
    return ReviewOpinions(
        rows, ids, writers, times, scores, np.asarray((scores + 1) / 2, np.float32), mentions, aspects, words
    )


def features_of(*given: Opinion, own: tuple[Opinion, ...] = ()) -> SentimentFeatures:
    others = opinions_of(*given)
    return SentimentFeatures.of(others, opinions_of(*own) if own else others, N_ITEMS)


def of_user(user: str | None, *rows: int) -> History:
    return History(np.array(rows, np.int64), np.full(len(rows), np.nan, np.float32), None, user)


GIVEN: tuple[Opinion, ...] = (
    (1, "a", 0.9, SOUND),
    (1, "b", 0.8, SOUND),
    (2, "a", -0.9, SOUND),
    (2, "c", -0.8, SOUND),
    (3, "b", 0.9, STRINGS),
    (3, "d", 0.9, STRINGS),
    (4, "d", 0.9, STRINGS),
    (5, "a", 0.0, SOUND),
)


def test_without_opinions_every_column_is_neutral() -> None:
    found = features_of().columns(of_user("a", 1, 2))
    assert found.shape == (N_ITEMS, len(SENTIMENT_COLUMNS)) and not found.any()


def test_an_item_that_nobody_reviewed_is_neutral_for_everybody() -> None:
    found = features_of(*GIVEN).columns(of_user("a", 1, 3))
    assert not found[30, [SCORE, REVIEWS]].any()
    assert found[30] == pytest.approx(found[31])


def test_good_reviews_raise_an_item_bad_ones_lower_it_and_more_of_them_do_so_more() -> None:
    found = features_of(*GIVEN, *(((6, f"w{n}", 0.9, SOUND)) for n in range(20))).columns(of_user(None, 1))
    assert found[6, SCORE] > found[1, SCORE] > found[2, SCORE]
    assert found[2, SCORE] < 0 < found[6, SCORE]
    assert found[6, REVIEWS] > found[1, REVIEWS] > found[30, REVIEWS] == 0


def test_aspects_weigh_by_what_a_user_writes_about() -> None:
    bad_sound = tuple((7, f"v{n}", -0.9, SOUND) for n in range(9))
    bad_strings = tuple((8, f"v{n}", -0.9, STRINGS) for n in range(9))
    wrote = (*((row, "a", 0.5, SOUND) for row in range(10, 20)), *((row, "d", 0.5, STRINGS) for row in range(10, 20)))
    features = features_of(*GIVEN, *bad_sound, *bad_strings, own=wrote)
    of_sound, of_strings = (features.columns(of_user(user, *range(10, 20))) for user in "ad")
    assert of_sound[7, CARED] < of_sound[8, CARED]
    assert of_strings[8, CARED] < of_strings[7, CARED]
    assert of_sound[7, OWN] > of_sound[8, OWN] and of_strings[8, OWN] > of_strings[7, OWN]


def test_what_reviews_of_the_history_speak_of_is_known_of_somebody_who_wrote_nothing() -> None:
    found = features_of(*GIVEN).columns(of_user(None, 3))
    assert found[4, OF_HISTORY] > found[1, OF_HISTORY]
    assert not found[:, OWN].any()


def test_what_a_user_wrote_of_items_outside_the_history_is_not_read() -> None:
    read = ((10, "a", 0.5, SOUND), (11, "a", 0.5, SOUND))
    later = ((12, "a", 0.5, STRINGS), (13, "a", -1.0, STRINGS), (14, "b", 0.1, STRINGS))
    one, other = features_of(*GIVEN, own=read), features_of(*GIVEN, own=(*read, *later))
    shown = of_user("a", 10, 11)
    assert np.array_equal(one.columns(shown), other.columns(shown))
    assert not np.array_equal(one.columns(shown), other.columns(of_user("a", 10, 11, 12)))


def test_a_part_has_the_numbers_of_the_whole_and_a_part_of_a_part_too() -> None:
    features, rows = features_of(*GIVEN), np.array([5, 3, 1, 2, 20])
    whole = features.columns(of_user("a", 1, 2, 5))
    part = features.part(rows)
    assert part.columns(of_user("a", 2, 3, 0)) == pytest.approx(whole[rows], abs=1e-6)
    again = part.part(np.array([0, 2, 3]))
    assert again.columns(of_user("a", 1, 2, 0)) == pytest.approx(whole[rows[[0, 2, 3]]], abs=1e-6)


def test_the_order_of_reviews_does_not_matter() -> None:
    one, other = features_of(*GIVEN), features_of(*reversed(GIVEN))
    shown = of_user("a", 1, 2)
    assert one.columns(shown) == pytest.approx(other.columns(shown), abs=1e-6)


def no_vectors() -> ReviewVectors:
    return ReviewVectors(np.zeros((0, 16), np.float32), np.zeros(0, np.int64), ())


def test_the_fusion_learns_from_sentiment_where_it_tells_what_comes_next() -> None:
    random = np.random.default_rng(0)
    praised = np.arange(0, N_ITEMS, 4)
    others = np.setdiff1d(np.arange(N_ITEMS), praised)
    drawn = [(random.permutation(others)[:1], random.permutation(praised)[:6]) for _ in range(200)]
    histories = Histories.of([f"u{n}" for n in range(200)], [of_user(None, *first, *best) for first, best in drawn])
    given = [(row, "", 0.9 if row % 4 == 0 else -0.9, SOUND) for row in range(N_ITEMS) for _ in range(10)]
    sources = ReviewSources(no_vectors(), opinions_of(*given))
    catalogue = write_domain(walks()).catalogue
    fusion, n_lists = learn_fusion(histories, catalogue, unit_vectors(), 1, sources)
    assert n_lists and fusion.columns == (*COLUMNS, *REVIEW_COLUMNS, *SENTIMENT_COLUMNS)
    features = fit_features(catalogue, unit_vectors(), sources, histories).of(history(3, 5, 7))
    without = features.copy()
    without[:, len(COLUMNS) + len(REVIEW_COLUMNS) :] = 0
    gain = fusion.score(features) - fusion.score(without)
    assert gain[praised].mean() > gain[others].mean() + 0.1


def test_opinions_of_held_out_events_change_nothing_that_is_fitted() -> None:
    histories = walks(n_users=60)
    known = histories.truncate(histories.lengths - 2)
    given = [
        (int(row), user, score, int(row) % 2)
        for user, each in zip(histories.users, histories, strict=True)
        for row, score in zip(each.rows, np.linspace(-1, 1, len(each)), strict=True)
    ]
    held_out = [n for n, each in enumerate(given) if each[0] not in known[known.place_of[each[1]]].rows]
    turned = [(*each[:2], -each[2], 1 - each[3]) if n in held_out else each for n, each in enumerate(given)]
    catalogue = write_domain(walks()).catalogue

    def fitted(opinions: list[Opinion]) -> Floats:
        sources = ReviewSources(no_vectors(), opinions_of(*opinions)).known_from(known, N_ITEMS, None, histories)
        return fit_features(catalogue, unit_vectors(), sources, known).of(known[5])

    assert held_out and np.array_equal(fitted(given), fitted(turned))
    assert not np.array_equal(fitted(given), fitted([(*each[:2], -each[2], each[3]) for each in given]))


def test_somebody_new_and_an_empty_history_have_finite_columns() -> None:
    for shown in (history(), of_user("nobody", 3), of_user("a")):
        assert np.isfinite(features_of(*GIVEN).columns(shown)).all()


def test_things_without_reviews_keep_their_columns() -> None:
    catalogue = write_domain(walks(), things()).catalogue
    plain = fit_features(catalogue, unit_vectors(), None, walks())
    unjudged = fit_features(catalogue, unit_vectors(), ReviewSources(no_vectors()), walks())
    assert plain.columns == COLUMNS and unjudged.columns == (*COLUMNS, *REVIEW_COLUMNS)
