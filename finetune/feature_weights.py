"""Weighs a reranker's log odds and retrieval's features together: a conditional logit over the candidates of lists.

McFadden 1974, "Conditional logit analysis of qualitative choice behavior", with a penalty on the squared weights.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from agent.rerank.blend import (
    LOG_ODDS,
    ONE,
    RARE,
    Blend,
    Product,
    Standardised,
    are_cold,
    product_names,
    read_values,
)
from finetune.validation_lists import ValidationList
from index.retrieval.fusion_features import HISTORY_FEATURES
from index.retrieval.retriever import FUSION
from index.types import Floats, Mask, Rows

LENGTH = HISTORY_FEATURES[0]
PENALTY, LIGHT = 100.0, 10.0  # of a squared weight, over all lists; of those by rarity alone. 10 to 300 gave the same
FREE, OFFSET = 1e-3, 1.0  # of the fused score and the log odds; of the offset of cold items
BEST, OF_OTHERS = 40, 8  # candidates of a list by which the weights are fitted: the best, and one of so many others
STEPS = 12  # of Newton's method, at most
CLOSE = 1e-4  # a step of Newton's method after which none follows
Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class FeatureLogit:
    """What came next among the candidates of each list, as a conditional logit of products of standardised values.

    `terms` (candidates of all lists whose truth is known, products and two more): each product, of a cold candidate 0,
    then the fused score and a one of cold candidates alone.
    """

    values: tuple[Standardised, ...]
    products: tuple[tuple[str, str], ...]
    terms: Floats
    offsets: Floats  # the log of how many candidates each stands for
    starts: Rows  # of each such list
    truths: Rows  # rows of `terms`
    places: Rows  # the list's number among all

    @classmethod
    def of(cls, lists: Sequence[ValidationList], scores: Sequence[Floats]) -> "FeatureLogit":
        """From all validation lists with the reranker's log odds of their candidates."""
        places = np.array([n for n, each in enumerate(lists) if each.truth >= 0])
        kept = [_shorten(lists[n], scores[n]) for n in places]
        columns = lists[int(places[0])].columns
        own = np.concatenate([scores[n][some] for n, (some, _) in zip(places, kept, strict=True)])
        features = np.concatenate([_features_of(lists[n])[some] for n, (some, _) in zip(places, kept, strict=True)])
        read = read_values(own, features, columns)
        whole = read_values(
            np.concatenate([scores[n] for n in places]),
            np.concatenate([_features_of(lists[n]) for n in places]),
            columns,
        )
        values = tuple(_standardise(name, each) for name, each in whole.items() if name not in HISTORY_FEATURES[1:])
        known = {each.name: (read[each.name] - each.centre) / each.spread for each in values}
        named = [each.name for each in values if each.name not in (LOG_ODDS, RARE)]
        products = tuple(product_names(named, FUSION, LENGTH))
        cold = are_cold(features, columns)
        terms = np.zeros((len(own), len(products) + 2), np.float32)
        for place, (first, second) in enumerate(products):
            terms[:, place] = np.where(cold, 0, known[first] * (1 if second == ONE else known[second]))
        terms[:, -2] = np.where(cold, known[FUSION], 0)
        terms[:, -1] = cold
        starts = np.concatenate([[0], np.cumsum([len(some) for some, _ in kept])])[:-1]
        truths = starts + np.array(
            [int(np.flatnonzero(some == lists[n].truth)[0]) for n, (some, _) in zip(places, kept, strict=True)]
        )
        return cls(values, products, terms, np.concatenate([each for _, each in kept]), starts, truths, places)

    def blend(self, learned: Mask) -> Blend:
        """The blend fitted to the lists that `learned` marks, among all."""
        *weights, cold_score, cold_offset = self._fit(learned[self.places]).tolist()
        products = [Product(*names, weight) for names, weight in zip(self.products, weights, strict=True)]
        # The fused score stands in the sum with weight one, whatever words have added to it.
        fused = self._prior_of_score
        found = [
            Product(each.first, each.second, each.weight - fused)
            if (each.first, each.second) == (FUSION, ONE)
            else each
            for each in products
        ]
        spreads = {each.name: each for each in self.values}
        score = spreads[FUSION]
        own = next(each.weight for each in products if (each.first, each.second) == (LOG_ODDS, ONE))
        return Blend(
            own / spreads[LOG_ODDS].spread,
            self.values,
            tuple(found),
            (cold_score - fused) / score.spread,
            cold_offset - (cold_score - fused) * score.centre / score.spread,
        )

    @property
    def _prior_of_score(self) -> float:
        """The weight of the standardised fused score that leaves it as it is."""
        return next(each.spread for each in self.values if each.name == FUSION)

    def _fit(self, learned: Mask) -> Array:
        """Newton's method on a concave likelihood."""
        lengths = np.diff(np.concatenate([self.starts, [len(self.terms)]]))
        kept = np.repeat(learned, lengths)
        terms, offsets, lengths = self.terms[kept], self.offsets[kept], lengths[learned]
        starts = np.concatenate([[0], np.cumsum(lengths)])[:-1]
        truths = self.truths[learned] - self.starts[learned] + starts
        penalties = np.array([*map(_penalty_of, self.products), PENALTY, OFFSET])  # cold items are few
        prior = np.zeros(len(penalties))
        prior[[self.products.index((FUSION, ONE)), -2]] = self._prior_of_score
        weights = prior.copy()
        for _ in range(STEPS):
            shares = _shares(terms @ weights.astype(np.float32) + offsets, starts, lengths)
            weighted = terms * shares[:, None]
            means = np.add.reduceat(weighted, starts)
            gradient = (terms[truths] - means).sum(0, dtype=np.float64) - penalties * (weights - prior)
            hessian = (terms.T @ weighted - means.T @ means).astype(np.float64) + np.diag(penalties)
            step = np.linalg.solve(hessian, gradient)
            weights += step / max(1.0, np.abs(step).max())  # no step is longer than one
            if np.abs(step).max() < CLOSE:
                break
        return weights


def _is_score(product: Product) -> bool:
    return (product.first, product.second) == (FUSION, ONE)


def _penalty_of(names: tuple[str, str]) -> float:
    if names in ((FUSION, ONE), (LOG_ODDS, ONE)):
        return FREE
    return LIGHT if set(names) <= {RARE, ONE, FUSION, LOG_ODDS, LENGTH} else PENALTY


def _standardise(name: str, values: Floats) -> Standardised:
    """A value less its mean, of spread one; how rare an item is has a scale of its own, from 0 to 1."""
    if name == RARE:
        return Standardised(name, 0.0, 1.0)
    return Standardised(name, float(values.mean(dtype=np.float64)), max(float(values.std(dtype=np.float64)), 1e-6))


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
