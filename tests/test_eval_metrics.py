"""Metrics of ranks, lists and probabilities: laws, edges, and trec_eval as the oracle."""

import time
from collections.abc import Sequence

import numpy as np
import pytest
import pytrec_eval
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from eval.metrics.base import (
    BEYOND_ACCURACY_METRICS,
    CLASSIFICATION_METRICS,
    RANKING_METRICS,
    Array,
    Metric,
    Ranks,
    RecommendedLists,
    parse_metric,
    ranks_in_lists,
    register,
)
from eval.metrics.beyond_accuracy import coverage, diversity, novelty, personalisation, popularity_lift
from eval.metrics.classification import (
    accuracy,
    auc,
    binary_f1,
    binary_precision,
    binary_recall,
    calibration,
    log_loss,
    mae,
    rmse,
)
from eval.metrics.ranking import DEPTHS, EVERY_METRIC, every_value, per_user
from eval.rank.ranking import ranks_of as ranks_of_scores
from finetune.validation_lists import ValidationList, ndcg_at_10
from index.types import Floats
from tests.helpers_eval import histories
from tests.helpers_small import history

ORACLE = {"recall": "recall", "precision": "P", "ndcg": "ndcg_cut", "map": "map_cut", "hit": "success"}
lists_of_ranks = st.lists(st.lists(st.integers(0, 130), max_size=6, unique=True).map(sorted), min_size=1, max_size=8)


def ranks_of(users: list[list[int]]) -> Ranks:
    """Ranks of each user's relevant items."""
    starts = np.concatenate([[0], np.cumsum([len(user) for user in users])]).astype(np.int64)
    return Ranks(starts, np.array([float(rank) for user in users for rank in user]))


def value(users: list[list[int]], name: str) -> list[float]:
    return list(per_user(ranks_of(users), parse_metric(name)))


@pytest.mark.parametrize("metric", EVERY_METRIC, ids=str)
def test_metric_round_trips_through_its_name(metric: Metric) -> None:
    assert parse_metric(str(metric)) == metric


@pytest.mark.parametrize("text", ["ndcg", "ndcg@", "ndcg@0", "ndcg@-1", "NDCG@10", "luck@10", "ndcg@10 "])
def test_metric_that_there_is_not_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no metric"):
        parse_metric(text)


@pytest.mark.parametrize("kind", ["recall", "hit", "ndcg", "map", "mrr"])
def test_metric_is_one_when_the_only_answer_is_first_and_zero_when_it_is_missing(kind: str) -> None:
    ranks = Ranks.single([0, np.inf])
    assert per_user(ranks, Metric(kind, 10)).tolist() == [1.0, 0.0]


def test_metrics_with_one_answer_at_the_third_place() -> None:
    assert value([[2]], "ndcg@10") == [pytest.approx(1 / np.log2(4))]
    assert value([[2]], "mrr@10") == value([[2]], "map@10") == [pytest.approx(1 / 3)]
    assert value([[2]], "precision@10") == [0.1]
    assert value([[2]], "f1@10") == [pytest.approx(2 * 0.1 * 1 / (0.1 + 1))]


def test_metrics_with_two_answers_of_which_one_is_beyond_k() -> None:
    assert value([[1, 30]], "recall@10") == [0.5]
    assert value([[1, 30]], "ndcg@10") == [pytest.approx((1 / np.log2(3)) / (1 + 1 / np.log2(3)))]
    assert value([[1, 30]], "map@50") == [pytest.approx((1 / 2 + 2 / 31) / 2)]


def test_rank_shared_by_a_tie_counts_where_it_lies() -> None:
    ranks = Ranks.single([9.5])
    assert per_user(ranks, Metric("recall", 10)).tolist() == [1.0]
    assert per_user(ranks, Metric("ndcg", 10)).tolist() == [pytest.approx(1 / np.log2(11.5))]


