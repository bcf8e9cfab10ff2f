"""Whether what a reason cites moves the score: the score without it, and its place among all that the user had."""

from dataclasses import dataclass

import numpy as np

from agent.agent import Agent
from agent.ranking import history_query
from index.data.records import History
from index.types import Rows

N_STRONGEST = 3  # of a history: one of these is to be named
MAX_SOURCES = 128  # newest items of a history that are tried; the reranker reads no older ones


@dataclass(frozen=True, slots=True)
class Faithful:
    """Of one reason: whether the score falls without what it cites, and whether that is among the strongest (or None).

    None where only some reasons are asked about, since every item of the history is left out in turn.
    """

    falls: bool
    names_strongest: bool | None


def measure_faithfulness(
    agent: Agent, history: History, rows: Rows, cited: list[Rows], is_asked: bool
) -> list[Faithful | None]:
    """By recommendation, None where nothing of the history is cited; `is_asked`: among the strongest too."""
    with_sources = [n for n, each in enumerate(cited) if len(each)]
    lacking = [history.without(np.flatnonzero(np.isin(history.rows, cited[n]))) for n in with_sources]
    newest = (
        np.array(list(dict.fromkeys(history.rows[::-1].tolist()))[:MAX_SOURCES], np.int64) if is_asked else rows[:0]
    )
    single = [history.without(np.flatnonzero(history.rows == source)) for source in newest]
    scores = _scores(agent, [history, *lacking, *single], rows)
    whole, without, each = scores[0], scores[1 : 1 + len(lacking)], scores[1 + len(lacking) :]
    found: list[Faithful | None] = [None] * len(rows)
    for place, n in enumerate(with_sources):
        strongest = newest[np.argsort(each[:, n] - whole[n], kind="stable")[:N_STRONGEST]] if is_asked else None
        named = None if strongest is None else bool(np.isin(cited[n], strongest).any())
        found[n] = Faithful(bool(without[place][n] < whole[n]), named)
    return found


def _scores(agent: Agent, histories: list[History], rows: Rows) -> "np.ndarray[tuple[int, int], np.dtype[np.float32]]":
    """(histories, rows): the ranker's scores; nothing of this is the attribution's own computation."""
    queries = [history_query(agent.domain.catalogue, each) for each in histories]
    found = np.empty((len(histories), len(rows)), np.float32)
    for n, query in enumerate(queries):
        candidates = agent.retriever.candidates(query, rows)
        scores = np.array([each.score for each in agent.ranker.judge(query, candidates)])
        found[n, np.argsort(rows)] = scores[np.argsort(candidates.rows)]
    return found
