"""`reasons.html`: the figures of `eval reasons` and some lists with their reasons, on one self-contained page."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from eval.html import plots
from eval.html.markup import Cell, details, facts, figure, heading, page, sortable
from index.printable import printable
from index.storage.json_text import json_text

MAX_LISTS = 20  # that the page shows in full
KEPT = ("data_sha256", "code_version", "seed", "machine", "ranker", "ci95")
SHARES = {
    "with_evidence": "with evidence",
    "claims_supported": "claims supported",
    "deletion": "score falls without what is cited",
    "names_strongest": "names one of the three strongest",
    "distinct": "distinct wordings in a list",
}


def reasons_page(report: Mapping[str, Any], replies: Sequence[Mapping[str, Any]]) -> str:
    """The page of a report with the lists of some users."""
    title = f"{report['domain']}: reasons"
    colour = plots.colours(list(SHARES.values()))
    shares = {words: float(report[name]) for name, words in SHARES.items()}
    claims = ([Cell(kind), _number(each["n"]), _number(each["false"])] for kind, each in report["claims"].items())
    known = {name: report[name] for name in KEPT}
    faults = "".join(f"<li>{escape(printable(fault))}</li>" for fault in report["faults"])
    return page(
        title,
        [
            f"<h1>{escape(title)}</h1>",
            facts(_facts(report)),
            heading("Shares", "Of reasons, claims or lists; 1 is best."),
            figure(plots.bar_plot(shares, "share", colour), "What the reasons are worth", " Over all drawn users."),
            heading("Claims", "Each held against the tables by code that the checker does not share."),
            sortable(["claim", "number", "false"], claims),
            f"<ul>{faults}</ul>" if faults else "",
            heading("Lists", "The first users' lists with their reasons."),
            *(_list(reply) for reply in replies[:MAX_LISTS]),
            heading("How it was made"),
            details("Data, code, machine", f"<pre>{escape(json_text(known, indent=1))}</pre>"),
        ],
    )


def _facts(report: Mapping[str, Any]) -> list[str]:
    written = ", ".join(f"{n:,} by {who}" for who, n in report["written_by"].items())
    return [
        f"{report['n_users']:,} users, {report['n_reasons']:,} reasons: {written}",
        f"{report['hallucinated_titles']} titles outside the evidence",
        f"{report['common_links']:.2f} of a list rest on a genre or a year alone",
        f"{report['characters']:.0f} characters a reason",
        f"explained in {report['explain_ms']['median']:.0f} ms at the median",
    ]


def _list(reply: Mapping[str, Any]) -> str:
    rows = "".join(
        f"<li><b>{escape(printable(each['title']))}</b> {escape(printable(each['reason']['text']))}</li>"
        for each in reply["recommendations"]
    )
    return details(f"user {printable(str(reply['user']))}", f"<ol>{rows}</ol>")


def _number(n: int) -> Cell:
    return Cell(f"{n:,}", float(n))
