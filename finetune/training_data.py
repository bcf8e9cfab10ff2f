"""What a reranker is taught and judged with: histories to learn from, and candidates retrieved for what came next."""

from dataclasses import dataclass

import numpy as np

from agent.ranking import history_query, rank_query
from index.assemble import fit_retriever
from index.build.loading import DomainIndex
from index.command import progress
from index.data.domain import Histories
from index.data.records import History
from index.data.splits import split_validation
from index.ranking_metrics import discounted_gain, expected_rank
from index.retrieval.fusion_training import single_thread
from index.retrieval.retriever import CANDIDATES, Retriever
from index.types import Floats, Rows

VALIDATION_USERS = 2_000  # enough for an interval of +- .01; more would take the time that training needs


@dataclass(frozen=True)
class ValidationList:
    """One person's candidates by a retriever that never saw what they had next, and its place among them (-1: none)."""

    history: History
    rows: Rows
    fused: Floats
    truth: int


@dataclass(frozen=True)
class TrainingData:
    """Histories to learn from, without the last event, and without the last but one of those who are validated on."""

    training: Histories
    validation: tuple[ValidationList, ...]


def make_training_data(
    index: DomainIndex,
    seed: int,
    most_users: int = VALIDATION_USERS,
    n_candidates: int = CANDIDATES,
) -> TrainingData:
    """Hold out everybody's last event as the test, of some the one before to validate on; fit retrieval on the rest."""
    domain = index.domain
    part = split_validation(domain.histories, len(domain.catalogue), most_users, seed)
    retriever = fit_retriever(index, part.training, seed)
    asked = list(zip(part.users.tolist(), part.next_rows.tolist(), strict=True))
    with single_thread():
        lists = [
            list_for(retriever, part.training[user], row, n_candidates)
            for user, row in progress(asked, "retrieving for validation")
        ]
    return TrainingData(part.training, tuple(lists))


def ndcg_at_10(lists: tuple[ValidationList, ...], scores: list[Floats]) -> float:
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
    return ValidationList(history, found.rows, found.fused, int(place[0]) if len(place) else -1)
