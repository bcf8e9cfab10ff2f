"""Intervals that cover, tests that hold their level, Holm's correction."""

import numpy as np
import pytest

from eval.metrics.base import Array
from eval.metrics.statistics import FLIPS, flip_p, holm, interval_of, intervals, paired_tests


@pytest.mark.parametrize("n", [150, 400])
def test_interval_covers_a_known_difference_in_93_to_97_percent_of_1000_simulations(n: int) -> None:
    random = np.random.default_rng(5)
    truth = 0.03
    differences = random.standard_normal((n, 1000)) * 0.2 + truth
    covered = [each.low <= truth <= each.high for each in intervals(differences, seed=1)]
    assert 0.93 <= np.mean(covered) <= 0.97


def test_interval_of_skewed_paired_metrics_covers_their_known_difference() -> None:
    random = np.random.default_rng(6)
    chances = np.array([0.30, 0.22])
    ranks = np.log2(random.integers(0, 10, (400, 1000, 1)) + 2)
    values = (random.random((400, 1000, 2)) < chances) / ranks
    truth = float(np.mean(1 / np.log2(np.arange(10) + 2)) * (chances[0] - chances[1]))
    covered = [each.low <= truth <= each.high for each in intervals(values[..., 0] - values[..., 1], seed=2)]
    assert 0.93 <= np.mean(covered) <= 0.97


def test_interval_holds_its_mean_and_is_as_wide_as_the_normal_one() -> None:
    values = np.random.default_rng(0).random((800, 3))
    for measured, column in zip(intervals(values, seed=1), values.T, strict=True):
        half = 1.96 * column.std(ddof=1) / np.sqrt(len(column))
        assert measured.low < measured.mean < measured.high
        assert (measured.high - measured.low) / 2 == pytest.approx(half, rel=0.1)


def test_interval_is_the_same_for_the_same_seed_and_another_for_another() -> None:
    values = np.random.default_rng(0).random((50, 1))
    assert intervals(values, seed=3) == intervals(values, seed=3)
    assert intervals(values, seed=3) != intervals(values, seed=4)


def test_interval_of_one_user_is_a_point_and_of_nobody_is_refused() -> None:
    (measured,) = intervals(np.array([[0.4]]), seed=1)
    assert (measured.low, measured.mean, measured.high) == (0.4, 0.4, 0.4)
    with pytest.raises(ValueError, match="no user"):
        intervals(np.zeros((0, 1)), seed=1)


def test_interval_of_any_figure_equals_that_of_the_mean_where_each_row_is_a_user() -> None:
    values = np.random.default_rng(1).random(60)
    found = interval_of(lambda weights: float(np.average(values, weights=weights)), np.arange(60), seed=9)
    (wanted,) = intervals(values[:, None], seed=9)
    assert (found.low, found.mean, found.high) == pytest.approx((wanted.low, wanted.mean, wanted.high))


def test_interval_is_wider_where_the_rows_of_a_user_go_together() -> None:
    values = np.repeat(np.random.default_rng(1).random(40), 10)

    def mean(weights: np.ndarray) -> float:
        return float(np.average(values, weights=weights))

    together = interval_of(mean, np.repeat(np.arange(40), 10), seed=1)
    apart = interval_of(mean, np.arange(400), seed=1)
    assert together.high - together.low > 2 * (apart.high - apart.low)


def flip_of(differences: Array, seed: int, flips: int = FLIPS) -> Array:
    """p of each column of differences, as those of columns to one of zeros."""
    values = np.concatenate([np.zeros((len(differences), 1)), differences], axis=1)
    n = differences.shape[1]
    return flip_p(values, np.arange(1, n + 1), np.zeros(n, np.int64), seed, flips)


def test_p_is_one_where_nothing_differs_and_small_where_everything_does() -> None:
    p = flip_of(np.stack([np.zeros(40), np.full(40, 0.1)], axis=1), seed=1)
    assert p[0] == 1.0
    assert p[1] == pytest.approx(1 / 200_001)


def test_p_equals_the_share_of_all_sign_flips_that_are_as_extreme() -> None:
    differences = np.array([0.3, -0.1, 0.25, 0.4, 0.05, -0.2, 0.15, 0.3])
    signs = np.array(np.meshgrid(*[[-1, 1]] * 8)).reshape(8, -1)
    exact = np.mean(np.abs(differences @ signs) >= abs(differences.sum()) - 1e-12)
    assert flip_of(differences[:, None], seed=1)[0] == pytest.approx(exact, abs=0.004)


def test_p_under_no_effect_is_below_five_percent_in_about_five_percent() -> None:
    differences = np.random.default_rng(3).standard_normal((60, 1000))
    assert np.mean(flip_of(differences, seed=2, flips=2000) < 0.05) == pytest.approx(0.05, abs=0.02)


def test_holm_multiplies_the_smallest_by_all_and_never_turns_the_order() -> None:
    assert holm(np.array([0.01, 0.04, 0.03])).tolist() == pytest.approx([0.03, 0.06, 0.06])
    assert holm(np.array([0.5, 0.9])).tolist() == [1.0, 1.0]


def test_every_pair_of_models_is_tested_once_and_a_copy_differs_by_nothing() -> None:
    a = np.random.default_rng(1).random(200)
    tests = paired_tests(("a", "twin", "better"), np.stack([a, a, a + 0.2], axis=1), "ndcg@10", seed=1)
    assert [(each.a, each.b) for each in tests] == [("a", "twin"), ("a", "better"), ("twin", "better")]
    assert (tests[0].difference.mean, tests[0].p) == (0.0, 1.0)
    assert tests[1].difference.mean == pytest.approx(-0.2)
    assert tests[1].p < 0.01
    assert tests[1].as_json()["ci95"][0] <= tests[1].as_json()["difference"] <= tests[1].as_json()["ci95"][1]


def test_one_model_has_no_pairs() -> None:
    assert paired_tests(("a",), np.ones((3, 1)), "ndcg@10", seed=1) == ()
