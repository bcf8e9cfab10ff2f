"""From a run and its figures to its report: `report.json`, `report.html`, the lists of each model."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from eval.environment import code_version, machine
from eval.metrics.statistics import rounded
from eval.rank.groups import group_rows, groupings
from eval.rank.list_format import write_lists
from eval.rank.results import Result
from eval.rank.run import Run, Runs
from eval.rank.run_models import LIST_LENGTH, SELECTION_METRIC
from index.storage.home import write_bytes, write_json


def whole_report(runs: Runs, printed: Mapping[str, Any]) -> dict[str, Any]:
    """What `report.json` holds: what is printed, and all that is needed to judge it and to make it again."""
    run = runs.first
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
            name: group_rows(groups, runs) for name, groups in groupings(run.cases, run.counts).items() if run.results
        },
    }


def write_report(folder: Path, runs: Runs, report: Mapping[str, Any]) -> None:
    """Write `report.json`, `report.html` and the lists of each model, those of further seeds in their own folders."""
    from eval.rank.page import report_page  # brings Matplotlib

    for run in runs.runs:
        lists = folder / "lists" if run is runs.first else folder / "lists" / f"seed-{run.seed}"
        for result in run.results:
            write_bytes(lists / f"{result.model}.csv.gz", lists_file(run, result))
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


def _settings_of(result: Result) -> dict[str, Any]:
    tried = [{"settings": dict(t.settings), f"validation_{SELECTION_METRIC}": rounded(t.ndcg)} for t in result.trials]
    seconds = None if result.fit_seconds is None else round(result.fit_seconds, 2)
    return {"settings": dict(result.settings), "trials": tried, "fit_seconds": seconds}
