"""Weighs a reranker's log odds and retrieval's features together: a conditional logit over the candidates of lists.

McFadden 1974, "Conditional logit analysis of qualitative choice behavior", with a penalty on the squared weights.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from agent.rerank.blend import Blend, Weighed
from finetune.validation_lists import ValidationList
from index.retrieval.fusion_features import HISTORY_FEATURES
from index.retrieval.retriever import FUSION
from index.types import Floats, Mask, Rows

PENALTY = 100.0  # of the squared weights of standardised features, over all lists; 10 to 300 gave the same
BEST, OF_OTHERS = 60, 4  # candidates of a list by which the weights are fitted: the best, and one of so many others
STEPS = 12  # of Newton's method, at most
CLOSE = 1e-4  # a step of Newton's method after which none follows
Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class FeatureLogit:
    """What came next among the candidates of each list, as a conditional logit of standardised columns.

    `values` (candidates of all lists whose truth is known, terms): the fused score, the log odds, each column, and
    where columns scale the log odds, their products with these.
    """

    columns: tuple[str, ...]
    centre: float
    values: Floats
    offsets: Floats  # the log of how many candidates each stands for
    spread: Floats  # of each term; of the first two it is one
    starts: Rows  # of each such list
    truths: Rows  # rows of `values`
    places: Rows  # the list's number among all

    @classmethod
    def of(cls, lists: Sequence[ValidationList], scores: Sequence[Floats], scales: bool) -> "FeatureLogit":
        places = np.array([n for n, each in enumerate(lists) if each.truth >= 0])
        kept = [_shorten(lists[n], scores[n]) for n in places]
        names = lists[int(places[0])].columns
        used = [n for n, name in enumerate(names) if name not in (FUSION, *HISTORY_FEATURES)]
        fused = np.concatenate([lists[n].fused[some] for n, (some, _) in zip(places, kept, strict=True)])
        own = np.concatenate([scores[n][some] for n, (some, _) in zip(places, kept, strict=True)])
        read = np.concatenate(
            [_features_of(lists[n])[some][:, used] for n, (some, _) in zip(places, kept, strict=True)]
        )
        centre = float(own.mean()) if scales else 0.0
        terms = [fused[:, None], own[:, None], read, *([(own - centre)[:, None] * read] if scales else [])]
        values = np.asarray(np.concatenate(terms, axis=1), np.float32)
        spread = np.maximum(values.std(0), 1e-6)
        spread[:2] = 1
        starts = np.concatenate([[0], np.cumsum([len(some) for some, _ in kept])])[:-1]
        truths = starts + np.array(
            [int(np.flatnonzero(some == lists[n].truth)[0]) for n, (some, _) in zip(places, kept, strict=True)]
        )
        offsets = np.concatenate([own_offsets for _, own_offsets in kept])
        columns = tuple(names[n] for n in used)
        return cls(columns, centre, values / spread, offsets, spread, starts, truths, places)

    def blend(self, learned: Mask) -> Blend:
        """The blend fitted to the lists that `learned` marks, among all."""
        fused, own, *others = (self._fit(learned[self.places]) / self.spread).tolist()
        added, scaling = others[: len(self.columns)], others[len(self.columns) :] or [0.0] * len(self.columns)
        each = zip(self.columns, added, scaling, strict=True)
        # The fused score stands in the sum with weight one, whatever words have added to it.
        return Blend(own, (Weighed(FUSION, fused - 1), *(Weighed(*one) for one in each)), self.centre)

    def _fit(self, learned: Mask) -> Array:
        """Newton's method on a concave likelihood; the fused score and the log odds are not penalised."""
        lengths = np.diff(np.concatenate([self.starts, [len(self.values)]]))
        kept = np.repeat(learned, lengths)
        values, offsets, lengths = self.values[kept], self.offsets[kept], lengths[learned]
        starts = np.concatenate([[0], np.cumsum(lengths)])[:-1]
        truths = self.truths[learned] - self.starts[learned] + starts
        penalties = np.full(values.shape[1], PENALTY)
        penalties[:2] = 1e-3
        prior = np.zeros(values.shape[1])
        prior[0] = 1
        weights = prior.copy()
        for _ in range(STEPS):
            shares = _shares(values @ weights.astype(np.float32) + offsets, starts, lengths)
            weighted = values * shares[:, None]
            means = np.add.reduceat(weighted, starts)
            gradient = (values[truths] - means).sum(0, dtype=np.float64) - penalties * (weights - prior)
            hessian = (values.T @ weighted - means.T @ means).astype(np.float64) + np.diag(penalties)
            step = np.linalg.solve(hessian, gradient)
            weights += step / max(1.0, np.abs(step).max())  # no step is longer than one
            if np.abs(step).max() < CLOSE:
                break
        return weights


def _shares(scores: Floats, starts: Rows, lengths: Rows) -> Floats:
    """The softmax of each list's scores."""
    highest = np.repeat(np.maximum.reduceat(scores, starts), lengths)
    odds = np.exp(scores - highest)
    return np.asarray(odds / np.repeat(np.add.reduceat(odds, starts), lengths), np.float32)


def _shorten(each: ValidationList, own: Floats) -> tuple[Rows, Floats]:
    """Places of the BEST candidates, of the truth and of one of OF_OTHERS others; the log of what each stands for."""
    order = np.argsort(-(each.fused + own), kind="stable")
    drawn = order[BEST::OF_OTHERS]
    drawn = drawn[drawn != each.truth]
    sure = np.union1d(order[:BEST], [each.truth])
    offsets = np.concatenate([np.zeros(len(sure)), np.full(len(drawn), np.log(OF_OTHERS))])
    return np.concatenate([sure, drawn]), np.asarray(offsets, np.float32)


def _features_of(each: ValidationList) -> Floats:
    return np.zeros((len(each.rows), len(each.columns)), np.float32) if each.features is None else each.features
