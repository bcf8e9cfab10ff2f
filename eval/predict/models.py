"""The models of `eval predict`: logistic regression and boosted trees over features; the agent's calibration."""

import importlib
import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from eval.metrics.base import Array, Truth

LOGISTIC, TREE, AGENT = "logistic", "tree", "agent"
MODELS = (LOGISTIC, TREE, AGENT)
Matrix = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Fold:
    """The features of one fold: the rows to train on with their truth, and the rows to predict."""

    train: Matrix
    train_truth: Truth
    test: Matrix


def logistic(fold: Fold, seed: int) -> Array:
    """Probabilities of yes of the test rows by logistic regression over standardised features."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000, random_state=seed))
    yes: Array = model.fit(fold.train, fold.train_truth).predict_proba(fold.test)[:, 1]
    return yes


def tree(fold: Fold, seed: int) -> Array:
    """Probabilities by gradient-boosted trees: LightGBM where it is installed, else scikit-learn's histogram trees."""
    shape: dict[str, Any] = {"learning_rate": 0.05, "random_state": seed}
    if has_lightgbm():
        boosted = importlib.import_module("lightgbm").LGBMClassifier(
            **shape, n_estimators=300, num_leaves=31, min_child_samples=50, n_jobs=1, deterministic=True, verbosity=-1
        )
    else:
        from sklearn.ensemble import HistGradientBoostingClassifier

        boosted = HistGradientBoostingClassifier(**shape, max_iter=300, min_samples_leaf=50, early_stopping=False)
    yes: Array = boosted.fit(fold.train, fold.train_truth).predict_proba(fold.test)[:, 1]
    return yes


LEARNERS: Mapping[str, Callable[[Fold, int], Array]] = {LOGISTIC: logistic, TREE: tree}


def calibrate(scores: Array, truth: Truth, fold_of_row: npt.NDArray[np.int64]) -> Array:
    """Probabilities from scores (Platt 1999), those of each fold fitted on the others; -inf is a feature of its own."""
    from sklearn.linear_model import LogisticRegression

    missing = np.isneginf(scores)
    known = np.where(missing, scores[~missing].min() if not missing.all() else 0.0, scores)
    spread = known.std() or 1.0
    features = np.stack([(known - known.mean()) / spread, missing], axis=1)
    probabilities = np.zeros(len(scores))
    for fold in np.unique(fold_of_row):
        tested = fold_of_row == fold
        model = LogisticRegression().fit(features[~tested], truth[~tested])
        probabilities[tested] = model.predict_proba(features[tested])[:, 1]
    return probabilities


def library_of(name: str) -> str:
    """The library that a model is made with, for the report."""
    return {
        LOGISTIC: "scikit-learn LogisticRegression",
        TREE: "LightGBM" if has_lightgbm() else "scikit-learn HistGradientBoostingClassifier",
        AGENT: "the agent's score, calibrated on the other folds",
    }[name]


def has_lightgbm() -> bool:
    """Whether the trees are LightGBM's."""
    return importlib.util.find_spec("lightgbm") is not None
