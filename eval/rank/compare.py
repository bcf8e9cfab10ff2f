"""Runs `python -m eval compare A B`: two reports of `eval rank` side by side, on the terminal and as a page."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval.html.markup import Cell, details, facts, heading, page, sortable
from eval.rank.page import figure_cell, mean_of
from index.errors import MendableError
from index.storage.home import write_bytes

SHOWN = ("ndcg@10", "recall@10", "mrr@10", "recall@100", "coverage@10", "novelty@10", "ms_per_user")
STATED = ("domain", "data_sha256", "protocol", "sampled", "n_users", "n_items", "seed", "order", "code_version")
COMPARABLE = {"domain", "data_sha256", "protocol", "sampled", "n_users", "n_items"}  # else figures of two questions


@dataclass(frozen=True)
class Pair:
    """Two reports with their names."""

    names: tuple[str, str]
    reports: tuple[Mapping[str, Any], Mapping[str, Any]]

    @property
    def models(self) -> list[str]:
        """Every model of either report, those of the first before."""
        return list(dict.fromkeys(model for report in self.reports for model in report["models"]))

    @property
    def differences(self) -> list[str]:
        """The facts in which the two runs differ, in words."""
        first, second = self.reports
        return [
            f"{name}: {first.get(name)} and {second.get(name)}"
            for name in STATED
            if first.get(name) != second.get(name)
        ]

    @property
    def comparable(self) -> bool:
        """Whether the same users of the same data were tested under the same protocol."""
        return all(self.reports[0].get(name) == self.reports[1].get(name) for name in COMPARABLE)


def run_compare(first: Path, second: Path, report: Path | None) -> str:
    """The text that is printed; writes `compare.html` into the folder `report` where that is given."""
    pair = Pair((str(first), str(second)), (read_report(first), read_report(second)))
    if report is not None:
        write_bytes(report / "compare.html", compare_page(pair).encode())
    return compare_text(pair)


def read_report(path: Path) -> Mapping[str, Any]:
    """Read a report from its folder or file. Raises MendableError where there is none."""
    file = path / "report.json" if path.is_dir() else path
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as why:
        reason = why.strerror if isinstance(why, OSError) else "it is not JSON"
        raise MendableError(
            f"cannot read a report ({reason})", str(file), "Give a folder that `eval rank --report` has written"
        ) from why
    if not _is_report(content):
        raise MendableError("this is not a report of `eval rank`", str(file), "Give a folder that it has written")
    report: Mapping[str, Any] = content
    return report


def _is_report(content: Any) -> bool:
    rows = content.get("models") if isinstance(content, dict) else None
    return isinstance(rows, dict) and "n_items" in content and all(_is_row(row) for row in rows.values())


def _is_row(row: Any) -> bool:
    if not isinstance(row, dict):
        return False
    shown = [row[name] for name in SHOWN if name in row]
    means = [value.get("mean") if isinstance(value, dict) else value for value in shown]
    ranges = [value.get("ci95") for value in shown if isinstance(value, dict)]
    numbers = all(isinstance(mean, int | float) for mean in means)
    return numbers and all(isinstance(each, list) and len(each) == 2 for each in ranges)


def compare_text(pair: Pair) -> str:
    """Both reports as text: for each model a line of A, a line of B, and B less A where both have it."""
    width = max(5, *(len(model) for model in pair.models))
    lines = [f"A  {pair.names[0]}", f"B  {pair.names[1]}", *(f"   {each}" for each in pair.differences)]
    if not pair.comparable:
        lines.append("   The two tested other users or other data: their figures are not comparable.")
    lines.append(f"\n{'model':<{width}}     {''.join(f'{name:>12}' for name in SHOWN)}")
    for model in pair.models:
        rows = [report["models"].get(model) for report in pair.reports]
        for letter, row in zip("AB", rows, strict=True):
            if row is not None:
                lines.append(f"{model:<{width}}  {letter}  {_text_cells(row)}".rstrip())
        if all(row is not None and "note" not in row for row in rows):
            lines.append(f"{'B - A':>{width}}     {''.join(_difference(rows, name) for name in SHOWN)}".rstrip())
    return "\n".join(lines)


def compare_page(pair: Pair) -> str:
    """Both reports as a page: one table, a column of A and one of B for each figure."""
    headings = ["model", *(f"{name} {letter}" for name in SHOWN for letter in "AB")]
    rows = [[Cell(model), *_page_cells(pair, model)] for model in pair.models]
    warning = "" if pair.comparable else "The two tested other users or other data: not comparable."
    return page(
        "Two reports",
        [
            "<h1>Two reports</h1>",
            facts((f"A: {pair.names[0]}", f"B: {pair.names[1]}")),
            heading("Models", warning),
            sortable(headings, rows),
            details("What differs between the runs", facts(pair.differences or ["nothing"])),
        ],
    )


def _page_cells(pair: Pair, model: str) -> list[Cell]:
    rows = [report["models"].get(model, {}) for report in pair.reports]
    return [figure_cell(row.get(name)) for name in SHOWN for row in rows]


def _text_cells(row: Mapping[str, Any]) -> str:
    if "note" in row:
        return str(row["note"])
    return "".join(f"{mean_of(row[name]):>12.4f}" if name in row else f"{'–':>12}" for name in SHOWN)


def _difference(rows: Sequence[Any], name: str) -> str:
    if any(name not in row for row in rows):
        return f"{'':>12}"
    return f"{mean_of(rows[1][name]) - mean_of(rows[0][name]):>+12.4f}"
