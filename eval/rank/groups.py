"""Groups of tested users: by length of history, by fitted events of the relevant items, cold ones apart."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from eval.metrics.base import Array, Metric
from eval.metrics.ranking import per_user
from eval.metrics.statistics import intervals
from eval.rank.protocols import Cases
from eval.rank.run import Runs
from eval.rank.run_models import SELECTION_METRIC
from index.types import Rows

COLD = 5  # a user or an item with fewer events is cold
LENGTHS = (0, 1, COLD, 10, 20, 50, 100, 200, 500)
TRAINING_EVENTS = (0, 1, 6, 21, 101)  # of the relevant item: where counts know nothing, little and much
COLD_METRIC = Metric("recall", 50)  # cold items rank low: at 10 there is little to compare
POPULARITY = (0, 1, COLD, 20, 50, 100, 200, 500, 1000, 5000)


@dataclass(frozen=True)
class Group:
    """Some of the tested users, by their numbers."""

    label: str
    numbers: Rows


def groupings(cases: Cases, counts: Rows) -> dict[str, tuple[Group, ...]]:
    """Groups by the name of the grouping, empty ones left out; `counts` are the fitted events of each item.

    A user with several relevant items is grouped by their mean popularity.
    """
    popularity = np.bincount(cases.relevant.owners, counts[cases.relevant.rows]) / cases.relevant.lengths
    lengths = cases.histories.lengths
    cold = {
        f"users with under {COLD} events": lengths < COLD,
        "other users": lengths >= COLD,
        f"items with under {COLD} events": popularity < COLD,
        "other items": popularity >= COLD,
    }
    return {
        "history": _by(lengths, LENGTHS),
        "popularity": _by(popularity, POPULARITY),
        "cold": tuple(Group(label, np.flatnonzero(of)) for label, of in cold.items() if of.any()),
    }


def group_rows(groups: Sequence[Group], runs: Runs) -> list[dict[str, Any]]:
    """For each group its label, its size, and each model's NDCG@10 with its interval."""
    return [
        {
            "label": group.label,
            "n": len(group.numbers),
            "models": {
                model: measured.as_json()
                for model, measured in zip(
                    runs.models, intervals(runs.selection[:, group.numbers], runs.seed), strict=True
                )
            },
        }
        for group in groups
    ]


def by_training_events(runs: Runs) -> dict[str, dict[str, Any]]:
    """For each model its figures by the number of events of the relevant item that were fitted on.

    A group without users has only its size. A user with several relevant items is grouped by their mean.
    """
    place = np.searchsorted(TRAINING_EVENTS, runs.first.relevant_events, side="right") - 1
    ends = [f"{low}-{high - 1}" if high > low + 1 else str(low) for low, high in pairwise(TRAINING_EVENTS)]
    labels = [*ends, f"{TRAINING_EVENTS[-1]}+"]
    found: dict[str, dict[str, Any]] = {model: {} for model in runs.models}
    values = {metric: values_of(runs, metric) for metric in (SELECTION_METRIC, COLD_METRIC)} if runs.models else {}
    for number, label in enumerate(labels):
        users = np.flatnonzero(place == number)
        measured = {metric: intervals(each[:, users], runs.seed) for metric, each in values.items() if len(users)}
        for n, model in enumerate(runs.models):
            figures = {str(metric): of_models[n].as_json() for metric, of_models in measured.items()}
            found[model][label] = {"n": len(users), **figures}
    return found


def values_of(runs: Runs, metric: Metric) -> Array:
    """(seeds, users, models) of one metric."""
    return np.stack(
        [np.stack([per_user(each.ranked.ranks, metric) for each in run.results], axis=1) for run in runs.runs]
    )


def _by(values: npt.NDArray[Any], edges: Sequence[int]) -> tuple[Group, ...]:
    place = np.searchsorted(edges, values, side="right") - 1
    labels = [str(low) if high == low + 1 else f"{low}–{high - 1}" for low, high in pairwise(edges)]
    labels.append(f"{edges[-1]}+")
    return tuple(Group(label, np.flatnonzero(place == n)) for n, label in enumerate(labels) if (place == n).any())
