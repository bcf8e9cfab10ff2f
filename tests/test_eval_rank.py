"""Ranking: ties, masks, bounded lists, models that are broken or missing, runs that are resumed, the command itself."""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from eval.__main__ import main
from eval.metrics.base import NO_ITEM, parse_metric
from eval.metrics.ranking import per_user
from eval.models import registry as models
from eval.models.baselines.ease import EASE
from eval.models.baselines.popularity import Popularity
from eval.models.registry import MODELS, NotInstalled, Setting, Training, default_settings, library, parse_models
from eval.rank.command import text_vectors
from eval.rank.protocols import Cases, leave_one_out, split_domain
from eval.rank.ranking import check_scores, mask, ranks_of, top_rows_per_user
from eval.rank.run_models import rank_cases
from eval.rank.tuning import best, settings_to_try, tune
from index.build.builder import build_domain
from index.build.loading import OpenedDomain
from index.data.domain import Catalogue, Domain, Histories, load_domain
from index.data.item_text import item_text
from index.data.records import Item
from index.embedding.encoder import Encoder
from index.embedding.model_files import resolve
from index.errors import MendableError
from index.types import Floats
from tests.helpers_eval import histories, random_events, write_domain

score_tables = arrays.arrays(
    np.float32, st.tuples(st.integers(1, 5), st.integers(1, 40)), elements=st.sampled_from([-np.inf, -1, 0, 0.5, 2])
)


class Scripted:
    """A model whose scores are given by item id."""

    search_space: Mapping[str, Sequence[Setting]] = {}
    needs_index = False

    def __init__(self, by_row: npt.ArrayLike) -> None:
        self.by_row = np.array(by_row, np.float32)

    def fit(self, training: Training) -> None:
        """Nothing to learn."""

    def scores(self, histories: Histories) -> Floats:
        """The same for everybody, and read-only."""
        return np.broadcast_to(self.by_row, (len(histories), len(self.by_row)))


class Nan(Scripted):
    """Breaks in its scores."""

    def __init__(self) -> None:
        super().__init__([])

    def scores(self, histories: Histories) -> Floats:
        """NaN for the last item of the last user."""
        found = np.zeros((len(histories), self.n_items), np.float32)
        found[-1, -1] = np.nan
        return found

    def fit(self, training: Training) -> None:
        """Remember the size."""
        self.n_items = training.n_items


class WantsIndex(Nan):
    """Finds by text."""

    needs_index = True


class Unavailable(Nan):
    """Wants a library that nobody has."""

    def fit(self, training: Training) -> None:
        """Import it."""
        library("no_such_library_anywhere.core")


def catalogue(n: int, removed: frozenset[str] = frozenset()) -> Catalogue:
    return Catalogue(tuple(Item(f"i{row}", f"Thing {row}") for row in range(n)), removed)


def opened(n: int) -> OpenedDomain:
    return OpenedDomain(Domain("small", catalogue(n), histories({}), "0" * 64))


def cases(history: Sequence[int], relevant: Sequence[int]) -> Cases:
    return Cases(histories({"a": history}), histories({"a": relevant}))


# --- scores to ranks


def ranks(scores: Sequence[float], relevant: Sequence[int]) -> list[float]:
    return list(ranks_of(np.array([scores], np.float32), histories({"a": relevant})).ranks)


def test_rank_is_the_number_of_better_items() -> None:
    assert ranks([0.1, 0.9, 0.5, 0.7], [2]) == [2.0]


def test_rank_in_a_tie_is_the_mean_of_the_places_of_the_tie() -> None:
    assert ranks([5, 1, 1, 1, 1, 0], [3]) == [2.5]  # places 1, 2, 3, 4


def test_rank_where_nothing_is_scored_is_infinite() -> None:
    assert ranks([1, -np.inf, 0], [1]) == [np.inf]


def test_ranks_of_two_answers_in_one_tie_are_spread_around_its_mean() -> None:
    assert ranks([1, 1, 1, 1, 1], [0, 4]) == [pytest.approx(1.0), pytest.approx(3.0)]
    assert ranks([9, 1, 1, 8], [0, 1]) == [0.0, 2.5]


