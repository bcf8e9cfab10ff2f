"""Runs `python -m eval predict`: will this user like this item, by cross-validation over users; figures, report."""

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from eval.environment import code_version, machine
from eval.metrics.base import CLASSIFICATION_METRICS, Array, Truth
from eval.metrics.statistics import interval_of, rounded
from eval.predict.cross_validation import predict_probabilities
from eval.predict.models import MODELS, library_of
from eval.predict.questions import Questions, make_questions
from index.build.loading import OpenedDomain
from index.data.domain import Domain, load_domain
from index.errors import MendableError
from index.progress import progress
from index.storage.home import write_bytes, write_json

RESAMPLES = 300  # of nine figures over all rows; their intervals are narrow


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
            raise MendableError("one fold leaves no users to train on", "--folds", "Use 2 or more")
        return cls(options.domain, names, options.folds, options.seed, options.report)


def run_predict(settings: PredictSettings) -> dict[str, Any]:
    """Run the command: what is printed; with --report, also `predict.json` and `predict.html` there."""
    opened = OpenedDomain(load_domain(settings.domain))
    questions = make_questions(opened.domain, settings.seed)
    n_users = len(questions.histories)
    if n_users < settings.folds:
        raise MendableError(f"{n_users} users cannot be split into {settings.folds} folds", "--folds", "Use fewer")
    probabilities = predict_probabilities(settings.models, settings.folds, settings.seed, opened, questions)
    printed = {
        "domain": settings.domain,
        "n_rows": len(questions),
        "n_users": n_users,
        "base_rate": rounded(questions.truth.mean()),
        "positive": questions.positive,
        "folds": settings.folds,
        "libraries": {name: library_of(name) for name in settings.models},
        "models": {name: measure(each, questions, settings.seed) for name, each in probabilities.items()},
    }
    if settings.report:
        report = _whole_report(printed, opened.domain, settings.seed)
        _write(settings.report, report, questions.truth, probabilities)
    return printed


def measure(probabilities: Array, questions: Questions, seed: int) -> dict[str, Any]:
    """Every classification metric of a model, with its interval over users."""
    order = np.argsort(probabilities, kind="stable")  # sorted once: a metric that sorts again is quick
    ordered, truth, owners = probabilities[order], questions.truth[order], questions.owners[order]

    def interval(metric: Callable[[Array, Truth, Array], float]) -> dict[str, Any]:
        return interval_of(lambda weights: metric(ordered, truth, weights), owners, seed, RESAMPLES).as_json()

    every = progress(CLASSIFICATION_METRICS.items(), "measure a model", len(CLASSIFICATION_METRICS))
    return {name: interval(metric) for name, metric in every}


def _write(folder: Path, report: Mapping[str, Any], truth: Truth, probabilities: Mapping[str, Array]) -> None:
    from eval.predict.page import predict_page  # brings Matplotlib

    write_bytes(folder / "predict.html", predict_page(report, truth, probabilities).encode())
    write_json(folder / "predict.json", report)


def _whole_report(printed: Mapping[str, Any], domain: Domain, seed: int) -> dict[str, Any]:
    """What is printed, and all that is needed to judge it and to make it again."""
    about = {"data_sha256": domain.sha256, "code_version": code_version(), "seed": seed}
    return {**printed, **about, "machine": machine(), "order": domain.order}
