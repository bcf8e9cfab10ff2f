"""Runs `python -m eval reasons`: are the reasons true, do they name what moves the score, do they differ."""

import argparse
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from agent.agent import Agent
from agent.dialogue.session import Session
from agent.explain.aspect_relevance import AspectRelevance
from agent.explain.writer_names import TEMPLATE
from agent.open_agent import agent_of
from agent.recommendation import Reply
from eval.environment import code_version, machine
from eval.metrics.statistics import intervals, rounded
from eval.reasons.claims import Claim, ClaimJudge
from eval.reasons.faithfulness import Faithful, measure_faithfulness
from eval.reasons.statements import held_out_cases, measure_statements
from eval.reasons.wording import wording_of
from index.data.domain import Domain, load_domain
from index.data.records import Review
from index.data.reviews import stream_reviews
from index.errors import MendableError
from index.progress import progress
from index.storage.home import write_bytes, write_json
from index.storage.json_text import json_text

K = 10
STRONGEST_USERS = 100  # whose whole history is left out item by item: half a second each
COMMON_FIELDS = frozenset(("categories", "year", "decade"))


@dataclass(frozen=True)
class ReasonsSettings:
    """The command's settings."""

    domain: str
    users: int
    seed: int
    ranker: str
    predictions: Path | None
    report: Path | None
    writer: str = TEMPLATE

    @classmethod
    def of(cls, options: argparse.Namespace) -> "ReasonsSettings":
        """From the parsed command line."""
        files = options.predictions, options.report
        return cls(options.domain, options.users, options.seed, options.ranker, *files, options.writer)


class ExplainedTo(NamedTuple):
    """One user's reply as JSON, by recommendation whether the score falls without what its reason cites, and how many
    faults the checker found in texts that it refused.
    """

    reply: Mapping[str, Any]
    faithful: Sequence[Faithful | None]
    n_refused: int


@dataclass(frozen=True)
class Judged:
    """What was found of one user's list, by recommendation."""

    reply: Mapping[str, Any]
    faithful: tuple[Faithful | None, ...]
    claims: tuple[tuple[Claim, ...], ...]
    wordings: tuple[str, ...]
    n_refused: int

    @classmethod
    def of(cls, explained: ExplainedTo, judge: ClaimJudge) -> "Judged":
        """With the claims of each reason."""
        shown = explained.reply["recommendations"]
        claims = tuple(tuple(judge.claims(explained.reply, each)) for each in shown)
        wordings = tuple(wording_of(each, judge.domain.catalogue) for each in shown)
        return cls(explained.reply, tuple(explained.faithful), claims, wordings, explained.n_refused)

    @property
    def reasons(self) -> list[Mapping[str, Any]]:
        """The reasons as they stand in the JSON."""
        return [each["reason"] for each in self.reply["recommendations"]]


def run_reasons(settings: ReasonsSettings) -> dict[str, Any]:
    """Recommend to the drawn users and judge every reason; writes what was asked for, returns what is printed."""
    domain = load_domain(settings.domain)
    users = draw_users(domain, settings.users, settings.seed)
    agent = agent_of(domain, settings.ranker, writer=settings.writer)
    every = enumerate(progress(users, "explain to users"))
    explained = [_explain(agent, user, n < STRONGEST_USERS) for n, user in every]
    judge = ClaimJudge(domain, _cited_reviews(domain.name, explained))
    judged = [Judged.of(each, judge) for each in explained]
    if settings.predictions is not None:
        write_bytes(settings.predictions, "".join(json_text(each.reply) + "\n" for each in judged).encode())
    about = {"domain": domain.name, "ranker": agent.ranker.card.as_json(), "writer": settings.writer}
    printed = {**about, **summarise(judged, settings.seed)}
    printed["statements"] = _statements(agent, settings.seed)
    if settings.report is not None:
        _write(settings.report, {**printed, **_about(domain, settings)}, judged)
    return printed