@given(lists_of_ranks)
def test_metrics_lie_between_zero_and_one_and_a_user_without_answer_scores_zero(users: list[list[int]]) -> None:
    for metric in EVERY_METRIC:
        values = per_user(ranks_of(users), metric)
        assert np.all((values >= 0) & (values <= 1))
        assert all(value == 0 for value, user in zip(values, users, strict=True) if not user)


@given(lists_of_ranks)
def test_recall_hit_mrr_and_map_never_fall_with_k(users: list[list[int]]) -> None:
    for kind in ("recall", "hit", "mrr", "map"):
        table = [per_user(ranks_of(users), Metric(kind, k)) for k in DEPTHS]
        assert np.all(np.diff(table, axis=0) >= 0)


def test_metrics_equal_those_of_trec_eval_on_random_rankings() -> None:
    random = np.random.default_rng(1)
    lists = np.stack([random.permutation(200)[:150] for _ in range(60)])
    relevant = [random.choice(200, int(random.integers(1, 12)), replace=False) for _ in lists]
    starts = np.concatenate([[0], np.cumsum([len(each) for each in relevant])])
    ranks = ranks_in_lists(lists, starts, np.concatenate(relevant))
    run = {str(n): {str(item): float(-place) for place, item in enumerate(row)} for n, row in enumerate(lists)}
    truth = {str(n): {str(item): 1 for item in items} for n, items in enumerate(relevant)}
    names = {f"{name}.{','.join(map(str, DEPTHS))}" for name in ORACLE.values()}
    judged = pytrec_eval.RelevanceEvaluator(truth, names).evaluate(run)
    for kind, name in ORACLE.items():
        for k in DEPTHS:
            wanted = [judged[str(n)][f"{name}_{k}"] for n in range(len(lists))]
            assert per_user(ranks, Metric(kind, k)) == pytest.approx(np.array(wanted), abs=1e-9), f"{kind}@{k}"


def test_reciprocal_rank_equals_that_of_trec_eval() -> None:
    random = np.random.default_rng(2)
    lists = np.stack([random.permutation(100) for _ in range(40)])
    relevant = random.integers(0, 100, 40)
    run = {str(n): {str(item): float(-place) for place, item in enumerate(row)} for n, row in enumerate(lists)}
    truth = {str(n): {str(item): 1} for n, item in enumerate(relevant)}
    judged = pytrec_eval.RelevanceEvaluator(truth, {"recip_rank"}).evaluate(run)
    found = per_user(ranks_in_lists(lists, np.arange(41), relevant), Metric("mrr", 100))
    assert found == pytest.approx(np.array([judged[str(n)]["recip_rank"] for n in range(40)]))


def test_ranks_in_lists_are_infinite_where_the_item_is_not_there_and_first_where_it_repeats() -> None:
    lists = np.array([[7, 3, 3], [1, 2, -1], [-1, -1, -1]])
    assert ranks_in_lists(lists, np.arange(4), np.array([3, 9, 5])).ranks.tolist() == [1, np.inf, np.inf]


def test_ranks_in_lists_are_sorted_within_each_user() -> None:
    ranks = ranks_in_lists(np.array([[4, 5, 6], [4, 5, 6]]), np.array([0, 2, 3]), np.array([6, 4, 5]))
    assert ranks.ranks.tolist() == [0, 2, 1]


def test_all_metrics_of_six_thousand_lists_take_a_few_milliseconds() -> None:
    random = np.random.default_rng(0)
    lists = random.integers(0, 20_000, (6000, 100), dtype=np.int32)
    relevant, starts = random.integers(0, 20_000, 6000, dtype=np.int32), np.arange(6001)
    spent = []
    for _ in range(5):
        began = time.perf_counter()
        ranks = ranks_in_lists(lists, starts, relevant)
        for metric in EVERY_METRIC:
            per_user(ranks, metric)
        spent.append(time.perf_counter() - began)
    assert min(spent) < 0.05  # some 5 ms on a quiet machine


