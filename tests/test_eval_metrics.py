"""Metrics of ranks, lists and probabilities: laws, edges, and trec_eval as the oracle."""

import time

import numpy as np
import pytest
import pytrec_eval
from hypothesis import given
from hypothesis import strategies as st

from eval.metrics.ranking import (
    CLASSIFICATION_METRICS,
    DEPTHS,
    EVERY_METRIC,
    Metric,
    Ranks,
    accuracy,
    auc,
    binary_f1,
    binary_precision,
    binary_recall,
    calibration,
    coverage,
    diversity,
    every_value,
    log_loss,
    mae,
    novelty,
    parse_metric,
    per_user,
    personalisation,
    popularity_lift,
    ranks_in_lists,
    rmse,
)

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


def test_coverage_counts_each_item_once_and_leaves_out_what_is_no_item() -> None:
    assert coverage(np.array([[0, 1], [1, -1], [9, 0]]), 4) == 0.5


def test_novelty_is_zero_for_what_everybody_had_and_grows_with_rarity() -> None:
    counts = np.array([8, 3, 0])
    common, rare, never = novelty(np.array([[0], [1], [2]]), counts, 8).tolist()
    assert (common, rare) == (0.0, pytest.approx(np.log2(9 / 4)))
    assert np.isfinite(never)
    assert never > rare


def test_popularity_lift_is_zero_for_a_list_as_popular_as_the_history_and_one_for_twice_as_popular() -> None:
    counts = np.array([10, 20, 40])
    assert popularity_lift(np.array([[1]]), counts, np.array([20.0])) == 0.0
    assert popularity_lift(np.array([[2, 2]]), counts, np.array([20.0])) == 1.0
    assert popularity_lift(np.array([[-1]]), counts, np.array([20.0])) == 0.0


def test_diversity_is_mean_distance_over_the_pairs_of_a_list() -> None:
    vectors = np.array([[1, 0], [0, 1], [-1, 0]], np.float32)
    lists = np.array([[0, 0, -1], [0, 1, -1], [0, 1, 2], [0, -1, -1]])
    assert diversity(lists, vectors).tolist() == pytest.approx([0, 1, (1 + 1 + 2) / 3, 0])


def test_personalisation_is_zero_for_equal_lists_and_one_for_lists_without_a_common_item() -> None:
    assert personalisation(np.array([[0, 1], [1, 0]]), 4) == 0.0
    assert personalisation(np.array([[0, 1], [2, 3]]), 4) == 1.0
    assert personalisation(np.array([[0, 1], [1, 2]]), 4) == 0.5
    assert personalisation(np.array([[0, 1]]), 4) == 0.0


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
