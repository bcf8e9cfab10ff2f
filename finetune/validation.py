"""Validates a reranker: its scores of the validation lists, and what they give when they are blended with retrieval."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch

from agent.rerank.blend import Blend
from agent.rerank.prefix_cache import PrefixCache
from finetune.blend import best_weight, blend_lists
from finetune.objective import autocast
from finetune.validation_lists import ValidationList, ndcg_at_10
from index.data.records import History
from index.types import Floats, Rows

GROUP = 32  # lists that are scored at once

IsExpired = Callable[[], bool]


class Scorer(Protocol):
    """A loaded reranker over one catalogue."""

    @property
    def prefix_cache(self) -> PrefixCache:
        """What it computed of histories that it may be asked about again."""

    def log_odds(self, histories: Sequence[History], rows: Sequence[Rows]) -> list[Floats]:
        """For each history the log odds of its rows."""


@dataclass(frozen=True)
class Validation:
    """The mean log likelihood, by which steps are selected, a figure to watch (NDCG@10), and the scores behind them."""

    likelihood: float
    figure: float
    scores: tuple[Floats, ...] = ()


def validate(
    scorer: Scorer, lists: Sequence[ValidationList], device: torch.device, is_expired: IsExpired
) -> Validation | None:
    """Likelihood and NDCG@10 at the best weight; None where the time is over before all lists are scored."""
    scores = score_lists(scorer, lists, device, is_expired)
    if scores is None:
        return None
    best = best_weight(lists, scores)
    blended = blend_lists(lists, scores, Blend(best.weight))
    return Validation(best.likelihood, ndcg_at_10(lists, blended), tuple(scores))


def score_lists(
    scorer: Scorer, lists: Sequence[ValidationList], device: torch.device, is_expired: IsExpired = lambda: False
) -> list[Floats] | None:
    """A reranker's log odds of each list's candidates; None where the time is over before all are scored."""
    scorer.prefix_cache.clear()  # the tensors may have changed since
    order = np.argsort([len(each.history) for each in lists], kind="stable")
    found: list[Floats] = [np.zeros(0, np.float32)] * len(lists)
    with autocast(device):
        for start in range(0, len(order), GROUP):
            if is_expired():
                return None
            group = [int(n) for n in order[start : start + GROUP]]
            scores = scorer.log_odds([lists[n].history for n in group], [lists[n].rows for n in group])
            for n, own in zip(group, scores, strict=True):
                found[n] = own
    return found
