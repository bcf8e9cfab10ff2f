"""`predict.html`: figures of `eval predict`, its ROC and calibration curves, on one self-contained page."""

from collections.abc import Mapping
from html import escape
from typing import Any

import numpy as np
import numpy.typing as npt

from eval.html import plots
from eval.html.markup import Cell, details, facts, figure, heading, interval_cell, legend, page, sortable
from eval.metrics.base import Array, Truth
from eval.metrics.classification import BINS
from index.storage.json_text import json_text

MAX_POINTS = 400  # of a drawn curve
KEPT = ("data_sha256", "code_version", "seed", "machine", "order", "libraries", "positive", "folds")


def predict_page(report: Mapping[str, Any], truth: Truth, probabilities: Mapping[str, Array]) -> str:
    """The page of a report; `probabilities` are those of each model, in the order of `truth`."""
    rows = report["models"]
    colour = plots.colours(sorted(rows, key=lambda model: -rows[model]["auc"]["mean"]))
    title = f"{report['domain']}: will the user like the item"
    known = {name: report[name] for name in KEPT}
    return page(
        title,
        [
            f"<h1>{escape(title)}</h1>",
            facts(_facts(report)),
            heading("Models", "Means over all questions, with 95 % bootstrap intervals over users."),
            sortable(["model", "made with", *_names(rows)], _table(report), texts=(0, 1)),
            heading("Curves", "Of the probabilities for users that the model was not fitted on."),
            legend(colour),
            f'<div class="plots">{"".join(_drawings(truth, probabilities, colour))}</div>',
            heading("How it was made"),
            details("Settings, data, code, machine", f"<pre>{escape(json_text(known, indent=1))}</pre>"),
        ],
    )


def roc_points(truth: Truth, probabilities: Array) -> tuple[Array, Array]:
    """False and true positive rates from (0, 0) to (1, 1), thresholds falling; ties are one step."""
    order = np.argsort(-probabilities, kind="stable")
    last = np.append(np.flatnonzero(np.diff(probabilities[order])), len(order) - 1)
    true = np.cumsum(truth[order])[last] / max(1, truth.sum())
    false = np.cumsum(~truth[order])[last] / max(1, (~truth).sum())
    return np.concatenate([[0.0], false]), np.concatenate([[0.0], true])


def calibration_points(truth: Truth, probabilities: Array) -> tuple[Array, Array]:
    """Mean probability and share of yes in each of BINS equal bins that is not empty."""
    place = np.minimum((probabilities * BINS).astype(np.int64), BINS - 1)
    counts = np.bincount(place, minlength=BINS)
    full = counts > 0
    means = np.bincount(place, probabilities, BINS)[full] / counts[full]
    return means, np.bincount(place, truth, BINS)[full] / counts[full]


def roc_plot(truth: Truth, probabilities: Mapping[str, Array], colour: Mapping[str, str]) -> str:
    """True against false positives, a line for each model."""

    def draw(axes: Any) -> None:
        axes.plot([0, 1], [0, 1], color=plots.GREY, linewidth=1, linestyle="--")
        for model in reversed(list(colour)):
            false, true = roc_points(truth, probabilities[model])
            kept = _thin(len(false))
            axes.plot(false[kept], true[kept], color=colour[model], linewidth=2)
        _unit_square(axes, "false positives", "true positives")

    return plots.svg(draw, "roc")


def calibration_plot(truth: Truth, probabilities: Mapping[str, Array], colour: Mapping[str, str]) -> str:
    """Share of yes against the predicted probability; on the diagonal they are the same."""

    def draw(axes: Any) -> None:
        axes.plot([0, 1], [0, 1], color=plots.GREY, linewidth=1, linestyle="--")
        for model in reversed(list(colour)):
            means, shares = calibration_points(truth, probabilities[model])
            axes.plot(means, shares, color=colour[model], linewidth=2, marker="o", markersize=4)
        _unit_square(axes, "predicted probability", "share of yes")

    return plots.svg(draw, "calibration")


def spread_plot(probabilities: Mapping[str, Array], colour: Mapping[str, str]) -> str:
    """How often each probability is predicted."""

    def draw(axes: Any) -> None:
        edges = np.linspace(0, 1, 31)
        for model in reversed(list(colour)):
            shares = np.histogram(probabilities[model], edges)[0] / len(probabilities[model])
            axes.stairs(shares, edges, color=colour[model], linewidth=2)
        axes.set_xlabel("predicted probability")
        axes.set_ylabel("share of questions")
        axes.set_xlim(0, 1)

    return plots.svg(draw, "spread")


def _drawings(truth: Truth, probabilities: Mapping[str, Array], colour: Mapping[str, str]) -> list[str]:
    return [
        figure(roc_plot(truth, probabilities, colour), "ROC", "The area below is AUC; chance is the dashed line."),
        figure(
            calibration_plot(truth, probabilities, colour),
            "Calibration",
            "On the dashed line both are the same.",
        ),
        figure(spread_plot(probabilities, colour), "Spread", "How often each probability is predicted."),
    ]


def _facts(report: Mapping[str, Any]) -> list[str]:
    return [
        f"{report['n_rows']:,} questions",
        f"{report['n_users']:,} users",
        f"{report['base_rate']:.1%} yes",
        f"yes is {report['positive']}",
        f"{report['folds']} folds over users",
        f"seed {report['seed']}",
    ]


def _names(rows: Mapping[str, Any]) -> list[str]:
    return list(next(iter(rows.values())))


def _table(report: Mapping[str, Any]) -> list[list[Cell]]:
    return [
        [Cell(model), Cell(report["libraries"][model], kind="long"), *(interval_cell(row[name]) for name in row)]
        for model, row in report["models"].items()
    ]


def _unit_square(axes: Any, x: str, y: str) -> None:
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)


def _thin(n: int) -> npt.NDArray[np.int64]:
    """At most MAX_POINTS places from first to last."""
    return np.unique(np.linspace(0, n - 1, min(n, MAX_POINTS)).astype(np.int64))
