"""How a reranker's log odds, retrieval's fused score and its features become one score."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from index.retrieval.retriever import FUSION
from index.types import Floats, Mask

LOG_ODDS, RARE = "log_odds", "rare"  # values beside the columns of the candidates
ONE = ""  # stands where a product has no second value
POPULARITY = "popularity"  # the column with the log of one more than an item's events
RARE_EVENTS = 4.0  # events after which an item is 1/e as rare as one without any


@dataclass(frozen=True)
class Standardised:
    """A value of the candidates, less `centre` and divided by `spread`."""

    name: str
    centre: float
    spread: float


@dataclass(frozen=True)
class Product:
    """Two standardised values, or one where `second` is ONE, and what their product weighs in the score."""

    first: str
    second: str
    weight: float


@dataclass(frozen=True)
class Blend:
    """One weight of the log odds beside the fused score; or weights of retrieval's features, and of products, with it.

    Of a cold item, which has no events, a reranker knows nothing, and most features lack: its own are `cold_score`, the
    weight of what the fusion made of the history, and `cold_offset`. The score of a candidate is its own: it does not
    depend on what else is in the list.
    """

    weight: float = 0.0
    values: tuple[Standardised, ...] = ()
    products: tuple[Product, ...] = ()
    cold_score: float = 0.0
    cold_offset: float = 0.0

    def scores(self, fused: Floats, log_odds: Floats, features: Floats | None, columns: Sequence[str]) -> Floats:
        """(n,): the fused scores where every weight is 0; with the log odds alone where there are no features."""
        if features is None or not self.products:
            return np.asarray(fused + self.weight * log_odds, np.float32)
        read = read_values(log_odds, features, columns)
        known = {each.name: (read[each.name] - each.centre) / each.spread for each in self.values if each.name in read}
        warm = np.zeros(len(fused), np.float64)
        for each in self.products:
            if each.first in known and (each.second == ONE or each.second in known):
                warm += each.weight * known[each.first] * (1 if each.second == ONE else known[each.second])
        cold = self.cold_score * read[FUSION] + self.cold_offset
        return np.asarray(fused + np.where(are_cold(features, columns), cold, warm), np.float32)

    @classmethod
    def read(cls, content: float | Mapping[str, Any]) -> "Blend":
        """From the settings of an adapter; before features were weighed, these held one number."""
        if isinstance(content, int | float):
            return cls(float(content))
        values = tuple(Standardised(**each) for each in content["values"])
        products = tuple(Product(**each) for each in content["products"])
        cold = (float(content["cold_score"]), float(content["cold_offset"]))
        return cls(float(content["weight"]), values, products, *cold)


UNBLENDED = Blend()  # retrieval alone


def read_values(log_odds: Floats, features: Floats, columns: Sequence[str]) -> dict[str, Floats]:
    """The values that a blend may weigh: the candidates' columns, their log odds and how rare they are."""
    found = dict(zip(columns, features.T, strict=True))
    rare = np.exp(-np.expm1(found[POPULARITY]) / RARE_EVENTS)
    return {**found, LOG_ODDS: log_odds, RARE: np.asarray(rare, np.float32)}


def are_cold(features: Floats, columns: Sequence[str]) -> Mask:
    """Which candidates have no events."""
    return np.asarray(features[:, list(columns).index(POPULARITY)] == 0, bool)


def product_names(columns: Sequence[str], score: str, length: str) -> Iterator[tuple[str, str]]:
    """The products that a blend weighs: each value alone, the log odds and the fused score by what tells when to trust
    them, and every column by how well known an item is. `score` and `length` name two columns: what the fusion made of
    the history, and the history's length, which is the same for all candidates and so orders none by itself.
    """
    own = [name for name in columns if name not in (score, length)]
    yield from ((name, ONE) for name in (score, LOG_ODDS, *own, RARE))
    yield from ((LOG_ODDS, name) for name in (*own, RARE, length))
    yield from ((score, name) for name in (POPULARITY, RARE, length))
    for name in own:
        yield from ((name, by) for by in (POPULARITY, RARE))
