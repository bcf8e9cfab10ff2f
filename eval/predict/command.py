"""`python -m eval predict`: will this user like this item, by cross-validation over users; figures with intervals."""

import argparse
import importlib
import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from eval.environment import code_version, machine
from eval.metrics.base import CLASSIFICATION_METRICS, Array
from eval.metrics.statistics import interval_of, rounded
from eval.models.registry import Training
from eval.predict.agent_scores import agent_scores
from eval.predict.features import Facts, Others, table
from eval.predict.questions import Questions, Truth, ask
from eval.rank.protocols import folds
from index.build.loading import OpenedDomain
from index.command import progress
from index.data.domain import Domain, load_domain
from index.errors import MendableError
from index.storage.home import write_bytes, write_json

LOGISTIC, TREE, AGENT = "logistic", "tree", "agent"
MODELS = (LOGISTIC, TREE, AGENT)
PARTS = 5  # of the people that are learned from: what is known of items comes from the other parts
RESAMPLES = 300  # of seven figures over all rows; their intervals are narrow
Matrix = npt.NDArray[np.float32]
Judge = Callable[[Array, Truth, Array], float]


@dataclass(frozen=True)
class PredictSettings:
    """The command's settings, checked when built."""

    domain: str
    models: tuple[str, ...]
    folds: int
    seed: int
    report: Path | None

    @classmethod
    def of(cls, options: argparse.Namespace) -> "PredictSettings":
        """From the parsed command line. Raises MendableError for a name that no model has."""
        names = tuple(dict.fromkeys(part.strip() for part in options.models.split(",") if part.strip()))
        unknown = [name for name in names if name not in MODELS]
        if unknown or not names:
            what = f"no model {', '.join(map(repr, unknown))}" if unknown else "no model is named"
            raise MendableError(what, "--models", f"There are: {', '.join(MODELS)}")
        if options.folds < 2:
            raise MendableError("one fold leaves nobody to learn from", "--folds", "Use 2 or more")
        return cls(options.domain, names, options.folds, options.seed, options.report)


@dataclass(frozen=True)
class Fold:
    """One fold's rows: what is learned from, and what is asked."""

    train: Matrix
    train_truth: Truth
    test: Matrix


def run_predict(options: argparse.Namespace) -> dict[str, Any]:
    """Run the command: what is printed; with --report, also `predict.json` and `predict.html` there."""
    settings = PredictSettings.of(options)
    opened = OpenedDomain(load_domain(settings.domain))
    domain = opened.domain
    asked = ask(domain, settings.seed)
    if len(asked.histories) < settings.folds:
        raise MendableError(
            f"{len(asked.histories)} users cannot be dealt into {settings.folds} folds", "--folds", "Use fewer"
        )
    said = probabilities(settings, opened, asked)
    printed = {
        "domain": settings.domain,
        "n_rows": len(asked),
        "n_users": len(asked.histories),
        "base_rate": rounded(asked.truth.mean()),
        "positive": asked.positive,
        "folds": settings.folds,
        "libraries": {name: library_of(name) for name in settings.models},
        "models": {name: measured(each, asked, settings.seed) for name, each in said.items()},
    }
    if settings.report:
        _write(settings.report, settings, domain, printed, asked, said)
    return printed


def probabilities(settings: PredictSettings, opened: OpenedDomain, asked: Questions) -> dict[str, Array]:
    """By model: the probability of yes of each question, by a model that saw nothing of its user's fold."""
    fold_of_user = folds(len(asked.histories), settings.folds, settings.seed)
    said = {name: np.zeros(len(asked)) for name in settings.models}
    learned = [name for name in settings.models if name != AGENT]
    for fold in progress(range(settings.folds), "folds"):
        tested = fold_of_user[asked.owners] == fold
        if not tested.any() or not _both(asked.truth[~tested]):
            raise MendableError("a fold has only one kind of answer", "--folds", "Use fewer folds, or import more")
        if learned:
            rows = fold_rows(asked, opened.domain, fold_of_user, fold, settings.seed)
            for name in learned:
                said[name][tested] = LEARNERS[name](rows, settings.seed)
        if AGENT in settings.models:
            people = fold_of_user[np.arange(len(asked.histories))] != fold
            said[AGENT][tested] = agent_scores(_training(opened, asked, people, settings.seed), asked.of(tested))
    if AGENT in settings.models:
        said[AGENT] = calibrated(said[AGENT], asked.truth, fold_of_user[asked.owners])
    return said


