"""Ranks a query: retrieve, judge, sort by (-score, row). The agent, `eval` and `finetune` all rank by this function."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from agent.rerank.rankers import UNTUNED, Ranker
from index.data.domain import Catalogue
from index.data.records import History
from index.retrieval.candidate_pool import CANDIDATES
from index.retrieval.query import Candidates, Query
from index.retrieval.retriever import Retriever
from index.types import Floats, Rows


@dataclass(frozen=True)
class Ranking:
    """Ranked candidates, best first: their rows and scores, and the candidates in the order of retrieval."""

    rows: Rows
    scores: Floats
    candidates: Candidates


def rank_query(
    retriever: Retriever,
    query: Query,
    ranker: Ranker = UNTUNED["fusion"],
    n: int = CANDIDATES,
    on_stage: Callable[[str], None] | None = None,
) -> Ranking:
    """The `n` candidates of a query as a ranker orders them; `on_stage` is called after "retrieve" and "rank"."""
    candidates = retriever.retrieve(query, n)
    if on_stage:
        on_stage("retrieve")
    ranking = rank_candidates(query, candidates, ranker)
    if on_stage:
        on_stage("rank")
    return ranking


def rank_candidates(query: Query, candidates: Candidates, ranker: Ranker) -> Ranking:
    """The candidates of a query as a ranker orders them."""
    scores = np.array([each.score for each in ranker.judge(query, candidates)], np.float32)
    order = np.lexsort((candidates.rows, -scores))
    return Ranking(candidates.rows[order], scores[order], candidates)


def history_query(catalogue: Catalogue, history: History) -> Query:
    """What is asked for a history alone: no words, nothing of the history among the candidates."""
    allowed = catalogue.available.copy()
    allowed[history.rows] = False
    return Query(history, allowed=allowed)
