"""How much a reader's word weighs beside retrieval's: the one weight that makes what came next most likely."""

import numpy as np

from finetune.examples import ValidationList
from index.records import Floats

WEIGHTS = np.linspace(0, 1.5, 31)


def best_blend(lists: tuple[ValidationList, ...], said: list[Floats]) -> float:
    """The weight with the highest mean log likelihood of the true candidates; 0 keeps retrieval as it is."""
    known = [(each, own) for each, own in zip(lists, said, strict=True) if each.truth >= 0]
    if not known:
        return 0.0
    gains = [np.mean([_log_likelihood(each, own, weight) for each, own in known]) for weight in WEIGHTS]
    return float(WEIGHTS[int(np.argmax(gains))])


def blended(each: ValidationList, own: Floats, weight: float) -> Floats:
    """Fused scores and the reader's log odds as one score a candidate."""
    return np.asarray(each.fused + weight * own, np.float32)


def _log_likelihood(each: ValidationList, own: Floats, weight: float) -> float:
    scores = blended(each, own, weight).astype(np.float64)
    scores -= scores.max()
    return float(scores[each.truth] - np.log(np.exp(scores).sum()))