@given(score_tables, st.data())
def test_ranks_of_any_scores_keep_every_metric_between_zero_and_one(scores: Floats, data: st.DataObject) -> None:
    n = scores.shape[1]
    relevant = [data.draw(st.lists(st.integers(0, n - 1), min_size=1, max_size=4, unique=True)) for _ in scores]
    found = ranks_of(scores, histories({f"u{u}": rows for u, rows in enumerate(relevant)}))
    for name in ("recall@5", "map@5", "ndcg@5", "mrr@5", "precision@5", "f1@5"):
        values = per_user(found, parse_metric(name))
        assert np.all((values >= 0) & (values <= 1 + 1e-12)), name
    for user, rows in enumerate(relevant):
        own = found.ranks[found.starts[user] : found.starts[user + 1]]
        wanted = [_mean_rank(scores[user], row) for row in rows]
        assert np.sum(own[np.isfinite(own)]) == pytest.approx(np.sum(np.array(wanted)[np.isfinite(wanted)]))


def _mean_rank(scores: Floats, row: int) -> float:
    if np.isneginf(scores[row]):
        return np.inf
    return float((scores > scores[row]).sum() + ((scores == scores[row]).sum() - 1) / 2)


@settings(max_examples=200)
@given(score_tables, st.integers(1, 12))
def test_best_rows_are_those_of_a_full_sort_with_ties_by_row(scores: Floats, length: int) -> None:
    found = top_rows_per_user(scores, length)
    order = np.argsort(-scores, axis=1, kind="stable")[:, :length]
    wanted = np.where(np.isneginf(np.take_along_axis(scores, order, 1)), NO_ITEM, order)
    assert found.tolist() == wanted.tolist()


def test_best_rows_of_many_items_are_those_of_a_full_sort() -> None:
    scores = np.random.default_rng(1).standard_normal((20, 3000)).astype(np.float32).round(1)
    assert top_rows_per_user(scores, 100).tolist() == np.argsort(-scores, axis=1, kind="stable")[:, :100].tolist()


def test_mask_takes_the_history_out_and_nothing_else() -> None:
    scores = np.ones((2, 4), np.float32)
    mask(scores, histories({"a": [1, 3], "b": []}))
    assert np.isneginf(scores).tolist() == [[False, True, False, True], [False] * 4]


@pytest.mark.parametrize(("bad", "said"), [(np.nan, "NaN"), (np.inf, "infinite")])
def test_scores_that_cannot_be_ranked_are_refused_naming_the_model(bad: float, said: str) -> None:
    with pytest.raises(MendableError, match=rf"'odd'.*{said}"):
        check_scores(np.array([[0.0, bad]], np.float32), (1, 2), "odd")


def test_scores_of_another_shape_are_a_mistake() -> None:
    with pytest.raises(ValueError, match="shape"):
        check_scores(np.zeros((2, 3), np.float32), (2, 4), "odd")


def test_history_and_removed_items_are_in_no_list_and_a_removed_answer_is_a_miss() -> None:
    model = Scripted([5, 4, 3, 2, 1])
    ranked, _ = rank_cases(model, "scripted", cases([0], [3]), catalogue(5, frozenset({"i1"})))
    assert ranked.lists.tolist() == [[2, 3, 4, NO_ITEM, NO_ITEM]]
    assert ranked.ranks.ranks.tolist() == [1.0]
    ranked, _ = rank_cases(model, "scripted", cases([0], [1]), catalogue(5, frozenset({"i1"})))
    assert ranked.ranks.ranks.tolist() == [np.inf]


def test_sampled_ranking_is_among_so_many_others_and_never_harder() -> None:
    model = Scripted(np.arange(200.0))
    whole, _ = rank_cases(model, "scripted", cases([199], [50]), catalogue(200))
    sampled, _ = rank_cases(model, "scripted", cases([199], [50]), catalogue(200), sampled=20)
    assert (sampled.lists >= 0).sum() == 21
    assert 50 in sampled.lists
    assert 199 not in sampled.lists
    assert sampled.ranks.ranks[0] < whole.ranks.ranks[0] == 148.0


# --- models