def fold_rows(asked: Questions, domain: Domain, fold_of_user: npt.NDArray[np.int64], tested: int, seed: int) -> Fold:
    """The features of one fold's rows. What is known of an item comes from people of neither the tested fold nor the
    row's own part of the others: so in training, too, a row's own answer is in none of its features."""
    facts, n_items = Facts(domain.catalogue), len(domain.catalogue)
    learned_from = fold_of_user != tested
    part_of_user = parts_of(learned_from, seed)
    pieces: list[tuple[Truth, Matrix]] = []
    for part in range(PARTS + 1):  # the last is the tested fold
        others = Others.of(asked, learned_from & (part_of_user != part), n_items)
        kept = part_of_user[asked.owners] == part
        columns = table(asked.of(kept), facts, others, f"features {tested + 1}.{part + 1}")
        pieces.append((kept, np.stack([np.asarray(column, np.float32) for column in columns.values()], axis=1)))
    found = np.empty((len(asked), pieces[0][1].shape[1]), np.float32)
    for kept, piece in pieces:
        found[kept] = piece
    is_tested = ~learned_from[asked.owners]
    return Fold(found[~is_tested], asked.truth[~is_tested], found[is_tested])


def parts_of(learned_from: Truth, seed: int) -> npt.NDArray[np.int64]:
    """By user: a part below PARTS for each that is learned from, PARTS for the others."""
    found = np.full(len(learned_from), PARTS)
    found[learned_from] = folds(int(learned_from.sum()), PARTS, seed)
    return found


def logistic(rows: Fold, seed: int) -> Array:
    """Logistic regression over standardised features."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000, random_state=seed))
    yes: Array = model.fit(rows.train, rows.train_truth).predict_proba(rows.test)[:, 1]
    return yes


def tree(rows: Fold, seed: int) -> Array:
    """Gradient-boosted trees: LightGBM where it is installed, else scikit-learn's histogram trees."""
    shape: dict[str, Any] = {"learning_rate": 0.05, "random_state": seed}
    if has_lightgbm():
        boosted = importlib.import_module("lightgbm").LGBMClassifier(
            **shape, n_estimators=300, num_leaves=31, min_child_samples=50, n_jobs=1, deterministic=True, verbosity=-1
        )
    else:
        from sklearn.ensemble import HistGradientBoostingClassifier

        boosted = HistGradientBoostingClassifier(**shape, max_iter=300, min_samples_leaf=50, early_stopping=False)
    yes: Array = boosted.fit(rows.train, rows.train_truth).predict_proba(rows.test)[:, 1]
    return yes


LEARNERS: Mapping[str, Callable[[Fold, int], Array]] = {LOGISTIC: logistic, TREE: tree}


def calibrated(scores: Array, truth: Truth, fold_of_row: npt.NDArray[np.int64]) -> Array:
    """Probabilities out of scores (Platt 1999), each fold's learned on the others; -inf is a column of its own."""
    from sklearn.linear_model import LogisticRegression

    none = np.isneginf(scores)
    known = np.where(none, scores[~none].min() if not none.all() else 0.0, scores)
    spread = known.std() or 1.0
    features = np.stack([(known - known.mean()) / spread, none], axis=1)
    found = np.zeros(len(scores))
    for fold in np.unique(fold_of_row):
        tested = fold_of_row == fold
        model = LogisticRegression().fit(features[~tested], truth[~tested])
        found[tested] = model.predict_proba(features[tested])[:, 1]
    return found


def measured(said: Array, asked: Questions, seed: int) -> dict[str, Any]:
    """Every figure of a model, with its interval over users."""
    order = np.argsort(said, kind="stable")  # sorted once: what sorts again is quick
    probabilities, truth, owners = said[order], asked.truth[order], asked.owners[order]

    def interval(judge: Judge) -> dict[str, Any]:
        return interval_of(lambda weights: judge(probabilities, truth, weights), owners, seed, RESAMPLES).as_json()

    every = progress(CLASSIFICATION_METRICS.items(), "measure", len(CLASSIFICATION_METRICS))
    return {name: interval(judge) for name, judge in every}


def library_of(name: str) -> str:
    """What a model is made with, for the report."""
    return {
        LOGISTIC: "scikit-learn LogisticRegression",
        TREE: "LightGBM" if has_lightgbm() else "scikit-learn HistGradientBoostingClassifier",
        AGENT: "the agent's score, calibrated on the other folds",
    }[name]


def has_lightgbm() -> bool:
    """Whether the trees are LightGBM's."""
    return importlib.util.find_spec("lightgbm") is not None


def _training(opened: OpenedDomain, asked: Questions, people: Truth, seed: int) -> Training:
    """What the agent may be fitted on: the events of these people; the others' histories are empty."""
    kept = asked.histories.until(np.where(people, asked.histories.lengths, 0))
    catalogue = opened.domain.catalogue
    return Training(opened, catalogue, kept, np.arange(len(catalogue)), seed)


def _both(truth: Truth) -> bool:
    return bool(truth.any() and not truth.all())


def _write(
    folder: Path,
    settings: PredictSettings,
    domain: Domain,
    printed: Mapping[str, Any],
    asked: Questions,
    said: Mapping[str, Array],
) -> None:
    from eval.predict.page import predict_page  # brings Matplotlib

    report = {
        **printed,
        "data_sha256": domain.sha256,
        "code_version": code_version(),
        "seed": settings.seed,
        "machine": machine(),
        "order": domain.order,
    }
    write_bytes(folder / "predict.html", predict_page(report, asked.truth, said).encode())
    write_json(folder / "predict.json", report)
