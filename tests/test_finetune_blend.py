"""The blend: each candidate by itself, no worse than noise allows, and read from older adapters."""

import json
from dataclasses import asdict

import numpy as np
import pytest

from agent.rerank.blend import UNBLENDED, Blend, Weighed
from finetune.blend import FOLDS, MIN_LISTS, blend_lists, choose_blend
from finetune.validation_lists import ValidationList, ndcg_at_10
from index.retrieval.fusion_features import HISTORY_FEATURES
from index.retrieval.retriever import FUSION
from index.types import Floats
from tests.helpers_small import history

COLUMNS = (FUSION, "telling", "noise", HISTORY_FEATURES[0])
N_CANDIDATES = 20


def lists_of(n: int, telling: float, seed: int = 1, scaling: float = 0.0) -> tuple[list[ValidationList], list[Floats]]:
    """Lists whose truth depends on the fused score, on the log odds, and by `telling` on one more feature."""
    random = np.random.default_rng(seed)
    lists, scores = [], []
    for user in range(n):
        fused, own, more, noise = random.normal(size=(4, N_CANDIDATES)).astype(np.float32)
        odds = np.exp(fused + (1 + scaling * more) * own + telling * more)
        truth = int(random.choice(N_CANDIDATES, p=odds / odds.sum()))
        features = np.column_stack([fused, more, noise, np.full(N_CANDIDATES, 3.0)]).astype(np.float32)
        each = ValidationList(history(1), np.arange(N_CANDIDATES), fused, truth, user, features, COLUMNS)
        lists.append(each)
        scores.append(own)
    return lists, scores


def weights(blend: Blend) -> dict[str, float]:
    return {each.column: each.added for each in blend.features}


def test_a_feature_that_tells_something_is_weighed_and_noise_is_not() -> None:
    lists, scores = lists_of(2_000, telling=1.0)
    blend = choose_blend(lists, scores).blend
    assert blend.weight == pytest.approx(1.0, abs=0.15)
    found = weights(blend)
    assert found["telling"] == pytest.approx(1.0, abs=0.15)
    assert abs(found["noise"]) < 0.1
    assert abs(found[FUSION]) < 0.15  # beside the fused score itself, which has weight one
    assert HISTORY_FEATURES[0] not in found  # the same for all candidates: it orders none


def test_a_feature_that_tells_when_to_trust_the_reranker_scales_its_weight() -> None:
    lists, scores = lists_of(3_000, telling=0.0, scaling=0.7)
    blend = choose_blend(lists, scores).blend
    scalings = {each.column: each.scaling for each in blend.features}
    assert scalings["telling"] == pytest.approx(0.7, abs=0.15)
    assert abs(scalings["noise"]) < 0.1


def test_where_features_tell_nothing_the_blend_changes_little_on_other_users() -> None:
    lists, scores = lists_of(600, telling=0.0)
    others, their_scores = lists_of(2_000, telling=0.0, seed=2)
    blend = choose_blend(lists, scores).blend
    plain = ndcg_at_10(others, blend_lists(others, their_scores, Blend(1.0)))
    assert ndcg_at_10(others, blend_lists(others, their_scores, blend)) == pytest.approx(plain, abs=0.005)


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
    assert not choose_blend(few, their_scores).blend.features
    lists, scores = lists_of(MIN_LISTS, telling=1.0)
    bare = [ValidationList(each.history, each.rows, each.fused, each.truth, each.user) for each in lists]
    assert not choose_blend(bare, scores).blend.features


def test_a_reranker_without_use_leaves_retrieval_as_it_is() -> None:
    lists, _ = lists_of(MIN_LISTS, telling=1.0)
    useless = [-5 * (np.arange(N_CANDIDATES) == each.truth).astype(np.float32) for each in lists]
    chosen = choose_blend(lists, useless)
    assert chosen.blend == UNBLENDED
    assert all(np.array_equal(own, each.fused) for own, each in zip(chosen.held_out, lists, strict=True))


def test_a_score_is_the_candidates_own_whatever_else_is_in_the_list() -> None:
    (each, *_), (own, *_) = lists_of(3, telling=1.0)
    blend = Blend(0.7, (Weighed("telling", 2.0, 0.5), Weighed("absent", 9.0)), centre=0.3)
    whole = blend.scores(each.fused, own, each.features, COLUMNS)
    assert each.features is not None
    assert whole == pytest.approx(each.fused + 0.7 * own + (2 + 0.5 * (own - 0.3)) * each.features[:, 1], abs=1e-5)
    for n in (0, 7, 19):
        alone = blend.scores(each.fused[[n]], own[[n]], each.features[[n]], COLUMNS)
        assert alone == pytest.approx(whole[[n]], abs=1e-5)
    assert np.array_equal(blend.scores(each.fused, own, None, ()), Blend(0.7).scores(each.fused, own, None, ()))


def test_settings_of_older_adapters_hold_one_weight() -> None:
    assert Blend.read(0.35) == Blend(0.35)
    made = Blend(0.3, (Weighed("text/1", 0.5, -0.1),), 1.5)
    assert Blend.read(json.loads(json.dumps(asdict(made)))) == made
