"""How a reranker's log odds, retrieval's fused score and its features become one score."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from index.types import Floats


@dataclass(frozen=True)
class Blend:
    """The weight of the reranker's log odds and those of retrieval's features, all added to the fused score.

    Each candidate's score is its own: it does not depend on what else is in the list.
    """

    weight: float = 0.0
    features: tuple[tuple[str, float], ...] = ()  # a column of the candidates and its weight

    def scores(self, fused: Floats, log_odds: Floats, features: Floats | None, columns: tuple[str, ...]) -> Floats:
        """(n,): the fused scores where every weight is 0. Columns that the candidates lack count as 0."""
        found = fused + self.weight * log_odds
        places = [(columns.index(name), weight) for name, weight in self.features if name in columns]
        if features is not None and places:
            found = found + features[:, [place for place, _ in places]] @ np.array([w for _, w in places], np.float32)
        return np.asarray(found, np.float32)

    @classmethod
    def read(cls, content: float | Mapping[str, Any]) -> "Blend":
        """From the settings of an adapter; before features were weighed, these held one number."""
        if isinstance(content, int | float):
            return cls(float(content))
        return cls(float(content["weight"]), tuple((str(name), float(w)) for name, w in content["features"]))


UNBLENDED = Blend()  # retrieval alone
