"""The fusion: features of a history, a network fitted to lists, a weighted sum where there are too few."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from index.build.saved_retrieval import FUSION, load_fusion, save_fusion
from index.data.domain import Catalogue, Histories
from index.data.records import Item
from index.errors import MendableError
from index.retrieval.behaviour_signals import NAMES, Behaviour
from index.retrieval.candidate_pool import candidate_pool, weighted_signals
from index.retrieval.decay import PROFILE_DECAYS
from index.retrieval.fusion import Fusion, untrained_fusion
from index.retrieval.fusion_features import (
    COLUMNS,
    HISTORY_FEATURES,
    LONG_TAILED,
    Features,
    history_features,
    profiles,
)
from index.retrieval.fusion_network import TrainingList, add_cold_items, fit_fusion
from index.retrieval.fusion_training_lists import UNTRAINED_WEIGHTS, learn_fusion
from index.types import Floats
from tests.helpers_small import KINDS, LACKING, N_ITEMS, history, things, unit_vectors, walks, without

SHOWN = history(3, 5, 8, 9, values=[1, 5, 3, 4], times=[0, 10, 10, 110])


def features_over(histories: Histories, items: tuple[Item, ...] = things()) -> Features:
    return Features(Behaviour.fit(histories, len(items)), unit_vectors(len(items)), Catalogue(items))


def column(found: Floats, name: str) -> Floats:
    return np.asarray(found[:, COLUMNS.index(name)])


# --- features ---------------------------------------------------------------


def test_the_columns_of_behaviour_are_its_signals_with_square_roots_of_the_long_tailed_ones() -> None:
    features = features_over(walks())
    found, signals = features.of(SHOWN), features.behaviour.signals(SHOWN)
    assert found.shape == (N_ITEMS, len(COLUMNS))
    for n, name in enumerate(NAMES):
        wanted = np.sign(signals[:, n]) * np.sqrt(np.abs(signals[:, n])) if n in LONG_TAILED else signals[:, n]
        assert column(found, name) == pytest.approx(wanted)


def test_the_weighted_signals_of_the_features_are_the_candidate_scores_of_behaviour() -> None:
    features = features_over(walks())
    assert weighted_signals(features.of(SHOWN)) == pytest.approx(features.behaviour.candidate_scores(SHOWN), abs=1e-5)


def test_the_profile_of_one_event_is_the_likeness_to_it() -> None:
    vectors = unit_vectors()
    assert profiles(history(7), vectors) == pytest.approx(
        np.stack([vectors @ vectors[7]] * len(PROFILE_DECAYS), 1), abs=1e-6
    )


def test_profiles_are_means_in_which_the_newest_weighs_most() -> None:
    vectors = np.eye(3, dtype=np.float32)
    found = profiles(history(0, 1), vectors)
    for n, events in enumerate(PROFILE_DECAYS):
        old = np.exp(-1 / events)
        assert found[:, n] == pytest.approx([old / (1 + old), 1 / (1 + old), 0])


def dense_categories(items: tuple[Item, ...]) -> Floats:
    return features_over(Histories.of((), ()), items).categories.dense(np.arange(len(items)))


def test_a_profile_of_categories_is_the_product_of_their_vectors() -> None:
    items = (*things(4), Item("bare", "Bare"), Item("both", "Both", None, (KINDS[0], KINDS[1])))
    vectors, asked = dense_categories(items), np.random.default_rng(1).random((3, dense_categories(items).shape[1]))
    found = features_over(Histories.of((), ()), items).categories.similarity(asked.astype(np.float32))
    assert found == pytest.approx(vectors @ asked.T, abs=1e-6)


def test_categories_are_rows_of_length_one_and_items_without_any_are_zeros() -> None:
    items = (*things(4), Item("bare", "Bare"), Item("both", "Both", None, (KINDS[0], KINDS[1], KINDS[0])))
    genres = dense_categories(items)
    assert np.linalg.norm(genres, axis=1) == pytest.approx([1, 1, 1, 1, 0, 1])
    assert genres[0] @ genres[3] == pytest.approx(1)
    assert genres[0] @ genres[1] == 0
    assert genres[0] @ genres[5] == pytest.approx(2**-0.5)


def test_a_catalogue_without_categories_has_one_column_of_zeros() -> None:
    genres = dense_categories(things(categories=False))
    assert genres.shape[1] == 1 and not genres.any()


def test_the_commonest_categories_are_kept_where_there_are_too_many() -> None:
    rare = tuple(Item(f"r{n}", "Rare", None, (f"kind {n}",)) for n in range(600))
    genres = dense_categories((*rare, *things(9)))
    assert genres.shape[1] == 512
    assert np.linalg.norm(genres[-9:], axis=1) == pytest.approx(1)  # of three items each: kept before those of one


def test_the_features_of_a_history_are_its_length_its_mean_value_and_the_time_of_its_newest_events() -> None:
    assert history_features(SHOWN) == pytest.approx([np.log(5), 13 / 4, np.log(111)])
    assert history_features(history(1, 2, values=[4, float("nan")])) == pytest.approx([np.log(3), 4, 0])
    assert history_features(history(1)) == pytest.approx([np.log(2), 0, 0])
    assert history_features(history()).tolist() == [0] * len(HISTORY_FEATURES)


@pytest.mark.parametrize("lacking", LACKING)
def test_features_are_finite_whatever_the_domain_lacks(lacking: str) -> None:
    histories = without(walks(), lacking)
    features = features_over(histories, things(categories=lacking != "categories"))
    for shown in (history(), history(4), *[histories[n] for n in range(min(3, len(histories)))]):
        assert np.isfinite(features.of(shown)).all()


# --- the network ------------------------------------------------------------


def made_up(n_lists: int, seed: int) -> Floats:
    """Lists of 10 candidates with 4 features; the true one, first, is lifted in the second and in a curve of the third.

    The first feature is noise on a large scale, the fourth the same everywhere.
    """
    random = np.random.default_rng(seed)
    found = random.standard_normal((n_lists, 10, 4)).astype(np.float32)
    found[:, 0, 1] += 2
    found[:, 0, 2] = np.abs(found[:, 0, 2]) + 1
    found[..., 0] *= 100
    found[..., 3] = 0.7
    return found


N_LISTS = 2000
NAMED = ("noise", "line", "curve", "same")


def as_lists(features: Floats) -> list[TrainingList]:
    """Lists in which every candidate stands for itself."""
    return [TrainingList(each, np.zeros(len(each), np.float32)) for each in features]


def accuracy(fusion: Fusion, lists: Floats) -> float:
    return float(np.mean([fusion.score(each).argmax() == 0 for each in lists]))


@pytest.fixture(scope="module")
def learned() -> Fusion:
    return fit_fusion(as_lists(made_up(N_LISTS, seed=1)), NAMED, seed=1)


def test_the_true_item_of_made_up_lists_comes_first(learned: Fusion) -> None:
    lists = made_up(500, seed=2)
    alone = max(np.mean(lists[:, :, n].argmax(1) == 0) for n in range(3))
    assert accuracy(learned, lists) > alone + 0.1


def test_the_fusion_is_the_same_for_the_same_seed_and_another_for_another(learned: Fusion) -> None:
    lists = as_lists(made_up(N_LISTS, seed=1))
    again, other = fit_fusion(lists, NAMED, seed=1), fit_fusion(lists, NAMED, seed=2)
    assert all(np.array_equal(learned.weights[name], again.weights[name]) for name in learned.weights)
    assert not np.array_equal(learned.weights["first"], other.weights["first"])


def test_scores_do_not_depend_on_the_other_candidates(learned: Fusion) -> None:
    candidates = made_up(1, seed=3)[0]
    order = np.random.default_rng(0).permutation(len(candidates))
    assert learned.score(candidates[order]) == pytest.approx(learned.score(candidates)[order], abs=1e-5)
    assert [float(learned.score(each[None])[0]) for each in candidates] == pytest.approx(
        learned.score(candidates), abs=1e-5
    )
    assert learned.score(candidates[:0]).shape == (0,)


def test_a_feature_that_never_changed_in_learning_does_not_drown_the_others_when_it_does(learned: Fusion) -> None:
    lists = made_up(500, seed=2)
    before = apart(learned, lists)
    lists[..., 3] += 0.5
    assert np.abs(apart(learned, lists) - before).mean() < 0.15 * np.abs(before).mean()


def apart(fusion: Fusion, lists: Floats) -> Floats:
    """Scores less the mean of their list: only differences count."""
    scores = np.stack([fusion.score(each) for each in lists])
    return np.asarray(scores - scores.mean(1, keepdims=True), np.float32)


def test_saving_and_loading_a_fusion_changes_nothing(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    lists = random.standard_normal((40, 10, len(COLUMNS))).astype(np.float32)
    own = fit_fusion(as_lists(lists), COLUMNS, seed=3)
    save_fusion(tmp_path, own, 40)
    loaded = load_fusion(tmp_path)
    assert loaded.columns == own.columns
    assert np.array_equal(loaded.score(lists[0]), own.score(lists[0]))


def test_a_fusion_of_other_features_is_refused(tmp_path: Path) -> None:
    save_fusion(tmp_path, untrained_fusion(COLUMNS[:-1], UNTRAINED_WEIGHTS), 0)
    with pytest.raises(MendableError, match=r"other features.*index build"):
        load_fusion(tmp_path)


@pytest.mark.parametrize("content", ["", "null", "[]", "{}", json.dumps({"columns": 3, "weights": {"mean": ["x"]}})])
def test_a_fusion_that_cannot_be_read_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / FUSION).write_text(content)
    with pytest.raises(MendableError, match="index build"):
        load_fusion(tmp_path)


def test_without_learning_the_score_is_the_weighted_sum_of_the_features_that_have_a_weight() -> None:
    features = np.random.default_rng(1).random((6, 4)).astype(np.float32)
    found = untrained_fusion(NAMED, {"line": 2.0, "curve": -1.0}).score(features)
    assert found == pytest.approx(2 * features[:, 1] - features[:, 2])


# --- learning from histories ------------------------------------------------


def test_a_fusion_learned_from_histories_is_the_same_for_the_same_seed() -> None:
    histories = walks(n_users=60)
    first, n_lists = learn_fusion(histories, Catalogue(things()), unit_vectors(), seed=4)
    again, _ = learn_fusion(histories, Catalogue(things()), unit_vectors(), seed=4)
    assert n_lists >= 300
    assert all(np.array_equal(first.weights[name], again.weights[name]) for name in first.weights)


def test_a_fusion_learned_by_two_processes_is_that_of_one(use_cores: Callable[[int], None]) -> None:
    found = []
    for n in (2, 1):
        use_cores(n)
        found.append(learn_fusion(walks(n_users=60), Catalogue(things()), unit_vectors(), seed=4))
    (two, n_lists), (one, n_lists_of_one) = found
    assert n_lists == n_lists_of_one >= 300
    assert all(np.array_equal(two.weights[name], one.weights[name]) for name in two.weights)


def test_a_learned_fusion_puts_what_comes_next_higher_than_a_plain_sum_does() -> None:
    histories = walks(n_users=80)
    learned, _ = learn_fusion(histories, Catalogue(things()), unit_vectors(), seed=1)
    features = features_over(histories)
    ranks: dict[str, list[int]] = {"learned": [], "plain": []}
    for shown in walks(n_users=150, seed=9):
        found, truth = features.of(shown.before(9)), int(shown.rows[9])
        for name, fusion in (("learned", learned), ("plain", untrained_fusion(COLUMNS, UNTRAINED_WEIGHTS))):
            scores = fusion.score(found)
            ranks[name].append(int((scores > scores[truth]).sum()))
    assert np.mean(ranks["learned"]) < np.mean(ranks["plain"])


@pytest.mark.parametrize("n_users", [0, 1, 5])
def test_a_plain_sum_stands_in_where_there_is_too_little_to_learn_from(n_users: int) -> None:
    fusion, n_lists = learn_fusion(walks(n_users), Catalogue(things()), unit_vectors(), seed=1)
    assert n_lists == 0
    features = np.random.default_rng(1).random((6, len(COLUMNS))).astype(np.float32)
    assert np.array_equal(fusion.score(features), untrained_fusion(COLUMNS, UNTRAINED_WEIGHTS).score(features))


@pytest.mark.parametrize("lengths", [(0, 1, 2), (1, 1), (0,)])
def test_users_with_hardly_any_event_give_no_training_list(lengths: tuple[int, ...]) -> None:
    histories = Histories.of([f"u{n}" for n in range(len(lengths))], [history(*range(n)) for n in lengths])
    assert learn_fusion(histories, Catalogue(things()), unit_vectors(), seed=1)[1] == 0


@pytest.mark.parametrize("n_items", [2, 5, 7])
def test_lists_from_a_catalogue_smaller_than_a_list_are_learned_from(n_items: int) -> None:
    histories = Histories.of(
        [f"u{n}" for n in range(150)], [history(*np.random.default_rng(n).permutation(n_items)) for n in range(150)]
    )
    fusion, n_lists = learn_fusion(histories, Catalogue(things(n_items)), unit_vectors(n_items), seed=1)
    found = fusion.score(features_over(histories, things(n_items)).of(history(0)))
    assert np.isfinite(found).all()
    assert (n_lists > 0) == (n_items > 2)  # of two items, the one that is left needs no ranking


# --- cold items ---------------------------------------------------------------

POPULAR = (*NAMED[:3], "popularity")


def with_popularity(n_lists: int, seed: int) -> Floats:
    """The same lists; the fourth feature is how many had an item, never 0, and tells nothing."""
    lists = made_up(n_lists, seed)
    lists[..., 3] = np.random.default_rng(seed).random(lists.shape[:2]) + 0.5
    return lists


@pytest.fixture(scope="module")
def knowing() -> tuple[Fusion, Fusion]:
    """A fusion without and with a linear part for cold items, which reads the second feature alone."""
    lists = as_lists(with_popularity(N_LISTS, seed=1))
    plain = fit_fusion(lists, POPULAR, seed=1)
    return plain, add_cold_items(plain, lists, ("line",), seed=1)


def test_scores_of_warm_items_do_not_change(knowing: tuple[Fusion, Fusion]) -> None:
    plain, whole = knowing
    lists = with_popularity(50, seed=4)
    assert np.array_equal(np.stack([plain.score(each) for each in lists]), np.stack([whole.score(e) for e in lists]))


def test_cold_items_are_told_apart_by_their_text_columns_alone(knowing: tuple[Fusion, Fusion]) -> None:
    _, whole = knowing
    lists = with_popularity(500, seed=4)
    lists[..., [0, 2, 3]] = 0  # what only events tell
    assert accuracy(whole, lists) > 0.6
    shown = lists[0].copy()
    shown[:, [0, 2]] = 7.0  # whatever stands there is not read
    assert whole.score(shown) == pytest.approx(whole.score(lists[0]), abs=1e-5)


def test_a_cold_item_that_is_the_true_one_stands_among_warm_ones(knowing: tuple[Fusion, Fusion]) -> None:
    plain, whole = knowing
    lists = with_popularity(500, seed=5)
    lists[:, 0, [0, 2, 3]] = 0  # the true item is a cold one
    assert accuracy(whole, lists) > accuracy(plain, lists)
    assert accuracy(whole, lists) > 0.3


def test_cold_items_are_proposed_by_their_texts() -> None:
    histories = walks()
    items = things(N_ITEMS + 3)
    features = Features(Behaviour.fit(histories, len(items)), unit_vectors(len(items)), Catalogue(items))
    found = features.of(histories[0])
    unknown = np.flatnonzero(features.behaviour.popularity == 0)
    seen = candidate_pool(found, 5)
    assert set(unknown) & set(seen.tolist())
    allowed = np.ones(len(items), bool)
    allowed[unknown] = False
    pool = set(candidate_pool(found, 5, allowed).tolist())
    assert pool
    assert not set(unknown) & pool
