"""The blend of a reranker with retrieval: the weights that make what came next most likely.

First the log odds alone get one weight. Then retrieval's own features are weighed anew beside them: the reranker knows
some of what the fused score rests on, which would count twice. Whether that is more than noise is asked of users that
the weights were not fitted to.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from agent.rerank.blend import Blend
from finetune.feature_weights import FeatureLogit
from finetune.validation_lists import ValidationList
from index.types import Floats, Mask, Rows

WEIGHTS = np.linspace(0, 1.5, 31)
TEMPERATURES = np.linspace(0.2, 1.2, 11)  # scores may be over-confident: only their order counts
FOLDS = 5
Array = npt.NDArray[np.float64]
MIN_LISTS = 300  # with what came next among the candidates; with fewer nothing is weighed anew


@dataclass(frozen=True)
class Fit:
    """A weight of the log odds, and the mean log likelihood of the true candidates at the best weight."""

    weight: float
    likelihood: float


@dataclass(frozen=True)
class ChosenBlend:
    """A blend, and the blended scores of each list by a blend that was fitted to other users."""

    blend: Blend
    held_out: list[Floats]


def best_weight(lists: Sequence[ValidationList], scores: Sequence[Floats]) -> Fit:
    """The smallest weight that makes what came next as likely as the best one does, up to one standard error.

    Retrieval knows more at a test than it did at the validation, the reranker does not: where users are few, the best
    weight is too high. 0 keeps retrieval as it is. The rule of one standard error: Breiman et al. 1984, section 3.4.3.
    """
    known = [(each, own) for each, own in zip(lists, scores, strict=True) if each.truth >= 0]
    if not known:
        return Fit(0.0, 0.0)
    fused = _pad([each.fused for each, _ in known], -np.inf)
    own = _pad([own for _, own in known], 0)
    truth = np.array([each.truth for each, _ in known])
    gains = [_log_likelihoods(fused + np.float32(weight) * own, truth) for weight in WEIGHTS]
    best = gains[int(np.argmax([gain.mean() for gain in gains]))]
    return Fit(float(WEIGHTS[_simplest(gains)]), float(best.mean()))


def choose_blend(lists: Sequence[ValidationList], scores: Sequence[Floats]) -> ChosenBlend:
    """A blend of one weight, or of retrieval's features and of products with it.

    It is the simplest that makes what came next as likely as the best of them over FOLDS of users, up to one standard
    error: where features tell little, they are fitted to noise, and to histories of usual length.
    """
    one = Blend(best_weight(lists, scores).weight)
    n_known = sum(each.truth >= 0 for each in lists)
    if n_known < MIN_LISTS or one.weight == 0 or any(each.features is None for each in lists):
        return ChosenBlend(one, blend_lists(lists, scores, one))
    kinds = (None, FeatureLogit.of(lists, scores))
    folds = _folds(lists)
    parts = [(folds != fold, folds == fold) for fold in range(FOLDS)]

    def held_out_of(logit: FeatureLogit | None) -> list[Floats]:
        found: list[Floats] = [np.zeros(0, np.float32)] * len(lists)
        for learned, asked in parts:
            blend = one_weight(learned) if logit is None else logit.blend(learned)
            for n in np.flatnonzero(asked).tolist():
                found[n] = blend_scores(lists[n], scores[n], blend)
        return found

    def one_weight(learned: Mask) -> Blend:
        places = np.flatnonzero(learned).tolist()
        return Blend(best_weight([lists[n] for n in places], [scores[n] for n in places]).weight)

    every = [held_out_of(logit) for logit in kinds]
    place = _simplest([_held_out_likelihoods(lists, held_out) for held_out in every])
    logit = kinds[place]
    return ChosenBlend(one if logit is None else logit.blend(np.ones(len(lists), bool)), every[place])


def blend_scores(each: ValidationList, own: Floats, blend: Blend) -> Floats:
    """Fused scores, the reranker's log odds and retrieval's features as one score a candidate."""
    return blend.scores(each.fused, own, each.features, each.columns)


def blend_lists(lists: Sequence[ValidationList], scores: Sequence[Floats], blend: Blend) -> list[Floats]:
    """The same for each list."""
    return [blend_scores(each, own, blend) for each, own in zip(lists, scores, strict=True)]


def _folds(lists: Sequence[ValidationList]) -> Rows:
    """The fold of each list: all events of a user in one."""
    users = np.array([each.user for each in lists])
    return np.asarray(np.unique(users, return_inverse=True)[1] % FOLDS, np.int64)


def _simplest(likelihoods: Sequence[Array]) -> int:
    """The place of the first choice, of growing ones, that is as likely as the best one up to one standard error."""
    best = max(likelihoods, key=lambda each: float(each.mean()))
    lost = [best - each for each in likelihoods]
    return [each.mean() <= each.std() / np.sqrt(len(each)) for each in lost].index(True)


def _held_out_likelihoods(lists: Sequence[ValidationList], scores: Sequence[Floats]) -> Array:
    known = [(each.truth, own) for each, own in zip(lists, scores, strict=True) if each.truth >= 0]
    return _log_likelihoods(_pad([own for _, own in known], -np.inf), np.array([truth for truth, _ in known]))


def _pad(scores: Sequence[Floats], filler: float) -> Floats:
    """(lists, length of the longest) scores; a shorter list is filled up with this number."""
    found = np.full((len(scores), max(map(len, scores))), filler, np.float32)
    for row, own in enumerate(scores):
        found[row, : len(own)] = own
    return found


def _log_likelihoods(scores: Floats, truth: Rows) -> Array:
    """(lists,) the log probability of the true candidates by a softmax of the scores at the best of TEMPERATURES."""
    scores = scores - scores.max(1, keepdims=True)
    true = scores[np.arange(len(truth)), truth]
    each = (t * true - np.log(np.exp(np.float32(t) * scores).sum(1)) for t in TEMPERATURES)
    return max((np.asarray(gain, np.float64) for gain in each), key=lambda gain: float(gain.mean()))
