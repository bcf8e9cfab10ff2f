"""Laws that every baseline must keep, and what is particular to some: two circles of people with circles of items."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from eval.models import registry as models
from eval.models.baselines.neighbours import ItemKNN, UserKNN
from eval.models.baselines.sequence import transition_shares
from eval.models.baselines.user_histories import decayed_matrix, places_in
from eval.models.baselines.weighted import item_weights
from eval.models.registry import MODELS, Model, NotInstalled, Training, default_settings, make_model
from index.build.builder import Builder
from index.build.loading import OpenedDomain
from index.build.text_part import TextPart
from index.data.domain import Catalogue, Domain, Histories, load_domain
from index.data.records import Item
from index.data.splits import NO_USER
from index.errors import MendableError
from index.retrieval.channels.profile import profile_weights
from index.retrieval.decay import PROFILE_DECAY_EVENTS as DECAY_EVENTS
from index.retrieval.decay import recency_weights
from index.storage.home import domain_folder
from index.types import Floats
from tests.helpers_eval import histories, write_domain

PEOPLE, ITEMS, UNUSED = 16, 12, 2  # of each of two circles; items that nobody ever had
N_ITEMS = 2 * ITEMS + UNUSED
QUICK: dict[str, dict[str, Any]] = {
    "als": {"factors": 4, "iterations": 5, "alpha": 5.0, "regularization": 0.1},
    "bpr": {"factors": 8, "iterations": 60, "learning_rate": 0.1, "regularization": 0.01},
    "svd": {"factors": 4, "iterations": 5},
    "neumf": {"width": 8, "dropout": 0.0, "learning_rate": 0.02, "epochs": 120},
    "gru4rec": {"width": 16, "dropout": 0.0, "learning_rate": 0.01, "epochs": 40, "length": 6},
    "sasrec": {"width": 16, "dropout": 0.0, "learning_rate": 0.01, "epochs": 40, "length": 6},
    "esasrec": {"width": 16, "dropout": 0.0, "learning_rate": 0.01, "epochs": 40, "length": 6},
    "slim": {"l1": 0.01, "l2": 0.1},
    "bert4rec": {"width": 16, "dropout": 0.0, "learning_rate": 0.01, "epochs": 80, "length": 6},
    "lightgcn": {"width": 8, "learning_rate": 0.05, "epochs": 40},
    "multvae": {"width": 32, "latent": 4, "dropout": 0.3, "learning_rate": 0.02, "epochs": 100},
    "user-knn": {"k": 8},
    "item-knn": {"k": 8},
}
OURS = ("text", "behaviour", "fusion", "fusion-no-sentiment", "fusion-no-reviews", "bert", "gpt", "agent")
BASELINES = tuple(name for name in MODELS if name not in OURS)
NAMELESS = ("als", "bpr", "lightgcn")  # need a library that may not be there
OF_CIRCLES = tuple(name for name in BASELINES if name != "popularity")
KNOWN_ONLY = ("bpr", "neumf", "lightgcn")
BY_RECENCY = (
    "user-knn",
    "item-knn",
    "als",
    "sequence",
    "weighted",
    "gru4rec",
    "sasrec",
    "esasrec",
    "bert4rec",
    "rp3beta",
    "slim",
)


class Words:
    """An encoder that knows the words of the two circles."""

    name, sha256, dim, precision = "words", "2" * 64, 4, "float32"

    def encode(self, texts: Sequence[str], what: str = "") -> Floats:
        """(texts, 4)"""
        return np.array([["red" in t.lower(), "blue" in t.lower(), 0.1, len(t) % 3 / 10] for t in texts], np.float32)


def circles(seed: int = 0) -> Histories:
    """People of two circles, each with 8 of their circle's 12 items in random order."""
    random = np.random.default_rng(seed)
    return histories(
        {f"u{user}": (random.permutation(ITEMS)[:8] + ITEMS * (user % 2)).tolist() for user in range(2 * PEOPLE)}
    )


