"""`eval rank`: models that are broken or missing, runs that are resumed, what is refused, models of one's own."""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from eval.__main__ import main
from eval.models import registry as models
from eval.models.registry import MODELS, Setting, Training, library
from eval.rank.command import text_vectors
from eval.rank.protocols import leave_one_out, split_domain
from index.build.builder import build_domain
from index.build.loading import OpenedDomain
from index.data.domain import Catalogue, Domain, Histories, load_domain
from index.data.item_text import item_text
from index.data.records import Item
from index.embedding.encoder import Encoder
from index.embedding.model_files import resolve
from index.errors import MendableError
from index.types import Floats
from tests.helpers_eval import histories, mean_rank, random_events, write_domain


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
        rank_here = mean_rank(scores, int(parts.test.relevant[n].rows[0]))
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
