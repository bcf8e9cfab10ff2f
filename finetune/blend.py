"""The blend of a reranker with retrieval: the weights that make what came next most likely.

First the log odds alone get one weight. Then retrieval's own features are weighed anew beside them, as a conditional
logit over the candidates of each list (McFadden 1974): the reranker knows some of what the fused score rests on, which
would count twice. Whether that is more than noise is asked of users that the weights were not fitted to.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from agent.rerank.blend import Blend
from finetune.validation_lists import ValidationList
from index.retrieval.fusion_features import HISTORY_FEATURES
from index.retrieval.retriever import FUSION
from index.types import Floats, Mask, Rows

WEIGHTS = np.linspace(0, 1.5, 31)
TEMPERATURES = np.linspace(0.2, 1.2, 11)  # scores may be over-confident: only their order counts
PENALTIES = (30.0, 100.0, 300.0)  # of the squared weights of standardised features, over all lists
FOLDS = 5
MIN_LISTS = 300  # with what came next among the candidates; with fewer nothing is weighed anew
STEPS = 12  # of Newton's method, at most
LOG_ODDS = "log_odds"
Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Fit:
    """A weight of the log odds, and the mean log likelihood of the true candidates with it."""

    weight: float
    likelihood: float


@dataclass(frozen=True)
class ChosenBlend:
    """A blend, and the blended scores of each list by a blend that was fitted to other users."""

    blend: Blend
    held_out: list[Floats]


def best_weight(lists: Sequence[ValidationList], scores: Sequence[Floats]) -> Fit:
    """The weight that makes what came next most likely at its best temperature; 0 keeps retrieval as it is."""
    known = [(each, own) for each, own in zip(lists, scores, strict=True) if each.truth >= 0]
    if not known:
        return Fit(0.0, 0.0)
    fused = _pad([each.fused for each, _ in known], -np.inf)
    own = _pad([own for _, own in known], 0)
    truth = np.array([each.truth for each, _ in known])
    gains = [_log_likelihood(fused + np.float32(weight) * own, truth) for weight in WEIGHTS]
    best = int(np.argmax(gains))
    return Fit(float(WEIGHTS[best]), gains[best])


def choose_blend(lists: Sequence[ValidationList], scores: Sequence[Floats]) -> ChosenBlend:
    """The blend of the likeliest kind over FOLDS of users: of one weight, or of features under one of PENALTIES."""
    one = Blend(best_weight(lists, scores).weight)
    n_known = sum(each.truth >= 0 for each in lists)
    if n_known < MIN_LISTS or one.weight == 0 or any(each.features is None for each in lists):
        return ChosenBlend(one, blend_lists(lists, scores, one))
    choices = _Choices.of(lists, scores)
    folds = _folds(lists)
    parts = [(folds != fold, folds == fold) for fold in range(FOLDS)]

    def held_out_of(penalty: float | None) -> list[Floats]:
        found: list[Floats] = [np.zeros(0, np.float32)] * len(lists)
        for learned, asked in parts:
            blend = one_weight(learned) if penalty is None else choices.blend(learned, penalty)
            for n in np.flatnonzero(asked).tolist():
                found[n] = blend_scores(lists[n], scores[n], blend)
        return found

    def one_weight(learned: Mask) -> Blend:
        places = np.flatnonzero(learned).tolist()
        return Blend(best_weight([lists[n] for n in places], [scores[n] for n in places]).weight)

    kinds = [(penalty, held_out_of(penalty)) for penalty in (None, *PENALTIES)]
    penalty, held_out = max(kinds, key=lambda kind: _likelihood_of(lists, kind[1]))
    everybody = np.ones(len(lists), bool)
    return ChosenBlend(one if penalty is None else choices.blend(everybody, penalty), held_out)


def blend_scores(each: ValidationList, own: Floats, blend: Blend) -> Floats:
    """Fused scores, the reranker's log odds and retrieval's features as one score a candidate."""
    return blend.scores(each.fused, own, each.features, each.columns)


def blend_lists(lists: Sequence[ValidationList], scores: Sequence[Floats], blend: Blend) -> list[Floats]:
    """The same for each list."""
    return [blend_scores(each, own, blend) for each, own in zip(lists, scores, strict=True)]


@dataclass(frozen=True)
class _Choices:
    """What came next among the candidates of each list, as a conditional logit of standardised columns."""

    columns: tuple[str, ...]
    values: Floats  # (candidates of all lists whose truth is known, columns), of spread one, FUSION and log odds as are
    spread: Floats
    starts: Rows  # of each such list
    truths: Rows  # rows of `values`
    places: Rows  # the list's number among all

    @classmethod
    def of(cls, lists: Sequence[ValidationList], scores: Sequence[Floats]) -> "_Choices":
        places = np.array([n for n, each in enumerate(lists) if each.truth >= 0])
        names = lists[int(places[0])].columns
        used = [n for n, name in enumerate(names) if name not in HISTORY_FEATURES]
        values = np.concatenate([_read(lists[n], used, scores[n]) for n in places])
        columns = (*(names[n] for n in used), LOG_ODDS)
        spread = np.maximum(values.std(0), 1e-6)
        spread[[columns.index(FUSION), columns.index(LOG_ODDS)]] = 1
        starts = np.concatenate([[0], np.cumsum([len(lists[n].rows) for n in places])])[:-1]
        truths = starts + np.array([lists[n].truth for n in places])
        return cls(columns, values / spread, spread, starts, truths, places)

    def blend(self, learned: Mask, penalty: float) -> Blend:
        """The blend fitted to the lists that `learned` marks, among all."""
        weights = self._fit(learned[self.places], penalty) / self.spread
        of = dict(zip(self.columns, weights.tolist(), strict=True))
        of[FUSION] -= 1  # the fused score stands in the sum with weight one
        own = of.pop(LOG_ODDS)
        return Blend(own, tuple(of.items()))

    def _fit(self, learned: Mask, penalty: float) -> Array:
        """Newton's method on a concave likelihood; the fused score and the log odds are not penalised."""
        lengths = np.diff(np.concatenate([self.starts, [len(self.values)]]))
        kept = np.repeat(learned, lengths)
        values, lengths = self.values[kept], lengths[learned]
        starts = np.concatenate([[0], np.cumsum(lengths)])[:-1]
        truths = self.truths[learned] - self.starts[learned] + starts
        penalties = np.full(len(self.columns), penalty)
        penalties[[self.columns.index(FUSION), self.columns.index(LOG_ODDS)]] = 1e-3
        weights = np.zeros(len(self.columns))
        weights[self.columns.index(FUSION)] = 1
        prior = weights.copy()
        for _ in range(STEPS):
            shares = _shares(values @ weights.astype(np.float32), starts, lengths)
            weighted = values * shares[:, None]
            means = np.add.reduceat(weighted, starts)
            gradient = (values[truths] - means).sum(0, dtype=np.float64) - penalties * (weights - prior)
            hessian = (values.T @ weighted - means.T @ means).astype(np.float64) + np.diag(penalties)
            step = np.linalg.solve(hessian, gradient)
            weights += step / max(1.0, np.abs(step).max())  # no step is longer than one
            if np.abs(step).max() < 1e-4:
                break
        return weights


def _shares(scores: Floats, starts: Rows, lengths: Rows) -> Floats:
    """The softmax of each list's scores."""
    highest = np.repeat(np.maximum.reduceat(scores, starts), lengths)
    odds = np.exp(scores - highest)
    return np.asarray(odds / np.repeat(np.add.reduceat(odds, starts), lengths), np.float32)


def _read(each: ValidationList, used: list[int], own: Floats) -> Floats:
    features = np.zeros((len(own), len(used)), np.float32) if each.features is None else each.features[:, used]
    return np.asarray(np.column_stack([features, own]), np.float32)


def _folds(lists: Sequence[ValidationList]) -> Rows:
    """The fold of each list: all events of a user in one."""
    users = np.array([each.user for each in lists])
    return np.asarray(np.unique(users, return_inverse=True)[1] % FOLDS, np.int64)


def _likelihood_of(lists: Sequence[ValidationList], scores: Sequence[Floats]) -> float:
    known = [(each.truth, own) for each, own in zip(lists, scores, strict=True) if each.truth >= 0]
    return _log_likelihood(_pad([own for _, own in known], -np.inf), np.array([truth for truth, _ in known]))


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
