"""`eval predict`: its models learn, their figures and curves are right, the command prints and writes them."""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from eval.__main__ import main
from eval.predict.command import measure
from eval.predict.cross_validation import fold_rows
from eval.predict.models import LEARNERS, Fold, calibrate, library_of
from eval.predict.page import calibration_points, roc_points
from eval.predict.questions import Questions, make_questions
from eval.rank.protocols import folds
from index.data.domain import Domain
from index.errors import MendableError
from tests.helpers_predict import PEOPLE, tastes, write_films

FIELDS = ("accuracy", "precision", "recall", "f1", "auc", "rmse", "mae")


pytestmark = pytest.mark.usefixtures("home")


@pytest.fixture
def domain(home: Path) -> Domain:
    return write_films(tastes())


@pytest.fixture
def asked(domain: Domain) -> Questions:
    return make_questions(domain, seed=1)


# --- models and figures


@pytest.mark.parametrize("name", LEARNERS)
def test_a_model_learns_tastes_that_can_be_learned(name: str, asked: Questions, domain: Domain) -> None:
    fold_of_user = folds(PEOPLE, 2, seed=1)
    said = LEARNERS[name](fold_rows(asked, domain, fold_of_user, 0, 1), 1)
    truth = asked.truth[fold_of_user[asked.owners] == 0]
    assert 0 <= said.min() <= said.max() <= 1
    assert np.mean((said >= 0.5) == truth) > 0.7  # a guess has 0.5, the noise leaves 0.9


def test_the_tree_without_lightgbm_is_scikit_learns_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "lightgbm", None)
    assert "HistGradientBoosting" in library_of("tree")
    random = np.random.default_rng(0)
    features = random.normal(size=(400, 3)).astype(np.float32)
    said = LEARNERS["tree"](Fold(features, features[:, 0] > 0, features), 1)
    assert np.mean((said >= 0.5) == (features[:, 0] > 0)) > 0.95


def test_scores_become_probabilities_learned_on_other_folds() -> None:
    random = np.random.default_rng(0)
    truth = random.random(2000) < 0.3
    scores = np.where(truth, 1.0, 0.0) + random.normal(size=2000)
    scores[:100] = -np.inf
    said = calibrate(scores, truth, np.arange(2000) % 4)
    assert said.mean() == pytest.approx(0.3, abs=0.03)
    ranked = np.argsort(scores[100:], kind="stable")
    assert np.corrcoef(scores[100:], said[100:])[0, 1] > 0.9
    assert said[100:][ranked[-100:]].mean() > 0.4


def test_perfect_answers_have_perfect_figures(asked: Questions) -> None:
    figures = measure(asked.truth.astype(np.float64), asked, seed=1)
    assert {name: figures[name]["mean"] for name in FIELDS} == {
        **dict.fromkeys(FIELDS[:5], 1.0),
        "rmse": 0.0,
        "mae": 0.0,
    }


def test_the_roc_curve_runs_from_corner_to_corner_over_the_area_of_auc(asked: Questions) -> None:
    drawn = np.random.default_rng(0).random(len(asked)) * 0.5 + asked.truth * 0.3
    said = np.round(drawn, 1).astype(np.float64)  # many ties
    false, true = roc_points(asked.truth, said)
    assert (false[0], true[0], false[-1], true[-1]) == (0, 0, 1, 1)
    assert np.all(np.diff(false) >= 0)
    assert np.all(np.diff(true) >= 0)
    assert np.trapezoid(true, false) == pytest.approx(measure(said, asked, seed=1)["auc"]["mean"], abs=1e-8)


def test_calibration_of_true_probabilities_lies_on_the_diagonal() -> None:
    random = np.random.default_rng(0)
    said = random.random(20_000)
    means, shares = calibration_points(random.random(20_000) < said, said)
    np.testing.assert_allclose(means, shares, atol=0.05)
    assert len(means) == 10


# --- the command


def predict(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert not main(["predict", "--domain", "films", "--folds", "3", "--json", *arguments])
    printed: dict[str, Any] = json.loads(capsys.readouterr().out)
    return printed


def test_the_command_prints_the_contracts_figures_and_writes_its_report(
    domain: Domain, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    printed = predict(capsys, "--models", "logistic,tree", "--report", str(tmp_path / "report"))
    assert printed["n_rows"] == PEOPLE * 20
    assert printed["base_rate"] == pytest.approx(0.5, abs=0.1)
    for row in printed["models"].values():
        for name in FIELDS:
            low, high = row[name]["ci95"]
            assert low <= row[name]["mean"] <= high
        assert row["auc"]["mean"] > 0.7
    stated = json.loads((tmp_path / "report" / "predict.json").read_text())
    assert stated["models"] == printed["models"]
    assert len(stated["data_sha256"]) == 64
    page = (tmp_path / "report" / "predict.html").read_text()
    assert page.count("<svg") == 3
    assert "logistic" in page


def test_the_command_gives_the_same_figures_again(domain: Domain, capsys: pytest.CaptureFixture[str]) -> None:
    first = predict(capsys, "--models", "logistic")
    assert predict(capsys, "--models", "logistic") == first


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--models", "oracle"], "oracle"),
        (["--models", ","], "logistic, tree, agent"),
        (["--models", "logistic", "--folds", "1"], "--folds"),
        (["--models", "logistic", "--folds", "1000"], "--folds"),
    ],
)
def test_what_cannot_be_run_is_refused(domain: Domain, arguments: list[str], said: str) -> None:
    with pytest.raises(MendableError, match=said):
        main(["predict", "--domain", "films", *arguments])
