"""From a run's results to its report: the figures of each model, the tests of each pair, `report.json`, the lists."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from eval.environment import code_version, machine
from eval.metrics.base import BEYOND_ACCURACY_METRICS, Array, Metric, Ranks, RecommendedLists
from eval.metrics.ranking import DEPTHS, EVERY_METRIC, every_value, per_user
from eval.metrics.statistics import intervals, paired_tests, rounded
from eval.rank.candidates import Counts
from eval.rank.groups import group_rows, groupings
from eval.rank.list_format import write_lists
from eval.rank.protocols import Cases, Split
from eval.rank.results import Missing, Outcome, Result
from eval.rank.run_models import LIST_LENGTH, SELECTION_METRIC
from index.command import progress
from index.storage.home import write_bytes, write_json
from index.types import Floats, Rows

SHOWN = 10  # the depth of the metrics of whole lists
RETRIEVER = "fusion"
FOR_UNKNOWN = Metric("recall", 50)  # items without any event stand deep: at 10 there is little to compare


@dataclass(frozen=True)
class Run:
    """All that a report is made of: `settings` are the command's, `vectors` those of the items' texts, if any."""

    domain: str
    data_sha256: str
    protocol: str
    split: Split
    cases: Cases
    outcomes: Sequence[Outcome]
    settings: Mapping[str, Any]
    candidates: Mapping[str, Counts]
    sampled: int | None = None
    vectors: Floats | None = None

    @property
    def seed(self) -> int:
        """What everything random was drawn from."""
        return self.split.training.seed

    @cached_property
    def results(self) -> tuple[Result, ...]:
        """The models that ran."""
        return tuple(each for each in self.outcomes if isinstance(each, Result))

    @cached_property
    def counts(self) -> Rows:
        """The fitted events of each item."""
        return np.bincount(self.split.training.histories.rows, minlength=self.split.training.n_items)

    @cached_property
    def history_counts(self) -> Array:
        """By tested user the mean number of events of the items in the history, NaN for an empty history."""
        histories = self.cases.histories
        sums = np.bincount(histories.owners, self.counts[histories.rows], len(histories))
        return np.where(histories.lengths > 0, sums / np.maximum(histories.lengths, 1), np.nan)

    @cached_property
    def selection(self) -> dict[str, Array]:
        """NDCG@10 of each user, by model."""
        return {result.model: per_user(result.ranked.ranks, SELECTION_METRIC) for result in self.results}


def figures(run: Run) -> dict[str, Any]:
    """What is printed: the contract's fields, models in their order."""
    rows = {
        each.model: {"note": each.note} if isinstance(each, Missing) else _model_row(each, run)
        for each in progress(run.outcomes, "measure", len(run.outcomes))
    }
    names = [result.model for result in run.results]
    tests = (
        paired_tests(names, np.stack(list(run.selection.values()), axis=1), str(SELECTION_METRIC), run.seed)
        if names
        else ()
    )
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
        "unknown_items": _unknown_items(run),
        **({"candidates": {name: asdict(counts) for name, counts in run.candidates.items()}} if run.candidates else {}),
    }


SAMPLED_NOTE = (
    "Ranked among a random sample of items, not the whole catalogue: these figures are not comparable with others, "
    "and can put models in another order (Krichene and Rendle 2020)."
)


def whole_report(run: Run, printed: Mapping[str, Any]) -> dict[str, Any]:
    """What `report.json` holds: what is printed, and all that is needed to judge it and to make it again."""
    instants = run.split.instants
    return {
        **printed,
        "settings": {**run.settings, "models": {each.model: _settings_of(each) for each in run.results}},
        "data_sha256": run.data_sha256,
        "code_version": code_version(),
        "seed": run.seed,
        "machine": machine(),
        "order": run.split.order,
        "n_users_left_out": run.split.left_out,
        "n_repeats": run.split.repeats,
        "n_training_events": len(run.split.training.histories.rows),
        **({"split": asdict(instants)} if instants else {}),
        "groups": {
            name: group_rows(groups, run.selection, run.seed)
            for name, groups in groupings(run.cases, run.counts).items()
            if run.results
        },
    }


