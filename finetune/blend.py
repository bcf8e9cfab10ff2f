"""How much a reader's word weighs beside retrieval's: the one weight that makes what came next most likely."""

from dataclasses import dataclass

import numpy as np

from finetune.examples import ValidationList
from index.records import Floats

WEIGHTS = np.linspace(0, 1.5, 31)


@dataclass(frozen=True)
class Blend:
    """A weight, and the mean log likelihood of the true candidates with it."""

    weight: float
    likelihood: float


def best_blend(lists: tuple[ValidationList, ...], said: list[Floats]) -> Blend:
    """The weight that makes what came next most likely; 0 keeps retrieval as it is."""
    known = [(each, own) for each, own in zip(lists, said, strict=True) if each.truth >= 0]
    if not known:
        return Blend(0.0, 0.0)
    gains = [float(np.mean([_log_likelihood(each, own, weight) for each, own in known])) for weight in WEIGHTS]
    best = int(np.argmax(gains))
    return Blend(float(WEIGHTS[best]), gains[best])


def blended(each: ValidationList, own: Floats, weight: float) -> Floats:
    """Fused scores and the reader's log odds as one score a candidate."""
    return np.asarray(each.fused + weight * own, np.float32)


def _log_likelihood(each: ValidationList, own: Floats, weight: float) -> float:
    scores = blended(each, own, weight).astype(np.float64)
    scores -= scores.max()
    return float(scores[each.truth] - np.log(np.exp(scores).sum()))
