"""Attributes recommendations to a history: how much each item of it raises the score of each shown item.

A gain is measured, not estimated: the score of a shown item less its score when the history lacks all events with the
other (leave-one-out). The fused score is computed without each of the newest; the reranker, which costs more, is asked
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

MAX_SOURCES = 64  # newest items of a history that are left out, one at a time; what is older weighs next to nothing
N_STRONGEST, N_NEWEST = 3, 2  # of a shown item: sources that move its fused score most; of the history: the newest


@dataclass(frozen=True)
class Attribution:
    """`gains` (sources, items): what an item's score loses where the history lacks a source; newest sources first."""

    sources: Rows
    gains: Floats

    def strongest(self, item: int, n: int) -> Rows:
        """The `n` sources that raise the score of the item in this column most, best first, the newer of equals."""
        gains = self.gains[:, item]
        order = np.argsort(-gains, kind="stable")[:n]
        found: Rows = self.sources[order[gains[order] > 0]]
        return found


def attribute(retriever: Retriever, ranker: Ranker, history: History, rows: Rows) -> Attribution:
    """The gains of items of a history for the items of these rows."""
    newest = np.array(list(dict.fromkeys(history.rows[::-1].tolist()))[:MAX_SOURCES], np.int64)
    if not len(newest) or not len(rows):
        return Attribution(newest, np.zeros((len(newest), len(rows)), np.float32))
    variants = [history, *(history.without(np.flatnonzero(history.rows == source)) for source in newest)]
    candidates = retriever.candidates_of(variants, rows, (ranker.card.name,))
    fused = np.stack([each.fused for each in candidates])
    asked = _most_telling(fused[0] - fused[1:])
    some = [0, *(1 + asked)]
    scores = _scores(ranker, [variants[n] for n in some], [candidates[n] for n in some])
    return Attribution(newest[asked], np.asarray(scores[0] - scores[1:], np.float32))


def _most_telling(gains: Floats) -> Rows:
    """The sources that are among the strongest of some item, and the newest; in their order."""
    strongest = np.argsort(-gains, axis=0, kind="stable")[:N_STRONGEST].ravel()
    return np.unique(np.concatenate([strongest, np.arange(min(N_NEWEST, len(gains)))]))


def _scores(ranker: Ranker, histories: Sequence[History], candidates: Sequence[Candidates]) -> Floats:
    return np.stack(ranker.judge_many([Query(history) for history in histories], candidates))
