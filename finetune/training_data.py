"""The training data of a reranker: histories to learn from, and lists of candidates to validate on."""

import math
from collections import Counter
from dataclasses import dataclass, replace

import numpy as np

from finetune.settings import VALIDATION_EVENTS, VALIDATION_LISTS
from finetune.validation_lists import WHOLE_PLAN, ValidationList, ValidationPlan, list_for
from index.assemble import fit_retriever
from index.build.loading import DomainIndex
from index.data.domain import Histories
from index.data.splits import MIN_EVENTS, ValidationSplit, split_validation
from index.parallel import map_in_order
from index.progress import progress
from index.retrieval.behaviour_signals import Behaviour
from index.retrieval.fusion_training_lists import MAX_SHORT, SHORT_SHARE


@dataclass(frozen=True)
class TrainingData:
    """Histories to learn from, without the last event, and without the ones before it that may be validated on.

    `effort` says how thoroughly the lists were made.
    """

    training: Histories
    validation: tuple[ValidationList, ...]
    effort: "Effort"
    short: tuple[ValidationList, ...] = ()  # of some of the same events after a few events only, for the blend

    @property
    def n_validation_events(self) -> int:
        """How many events of one user are validated on, at most."""
        return max(Counter(each.user for each in self.validation).values(), default=0)


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


WHOLE_EFFORT = Effort()


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

    def list_of(cut: tuple[int, int]) -> ValidationList:
        n, n_read = cut
        found = list_for(retriever, part.history(n).newest(n_read), int(part.next_rows[n]), plan.n_candidates)
        return replace(found, user=int(part.users[n]), n_before=int(part.n_before[n]))

    uncut = [(n, int(part.n_before[n])) for n in listed.tolist()]
    cut = [(n, n_read) for n, n_read in _draw_short(part, plan.seed).items() if n in set(listed.tolist())]
    whole = tuple(progress(map_in_order(list_of, uncut), "retrieving for validation", len(uncut)))
    short = tuple(progress(map_in_order(list_of, cut), "and for short histories", len(cut)))
    return TrainingData(part.training, whole, effort, short)


def _draw_short(part: ValidationSplit, seed: int) -> dict[int, int]:
    """Of which validation events the history is cut too, and to how many events: as the fusion draws them."""
    random = np.random.default_rng((seed, 1))
    is_drawn = random.random(len(part.users)) < SHORT_SHARE
    few = random.integers(1, MAX_SHORT + 1, len(part.users))
    return {int(n): int(few[n]) for n in np.flatnonzero(is_drawn & (few < part.n_before))}


def plan_for(index: DomainIndex, holds_out_all: bool) -> ValidationPlan:
    """The plan for a domain: of few users several events each are validated on, VALIDATION_EVENTS at most."""
    n_users = int((index.domain.histories.lengths >= MIN_EVENTS).sum())
    n_events = 1 if holds_out_all else min(max(VALIDATION_LISTS // max(n_users, 1), 1), VALIDATION_EVENTS)
    return ValidationPlan(n_events=n_events, holds_out_all=holds_out_all)


def split_for(index: DomainIndex, plan: ValidationPlan) -> ValidationSplit:
    """The events that are learned from and those that are validated on."""
    domain = index.domain
    n_items = len(domain.catalogue)
    return split_validation(domain.histories, n_items, plan.max_users, plan.seed, plan.holds_out_all, plan.n_events)