def write_report(folder: Path, run: Run, report: Mapping[str, Any]) -> None:
    """Write `report.json`, `report.html` and the lists of each model."""
    from eval.rank.page import report_page  # brings Matplotlib

    for result in run.results:
        write_bytes(folder / "lists" / f"{result.model}.csv.gz", lists_file(run, result))
    write_bytes(folder / "report.html", report_page(report).encode())
    write_json(folder / "report.json", report)


def lists_file(run: Run, result: Result) -> bytes:
    """Each tested user's best items as a candidate file, gzipped; the same lists give the same bytes."""
    names = (*run.split.catalogue.ids, *result.unknown)
    lists = result.ranked.lists[:, :LIST_LENGTH].tolist()
    return write_lists(
        (user, [names[row] for row in rows if row >= 0])
        for user, rows in zip(run.cases.histories.users, lists, strict=True)
    )


def _model_row(result: Result, run: Run) -> dict[str, Any]:
    """Metrics with a value for each user have an interval, the others are numbers."""
    columns = {str(metric): values for metric, values in every_value(result.ranked.ranks, EVERY_METRIC).items()}
    numbers: dict[str, float] = {}
    lists = recommended_lists(result, run)
    for name, metric in BEYOND_ACCURACY_METRICS.items():
        value = metric(lists)
        if isinstance(value, np.ndarray):
            columns[f"{name}@{SHOWN}"] = value
        elif value is not None:
            numbers[f"{name}@{SHOWN}"] = rounded(value)
    measured = intervals(np.stack(list(columns.values()), axis=1), run.seed)
    row: dict[str, Any] = {name: each.as_json() for name, each in zip(columns, measured, strict=True)}
    spent = {} if result.ms_per_user is None else {"ms_per_user": round(result.ms_per_user, 4)}
    return {**row, **numbers, **spent}


def recommended_lists(result: Result, run: Run) -> RecommendedLists:
    """The first SHOWN items that a model recommends to each tested user."""
    lists, n_users = result.ranked.lists[:, :SHOWN], len(run.split.training.histories)
    return RecommendedLists(lists, run.counts, n_users, run.history_counts, run.vectors)


def _retrieval(run: Run) -> dict[str, float]:
    """Of the fused channels: recall among the 100 retrieved, and the NDCG@10 that a perfect reranking would reach."""
    found = next((result.ranked.ranks for result in run.results if result.model == RETRIEVER), None)
    if found is None:
        return {}
    within = found.within(LIST_LENGTH)
    order = np.arange(len(found.ranks)) - found.starts[found.owners]
    perfect = Ranks(found.starts, np.where(order < within[found.owners], order, np.inf))
    recall = (within / found.relevant).mean()
    return {f"recall@{LIST_LENGTH}": rounded(recall), "ceiling": rounded(per_user(perfect, SELECTION_METRIC).mean())}


def _unknown_items(run: Run) -> dict[str, Any]:
    """Recall of the users who next had an item that nobody had before; how many they are, 0 without figures."""
    relevant = run.cases.relevant
    events = np.bincount(relevant.owners, run.counts[relevant.rows], len(run.cases))
    asked = np.flatnonzero((events == 0) & (relevant.lengths > 0))
    found = {result.model: per_user(result.ranked.ranks, FOR_UNKNOWN)[asked] for result in run.results}
    if not len(asked) or not found:
        return {"n": len(asked)}
    measured = intervals(np.stack(list(found.values()), axis=1), run.seed)
    figures_of = {model: {str(FOR_UNKNOWN): each.as_json()} for model, each in zip(found, measured, strict=True)}
    return {"n": len(asked), "models": figures_of}


def _settings_of(result: Result) -> dict[str, Any]:
    tried = [{"settings": dict(t.settings), f"validation_{SELECTION_METRIC}": rounded(t.ndcg)} for t in result.trials]
    seconds = None if result.fit_seconds is None else round(result.fit_seconds, 2)
    return {"settings": dict(result.settings), "trials": tried, "fit_seconds": seconds}
