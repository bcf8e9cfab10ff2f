"""The training data of a reranker: histories to learn from, and lists of candidates to validate on."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from agent.ranking import history_query, rank_query
from index.assemble import fit_retriever
from index.build.loading import DomainIndex
from index.command import progress
from index.data.domain import Histories
from index.data.records import History
from index.data.splits import ValidationSplit, split_validation
from index.ranking_metrics import discounted_gain, expected_rank
from index.retrieval.behaviour_signals import Behaviour
from index.retrieval.fusion_training import single_thread
from index.retrieval.retriever import CANDIDATES, Retriever
from index.types import Floats, Rows

VALIDATION_USERS = 2_000  # enough for an interval of +- .01; more would take the time that training needs
VALIDATION_SEED = 1  # draws the users and fits the retrieval: the same for every training, so that they can be compared


@dataclass(frozen=True)
class ValidationList:
    """A user's candidates by a retriever fitted without the next event, and that event's place in them (-1: none)."""

    history: History
    rows: Rows
    fused: Floats
    truth: int
    user: int = -1  # number in the training histories, where the list is of one of them


@dataclass(frozen=True)
class TrainingData:
    """Histories to learn from, without the last event, and without the last but one of those who may be validated on.

    `effort` says how thoroughly the lists were made.
    """

    training: Histories
    validation: tuple[ValidationList, ...]
    effort: "Effort"


@dataclass(frozen=True)
class ValidationPlan:
    """Who is held out for validation, among how many candidates the next event is looked for, drawn by which seed."""

    max_users: int = VALIDATION_USERS
    n_candidates: int = CANDIDATES
    seed: int = VALIDATION_SEED


@dataclass(frozen=True)
class Effort:
    """How much a preparation does: the share of lists that the fusion learns from, and of lists that are retrieved.

    As many users are held out in any case, so that what is learned from stays the same.
    """

    fusion: float = 1.0
    lists: float = 1.0

    @property
    def is_whole(self) -> bool:
        """Whether nothing is left out."""
        return self.fusion >= 1 and self.lists >= 1

    def count(self, n: int) -> int:
        """How many of so many lists are retrieved."""
        return math.ceil(self.lists * n)


WHOLE_PLAN, WHOLE_EFFORT = ValidationPlan(), Effort()


def make_training_data(
    index: DomainIndex,
    plan: ValidationPlan = WHOLE_PLAN,
    effort: Effort = WHOLE_EFFORT,
    fitted: Behaviour | None = None,
) -> TrainingData:
    """Hold out each user's last event as the test and, of some, the one before to validate on; fit retrieval on others.

    `fitted` is the behaviour of the histories to learn from, where it was fitted already.
    """
    part = split_for(index, plan)
    retriever = fit_retriever(index, part.training, plan.seed, share=effort.fusion, fitted=fitted)
    drawn = np.random.default_rng(plan.seed).permutation(len(part.users))
    listed = np.sort(drawn[: effort.count(len(drawn))])
    pairs = list(zip(part.users[listed].tolist(), part.next_rows[listed].tolist(), strict=True))
    with single_thread():
        lists = [
            replace(list_for(retriever, part.training[user], row, plan.n_candidates), user=user)
            for user, row in progress(pairs, "retrieving for validation")
        ]
    return TrainingData(part.training, tuple(lists), effort)


def split_for(index: DomainIndex, plan: ValidationPlan) -> ValidationSplit:
    """The events that are learned from and those that are validated on."""
    domain = index.domain
    return split_validation(domain.histories, len(domain.catalogue), plan.max_users, plan.seed)


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
    return ValidationList(history, found.rows, found.fused, int(place[0]) if len(place) else -1)
