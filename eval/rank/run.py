"""The runs of `eval rank`, one for each seed: split, tested users, the result of each model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from eval.metrics.base import Array, RecommendedLists
from eval.metrics.ranking import per_user
from eval.rank.candidate_files import Counts
from eval.rank.protocols import Cases, Split
from eval.rank.results import Outcome, Result
from eval.rank.run_models import SELECTION_METRIC
from index.types import Floats, Rows

DEPTH = 10  # of the lists that metrics beyond accuracy read


@dataclass(frozen=True)
class Run:
    """All that a report is made of.

    `settings` are the command's; `vectors` are those of the items' texts, None without an index; `served_by` is the
    model whose ranking the model `agent` diversifies, None where the agent is not in the run. With `fits_train_only` no
    model was fitted on the events before the tested ones.
    """

    domain: str
    data_sha256: str
    protocol: str
    split: Split
    cases: Cases
    outcomes: Sequence[Outcome]
    settings: Mapping[str, Any]
    candidates: Mapping[str, Counts]
    sampled: int | None = None
    vectors: Floats | None = None
    served_by: str | None = None
    fits_train_only: bool = False

    @property
    def seed(self) -> int:
        """The seed of everything random."""
        return self.split.training.seed

    @cached_property
    def results(self) -> tuple[Result, ...]:
        """The models that ran."""
        return tuple(each for each in self.outcomes if isinstance(each, Result))

    @cached_property
    def counts(self) -> Rows:
        """The fitted events of each item."""
        return np.bincount(self.split.training.histories.rows, minlength=self.split.training.n_items)

    @cached_property
    def history_counts(self) -> Array:
        """By tested user the mean number of events of the items in the history, NaN for an empty history."""
        histories = self.cases.histories
        sums = np.bincount(histories.owners, self.counts[histories.rows], len(histories))
        return np.where(histories.lengths > 0, sums / np.maximum(histories.lengths, 1), np.nan)

    @cached_property
    def relevant_events(self) -> Array:
        """By tested user the number of fitted events of the relevant item, of several the mean."""
        relevant = self.cases.relevant
        return np.asarray(np.bincount(relevant.owners, self.counts[relevant.rows]) / relevant.lengths)

    @cached_property
    def selection(self) -> dict[str, Array]:
        """NDCG@10 of each user, by model."""
        return {result.model: per_user(result.ranked.ranks, SELECTION_METRIC) for result in self.results}

    def recommended(self, model: str) -> RecommendedLists:
        """The first DEPTH items that a model recommends to each tested user."""
        lists = self.result_of[model].ranked.lists[:, :DEPTH]
        n_users = len(self.split.training.histories)
        return RecommendedLists(lists, self.counts, n_users, self.history_counts, self.vectors)

    @cached_property
    def result_of(self) -> dict[str, Result]:
        """The models that ran, by name."""
        return {result.model: result for result in self.results}


@dataclass(frozen=True)
class Runs:
    """The same models for the same users with one seed after another; what does not depend on the seed is the first's.

    `claims` are the pairs of models whose difference is claimed, chosen before the run.
    """

    runs: tuple[Run, ...]
    claims: tuple[tuple[str, str], ...] = ()

    @property
    def first(self) -> Run:
        """The run of the first seed."""
        return self.runs[0]

    @property
    def seed(self) -> int:
        """The first seed, which draws the intervals."""
        return self.first.seed

    @property
    def models(self) -> list[str]:
        """The models that ran, in their order."""
        return [result.model for result in self.first.results]

    @cached_property
    def selection(self) -> Array:
        """(seeds, users, models): NDCG@10."""
        return np.stack([np.stack(list(run.selection.values()), axis=1) for run in self.runs])
