"""Attributes recommendations to events: how much each event of a history raises the score of each shown item.

An event's gain is measured, not estimated: the score of the item less its score when the history lacks the event
(leave-one-out). The fused score is computed without each of the newest events; the reranker, which costs more, is asked
only about those that move the fused score most, and the newest.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from agent.rerank.rankers import Ranker
from index.data.records import History
from index.retrieval.query import Candidates, Query
from index.retrieval.retriever import Retriever
from index.types import Floats, Rows

MAX_EVENTS = 64  # newest events that are left out one at a time; what is older weighs next to nothing
N_STRONGEST, N_NEWEST = 2, 2  # of an item: events that move its fused score most; of the history: the newest


@dataclass(frozen=True)
class Attribution:
    """`gains` (events, items): what an item's score loses without the event at `places` (events) of the history."""

    places: Rows
    gains: Floats

    def strongest(self, item: int, n: int) -> Rows:
        """Places in the history of the `n` events that raise the score of the item in this column most, best first."""
        gains = self.gains[:, item]
        order = np.lexsort((-self.places, -gains))[:n]
        found: Rows = self.places[order[gains[order] > 0]]
        return found


def attribute(retriever: Retriever, ranker: Ranker, history: History, rows: Rows) -> Attribution:
    """The gains of events for the items of these rows; no event of a history without one."""
    newest = np.arange(max(len(history) - MAX_EVENTS, 0), len(history))
    if not len(newest) or not len(rows):
        return Attribution(newest[:0], np.zeros((0, len(rows)), np.float32))
    variants = [history, *(history.without(np.array([place])) for place in newest)]
    candidates = retriever.candidates_of(variants, rows, (ranker.card.name,))
    fused = np.stack([each.fused for each in candidates])
    asked = _most_telling(fused[0] - fused[1:])
    some = [0, *(1 + asked)]
    scores = _scores(ranker, [variants[n] for n in some], [candidates[n] for n in some])
    return Attribution(newest[asked], np.asarray(scores[0] - scores[1:], np.float32))


def _most_telling(gains: Floats) -> Rows:
    """The events that are among the strongest of some item, and the newest, oldest first."""
    strongest = np.argsort(-gains, axis=0, kind="stable")[:N_STRONGEST].ravel()
    return np.unique(np.concatenate([strongest, np.arange(len(gains))[-N_NEWEST:]]))


def _scores(ranker: Ranker, histories: Sequence[History], candidates: Sequence[Candidates]) -> Floats:
    return np.stack(ranker.judge_many([Query(history) for history in histories], candidates))
