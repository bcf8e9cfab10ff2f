"""What diversification costs and gains: the model `agent` beside the ranker whose lists it diversifies."""

from typing import Any

import numpy as np

from eval.metrics.base import BEYOND_ACCURACY_METRICS, Array
from eval.metrics.statistics import intervals, rounded
from eval.models.served import AGENT, SHOWN, STATEMENT
from eval.rank.run import DEPTH, Run
from eval.rank.run_models import SELECTION_METRIC

BEYOND = ("diversity", "coverage")  # what diversification is for


def served_figures(run: Run) -> dict[str, Any]:
    """What is stated of the model `agent`, its figures against its ranker's where both ran; nothing without the agent.

    `difference` is agent less ranker over the same users; a figure with a value for each user has an interval.
    """
    if AGENT not in run.result_of or run.served_by is None:
        return {}
    stated = {"model": AGENT, "ranker": run.served_by, "places": SHOWN, "note": STATEMENT}
    if run.served_by not in run.result_of:
        return stated
    accuracy = _compared(run.selection[AGENT], run.selection[run.served_by], run.seed)
    lists = [run.recommended(model) for model in (AGENT, run.served_by)]
    found = {str(SELECTION_METRIC): accuracy}
    for name in BEYOND:
        agent, ranker = (BEYOND_ACCURACY_METRICS[name](each) for each in lists)
        if agent is not None and ranker is not None:
            found[f"{name}@{DEPTH}"] = _compared(np.asarray(agent), np.asarray(ranker), run.seed)
    return {**stated, "figures": found}


def _compared(agent: Array, ranker: Array, seed: int) -> dict[str, Any]:
    """Both means and their difference, with its interval where there is a value for each user."""
    means = {"agent": rounded(agent.mean()), "ranker": rounded(ranker.mean())}
    if not agent.ndim:
        return {**means, "difference": rounded(float(agent - ranker))}
    (measured,) = intervals((agent - ranker)[:, None], seed)
    paired = measured.as_json()
    return {**means, "difference": paired["mean"], "ci95": paired["ci95"]}
