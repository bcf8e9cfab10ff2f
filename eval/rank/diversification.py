"""What diversification costs and gains: the model `agent` beside the ranker whose lists it diversifies."""

from typing import Any

import numpy as np

from eval.metrics.base import BEYOND_ACCURACY_METRICS, Array
from eval.metrics.statistics import intervals, rounded
from eval.models.served import AGENT, SHOWN, STATEMENT
from eval.rank.run import DEPTH, Runs
from eval.rank.run_models import SELECTION_METRIC

BEYOND = ("diversity", "coverage")  # what diversification is for


def served_figures(runs: Runs) -> dict[str, Any]:
    """What is stated of the model `agent`, its figures against its ranker's where both ran; nothing without the agent.

    `difference` is agent less ranker over the same users; a figure with a value for each user has an interval.
    """
    ranker = runs.first.served_by
    if AGENT not in runs.models or ranker is None:
        return {}
    stated = {"model": AGENT, "ranker": ranker, "places": SHOWN, "note": STATEMENT}
    if ranker not in runs.models:
        return stated
    names = (AGENT, ranker)
    ours, its = (np.stack([run.selection[model] for run in runs.runs]) for model in names)
    found = {str(SELECTION_METRIC): _compared(ours, its, runs.seed)}
    lists = [[run.recommended(model) for run in runs.runs] for model in names]
    for name in BEYOND:
        metric = BEYOND_ACCURACY_METRICS[name]
        both = [[metric(each) for each in of_model] for of_model in lists]
        if all(value is not None for of_model in both for value in of_model):
            found[f"{name}@{DEPTH}"] = _compared(np.array(both[0]), np.array(both[1]), runs.seed)
    return {**stated, "figures": found}


def _compared(agent: Array, ranker: Array, seed: int) -> dict[str, Any]:
    """Both means of (seeds,) or (seeds, users) and their difference, with its interval where users have values."""
    means = {"agent": rounded(agent.mean()), "ranker": rounded(ranker.mean())}
    if agent.ndim == 1:
        return {**means, "difference": rounded(float((agent - ranker).mean()))}
    (measured,) = intervals((agent - ranker)[..., None], seed)
    paired = measured.as_json()
    return {**means, "difference": paired["mean"], "ci95": paired["ci95"]}
