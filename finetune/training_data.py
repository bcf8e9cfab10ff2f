"""What a reranker is taught and judged with: histories to learn from, and candidates retrieved for what came next."""

from dataclasses import dataclass

import numpy as np

from index.build.loading import TextIndex
from index.build.review_part import load_review_vectors
from index.command import progress
from index.data.domain import Domain, Histories
from index.data.records import History
from index.data.splits import validating
from index.retrieval.fusion_training import single_thread
from index.retrieval.query import Query
from index.retrieval.retriever import CANDIDATES, Retriever, fitted_retriever
from index.retrieval.review_vectors import ReviewVectors
from index.types import Floats, Rows

VALIDATION_USERS = 2_000  # enough for an interval of +- .01; more would take the time that training needs


@dataclass(frozen=True)
class Texts:
    """What an index knows of a domain's texts: vectors of items (n_items, dim), of reviews where there are."""

    vectors: Floats
    reviews: ReviewVectors | None = None

    @classmethod
    def of(cls, index: TextIndex) -> "Texts":
        """Those of an opened index."""
        return cls(np.asarray(index.vectors), load_review_vectors(index))


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
    domain: Domain,
    texts: Texts,
    seed: int,
    most_users: int = VALIDATION_USERS,
    n_candidates: int = CANDIDATES,
) -> Lessons:
    """Hold out everybody's last event as the test, of some the one before to validate on; fit retrieval on the rest."""
    part = validating(domain.histories, len(domain.catalogue), most_users, seed)
    retriever = fitted_retriever(part.training, domain.catalogue, texts.vectors, seed, texts.reviews)
    asked = list(zip(part.users.tolist(), part.next_rows.tolist(), strict=True))
    with single_thread():
        lists = [
            list_for(retriever, part.training[user], row, n_candidates)
            for user, row in progress(asked, "retrieving for validation")
        ]
    return Lessons(part.training, tuple(lists))


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
