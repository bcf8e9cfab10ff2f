"""The figures of a run: what is printed, the metrics of each model, the tests of each pair."""

from dataclasses import asdict
from typing import Any

import numpy as np

from eval.metrics.base import BEYOND_ACCURACY_METRICS, Array, Ranks
from eval.metrics.ranking import DEPTHS, EVERY_METRIC, every_value, per_user
from eval.metrics.statistics import intervals, paired_tests, rounded
from eval.rank.diversification import served_figures
from eval.rank.groups import COLD_METRIC, by_training_events, values_of
from eval.rank.results import Missing
from eval.rank.run import DEPTH, Run, Runs
from eval.rank.run_models import LIST_LENGTH, SELECTION_METRIC
from index.progress import progress, stage

RETRIEVER = "fusion"
SAMPLED_NOTE = (
    "Ranked among a random sample of items, not the whole catalogue: these figures are not comparable with others, "
    "and can put models in another order (Krichene and Rendle 2020)."
)


def figures(runs: Runs) -> dict[str, Any]:
    """What is printed as JSON, models in their order; means are over the seeds, if there are several."""
    run = runs.first
    rows = {
        each.model: {"note": each.note} if isinstance(each, Missing) else _model_row(each.model, runs)
        for each in progress(run.outcomes, "measure the models", len(run.outcomes))
    }
    with stage("test each pair of models"):
        values = runs.selection if runs.models else np.zeros((1, 0, 0))
        tests = paired_tests(runs.models, values, str(SELECTION_METRIC), runs.seed, claims=runs.claims)
    return {
        "domain": run.domain,
        "protocol": run.protocol,
        **({"fit": "train"} if run.fits_train_only else {}),
        **({"sampled": run.sampled, "note": SAMPLED_NOTE} if run.sampled is not None else {}),
        **({"seeds": [each.seed for each in runs.runs]} if len(runs.runs) > 1 else {}),
        "n_users": len(run.cases),
        "n_items": run.split.training.n_items,
        "k": list(DEPTHS),
        "models": rows,
        "paired": [test.as_json() for test in tests],
        "retrieval": _retrieval(runs),
        "unknown_items": _cold_items(runs),
        "by_training_events": by_training_events(runs),
        **({"served": served} if (served := served_figures(runs)) else {}),
        **({"candidates": {name: asdict(counts) for name, counts in run.candidates.items()}} if run.candidates else {}),
    }


def _model_row(model: str, runs: Runs) -> dict[str, Any]:
    """Metrics with a value for each user have an interval, the others are numbers."""
    measured = [_measure(model, run) for run in runs.runs]
    columns = {name: np.stack([per_user[name] for per_user, _ in measured]) for name in measured[0][0]}
    numbers = {name: [of_run[name] for _, of_run in measured] for name in measured[0][1]}
    found = intervals(np.stack(list(columns.values()), axis=-1), runs.seed)
    row: dict[str, Any] = {name: each.as_json() for name, each in zip(columns, found, strict=True)}
    row |= {name: rounded(float(np.mean(each))) for name, each in numbers.items()}
    spent = [run.result_of[model].ms_per_user for run in runs.runs]
    known = [each for each in spent if each is not None]
    row |= {"ms_per_user": round(float(np.mean(known)), 4)} if known else {}
    return row | (_by_seed(runs, columns, numbers) if len(runs.runs) > 1 else {})


def _by_seed(runs: Runs, columns: dict[str, Array], numbers: dict[str, list[float]]) -> dict[str, Any]:
    """Each seed's means, and how far apart the largest and the smallest are."""
    means = {name: [float(mean) for mean in each.mean(1)] for name, each in columns.items()} | numbers
    return {
        "seeds": {
            str(run.seed): {name: rounded(each[place]) for name, each in means.items()}
            for place, run in enumerate(runs.runs)
        },
        "spread": {name: rounded(max(each) - min(each)) for name, each in means.items()},
    }


def _measure(model: str, run: Run) -> tuple[dict[str, Array], dict[str, float]]:
    """The metrics with a value for each user, and those that are one number."""
    result = run.result_of[model]
    columns = {str(metric): values for metric, values in every_value(result.ranked.ranks, EVERY_METRIC).items()}
    numbers: dict[str, float] = {}
    lists = run.recommended(model)
    for name, metric in BEYOND_ACCURACY_METRICS.items():
        value = metric(lists)
        if isinstance(value, np.ndarray):
            columns[f"{name}@{DEPTH}"] = value
        elif value is not None:
            numbers[f"{name}@{DEPTH}"] = float(value)
    return columns, numbers


def _retrieval(runs: Runs) -> dict[str, float]:
    """Of the fused channels: recall among the first 100, and the NDCG@10 of a perfect reranking of these."""
    if RETRIEVER not in runs.models:
        return {}
    reached = np.array([_reached(run.result_of[RETRIEVER].ranked.ranks) for run in runs.runs]).mean(0)
    return {f"recall@{LIST_LENGTH}": rounded(reached[0]), "ceiling": rounded(reached[1])}


def _reached(found: Ranks) -> tuple[float, float]:
    within = found.within(LIST_LENGTH)
    order = np.arange(len(found.ranks)) - found.starts[found.owners]
    perfect = Ranks(found.starts, np.where(order < within[found.owners], order, np.inf))
    return float((within / found.relevant).mean()), float(per_user(perfect, SELECTION_METRIC).mean())


def _cold_items(runs: Runs) -> dict[str, Any]:
    """Recall of the users whose relevant items are cold, and their number; 0 users have no figures."""
    users = np.flatnonzero(runs.first.relevant_events == 0)
    if not len(users) or not runs.models:
        return {"n": len(users)}
    measured = intervals(values_of(runs, COLD_METRIC)[:, users], runs.seed)
    figures_of = {model: {str(COLD_METRIC): each.as_json()} for model, each in zip(runs.models, measured, strict=True)}
    return {"n": len(users), "models": figures_of}
