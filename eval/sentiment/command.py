"""Runs `python -m eval sentiment`: judges the lines of a file, and compares what is judged with their labels."""

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from eval.metrics.base import Array
from eval.metrics.statistics import interval_of
from eval.sentiment.baselines import BASELINES, BaselineScores
from index.errors import MendableError
from index.progress import stage
from index.sentiment import agreement
from index.sentiment.lines import TextLine, read_lines
from index.sentiment.opinion import Judge, Opinion
from index.sentiment.polarity import open_judge
from index.storage.home import write_bytes
from index.storage.json_text import json_text
from index.types import Floats

RESAMPLES = 300  # of five figures over all rows; their intervals are narrow
MEASURES: Mapping[str, Callable[[Floats, Floats, Floats], float]] = {  # of scores, probabilities, labels
    "accuracy": lambda scores, p, labels: agreement.accuracy(scores, labels),
    "macro_f1": lambda scores, p, labels: agreement.macro_f1(scores, labels),
    "pearson": lambda scores, p, labels: agreement.pearson(scores, labels),
    "spearman": lambda scores, p, labels: agreement.spearman(scores, labels),
    "calibration_error": lambda scores, p, labels: agreement.calibration_error(p, labels),
}


@dataclass(frozen=True)
class SentimentEvaluation:
    """The command's settings, checked when built."""

    data: Path
    predictions: Path | None
    adapter: Path | None
    seed: int

    @classmethod
    def of(cls, options: argparse.Namespace) -> "SentimentEvaluation":
        """From the parsed command line. Raises MendableError where there is nothing to judge."""
        if options.data is None:
            raise MendableError("no lines to judge are named", "--data", 'Name a file of lines {"text", "label"?}')
        return cls(options.data, options.predictions, options.adapter, options.seed)


def run_sentiment(settings: SentimentEvaluation) -> dict[str, Any]:
    """Judge the lines, write --predictions, and give what is printed. Raises MendableError."""
    lines = read_lines(settings.data)
    judge = open_judge(settings.adapter)
    opinions = judge.judge([each.text for each in lines], [each.aspect or None for each in lines], "judging texts")
    if settings.predictions is not None:
        write_predictions(settings.predictions, opinions)
    printed = {
        "n_rows": len(lines),
        "n_judged": sum(each is not None for each in opinions),
        "n_labelled": sum(each.label is not None for each in lines),
        "adapter": _about(judge),
    }
    if not printed["n_labelled"]:
        return printed
    return {**printed, "models": compare(lines, opinions, settings.seed)}


def write_predictions(path: Path, opinions: Sequence[Opinion | None]) -> None:
    """One JSON object a row: its number from 0, score and p_positive, null where it cannot be judged."""
    rows = (
        {
            "row": row,
            "score": None if each is None else round(each.score, 6),
            "p_positive": None if each is None else round(each.p_positive, 6),
        }
        for row, each in enumerate(opinions)
    )
    write_bytes(path, "".join(f"{json_text(row)}\n" for row in rows).encode())


def compare(lines: Sequence[TextLine], opinions: Sequence[Opinion | None], seed: int) -> dict[str, Any]:
    """Figures of the adapter and of each baseline on the rows with labels; a baseline that cannot run says why."""
    rows = [row for row, each in enumerate(lines) if each.label is not None]
    labelled = [lines[row] for row in rows]
    labels = np.array([each.label for each in labelled], np.float32)
    owners = np.unique([each.text for each in labelled], return_inverse=True)[1].astype(np.int64)
    ours = BaselineScores(
        np.array([getattr(opinions[row], "score", 0.0) for row in rows], np.float32),
        np.array([getattr(opinions[row], "p_positive", 0.5) for row in rows], np.float32),
    )
    found: dict[str, Any] = {"adapter": _measure(ours, labels, owners, seed)}
    for name, baseline in BASELINES.items():
        with stage(f"baseline {name}"):
            scored = baseline(labelled, labels, owners, seed)
            found[name] = {"note": scored} if isinstance(scored, str) else _measure(scored, labels, owners, seed)
    return found


def sentiment_lines(printed: Mapping[str, Any]) -> list[str]:
    """What is printed without --json."""
    adapter = printed["adapter"]
    lines = [
        f"{printed['n_judged']} of {printed['n_rows']} texts judged by {adapter['name']} ({adapter['sha256'][:12]})"
    ]
    for name, figures in printed.get("models", {}).items():
        cells = [f"{key} {_cell(value)}" for key, value in figures.items() if key != "note"]
        lines.append(f"{name}: " + (figures.get("note") or "; ".join(cells)))
    return lines


def _measure(scored: BaselineScores, labels: Floats, owners: Any, seed: int) -> dict[str, Any]:
    """Each figure with its interval; texts are drawn, with all their rows. null where labels do not allow it."""

    def figure(measure: Callable[[Floats, Floats, Floats], float]) -> dict[str, Any] | None:
        def of(weights: Array) -> float:
            rows = np.repeat(np.arange(len(labels)), np.rint(weights).astype(np.int64))
            return measure(scored.scores[rows], scored.probabilities[rows], labels[rows])

        if not np.isfinite(measure(scored.scores, scored.probabilities, labels)):
            return None
        return interval_of(of, owners, seed, RESAMPLES).as_json()

    return {name: figure(measure) for name, measure in MEASURES.items()}


def _about(judge: Judge) -> dict[str, str]:
    return {"name": judge.name, "sha256": judge.sha256}


def _cell(value: Mapping[str, Any] | None) -> str:
    if value is None:
        return "–"
    low, high = value["ci95"]
    return f"{value['mean']:.4f} [{low:.4f}, {high:.4f}]" if low is not None else f"{value['mean']:.4f}"
