"""How much a reader's word weighs beside retrieval's: the one weight that makes what came next most likely."""

from dataclasses import dataclass

import numpy as np

from finetune.examples import ValidationList
from index.records import Floats

WEIGHTS = np.linspace(0, 1.5, 31)
TEMPERATURES = np.linspace(0.2, 1.2, 11)  # either side alone may be too sure of itself: only the order counts


@dataclass(frozen=True)
class Blend:
    """A weight, and the mean log likelihood of the true candidates with it."""

    weight: float
    likelihood: float


def best_blend(lists: tuple[ValidationList, ...], said: list[Floats]) -> Blend:
    """The weight that makes what came next most likely at its best temperature; 0 keeps retrieval as it is."""
    known = [(each, own) for each, own in zip(lists, said, strict=True) if each.truth >= 0]
    if not known:
        return Blend(0.0, 0.0)
    gains = [
        max(_log_likelihood(known, weight, float(each)) for each in TEMPERATURES) for weight in map(float, WEIGHTS)
    ]
    best = int(np.argmax(gains))
    return Blend(float(WEIGHTS[best]), gains[best])


def blended(each: ValidationList, own: Floats, weight: float) -> Floats:
    """Fused scores and the reader's log odds as one score a candidate."""
    return np.asarray(each.fused + weight * own, np.float32)


def _log_likelihood(known: list[tuple[ValidationList, Floats]], weight: float, temperature: float) -> float:
    """Mean log probability of the true candidates by a softmax of the blended scores, made flatter or steeper."""
    total = 0.0
    for each, own in known:
        scores = temperature * blended(each, own, weight).astype(np.float64)
        scores -= scores.max()
        total += scores[each.truth] - np.log(np.exp(scores).sum())
    return float(total / len(known))