# --- one formula for training and evaluation


@given(
    st.lists(
        arrays.arrays(np.float32, st.integers(1, 30), elements=st.sampled_from([-1.0, 0.0, 0.5, 2.0])),
        min_size=1,
        max_size=6,
    ),
    st.data(),
)
def test_ndcg_of_training_is_that_of_the_evaluation_ties_at_their_mean_rank(
    scores: list[Floats], data: st.DataObject
) -> None:
    truths = [data.draw(st.integers(-1, len(own) - 1)) for own in scores]
    lists = tuple(
        ValidationList(history(), np.arange(len(own)), own, truth) for own, truth in zip(scores, truths, strict=True)
    )
    wanted = []
    for own, truth in zip(scores, truths, strict=True):
        missed = np.append(own, np.float32(-np.inf))  # what was not retrieved stands behind all others, unranked
        found = ranks_of_scores(missed[None], histories({"a": [truth if truth >= 0 else len(own)]}))
        wanted.append(per_user(found, Metric("ndcg", 10))[0])
    assert ndcg_at_10(lists, scores) == pytest.approx(np.mean(wanted), abs=1e-12)


# --- tables of metrics


def test_every_metric_of_a_kind_has_its_table() -> None:
    assert tuple(RANKING_METRICS) == ("recall", "hit", "precision", "f1", "ndcg", "map", "mrr")
    assert tuple(BEYOND_ACCURACY_METRICS) == ("coverage", "novelty", "diversity", "popularity_lift", "personalisation")
    assert set(CLASSIFICATION_METRICS) >= {"accuracy", "precision", "recall", "f1", "auc", "rmse", "mae"}


def test_a_new_metric_is_one_function_and_one_line_and_is_found_by_its_name() -> None:
    @register(RANKING_METRICS, "first_place")
    def first_place(ranks: Ranks, k: int) -> Array:
        return (ranks.within(1) > 0).astype(np.float64)

    try:
        assert per_user(Ranks.single([0, 1]), parse_metric("first_place@10")).tolist() == [1.0, 0.0]
        with pytest.raises(ValueError, match="taken"):
            register(RANKING_METRICS, "first_place")
    finally:
        del RANKING_METRICS["first_place"]
    with pytest.raises(ValueError, match="no metric"):
        parse_metric("first_place@10")


@pytest.mark.parametrize("name", ["NDCG", "ndcg@10", "2nd", "", "a b"])
def test_a_name_that_could_not_be_read_back_is_no_name_of_a_metric(name: str) -> None:
    with pytest.raises(ValueError, match="cannot be the name"):
        register(RANKING_METRICS, name)


# --- lists


def lists_of(
    rows: Sequence[Sequence[int]],
    counts: Sequence[int] = (1,) * 10,
    n_users: int = 10,
    history_counts: Sequence[float] | None = None,
    vectors: Floats | None = None,
) -> RecommendedLists:
    """Lists of a catalogue of as many items as there are counts."""
    table = np.array(rows, np.int32)
    means = np.ones(len(table)) if history_counts is None else np.array(history_counts)
    return RecommendedLists(table, np.array(counts, np.int64), n_users, means, vectors)


def test_coverage_counts_each_item_once_and_leaves_out_what_is_no_item() -> None:
    assert coverage(lists_of([[0, 1], [1, -1], [9, 0]], (1, 1, 1, 1))) == 0.5


def test_novelty_is_zero_for_what_every_user_has_and_grows_with_rarity() -> None:
    common, rare, never = np.array(novelty(lists_of([[0], [1], [2]], (8, 3, 0), n_users=8)), float).tolist()
    assert (common, rare) == (0.0, pytest.approx(np.log2(9 / 4)))
    assert np.isfinite(never)
    assert never > rare