def _statements(agent: Agent, seed: int) -> dict[str, Any]:
    """Whether the aspects that a reason would tell of are those of the users' held-out reviews."""
    if agent.sentiments is None:
        return {"why": "no review of the domain was judged"}
    histories, n_items = agent.domain.histories, len(agent.domain.catalogue)
    found = held_out_cases(agent.sentiments.opinions, histories, n_items)
    return measure_statements(found, AspectRelevance(found.known), seed)


def draw_users(domain: Domain, n: int, seed: int) -> tuple[str, ...]:
    """Users with at least one event, drawn at random, in the order of the data. Raises MendableError for none."""
    known = np.flatnonzero(domain.histories.lengths > 0)
    if not len(known):
        raise MendableError(f"nobody has an event in {domain.name}", "--domain", "Import its interactions")
    drawn = np.sort(np.random.default_rng(seed).permutation(known)[:n])
    return tuple(domain.histories.users[place] for place in drawn)


def summarise(judged: Sequence[Judged], seed: int) -> dict[str, Any]:
    """The figures over all users; shares are 0 … 1, intervals over users."""
    reasons = [reason for each in judged for reason in each.reasons]
    claims = [claim for each in judged for of_one in each.claims for claim in of_one]
    faithful = [one for each in judged for one in each.faithful if one is not None]
    strongest = [one.names_strongest for one in faithful if one.names_strongest is not None]
    by_user = np.array([[_distinct(each), _n_common(each), _repeated(each)] for each in judged], float)
    spread = dict(zip(("distinct", "common_links", "repeated"), intervals(by_user, seed), strict=True))
    wrong = Counter(claim.kind for claim in claims if claim.fault)
    times = [each.reply["timing_ms"]["explain"] for each in judged]
    return {
        "n_users": len(judged),
        "n_reasons": len(reasons),
        "with_evidence": _share(bool(reason["evidence"]) for reason in reasons),
        "n_claims": len(claims),
        "claims_supported": _share(claim.fault is None for claim in claims),
        "hallucinated_titles": wrong["title"],
        "distinct": rounded(spread["distinct"].mean),
        "deletion": _share(one.falls for one in faithful),
        "names_strongest": _share(strongest),
        "common_links": rounded(spread["common_links"].mean),
        "repeated": rounded(spread["repeated"].mean),
        "written_by": {who: sum(r["written_by"] == who for r in reasons) for who in ("model", "template")},
        "faults_refused": sum(each.n_refused for each in judged),
        "characters": rounded(float(np.mean([len(reason["text"]) for reason in reasons] or [0]))),
        "explain_ms": {"median": rounded(float(np.median(times))), "p95": rounded(float(np.quantile(times, 0.95)))},
        "claims": {kind: {"n": n, "false": wrong[kind]} for kind, n in sorted(_kinds(claims).items())},
        "ci95": {name: each.as_json()["ci95"] for name, each in spread.items()},
        "faults": sorted({f"{claim.kind}: {claim.fault}" for claim in claims if claim.fault})[:20],
    }


def table(printed: Mapping[str, Any]) -> str:
    """The figures as text for a terminal."""
    lines = [
        f"{printed['domain']}, {printed['n_users']} users, {printed['n_reasons']} reasons, {printed['ranker']['name']}"
    ]
    words = {
        "with_evidence": "reasons with evidence",
        "claims_supported": f"claims that the data support, of {printed['n_claims']:,}",
        "hallucinated_titles": "titles outside the evidence",
        "deletion": "scores that fall without what the reason cites",
        "names_strongest": "reasons that name one of the three items that move the score most",
        "common_links": "reasons of a list that rest on a genre or a year alone",
        "distinct": "distinct wordings inside a list",
        "repeated": "reasons that say of the same source what another of the list says",
        "faults_refused": "faults for which the checker refused a text before one was shown",
        "characters": "characters of a reason",
    }
    lines += [f"{printed[name]:>10.4g}  {what}" for name, what in words.items()]
    lines += [f"{n:>10,}  written by {who}" for who, n in printed["written_by"].items()]
    told = printed["statements"]
    if "difference" in told:
        low, high = told["ci95"]
        figures = f"{told['ndcg@10']:.4f}, by frequency {told['popularity_ndcg@10']:.4f}"
        lines.append(f"aspects of {told['n']} held-out reviews, NDCG@10: {figures}, difference [{low:.4f}, {high:.4f}]")
    return "\n".join([*lines, *(f"false: {fault}" for fault in printed["faults"])])


