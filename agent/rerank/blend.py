"""How a reranker's log odds, retrieval's fused score and its features become one score."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from index.types import Floats


@dataclass(frozen=True)
class Weighed:
    """A column of retrieval's candidates: what it adds to a score, and what to the weight of the log odds."""

    column: str
    added: float
    scaling: float = 0.0


@dataclass(frozen=True)
class Blend:
    """The weight of the reranker's log odds and those of retrieval's features, beside the fused score.

    A feature may also raise or lower the weight of the log odds, which are then measured from `centre`. The score of a
    candidate is its own: it does not depend on what else is in the list.
    """

    weight: float = 0.0
    features: tuple[Weighed, ...] = ()
    centre: float = 0.0

    def scores(self, fused: Floats, log_odds: Floats, features: Floats | None, columns: tuple[str, ...]) -> Floats:
        """(n,): the fused scores where every weight is 0. Columns that the candidates lack count as 0."""
        found = fused + self.weight * log_odds
        places = [columns.index(each.column) for each in self.features if each.column in columns]
        if features is not None and places:
            kept = [each for each in self.features if each.column in columns]
            read = features[:, places]
            found = found + read @ np.array([each.added for each in kept], np.float32)
            found = found + (log_odds - self.centre) * (read @ np.array([each.scaling for each in kept], np.float32))
        return np.asarray(found, np.float32)

    @classmethod
    def read(cls, content: float | Mapping[str, Any]) -> "Blend":
        """From the settings of an adapter; before features were weighed, these held one number."""
        if isinstance(content, int | float):
            return cls(float(content))
        features = tuple(Weighed(**each) for each in content["features"])
        return cls(float(content["weight"]), features, float(content["centre"]))


UNBLENDED = Blend()  # retrieval alone
