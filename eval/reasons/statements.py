"""Statements: of an item's aspects, are those ranked first that the user's own held-out review speaks of?

The ranking is what a reason would choose from; beside it stand the item's most frequent aspects, which generators of
explanations hardly beat (StaR, arXiv:2604.03724).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from agent.explain.aspect_relevance import AspectRelevance
from eval.metrics.base import Array
from eval.metrics.statistics import intervals, rounded
from index.data.domain import Histories
from index.data.known_reviews import HeldOut
from index.data.splits import MIN_EVENTS, first_events
from index.sentiment.item_sentiment import ItemSentiments
from index.sentiment.review_opinions import ReviewOpinions
from index.types import Floats, Rows

K = 10
MIN_ASPECTS = 2  # of an item: among fewer there is nothing to rank


@dataclass(frozen=True, slots=True)
class Case:
    """A held-out review: who wrote it, of which row, the numbers of the item's aspects, which of them it speaks of."""

    user: str
    row: int
    aspects: Rows
    spoken_of: Rows


@dataclass(frozen=True)
class Statements:
    """Cases of held-out reviews, and what was known without them."""

    cases: tuple[Case, ...]
    known: ItemSentiments


def held_out_cases(opinions: ReviewOpinions, histories: Histories, n_items: int, back: int = 1) -> Statements:
    """Of each user the review of the last event (`back` 1) or of the one before it (2), which is not known."""
    cleaned, _ = first_events(histories, n_items)
    long_enough = cleaned.select_users(np.flatnonzero(cleaned.lengths >= MIN_EVENTS))
    kept = long_enough.truncate(long_enough.lengths - back)
    others = cleaned.select_users(np.flatnonzero(cleaned.lengths < MIN_EVENTS))
    fitted = Histories.of((*kept.users, *others.users), [*kept, *others])
    known = ItemSentiments(opinions.known_from(HeldOut(fitted, n_items, every=cleaned)), n_items)
    return Statements(tuple(_cases(opinions, long_enough, known, back)), known)


def _cases(opinions: ReviewOpinions, histories: Histories, known: ItemSentiments, back: int) -> Iterator[Case]:
    of_pair: dict[tuple[str, int], list[int]] = {}
    for place, (writer, row) in enumerate(zip(opinions.writers, opinions.rows.tolist(), strict=True)):
        of_pair.setdefault((writer, row), []).append(place)
    for user, history in zip(histories.users, histories, strict=True):
        row = int(history.rows[-back])
        told = np.isin(opinions.mentions.reviews, of_pair.get((user, row), ())) & (opinions.mentions.aspects >= 0)
        aspects = np.flatnonzero(known.aspect_n[row])
        spoken_of = np.intersect1d(aspects, opinions.mentions.aspects[told])
        if len(aspects) >= MIN_ASPECTS and len(spoken_of):
            yield Case(user, row, aspects, spoken_of)


def measure_statements(found: Statements, relevance: AspectRelevance, seed: int) -> dict[str, Any]:
    """NDCG@10 of the aspects by what a reason would say, and by how often the item's reviews speak of them."""
    if not found.cases:
        return {"why": "no held-out review speaks of an aspect that others have told of the item"}
    values = np.array([[_ours(case, relevance), _frequent(case, found.known)] for case in found.cases])
    difference = intervals((values[:, 0] - values[:, 1])[:, None], seed)[0]
    return {
        "n": len(found.cases),
        "ndcg@10": rounded(float(values[:, 0].mean())),
        "popularity_ndcg@10": rounded(float(values[:, 1].mean())),
        "difference": rounded(difference.mean),
        "ci95": difference.as_json()["ci95"],
    }


def _ours(case: Case, relevance: AspectRelevance) -> float:
    return _ndcg(case, relevance.scores(case.row, relevance.mentions_of(case.user))[case.aspects])


def _frequent(case: Case, known: ItemSentiments) -> float:
    """By the number of the item's reviews; of equals by that of the domain's, which makes it as good as it can be."""
    counts, every = known.aspect_n[case.row], known.aspect_n.sum(0)
    return _ndcg(case, np.asarray((counts + every / (every.sum() + 1.0))[case.aspects], np.float32))


def _ndcg(case: Case, scores: Floats) -> float:
    """NDCG@10 of the case's aspects in order of these scores, binary gains."""
    order = case.aspects[np.argsort(-scores, kind="stable")][:K]
    gains: Array = np.isin(order, case.spoken_of) / np.log2(np.arange(len(order)) + 2)
    best = (1 / np.log2(np.arange(min(len(case.spoken_of), K)) + 2)).sum()
    return float(gains.sum() / best)
