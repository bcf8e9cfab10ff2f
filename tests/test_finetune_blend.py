"""The blend: each candidate by itself, no worse than noise allows, and read from older adapters."""

import json
from dataclasses import asdict

import numpy as np
import pytest

from agent.rerank.blend import LOG_ODDS, ONE, POPULARITY, UNBLENDED, Blend, Product, Standardised
from finetune.blend import FOLDS, MIN_LISTS, blend_lists, choose_blend
from finetune.feature_weights import LENGTH
from finetune.validation_lists import ValidationList, ndcg_at_10
from index.retrieval.retriever import FUSION
from index.types import Floats
from tests.helpers_small import history

COLUMNS = (FUSION, "telling", "noise", POPULARITY, LENGTH)
N_CANDIDATES = 20


def lists_of(
    n: int, telling: float, seed: int = 1, scaling: float = 0.0, cold: float = 0.0
) -> tuple[list[ValidationList], list[Floats]]:
    """Lists whose truth depends on the fused score, on the log odds, and by `telling` on one more feature.

    That feature also raises the weight of the log odds by `scaling`; so large a share of the items is `cold`.
    """
    random = np.random.default_rng(seed)
    lists, scores = [], []
    for user in range(n):
        fused, own, more, noise = random.normal(size=(4, N_CANDIDATES)).astype(np.float32)
        known = np.log1p(random.integers(20, 200, N_CANDIDATES)) * (random.random(N_CANDIDATES) >= cold)
        told = np.where(known > 0, (1 + scaling * more) * own + telling * more, 0)
        odds = np.exp(fused + told)
        truth = int(random.choice(N_CANDIDATES, p=odds / odds.sum()))
        features = np.column_stack([fused, more, noise, known, np.full(N_CANDIDATES, 3.0)]).astype(np.float32)
        each = ValidationList(history(1), np.arange(N_CANDIDATES), fused, truth, user, features, COLUMNS)
        lists.append(each)
        scores.append(own)
    return lists, scores


def weight_of(blend: Blend, first: str, second: str = ONE) -> float:
    """What a product of values of spread one weighs, about."""
    return next(each.weight for each in blend.products if (each.first, each.second) == (first, second))


def test_a_feature_that_tells_something_is_weighed_and_noise_is_not() -> None:
    lists, scores = lists_of(2_000, telling=1.0)
    blend = choose_blend(lists, scores).blend
    assert blend.weight == pytest.approx(1.0, abs=0.15)
    assert weight_of(blend, "telling") == pytest.approx(1.0, abs=0.15)
    assert abs(weight_of(blend, "noise")) < 0.1
    assert abs(weight_of(blend, FUSION)) < 0.15  # beside the fused score itself, which has weight one
    assert not [each for each in blend.products if (each.first, each.second) == (LENGTH, ONE)]  # it orders nothing


def test_a_feature_that_tells_when_to_trust_the_reranker_scales_its_weight() -> None:
    lists, scores = lists_of(3_000, telling=0.0, scaling=0.7)
    blend = choose_blend(lists, scores).blend
    assert weight_of(blend, LOG_ODDS, "telling") == pytest.approx(0.7, abs=0.15)
    assert abs(weight_of(blend, LOG_ODDS, "noise")) < 0.1


def test_of_cold_items_neither_the_reranker_nor_a_feature_changes_the_order() -> None:
    lists, scores = lists_of(2_000, telling=1.0, cold=0.3)
    blend = choose_blend(lists, scores).blend
    assert blend.products
    each, own = lists[0], scores[0]
    assert each.features is not None
    cold = each.features[:, COLUMNS.index(POPULARITY)] == 0
    found = blend.scores(each.fused, own, each.features, COLUMNS)
    other = blend.scores(each.fused, own + 5 * cold.astype(np.float32), each.features, COLUMNS)
    assert 1 < cold.sum() < N_CANDIDATES
    assert np.array_equal(found, other)
    assert np.array_equal(np.argsort(found[cold]), np.argsort(each.fused[cold]))
    assert blend.cold_score == pytest.approx(0, abs=0.15)
    assert blend.cold_offset == pytest.approx(0, abs=0.5)  # they are as likely as their fused scores say


