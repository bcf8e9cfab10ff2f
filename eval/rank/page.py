"""`report.html`: the report of `eval rank` as one self-contained page of tables and plots, made from `report.json`."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from eval.html import plots
from eval.html.markup import Cell, details, facts, figure, heading, interval_cell, legend, page, paragraph, sortable
from eval.metrics.base import BEYOND_ACCURACY_METRICS, RANKING_METRICS
from index.retrieval.candidate_pool import CANDIDATES
from index.storage.json_text import json_text

ACCURACY = ("ndcg@10", "recall@10", "mrr@10", "recall@100")
SUMMARY = (*ACCURACY, *(f"{name}@10" for name in BEYOND_ACCURACY_METRICS), "ms_per_user")
BEST_IS_LOW = ("ms_per_user",)
WITHOUT_BEST = ("novelty@10", "popularity_lift@10", "personalisation@10")  # neither high nor low is best
Report = Mapping[str, Any]


def report_page(report: Report) -> str:
    """The page of a report of `eval rank`."""
    rows = figures_of(report)
    colour = plots.colours(sorted(rows, key=lambda model: -rows[model]["ndcg@10"]["mean"]))
    title = f"{report['domain']}: {report['protocol']}"
    return page(title, [*_head(report, title), *_models(report), *_drawings(report, rows, colour), *_end(report, rows)])


def figures_of(report: Report) -> dict[str, Any]:
    """The rows of the models that ran."""
    return {model: row for model, row in report["models"].items() if "note" not in row}


def mean_of(value: Any) -> float:
    """The mean of a figure, which is a number or has a mean and an interval."""
    return float(value["mean"] if isinstance(value, Mapping) else value)


def models_table(report: Report, names: Sequence[str]) -> str:
    """A row for each model and a column for each figure that any model has; the best of a column in bold."""
    rows = report["models"]
    names = [name for name in names if any(name in row for row in rows.values())]
    best = {name: _best(rows, name) for name in names if name not in WITHOUT_BEST}
    lines = [
        [Cell(model), Cell(row["note"], kind="note")]
        if "note" in row
        else [Cell(model), *(figure_cell(row.get(name), best.get(name)) for name in names)]
        for model, row in rows.items()
    ]
    return sortable(["model", *names], lines)


def figure_cell(value: Any, best: float | None = None) -> Cell:
    """A figure with its interval, bold where it is the best."""
    if value is None:
        return Cell("")
    if isinstance(value, Mapping):
        return interval_cell(value, best)
    return Cell(f"{value:.4f}", float(value), kind="best" if value == best else "")


def _best(rows: Mapping[str, Any], name: str) -> float:
    means = [mean_of(row[name]) for row in rows.values() if name in row]
    return min(means) if name in BEST_IS_LOW else max(means)


def _head(report: Report, title: str) -> list[str]:
    kept = [
        f"{report['n_users']:,} users tested",
        f"{report['n_users_left_out']:,} left out",
        f"{report['n_items']:,} items ranked",
        f"{report['n_training_events']:,} events fitted on",
        f"{report['n_repeats']:,} repeats not counted",
        f"order: {report['order']}",
        f"seed {report['seed']}" if "seeds" not in report else f"mean of seeds {', '.join(map(str, report['seeds']))}",
        *(["fitted on training events only"] if report.get("fit") == "train" else []),
    ]
    notes = [*([report["note"]] if "note" in report else []), *report.get("left_out", {}).values()]
    warnings = [f'<p class="warning">{escape(each)}</p>' for each in notes]
    return [f"<h1>{escape(title)}</h1>", *warnings, facts(kept)]


def _models(report: Report) -> list[str]:
    note = f"{report['settings']['budget'].capitalize()}. Means over users with their 95 % bootstrap interval below."
    every = [f"{kind}@{k}" for kind in RANKING_METRICS for k in report["k"]]
    parts = [heading("Models", note), models_table(report, SUMMARY)]
    if report["retrieval"]:
        reached, ceiling = report["retrieval"]["recall@100"], report["retrieval"]["ceiling"]
        parts.append(
            f"<p>Retrieval has {reached:.4f} of the relevant items among its first 100; a perfect reranking of these "
            f"would have NDCG@10 {ceiling:.4f}. The rerankers get {CANDIDATES} candidates: their ceiling is higher.</p>"
        )
    parts += [*_unknown_items(report), *_by_training_events(report)]
    every_metric = details("Every metric at every depth", models_table(report, every))
    return [*parts, every_metric, *_candidates(report), *_served(report)]


def _unknown_items(report: Report) -> list[str]:
    """A table of recall on cold items, where any is relevant."""
    unknown = report.get("unknown_items", {})
    if "models" not in unknown:
        return []
    rows = unknown["models"]
    lines = [[Cell(model), figure_cell(row["recall@50"], _best(rows, "recall@50"))] for model, row in rows.items()]
    n = unknown["n"]
    users = f"{n:,} user{'' if n == 1 else 's'} whose relevant items are cold"
    note = f"Recall@50 of {users}: without any event that was fitted on."
    return [paragraph(note), sortable(["model", "recall@50"], lines)]


def _by_training_events(report: Report) -> list[str]:
    """A table of NDCG@10 by how many events of the relevant item were fitted on."""
    by_model = {model: groups for model, groups in report.get("by_training_events", {}).items() if groups}
    if not by_model:
        return []
    sizes = {label: group["n"] for label, group in next(iter(by_model.values())).items() if group["n"]}
    lines = [
        [Cell(model), *(figure_cell(groups[label]["ndcg@10"]) for label in sizes)] for model, groups in by_model.items()
    ]
    columns = [f"{label} ({n:,} users)" for label, n in sizes.items()]
    return [
        paragraph("NDCG@10 by how many events of the relevant item were fitted on."),
        sortable(["model", *columns], lines),
    ]


def _served(report: Report) -> list[str]:
    """What differs between the model `agent` and its ranker, where the agent ran."""
    served = report.get("served")
    if not served:
        return []
    parts = [heading("What diversification costs and gains"), paragraph(served["note"])]
    if "figures" not in served:
        return [*parts, paragraph(f"Its ranker, {served['ranker']}, is not in this run: there is nothing to compare.")]
    lines = [
        [
            Cell(name),
            *(Cell(f"{each[side]:.4f}", each[side]) for side in ("agent", "ranker")),
            Cell(f"{each['difference']:+.4f}", each["difference"]),
            Cell("{:+.4f} to {:+.4f}".format(*each["ci95"]) if "ci95" in each else ""),
        ]
        for name, each in served["figures"].items()
    ]
    return [*parts, sortable(["figure", served["model"], served["ranker"], "difference", "95 % interval"], lines)]


def _candidates(report: Report) -> list[str]:
    counts = report.get("candidates", {})
    if not counts:
        return []
    names = ["history_items", "unknown_ids", "repeated_ids", "empty_lists"]
    rows = [[Cell(file), *(Cell(f"{each[name]:,}", each[name]) for name in names)] for file, each in counts.items()]
    table = sortable(["file", *(name.replace("_", " ") for name in names)], rows)
    note = (
        "They are ranked as they are. A repeated id keeps its places and counts once; an unknown one matches nothing."
    )
    return [details("Lists of other systems", paragraph(note) + table)]


def _drawings(report: Report, rows: Mapping[str, Any], colour: dict[str, str]) -> list[str]:
    if not rows:
        return []
    named = {model: shade for model, shade in colour.items() if shade != plots.GREY}
    others = {"others": plots.GREY} if len(named) < len(colour) else {}
    drawn = [*_by_depth(report, rows, colour), *_by_group(report, colour), *_beyond(report, rows, colour)]
    return [
        heading("Plots", "The best by NDCG@10 in colour; bars, and shades of the three best, are 95 % intervals."),
        legend({**named, **others}),
        f'<div class="plots">{"".join(drawn)}</div>',
    ]


def _by_depth(report: Report, rows: Mapping[str, Any], colour: dict[str, str]) -> list[str]:
    ndcg = {model: row["ndcg@10"] for model, row in rows.items()}
    return [
        figure(plots.interval_plot(ndcg, "ndcg@10", colour), "Intervals", "NDCG@10 of each model."),
        figure(
            plots.depth_plot(rows, "recall", report["k"], colour),
            "Recall by k",
            "Share of the relevant items among the first k.",
        ),
        figure(
            plots.depth_plot(rows, "ndcg", report["k"], colour), "NDCG by k", "Relevant items count more at the top."
        ),
    ]


def _by_group(report: Report, colour: dict[str, str]) -> list[str]:
    history, popularity, cold = (report["groups"][name] for name in ("history", "popularity", "cold"))
    return [
        figure(
            plots.group_plot(history, "events in the history", colour),
            "By history",
            "NDCG@10 by the number of events of the user.",
        ),
        figure(
            plots.group_plot(popularity, "events of the relevant item", colour),
            "By popularity",
            "NDCG@10 by the number of events of the relevant item.",
        ),
        figure(
            plots.group_plot(cold, "", colour, joined=False),
            "Cold users and items",
            "NDCG@10 of users and items with few events.",
        ),
    ]


def _beyond(report: Report, rows: Mapping[str, Any], colour: dict[str, str]) -> list[str]:
    points = {model: (mean_of(row["novelty@10"]), mean_of(row["ndcg@10"])) for model, row in rows.items()}
    spent = {model: row["ms_per_user"] for model, row in rows.items() if "ms_per_user" in row}
    drawn = [
        figure(
            plots.scatter_plot(points, ("novelty@10, bits", "ndcg@10"), colour),
            "Accuracy against novelty",
            "Further right, less popular items are recommended.",
        )
    ]
    if spent:
        bars = plots.bar_plot(spent, "milliseconds for one user, logarithmic", colour)
        drawn.append(figure(bars, "Time for one user", _time_note(report["machine"].get("processes", 1))))
    return drawn


def _time_note(n_processes: int) -> str:
    together = f" Where retrieval is the program's own, {n_processes} processes worked together." * (n_processes > 1)
    return f"To score the whole catalogue; without fitting.{together}"


def _end(report: Report, rows: Mapping[str, Any]) -> list[str]:
    return [*_pairs(report), *_settings(report, rows), *_made_with(report)]


def _pairs(report: Report) -> list[str]:
    if not report["paired"]:
        return []
    lines = [
        [
            Cell(row["a"]),
            Cell(row["b"]),
            Cell(f"{row['difference']:+.4f}", row["difference"]),
            Cell("{:+.4f} to {:+.4f}".format(*row["ci95"]), row["ci95"][0]),
            Cell(f"{row['p']:.4f}", row["p"], kind="best" if row["p"] < 0.05 else ""),
        ]
        for row in report["paired"]
    ]
    note = "NDCG@10 of a less that of b, user by user; p of the sign-flip test after Holm's correction, bold under .05."
    return [heading("Pairs", note), sortable(["a", "b", "difference", "95 % interval", "p"], lines, texts=(0, 1))]


def _settings(report: Report, rows: Mapping[str, Any]) -> list[str]:
    chosen = report["settings"]["models"]
    lines = []
    for model in rows:
        of = chosen[model]
        tried = max((trial["validation_ndcg@10"] for trial in of["trials"]), default=None)
        words = ", ".join(f"{name} {value}" for name, value in of["settings"].items()) or "none"
        seconds = of["fit_seconds"]
        lines.append(
            [
                Cell(model),
                Cell(words, kind="long"),
                Cell(str(len(of["trials"])), len(of["trials"])),
                Cell("" if tried is None else f"{tried:.4f}", tried),
                Cell("" if seconds is None else f"{seconds:.1f}", seconds),
            ]
        )
    names = ["model", "settings", "trials", "best ndcg@10 on validation", "seconds to fit"]
    return [heading("Settings", "The settings of each model."), sortable(names, lines, texts=(0, 1))]


def _made_with(report: Report) -> list[str]:
    kept = ("settings", "data_sha256", "code_version", "seed", "machine", "split", "order")
    known = {name: report[name] for name in kept if name in report}
    text = json_text(known, indent=1)
    return [heading("How it was made"), details("Settings, data, code, machine", f"<pre>{escape(text)}</pre>")]
