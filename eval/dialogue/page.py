"""`dialogue.html`: how often each policy found the target by each turn, on one self-contained page."""

from collections.abc import Mapping
from html import escape
from typing import Any

from eval.html import plots
from eval.html.markup import Cell, details, facts, figure, heading, interval_cell, legend, page, sortable
from index.storage.json_text import json_text


def dialogue_page(report: Mapping[str, Any]) -> str:
    """The page of a report of `eval dialogue`."""
    policies = report["policies"]
    turns = list(next(iter(policies.values())))
    colour = plots.colours(sorted(policies, key=lambda name: -policies[name][turns[-1]]["mean"]))
    title = f"{report['domain']}: talks with simulated users"
    known = {name: value for name, value in report.items() if name not in ("policies", "paired")}
    rows = [[Cell(name), *(interval_cell(rate) for rate in rates.values())] for name, rates in policies.items()]
    return page(
        title,
        [
            f"<h1>{escape(title)}</h1>",
            facts(_facts(report)),
            heading("Success", "Share of users whose target was shown by each turn, with 95 % bootstrap intervals."),
            sortable(["policy", *turns], rows),
            *(_difference(pair) for pair in report["paired"]),
            legend(colour),
            f'<div class="plots">{figure(_plot(policies, colour), "Success by turn", "Targets found so far.")}</div>',
            heading("How it was made"),
            details("Settings, data, code, machine", f"<pre>{escape(json_text(known, indent=1))}</pre>"),
        ],
    )


def _facts(report: Mapping[str, Any]) -> list[str]:
    return [
        f"{report['n_users']:,} users",
        f"{report['n_users_left_out']:,} left out",
        f"users are {report['user']}",
        f"{report['turns']} turns of {report['k']} items",
        f"ranker {report['ranker']['name']}",
        f"seed {report['seed']}",
    ]


def _difference(pair: Mapping[str, Any]) -> str:
    low, high = pair["ci95"]
    return (
        f"<p>{escape(pair['a'])} less {escape(pair['b'])} at {escape(pair['metric'])}: {pair['difference']:+.4f} "
        f"({low:+.4f} to {high:+.4f}), p {pair['p']:.4f}.</p>"
    )


def _plot(policies: Mapping[str, Any], colour: Mapping[str, str]) -> str:
    def draw(axes: Any) -> None:
        for name, rates in policies.items():
            turns = range(1, len(rates) + 1)
            low, high = zip(*(rate["ci95"] for rate in rates.values()), strict=True)
            axes.fill_between(turns, low, high, color=colour[name], alpha=0.15, linewidth=0)
            axes.plot(turns, [rate["mean"] for rate in rates.values()], color=colour[name], linewidth=2, marker="o")
        axes.set_xticks(turns)
        axes.set_xlabel("turn")
        axes.set_ylabel("share of users")
        axes.set_ylim(bottom=0)

    return plots.svg(draw, "success")