def _explain(agent: Agent, user: str, is_asked: bool) -> ExplainedTo:
    session = Session(agent, user, K)
    reply = session.finished(session.opening())
    n_refused = sum(len(each.refused) for each in reply.reasons.explained) if reply.reasons else 0
    return ExplainedTo(reply.as_json(), _faithful(agent, user, reply, is_asked), n_refused)


def _cited_reviews(domain: str, explained: Sequence[ExplainedTo]) -> dict[str, Review]:
    """The reviews that any reason cites, by id, as the table has them."""
    every = (entry for each in explained for shown in each.reply["recommendations"] for entry in _evidence(shown))
    cited = {entry["review_id"] for entry in every if entry["kind"] == "review"}
    return {review.review_id: review for review in stream_reviews(domain) if review.review_id in cited} if cited else {}


def _evidence(shown: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    found: Sequence[Mapping[str, Any]] = shown["reason"]["evidence"]
    return found


def _faithful(agent: Agent, user: str, reply: Reply, is_asked: bool) -> Sequence[Faithful | None]:
    catalogue, history = agent.domain.catalogue, agent.domain.history(user)
    if history is None or not reply.recommendations:
        return [None] * len(reply.recommendations)
    rows = catalogue.rows_of(each.item.item_id for each in reply.recommendations)
    cited = [
        catalogue.rows_of(e["item_id"] for e in each.reason.as_json()["evidence"] if e["kind"] == "history")
        for each in reply.recommendations
    ]
    return measure_faithfulness(agent, history, rows, cited, is_asked)


def _distinct(each: Judged) -> float:
    return len(set(each.wordings)) / max(len(each.wordings), 1)


def _n_common(each: Judged) -> float:
    """How many reasons of a list rest on a shared genre or year alone."""
    return sum(_is_common(reason["evidence"]) for reason in each.reasons)


def _is_common(evidence: Sequence[Mapping[str, Any]]) -> bool:
    attributes = {entry["field"] for entry in evidence if entry["kind"] == "attribute"}
    related = any(entry.get("relation") or entry["kind"] in ("review", "constraint") for entry in evidence)
    return bool(attributes) and attributes <= COMMON_FIELDS and not related


def _repeated(each: Judged) -> float:
    """The share of a list's reasons whose evidence another reason of it has."""
    told = Counter(json_text(reason["evidence"]) for reason in each.reasons)
    return sum(n for n in told.values() if n > 1) / max(len(each.reasons), 1)


def _kinds(claims: Sequence[Claim]) -> Counter[str]:
    return Counter(claim.kind for claim in claims)


def _share(values: Iterable[bool]) -> float:
    each = list(values)
    return rounded(sum(each) / len(each)) if each else 0.0


def _about(domain: Domain, settings: ReasonsSettings) -> dict[str, Any]:
    about = {"data_sha256": domain.sha256, "code_version": code_version(), "seed": settings.seed}
    return {**about, "machine": machine()}


def _write(folder: Path, report: Mapping[str, Any], judged: Sequence[Judged]) -> None:
    from eval.reasons.page import reasons_page

    write_bytes(folder / "reasons.html", reasons_page(report, [each.reply for each in judged]).encode())
    write_json(folder / "reasons.json", report)
