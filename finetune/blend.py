"""The weight of a reranker's scores beside retrieval's: the one that makes what came next most likely."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from finetune.validation_lists import ValidationList
from index.types import Floats, Rows

WEIGHTS = np.linspace(0, 1.5, 31)
TEMPERATURES = np.linspace(0.2, 1.2, 11)  # scores may be over-confident: only their order counts


@dataclass(frozen=True)
class Blend:
    """A weight, and the mean log likelihood of the true candidates with it."""

    weight: float
    likelihood: float


def best_blend(lists: Sequence[ValidationList], scores: Sequence[Floats]) -> Blend:
    """The weight that makes what came next most likely at its best temperature; 0 keeps retrieval as it is."""
    known = [(each, own) for each, own in zip(lists, scores, strict=True) if each.truth >= 0]
    if not known:
        return Blend(0.0, 0.0)
    fused = _pad([each.fused for each, _ in known], -np.inf)
    own = _pad([own for _, own in known], 0)
    truth = np.array([each.truth for each, _ in known])
    gains = [_log_likelihood(fused + np.float32(weight) * own, truth) for weight in WEIGHTS]
    best = int(np.argmax(gains))
    return Blend(float(WEIGHTS[best]), gains[best])


def blend_scores(each: ValidationList, own: Floats, weight: float) -> Floats:
    """Fused scores and the reranker's log odds as one score a candidate."""
    return np.asarray(each.fused + weight * own, np.float32)


def blend_lists(lists: Sequence[ValidationList], scores: Sequence[Floats], weight: float) -> list[Floats]:
    """The same for each list."""
    return [blend_scores(each, own, weight) for each, own in zip(lists, scores, strict=True)]


def _pad(scores: Sequence[Floats], filler: float) -> Floats:
    """(lists, length of the longest) scores; a shorter list is filled up with this number."""
    found = np.full((len(scores), max(map(len, scores))), filler, np.float32)
    for row, own in enumerate(scores):
        found[row, : len(own)] = own
    return found


def _log_likelihood(scores: Floats, truth: Rows) -> float:
    """Mean log probability of the true candidates by a softmax of the scores at the best of TEMPERATURES."""
    scores = scores - scores.max(1, keepdims=True)
    true = scores[np.arange(len(truth)), truth]
    each = (t * true - np.log(np.exp(np.float32(t) * scores).sum(1)) for t in TEMPERATURES)
    return float(max(gain.mean(dtype=np.float64) for gain in each))