def test_where_features_tell_nothing_one_weight_is_taken() -> None:
    lists, scores = lists_of(600, telling=0.0)
    blend = choose_blend(lists, scores).blend
    assert not blend.products
    assert blend.weight == pytest.approx(0.85, abs=0.25)  # the smallest within a standard error of one


def test_the_figure_beside_a_blend_is_that_of_other_users() -> None:
    lists, scores = lists_of(MIN_LISTS, telling=0.5)
    chosen = choose_blend(lists, scores)
    others, their_scores = lists_of(4_000, telling=0.5, seed=3)
    fresh = ndcg_at_10(others, blend_lists(others, their_scores, chosen.blend))
    assert ndcg_at_10(lists, chosen.held_out) == pytest.approx(fresh, abs=0.04)
    assert len(chosen.held_out) == len(lists)


def test_all_events_of_a_user_lie_in_one_fold() -> None:
    lists, scores = lists_of(MIN_LISTS, telling=1.0)
    doubled = [each for each in lists for _ in range(2)]
    whole = choose_blend(doubled, [own for own in scores for _ in range(2)])
    pairs = zip(whole.held_out[::2], whole.held_out[1::2], strict=True)
    assert all(np.array_equal(first, second) for first, second in pairs)


def test_with_few_lists_or_no_features_the_log_odds_alone_are_weighed() -> None:
    few, their_scores = lists_of(MIN_LISTS // FOLDS, telling=1.0)
    assert not choose_blend(few, their_scores).blend.products
    lists, scores = lists_of(MIN_LISTS, telling=1.0)
    bare = [ValidationList(each.history, each.rows, each.fused, each.truth, each.user) for each in lists]
    assert not choose_blend(bare, scores).blend.products


def test_a_reranker_without_use_leaves_retrieval_as_it_is() -> None:
    lists, _ = lists_of(MIN_LISTS, telling=1.0)
    useless = [-5 * (np.arange(N_CANDIDATES) == each.truth).astype(np.float32) for each in lists]
    chosen = choose_blend(lists, useless)
    assert chosen.blend == UNBLENDED
    assert all(np.array_equal(own, each.fused) for own, each in zip(chosen.held_out, lists, strict=True))


def test_a_score_is_the_candidates_own_whatever_else_is_in_the_list() -> None:
    lists, scores = lists_of(MIN_LISTS, telling=1.0, scaling=0.7)
    blend = choose_blend(lists, scores).blend
    each, own = lists[0], scores[0]
    assert blend.products
    assert each.features is not None
    whole = blend.scores(each.fused, own, each.features, COLUMNS)
    for n in (0, 7, 19):
        alone = blend.scores(each.fused[[n]], own[[n]], each.features[[n]], COLUMNS)
        assert alone == pytest.approx(whole[[n]], abs=1e-5)


def test_products_of_columns_that_candidates_lack_count_for_nothing() -> None:
    (each, *_), (own, *_) = lists_of(3, telling=1.0)
    values = (Standardised("telling", 0.5, 2.0), Standardised("absent", 0, 1), Standardised(LOG_ODDS, 0.3, 1.0))
    products = (Product("telling", ONE, 2.0), Product("absent", ONE, 9.0), Product(LOG_ODDS, "telling", 0.5))
    assert each.features is not None
    told = (each.features[:, 1] - 0.5) / 2
    found = Blend(0.7, values, products).scores(each.fused, own, each.features, COLUMNS)
    assert found == pytest.approx(each.fused + 2 * told + 0.5 * (own - 0.3) * told, abs=1e-5)
    assert Blend(0.7, values, products).scores(each.fused, own, None, ()) == pytest.approx(each.fused + 0.7 * own)


def test_settings_of_older_adapters_hold_one_weight() -> None:
    assert Blend.read(0.35) == Blend(0.35)
    lists, scores = lists_of(MIN_LISTS, telling=1.0)
    made = choose_blend(lists, scores).blend
    assert made.products
    assert Blend.read(json.loads(json.dumps(asdict(made)))) == made