def test_popularity_lift_is_zero_for_a_list_as_popular_as_the_history_and_one_for_twice_as_popular() -> None:
    counts = (10, 20, 40)
    assert popularity_lift(lists_of([[1]], counts, history_counts=[20.0])) == 0.0
    assert popularity_lift(lists_of([[2, 2]], counts, history_counts=[20.0])) == 1.0
    assert popularity_lift(lists_of([[-1]], counts, history_counts=[20.0])) == 0.0
    assert popularity_lift(lists_of([[2], [1]], counts, history_counts=[np.nan, 20.0])) == 0.0


def test_diversity_is_mean_distance_over_the_pairs_of_a_list() -> None:
    vectors = np.array([[1, 0], [0, 1], [-1, 0]], np.float32)
    lists = lists_of([[0, -1, -1], [0, 1, -1], [0, 1, 2], [-1, -1, -1]], (1, 1, 1), vectors=vectors)
    assert diversity(lists) == pytest.approx([0, 1, (1 + 1 + 2) / 3, 0])
    assert diversity(lists_of([[0, 1]])) is None


def test_personalisation_is_zero_for_equal_lists_and_one_for_lists_without_a_common_item() -> None:
    assert personalisation(lists_of([[0, 1], [1, 0]])) == 0.0
    assert personalisation(lists_of([[0, 1], [2, 3]])) == 1.0
    assert personalisation(lists_of([[0, 1], [1, 2]])) == 0.5
    assert personalisation(lists_of([[0, 1]])) == 0.0


tables_of_rows = arrays.arrays(np.int32, st.tuples(st.integers(1, 5), st.integers(1, 8)), elements=st.integers(-1, 6))


