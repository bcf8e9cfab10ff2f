"""The figures of a run: what is printed, the metrics of each model, the tests of each pair."""

from dataclasses import asdict
from typing import Any

import numpy as np

from eval.metrics.base import BEYOND_ACCURACY_METRICS, Metric, Ranks
from eval.metrics.ranking import DEPTHS, EVERY_METRIC, every_value, per_user
from eval.metrics.statistics import intervals, paired_tests, rounded
from eval.rank.diversification import served_figures
from eval.rank.results import Missing, Result
from eval.rank.run import DEPTH, Run
from eval.rank.run_models import LIST_LENGTH, SELECTION_METRIC
from index.progress import progress, stage

RETRIEVER = "fusion"
COLD_METRIC = Metric("recall", 50)  # cold items rank low: at 10 there is little to compare
SAMPLED_NOTE = (
    "Ranked among a random sample of items, not the whole catalogue: these figures are not comparable with others, "
    "and can put models in another order (Krichene and Rendle 2020)."
)


def figures(run: Run) -> dict[str, Any]:
    """What is printed as JSON, models in their order."""
    rows = {
        each.model: {"note": each.note} if isinstance(each, Missing) else _model_row(each, run)
        for each in progress(run.outcomes, "measure the models", len(run.outcomes))
    }
    names = [result.model for result in run.results]
    with stage("test each pair of models"):
        values = np.stack(list(run.selection.values()), axis=1) if names else np.zeros((0, 0))
        tests = paired_tests(names, values, str(SELECTION_METRIC), run.seed) if names else ()
    return {
        "domain": run.domain,
        "protocol": run.protocol,
        **({"sampled": run.sampled, "note": SAMPLED_NOTE} if run.sampled is not None else {}),
        "n_users": len(run.cases),
        "n_items": run.split.training.n_items,
        "k": list(DEPTHS),
        "models": rows,
        "paired": [test.as_json() for test in tests],
        "retrieval": _retrieval(run),
        "unknown_items": _cold_items(run),
        **({"served": served} if (served := served_figures(run)) else {}),
        **({"candidates": {name: asdict(counts) for name, counts in run.candidates.items()}} if run.candidates else {}),
    }


def _model_row(result: Result, run: Run) -> dict[str, Any]:
    """Metrics with a value for each user have an interval, the others are numbers."""
    columns = {str(metric): values for metric, values in every_value(result.ranked.ranks, EVERY_METRIC).items()}
    numbers: dict[str, float] = {}
    lists = run.recommended(result.model)
    for name, metric in BEYOND_ACCURACY_METRICS.items():
        value = metric(lists)
        if isinstance(value, np.ndarray):
            columns[f"{name}@{DEPTH}"] = value
        elif value is not None:
            numbers[f"{name}@{DEPTH}"] = rounded(value)
    measured = intervals(np.stack(list(columns.values()), axis=1), run.seed)
    row: dict[str, Any] = {name: each.as_json() for name, each in zip(columns, measured, strict=True)}
    spent = {} if result.ms_per_user is None else {"ms_per_user": round(result.ms_per_user, 4)}
    return {**row, **numbers, **spent}


def _retrieval(run: Run) -> dict[str, float]:
    """Of the fused channels: recall among the first 100, and the NDCG@10 of a perfect reranking of these."""
    found = next((result.ranked.ranks for result in run.results if result.model == RETRIEVER), None)
    if found is None:
        return {}
    within = found.within(LIST_LENGTH)
    order = np.arange(len(found.ranks)) - found.starts[found.owners]
    perfect = Ranks(found.starts, np.where(order < within[found.owners], order, np.inf))
    recall = (within / found.relevant).mean()
    return {f"recall@{LIST_LENGTH}": rounded(recall), "ceiling": rounded(per_user(perfect, SELECTION_METRIC).mean())}


def _cold_items(run: Run) -> dict[str, Any]:
    """Recall of the users whose relevant items are cold, and their number; 0 users have no figures."""
    relevant = run.cases.relevant
    events = np.bincount(relevant.owners, run.counts[relevant.rows], len(run.cases))
    users = np.flatnonzero((events == 0) & (relevant.lengths > 0))
    found = {result.model: per_user(result.ranked.ranks, COLD_METRIC)[users] for result in run.results}
    if not len(users) or not found:
        return {"n": len(users)}
    measured = intervals(np.stack(list(found.values()), axis=1), run.seed)
    figures_of = {model: {str(COLD_METRIC): each.as_json()} for model, each in zip(found, measured, strict=True)}
    return {"n": len(users), "models": figures_of}
