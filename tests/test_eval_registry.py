"""The registry of models and the search of their settings: names, missing libraries, trials."""

from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from eval.models.baselines.ease import EASE
from eval.models.baselines.popularity import Popularity
from eval.models.registry import MODELS, NotInstalled, Setting, Training, default_settings, library, parse_models
from eval.rank.tuning import best, settings_to_try, tune
from index.build.loading import OpenedDomain
from index.data.domain import Catalogue, Domain
from index.data.records import Item
from index.errors import MendableError
from tests.helpers_eval import histories


def catalogue(n: int, removed: frozenset[str] = frozenset()) -> Catalogue:
    return Catalogue(tuple(Item(f"i{row}", f"Thing {row}") for row in range(n)), removed)


def opened(n: int) -> OpenedDomain:
    return OpenedDomain(Domain("small", catalogue(n), histories({}), "0" * 64))


def test_every_name_of_the_contract_is_a_model_in_its_order() -> None:
    names = (
        "popularity user-knn item-knn content tfidf als bpr svd rp3beta slim ease sequence neumf gru4rec sasrec "
        "esasrec bert4rec lightgcn multvae weighted text behaviour fusion fusion-no-sentiment "
        "fusion-no-reviews bert gpt agent"
    )
    assert " ".join(MODELS) == names
    assert parse_models("all") == tuple(MODELS)
    assert parse_models("ease, all")[:2] == ("ease", "popularity")


@pytest.mark.parametrize("text", ["popularity,crystal-ball", "", " , "])
def test_unknown_or_missing_name_is_refused_with_those_that_exist(text: str) -> None:
    with pytest.raises(MendableError, match=r"ease.*lightgcn"):
        parse_models(text)


def test_missing_library_is_said_by_name_and_a_broken_one_is_not_hidden() -> None:
    with pytest.raises(NotInstalled, match="not installed: no_such_library_anywhere "):
        library("no_such_library_anywhere.core")
    assert library("json.decoder").__name__ == "json.decoder"


def training_of(events: Mapping[str, Sequence[int]], n_items: int) -> Training:
    return Training(opened(n_items), catalogue(n_items), histories(events), np.arange(n_items), 1)


def test_popularity_scores_an_item_by_its_events() -> None:
    model = Popularity()
    model.fit(training_of({"a": [0, 1], "b": [1]}, 3))
    assert model.scores(histories({"x": [], "y": [1]})).tolist() == [[1, 2, 0], [1, 2, 0]]


@pytest.mark.parametrize("n_items", [40, 3100])
def test_ease_has_the_weights_of_its_closed_form(n_items: int) -> None:
    random = np.random.default_rng(0)
    events = {f"u{n}": random.choice(40, 8, replace=False).tolist() for n in range(60)}
    model = EASE(penalty=3.0)
    model.fit(training_of(events, n_items))
    had = np.zeros((60, n_items))
    for n, rows in enumerate(events.values()):
        had[n, rows] = 1
    inverse = np.linalg.inv(had[:, :40].T @ had[:, :40] + 3.0 * np.eye(40))
    weights = -inverse / np.diag(inverse)
    np.fill_diagonal(weights, 0)
    found = model.scores(histories({"x": [3, 7], "y": []}))
    assert found[0, :40] == pytest.approx(weights[3] + weights[7], abs=1e-4)
    assert found[1, :40].tolist() == had[:, :40].sum(0).tolist()  # an empty history: what most people had
    assert not found[:, 40:].any()


def test_models_leave_the_histories_that_they_are_given_as_they_are() -> None:
    events = histories({"a": [5, 2, 9], "b": [1, 0]})
    before = events.rows.copy()
    for model in (Popularity(), EASE()):
        model.fit(Training(opened(10), catalogue(10), events, np.arange(10), 1))
        model.scores(events)
    assert events.rows.tolist() == before.tolist()


# --- tuning


def test_trials_begin_with_the_defaults_and_never_repeat() -> None:
    tried = settings_to_try("ease", 4, seed=1)
    assert tried[0] == {}
    effective = [{**default_settings("ease"), **each}["penalty"] for each in tried]
    assert len(set(effective)) == 4
    assert tried == settings_to_try("ease", 4, seed=1)
    assert len(settings_to_try("ease", 500, seed=1)) == len(EASE.search_space["penalty"])
    assert settings_to_try("ease", 0, seed=1) == settings_to_try("popularity", 9, seed=1) == []


def test_best_settings_win_and_what_was_tried_before_is_not_tried_again() -> None:
    judged: list[object] = []

    def judge(chosen: Mapping[str, Setting]) -> float:
        judged.append(chosen.get("penalty"))
        return -abs(float(chosen.get("penalty", 500)) - 90)

    first = tune([{}, {"penalty": 100.0}], (), judge, lambda trials: None)
    again = tune([{}, {"penalty": 100.0}, {"penalty": 50.0}], first, judge, lambda trials: None)
    assert best(again) == {"penalty": 100.0}
    assert judged == [None, 100.0, 50.0]
    assert best(()) == {}