def beyond_accuracy(rows: Sequence[Sequence[int]]) -> dict[str, list[float]]:
    """Every metric of some lists of a catalogue of five items; the rows 5 and 6 are ids that it lacks."""
    vectors = np.random.default_rng(3).standard_normal((5, 4)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    means = np.linspace(1, 3, len(rows))
    lists = lists_of(rows, (9, 5, 3, 1, 0), history_counts=means.tolist(), vectors=vectors)
    return {name: np.array(metric(lists), float, ndmin=1).tolist() for name, metric in BEYOND_ACCURACY_METRICS.items()}


@given(tables_of_rows)
def test_an_item_that_a_list_repeats_counts_once(rows: np.ndarray) -> None:
    """The same lists with each repeat taken out, its place left empty, have the same figures."""
    bare = [[row if row not in each[:n] else -1 for n, row in enumerate(each)] for each in rows.tolist()]
    repeated, once = beyond_accuracy(rows.tolist()), beyond_accuracy(bare)
    assert {name: pytest.approx(values) for name, values in once.items()} == repeated


@given(tables_of_rows)
def test_metrics_of_lists_stay_within_their_bounds_whatever_a_list_repeats(rows: np.ndarray) -> None:
    found = beyond_accuracy(rows.tolist())
    for name, low, high in (("coverage", 0, 1), ("personalisation", 0, 1), ("diversity", 0, 2), ("novelty", 0, 4)):
        assert low - 1e-6 <= min(found[name]) <= max(found[name]) <= high + 1e-6, name
    assert found["popularity_lift"][0] >= -1


@given(tables_of_rows, st.integers(0, 6))
def test_a_relevant_item_that_a_list_repeats_is_found_once_at_its_first_place(rows: np.ndarray, item: int) -> None:
    starts = np.arange(len(rows) + 1)
    ranks = ranks_in_lists(rows, starts, np.full(len(rows), item, np.int32))
    first = [each.index(item) if item in each else np.inf for each in rows.tolist()]
    assert ranks.ranks.tolist() == first
    for metric in EVERY_METRIC:
        assert per_user(ranks, metric).max() <= 1


# --- probabilities


def test_auc_is_the_share_of_pairs_in_the_right_order_ties_half() -> None:
    truth = np.array([True, True, False, False])
    ones = np.ones(4)
    assert auc(np.array([0.9, 0.8, 0.2, 0.1]), truth, ones) == 1.0
    assert auc(np.array([0.9, 0.2, 0.2, 0.1]), truth, ones) == pytest.approx((2 + 0.5 + 1) / 4)
    assert auc(np.full(4, 0.5), truth, ones) == 0.5
    assert np.isnan(auc(np.array([0.1, 0.2]), np.array([True, True]), np.ones(2)))


def test_judgements_equal_those_of_scikit_learn() -> None:
    from sklearn import metrics as oracle

    random = np.random.default_rng(3)
    said, weights = random.random(500).round(2), random.integers(0, 4, 500).astype(float)
    truth = random.random(500) < said
    yes = said >= 0.5
    wanted = {
        "auc": oracle.roc_auc_score(truth, said, sample_weight=weights),
        "accuracy": oracle.accuracy_score(truth, yes, sample_weight=weights),
        "precision": oracle.precision_score(truth, yes, sample_weight=weights),
        "recall": oracle.recall_score(truth, yes, sample_weight=weights),
        "f1": oracle.f1_score(truth, yes, sample_weight=weights),
        "mae": oracle.mean_absolute_error(truth, said, sample_weight=weights),
        "rmse": oracle.mean_squared_error(truth, said, sample_weight=weights) ** 0.5,
        "log_loss": oracle.log_loss(truth, np.clip(said, 1e-7, 1 - 1e-7), sample_weight=weights),
    }
    assert {name: CLASSIFICATION_METRICS[name](said, truth, weights) for name in wanted} == pytest.approx(wanted)


def test_weight_of_two_is_the_same_as_the_row_twice() -> None:
    random = np.random.default_rng(4)
    said, counts = random.random(80), random.integers(0, 3, 80)
    truth = random.random(80) < 0.6
    for name, judge in CLASSIFICATION_METRICS.items():
        doubled = judge(np.repeat(said, counts), np.repeat(truth, counts), np.ones(counts.sum()))
        assert judge(said, truth, counts.astype(float)) == pytest.approx(doubled), name


def test_calibration_is_zero_where_what_is_said_comes_true_as_often() -> None:
    said = np.repeat([0.25, 0.75], 4)
    truth = np.array([True, False, False, False, True, True, True, False])
    assert calibration(said, truth, np.ones(8)) == pytest.approx(0)
    assert calibration(1 - said, truth, np.ones(8)) == pytest.approx(0.5)


def test_judgements_of_nothing_but_no_are_zero_and_not_an_error() -> None:
    said, truth, ones = np.zeros(3), np.zeros(3, bool), np.ones(3)
    assert [f(said, truth, ones) for f in (binary_precision, binary_recall, binary_f1, rmse, mae)] == [0.0] * 5
    assert accuracy(said, truth, ones) == 1.0
    assert log_loss(said, truth, ones) == pytest.approx(0, abs=1e-6)


@given(st.lists(st.one_of(st.integers(0, 130).map(float), st.just(np.inf)), min_size=1, max_size=12), st.booleans())
def test_every_metric_at_once_is_what_each_gives_alone(ranks: list[float], tied: bool) -> None:
    found = Ranks.single([rank + 0.5 for rank in ranks] if tied else ranks)
    for metric, values in every_value(found, EVERY_METRIC).items():
        assert values == pytest.approx(per_user(found, metric), abs=1e-12), str(metric)


@given(lists_of_ranks)
def test_every_metric_at_once_holds_for_users_with_any_number_of_relevant_items(users: list[list[int]]) -> None:
    ranks = ranks_of(users)
    for metric, values in every_value(ranks, EVERY_METRIC).items():
        assert values == pytest.approx(per_user(ranks, metric), abs=1e-12), str(metric)


def test_of_no_metric_there_are_no_values() -> None:
    assert every_value(Ranks.single([1.0]), ()) == {}