def test_every_name_of_the_contract_is_a_model_in_its_order() -> None:
    names = (
        "popularity user-knn item-knn content tfidf als bpr svd rp3beta slim ease sequence neumf gru4rec sasrec "
        "esasrec bert4rec lightgcn multvae weighted text behaviour fusion bert gpt agent"
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


# --- the command


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with a domain `small` of 60 users and 40 items."""
    monkeypatch.setenv("PALATE_HOME", str(tmp_path / "home"))
    write_domain("small", random_events(60, 40, seed=1), 40)
    return tmp_path


def rank(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[dict[str, Any], str]:
    """What `eval rank --domain small --json` prints, and what it says beside."""
    assert not main(["rank", "--domain", "small", "--json", *map(str, arguments)])
    printed = capsys.readouterr()
    return json.loads(printed.out), printed.err


def timeless(report: dict[str, Any]) -> dict[str, Any]:
    rows = report["models"]
    return {**report, "models": {m: {k: v for k, v in row.items() if k != "ms_per_user"} for m, row in rows.items()}}


def test_the_same_command_gives_the_same_figures_resumed_or_afresh(
    small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, said = rank(capsys, "--models", "popularity,ease")
    assert "resuming" not in said
    resumed, said = rank(capsys, "--models", "popularity,ease")
    assert "resuming: popularity, ease were done" in said
    afresh, said = rank(capsys, "--models", "popularity,ease", "--fresh")
    assert "resuming" not in said
    assert first == resumed
    assert timeless(first) == timeless(afresh)


def test_what_a_result_depends_on_makes_it_run_again(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rank(capsys, "--models", "popularity")
    for other in (["--seed", 2], ["--users", 20], ["--tune", 2], ["--sampled", 5]):
        assert "resuming" not in rank(capsys, "--models", "popularity", *other)[1]
    write_domain("small", random_events(60, 40, seed=2), 40)
    assert "resuming" not in rank(capsys, "--models", "popularity")[1]


def test_saved_result_that_is_broken_is_made_again(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole, _ = rank(capsys, "--models", "ease")
    (arrays_file,) = (small / "home" / "evaluations").rglob("arrays.npz")
    arrays_file.write_bytes(arrays_file.read_bytes()[:100])
    again, said = rank(capsys, "--models", "ease")
    assert "made again" in said
    assert timeless(again) == timeless(whole)


def test_model_that_breaks_stops_the_run_and_what_was_done_before_is_kept(
    small: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(models, "MODELS", {**MODELS, "nan": f"{__name__}:Nan"})
    with pytest.raises(MendableError, match="'nan' gave a score that is NaN"):
        main(["rank", "--domain", "small", "--models", "popularity,nan"])
    capsys.readouterr()
    assert "resuming: popularity was done" in rank(capsys, "--models", "popularity")[1]


def test_model_without_its_library_has_a_row_that_says_so(
    small: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(models, "MODELS", {**MODELS, "absent": f"{__name__}:Unavailable"})
    report, _ = rank(capsys, "--models", "absent,popularity", "--report", small / "report")
    rows = report["models"]
    assert rows["absent"]["note"].startswith("not installed: no_such_library_anywhere")
    assert "ndcg@10" in rows["popularity"]
    assert "not installed" in (small / "report" / "report.html").read_text()


def test_model_that_needs_an_index_is_refused_before_any_is_run(
    small: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(models, "MODELS", {**MODELS, "by-text": f"{__name__}:WantsIndex"})
    with pytest.raises(MendableError, match="index build --domain small"):
        main(["rank", "--domain", "small", "--models", "popularity,by-text"])
    assert "resuming" not in rank(capsys, "--models", "popularity")[1]


def test_tuning_is_stated_with_its_trials_and_the_best_is_taken(
    small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rank(capsys, "--models", "popularity,ease", "--tune", 3, "--report", small / "report")
    stated = json.loads((small / "report" / "report.json").read_text())["settings"]
    assert stated["tune"] == 3
    trials = stated["models"]["ease"]["trials"]
    top = max(trials, key=lambda trial: trial["validation_ndcg@10"])
    assert len(trials) == 3
    assert stated["models"]["ease"]["settings"] == {"penalty": 500.0, **top["settings"]}
    assert stated["models"]["popularity"]["trials"] == []


def test_sampled_users_are_tested_and_everybody_is_fitted_on(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole, _ = rank(capsys, "--models", "popularity", "--report", small / "all")
    some, _ = rank(capsys, "--models", "popularity", "--users", 10, "--report", small / "some")
    assert (whole["n_users"], some["n_users"]) == (60, 10)
    fitted = [json.loads((small / name / "report.json").read_text())["n_training_events"] for name in ("all", "some")]
    assert fitted[0] == fitted[1]


def test_sampled_candidates_print_that_they_are_not_comparable(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report, said = rank(capsys, "--models", "popularity", "--sampled", 5)
    assert "not comparable" in said
    assert "not comparable" in str(report["note"])


def test_diversity_is_that_of_the_items_texts_in_the_order_of_the_split(
    small: Path, tiny: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "diversity@10" not in str(rank(capsys, "--models", "popularity")[0])
    domain = load_domain("small")
    build_domain("small", encoder=str(tiny))
    split = split_domain(OpenedDomain(domain), "leave-one-out", seed=1)
    found = text_vectors(split.training.opened, split)
    wanted = Encoder(resolve(str(tiny))).encode([item_text(item) for item in split.catalogue.items])
    assert found == pytest.approx(wanted / np.linalg.norm(wanted, axis=1, keepdims=True), abs=1e-4)
    report, _ = rank(capsys, "--models", "popularity")
    assert "diversity@10" in str(report)
    write_domain("small", random_events(60, 40, seed=2), 40)
    report, said = rank(capsys, "--models", "popularity")
    assert "diversity is left out" in said
    assert "diversity@10" not in str(report)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--models", "crystal-ball"], "crystal-ball.*ease"),
        (["--models", "ease", "--protocol", "tarot"], "tarot"),
        (["--models", "ease", "--protocol", "time"], "no timestamps"),
        (["--models", "ease", "--users", "0"], "--users"),
        (["--models", "ease", "--seed", "-1"], "--seed"),
        (["--models", "ease", "--sede", "1"], "--sede"),
        ([], "nothing to rank"),
    ],
)
def test_what_cannot_be_done_is_refused_in_one_line(small: Path, arguments: list[str], said: str) -> None:
    with pytest.raises(MendableError, match=said) as refused:
        main(["rank", "--domain", "small", *arguments])
    assert "\n" not in str(refused.value)


def test_leave_one_out_of_a_run_equals_the_models_ranked_by_hand(
    small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report, _ = rank(capsys, "--models", "popularity")
    users: dict[str, list[int]] = {}
    for user, item in random_events(60, 40, seed=1):
        users.setdefault(user, []).append(int(item[1:]))
    parts = leave_one_out(histories(users))
    counts = np.bincount(parts.training.rows, minlength=40).astype(float)
    own = []
    for n in range(len(parts.test)):
        scores = counts.copy()
        scores[parts.test.histories[n].rows] = -np.inf
        rank_here = _mean_rank(scores, int(parts.test.relevant[n].rows[0]))
        own.append(1 / np.log2(rank_here + 2) if rank_here < 10 else 0.0)
    rows = report["models"]
    assert rows["popularity"]["ndcg@10"]["mean"] == pytest.approx(np.mean(own), abs=1e-7)


# --- a model of one's own


OWN_MODEL = """
import numpy as np

class Newest:
    search_space = {}
    needs_index = False

    def fit(self, training):
        self.newest = np.zeros(training.n_items, np.float32)
        for history in training.histories:
            self.newest[history.rows] += SIGN * np.arange(len(history))

    def scores(self, histories):
        return np.broadcast_to(self.newest, (len(histories), len(self.newest)))
"""


@pytest.fixture
def own_model(small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file with a model in a folder that Python imports from."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "own_model", raising=False)
    path = tmp_path / "own_model.py"
    path.write_text(OWN_MODEL.replace("SIGN", "1"))
    return path


def test_a_model_of_ones_own_stands_in_the_table_under_its_name(
    own_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report, _ = rank(capsys, "--models", "popularity,own_model:Newest")
    assert list(report["models"]) == ["popularity", "own_model:Newest"]
    assert 0 < report["models"]["own_model:Newest"]["recall@100"]["mean"] <= 1


def test_a_changed_model_of_ones_own_is_run_again(
    own_model: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before, _ = rank(capsys, "--models", "own_model:Newest")
    own_model.write_text(OWN_MODEL.replace("SIGN", "-1"))
    monkeypatch.delitem(sys.modules, "own_model")
    after, said = rank(capsys, "--models", "own_model:Newest")
    assert "resuming" not in said
    assert before["models"]["own_model:Newest"]["ndcg@10"] != after["models"]["own_model:Newest"]["ndcg@10"]


@pytest.mark.parametrize("name", ["nowhere:Model", "own_model:Missing"])
def test_a_model_that_cannot_be_imported_is_refused_before_anything_is_run(
    name: str, own_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(MendableError, match=f"cannot import the model '{name}'.*module:Class"):
        rank(capsys, "--models", f"popularity,{name}")