def training_of(known: Histories, n_items: int = N_ITEMS, seed: int = 1) -> Training:
    items = tuple(Item(f"i{n}", f"{('Red', 'Blue', 'Grey')[min(n // ITEMS, 2)]} thing {n}") for n in range(n_items))
    sha256 = load_domain("circles").sha256 if domain_folder("circles").is_dir() else "0" * 64
    opened = OpenedDomain(Domain("circles", Catalogue(items), known, sha256), Words())
    return Training(opened, Catalogue(items), known, np.arange(n_items), seed)


@pytest.fixture(scope="module")
def circles_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that has the domain `circles` with an index of its texts."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PALATE_HOME", str(home))
        write_domain("circles", [("u0", "i0"), ("u0", "i1"), ("u0", "i2")], N_ITEMS)
        items = training_of(circles()).catalogue
        domain = replace(load_domain("circles"), catalogue=items)
        Builder(Words(), "here", (TextPart(),)).build(domain)
    return home


@pytest.fixture(scope="module")
def fitted(circles_index: Path) -> dict[str, Model]:
    """Models that were fitted once, by name."""
    return {}


@pytest.fixture(autouse=True)
def in_the_home(circles_index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PALATE_HOME", str(circles_index))


def model_of(name: str, fitted: dict[str, Model]) -> Model:
    """The model, fitted on the circles; skipped where its library is not installed."""
    if name not in fitted:
        fitted[name] = fit(name, training_of(circles()))
    return fitted[name]


def fit(name: str, training: Training) -> Model:
    try:
        model = make_model(name, QUICK.get(name, {}))
        model.fit(training)
    except NotInstalled as why:
        pytest.skip(str(why))
    return model


@pytest.mark.parametrize("name", OF_CIRCLES)
def test_what_is_left_of_somebodys_circle_is_ranked_above_the_other_circle(name: str, fitted: dict[str, Model]) -> None:
    known = circles()
    scores = model_of(name, fitted).scores(known)
    right = []
    for user, history in enumerate(known):
        own = np.arange(ITEMS) + ITEMS * (user % 2)
        left = np.setdiff1d(own, history.rows)
        other = np.arange(ITEMS) + ITEMS * (1 - user % 2)
        right.append(np.mean(scores[user, left][:, None] > scores[user, other][None]))
    assert np.mean(right) > 0.95


@pytest.mark.parametrize("name", BASELINES)
def test_scores_are_finite_float32_for_everybody_and_every_item(name: str, fitted: dict[str, Model]) -> None:
    asked = histories({"u0": [0, 1], "one": [3], "unused": [N_ITEMS - 1], "long": list(range(N_ITEMS)), "none": []})
    scores = model_of(name, fitted).scores(asked)
    assert scores.shape == (5, N_ITEMS)
    assert scores.dtype == np.float32
    assert np.isfinite(scores).all()


@pytest.mark.parametrize("name", BASELINES)
def test_the_same_seed_gives_the_same_scores(name: str, fitted: dict[str, Model]) -> None:
    known = circles()
    first = model_of(name, fitted).scores(known)
    again = fit(name, training_of(circles()))
    np.testing.assert_array_equal(again.scores(known), first)


@pytest.mark.parametrize("name", BASELINES)
def test_some_people_at_a_time_get_what_all_at_once_get(name: str, fitted: dict[str, Model]) -> None:
    model, known = model_of(name, fitted), circles()
    part = Histories.of(known.users[3:6], [known[n] for n in range(3, 6)])
    np.testing.assert_allclose(model.scores(part), model.scores(known)[3:6], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", BASELINES)
def test_who_has_no_history_gets_what_is_popular(name: str, fitted: dict[str, Model]) -> None:
    counts = np.bincount(circles().rows, minlength=N_ITEMS)
    found = model_of(name, fitted).scores(histories({"nobody": []}))[0]
    np.testing.assert_array_equal(np.argsort(-found, kind="stable"), np.argsort(-counts, kind="stable"))


@pytest.mark.parametrize("name", BASELINES)
def test_the_models_histories_are_left_as_they_were(name: str) -> None:
    known = circles()
    rows = known.rows.copy()
    fit(name, training_of(known)).scores(known)
    np.testing.assert_array_equal(known.rows, rows)


@pytest.mark.parametrize("name", BASELINES)
def test_people_with_a_single_event_or_none_can_be_fitted_on(name: str) -> None:
    known = histories({"a": [0, 1, 2], "b": [1], "c": [], "d": [2, 0, 3]})
    scores = fit(name, training_of(known)).scores(known)
    assert np.isfinite(scores).all()


@pytest.mark.parametrize("name", KNOWN_ONLY)
def test_a_model_of_known_people_shows_strangers_what_is_popular(name: str, fitted: dict[str, Model]) -> None:
    counts = np.bincount(circles().rows, minlength=N_ITEMS).astype(np.float32)
    found = model_of(name, fitted).scores(histories({"stranger": [0, 1]}))[0]
    np.testing.assert_array_equal(found, counts)


@pytest.mark.parametrize("name", [name for name in OF_CIRCLES if name not in KNOWN_ONLY])
def test_a_stranger_with_a_history_is_understood_by_it(name: str, fitted: dict[str, Model]) -> None:
    scores = model_of(name, fitted).scores(histories({"red": [0, 1, 2, 3], "blue": [12, 13, 14, 15]}))
    assert scores[0, 4:12].mean() > scores[0, 16:24].mean()
    assert scores[1, 16:24].mean() > scores[1, 4:12].mean()


@pytest.mark.parametrize("name", BY_RECENCY)
def test_what_was_done_lately_counts_more(name: str, fitted: dict[str, Model]) -> None:
    red_then_blue = [0, 1, 2, 3, 12, 13, 14, 15]
    scores = model_of(name, fitted).scores(histories({"turned": red_then_blue, "back": red_then_blue[::-1]}))
    assert scores[0, 16:24].mean() - scores[0, 4:12].mean() > scores[1, 16:24].mean() - scores[1, 4:12].mean()


@pytest.mark.parametrize("name", BASELINES)
def test_every_setting_that_is_tried_is_one_of_the_models(name: str) -> None:
    model, defaults = models.model_class(name), default_settings(name)
    assert set(model.search_space) <= set(defaults)
    for setting, values in model.search_space.items():
        assert len(set(values)) == len(values)
        assert all(type(value) is type(defaults[setting]) for value in values)


@pytest.mark.parametrize("name", BASELINES)
def test_a_default_is_among_what_is_tried(name: str) -> None:
    model, defaults = models.model_class(name), default_settings(name)
    assert all(defaults[setting] in values for setting, values in model.search_space.items())


@pytest.mark.parametrize(
    ("name", "package"), [("als", "implicit"), ("bpr", "implicit"), ("lightgcn", "torch_geometric")]
)
def test_a_model_without_its_library_says_which_is_missing(
    name: str, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, package, None)
    with pytest.raises(NotInstalled, match=package):
        make_model(name).prepare("circles")  # type: ignore[attr-defined]  # these have it


def test_content_without_an_index_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PALATE_HOME", str(tmp_path))
    write_domain("bare", [("u0", "i0")], 3)
    with pytest.raises(MendableError, match="index build"):
        make_model("content").prepare(OpenedDomain(load_domain("bare")))  # type: ignore[attr-defined]  # it has it


def test_tfidf_of_texts_without_words_is_refused() -> None:
    training = replace(training_of(circles()), catalogue=Catalogue(tuple(Item(f"i{n}", "…") for n in range(N_ITEMS))))
    with pytest.raises(MendableError, match="no item has a word"):
        make_model("tfidf").fit(training)


def test_every_weight_by_recency_is_that_of_one_decay() -> None:
    """Of a history of 30 events: the baselines' matrix, the signals' weights, the profile's shares of one."""
    matrix = decayed_matrix(histories({"a": list(range(30))}), 30, DECAY_EVENTS)
    assert matrix.toarray()[0] == pytest.approx(np.exp(-np.arange(30)[::-1] / DECAY_EVENTS))
    assert np.array_equal(matrix.toarray()[0], recency_weights(30, DECAY_EVENTS))
    assert profile_weights(30) == pytest.approx(
        recency_weights(30, DECAY_EVENTS) / recency_weights(30, DECAY_EVENTS).sum()
    )
    assert set(decayed_matrix(histories({"a": list(range(30))}), 30, 0.0).data.tolist()) == {1.0}
    assert set(recency_weights(30, None).tolist()) == {1.0}


def test_an_event_fades_with_each_newer_one() -> None:
    matrix = decayed_matrix(histories({"a": [4, 2], "b": [], "c": [1]}), 5, decay=2.0).toarray()
    e = np.exp(-0.5)
    np.testing.assert_allclose(matrix, [[0, 0, 1, 0, e], [0] * 5, [0, 1, 0, 0, 0]], rtol=1e-6)
    assert decayed_matrix(histories({"a": [4, 2]}), 5, decay=0.0).sum() == 2


def test_places_of_strangers_and_of_people_without_events_are_marked() -> None:
    known = histories({"a": [1], "b": [], "c": [2]})
    found = places_in(known, histories({"c": [2], "x": [1], "b": [], "a": [1]}))
    assert found.tolist() == [2, NO_USER, NO_USER, 0]


def test_followers_are_counted_by_their_gap_and_shared_out() -> None:
    found = transition_shares(histories({"a": [0, 1, 2], "b": [0, 1]}), 4, window=2, smoothing=0.5).toarray()
    # 0 is followed by 1 twice at gap 1, by 2 once at gap 2: a sum of 2.5, and 0.5 smoothing
    np.testing.assert_allclose(found[0], [0, 2 / 3, 0.5 / 3, 0], rtol=1e-6)
    np.testing.assert_allclose(found[1], [0, 0, 1 / 1.5, 0], rtol=1e-6)
    assert not found[2:].any()


def test_pairs_across_two_people_are_not_counted() -> None:
    assert transition_shares(histories({"a": [0], "b": [1]}), 2, window=5, smoothing=1.0).nnz == 0


def test_the_weights_of_ease_are_its_answers_to_single_items() -> None:
    training = training_of(circles())
    weights = item_weights(training, penalty=10.0)
    ease = make_model("ease", {"penalty": 10.0})
    ease.fit(training)
    asked = histories({"a": [3, 7, 11]})
    np.testing.assert_allclose(ease.scores(asked)[0], weights[[3, 7, 11]].sum(0), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("similarity", ["cosine", "pearson"])
def test_similarity_of_items_is_that_of_numpy(similarity: str) -> None:
    known = circles()
    table = np.zeros((len(known), N_ITEMS))
    for user, history in enumerate(known):
        table[user, history.rows] = 1
    if similarity == "pearson":
        with np.errstate(invalid="ignore"):
            wanted = np.nan_to_num(np.corrcoef(table.T))
    else:
        norms = np.maximum(np.linalg.norm(table, axis=0), 1e-9)
        wanted = table.T @ table / np.outer(norms, norms)
    np.fill_diagonal(wanted, 0)
    model = ItemKNN(similarity=similarity, k=N_ITEMS, shrink=0.0, decay=0.0)
    model.fit(training_of(known))
    found = np.stack([model.scores(histories({"a": [row]}))[0] for row in range(2 * ITEMS)])
    np.testing.assert_allclose(found, np.maximum(wanted[: 2 * ITEMS], 0), atol=1e-5)


def test_an_unknown_similarity_is_refused() -> None:
    with pytest.raises(MendableError, match="jaccard"):
        UserKNN(similarity="jaccard")
