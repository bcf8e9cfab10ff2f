"""What a reranker is taught and judged with: histories to learn from, and candidates retrieved for what came next."""

from dataclasses import dataclass

import numpy as np

from index.behaviour import Behaviour
from index.command import progress
from index.domain import Catalogue, Domain, Histories
from index.features import Features
from index.learning import learn_fusion, single_thread
from index.query import Query
from index.records import Floats, History, Rows
from index.retriever import CANDIDATES, Retriever
from index.splits import validating

VALIDATION_USERS = 2_000  # enough for an interval of +- .01; more would take the time that training needs


@dataclass(frozen=True)
class ValidationList:
    """One person's candidates by a retriever that never saw what they had next, and its place among them (-1: none)."""

    history: History
    rows: Rows
    fused: Floats
    truth: int


@dataclass(frozen=True)
class Lessons:
    """Histories to learn from, without the last event, and without the last but one of those who are validated on."""

    training: Histories
    validation: tuple[ValidationList, ...]


def make_lessons(
    domain: Domain, vectors: Floats, seed: int, most_users: int = VALIDATION_USERS, n_candidates: int = CANDIDATES
) -> Lessons:
    """Hold out everybody's last event as the test, the one before of some as validation; fit retrieval on what is left."""
    part = validating(domain.histories, len(domain.catalogue), most_users, seed)
    retriever = behaviour_retriever(part.training, domain.catalogue, vectors, seed)
    asked = list(zip(part.users.tolist(), part.next_rows.tolist(), strict=True))
    with single_thread():
        lists = [
            list_for(retriever, part.training[user], row, n_candidates)
            for user, row in progress(asked, "retrieving for validation")
        ]
    return Lessons(part.training, tuple(lists))


def behaviour_retriever(histories: Histories, catalogue: Catalogue, vectors: Floats, seed: int) -> Retriever:
    """Retrieval fitted on these histories alone, by the channels that need no words."""
    fusion, _ = learn_fusion(histories, catalogue, vectors, seed)
    features = Features(Behaviour.fit(histories, len(catalogue)), vectors, catalogue)
    return Retriever(catalogue, features, fusion, ())


def ndcg_at_10(lists: tuple[ValidationList, ...], scores: list[Floats]) -> float:
    """Mean of 1 / log2(rank + 2) of what came next among the ten best, a tie at its mean rank from 0."""
    found = [_ndcg(each.truth, own) for each, own in zip(lists, scores, strict=True)]
    return float(np.mean(found)) if found else 0.0


def _ndcg(truth: int, scores: Floats) -> float:
    if truth < 0:
        return 0.0
    rank = float((scores > scores[truth]).sum() + ((scores == scores[truth]).sum() - 1) / 2)
    return 1 / float(np.log2(rank + 2)) if rank < 10 else 0.0


def list_for(retriever: Retriever, history: History, target: int, n: int = CANDIDATES) -> ValidationList:
    """The `n` best candidates after a history, nothing of it among them, and where the target stands."""
    allowed = np.ones(len(retriever.catalogue), bool)
    allowed[history.rows] = False
    found = retriever.retrieve(Query(history, allowed=allowed), n)
    place = np.flatnonzero(found.rows == target)
    return ValidationList(history, found.rows, found.fused, int(place[0]) if len(place) else -1)
