"""Groups of tested users: by length of history, by popularity of the relevant items, cold ones apart."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from eval.metrics.base import Array
from eval.metrics.statistics import intervals
from eval.rank.protocols import Cases
from index.types import Rows

COLD = 5  # a user or an item with fewer events is cold
LENGTHS = (0, 1, COLD, 10, 20, 50, 100, 200, 500)
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


def group_rows(groups: Sequence[Group], values: Mapping[str, Array], seed: int) -> list[dict[str, Any]]:
    """For each group its label, its size, and each model's mean with its interval; `values` are by user."""
    table = np.stack(list(values.values()), axis=1)
    return [
        {
            "label": group.label,
            "n": len(group.numbers),
            "models": {
                model: measured.as_json()
                for model, measured in zip(values, intervals(table[group.numbers], seed), strict=True)
            },
        }
        for group in groups
    ]


def _by(values: npt.NDArray[Any], edges: Sequence[int]) -> tuple[Group, ...]:
    place = np.searchsorted(edges, values, side="right") - 1
    labels = [str(low) if high == low + 1 else f"{low}–{high - 1}" for low, high in pairwise(edges)]
    labels.append(f"{edges[-1]}+")
    return tuple(Group(label, np.flatnonzero(place == n)) for n, label in enumerate(labels) if (place == n).any())
