"""The lists of candidates that trainings are validated on, of whom they are, and their NDCG."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from agent.ranking import history_query, rank_query
from finetune.settings import VALIDATION_SEED, VALIDATION_USERS
from index.data.records import History
from index.ranking_metrics import discounted_gain, expected_rank
from index.retrieval.candidate_pool import CANDIDATES
from index.retrieval.retriever import Retriever
from index.types import Floats, Rows


@dataclass(frozen=True)
class ValidationList:
    """A user's candidates by a retriever fitted without the next event, and that event's place in them (-1: none)."""

    history: History
    rows: Rows
    fused: Floats
    truth: int
    user: int = -1  # number in the training histories, where the list is of one of them
    features: Floats | None = None  # (candidates, columns) that a blend may weigh
    columns: tuple[str, ...] = ()
    n_before: int = -1  # events of the user before that one, of which `history` may hold the newest alone


@dataclass(frozen=True)
class ValidationPlan:
    """Who is held out for validation, among how many candidates the next event is looked for, drawn by which seed."""

    max_users: int = VALIDATION_USERS
    n_candidates: int = CANDIDATES
    seed: int = VALIDATION_SEED
    n_events: int = 1  # of each user, the last ones before the test, each with what was known then
    holds_out_all: bool = False  # the event before the test of everybody, not only of those who are validated on


WHOLE_PLAN = ValidationPlan()


def ndcg_at_10(lists: Sequence[ValidationList], scores: Sequence[Floats]) -> float:
    """Mean NDCG@10 of what came next, 0 where it was not retrieved; a tie counts as its mean rank."""
    found = [_rank(each.truth, own) for each, own in zip(lists, scores, strict=True)]
    return float(discounted_gain(found, 10).mean()) if found else 0.0


def _rank(truth: int, scores: Floats) -> float:
    if truth < 0:
        return np.inf
    return float(expected_rank((scores > scores[truth]).sum(), (scores == scores[truth]).sum()))


def list_for(retriever: Retriever, history: History, target: int, n: int = CANDIDATES) -> ValidationList:
    """The `n` best candidates after a history, nothing of it among them, and where the target stands."""
    found = rank_query(retriever, history_query(retriever.catalogue, history), n=n).candidates
    place = np.flatnonzero(found.rows == target)
    truth = int(place[0]) if len(place) else -1
    return ValidationList(history, found.rows, found.fused, truth, features=found.features, columns=found.columns)
