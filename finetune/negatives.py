"""The negatives of a training step: items that are drawn at random, by the root of how often they were chosen."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from index.types import Floats, Rows

NEGATIVES = 1_024  # drawn for a batch


@dataclass(frozen=True)
class Negatives:
    """`chances` (n_items) are those of one draw."""

    chances: npt.NDArray[np.float64]

    @classmethod
    def of(cls, counts: Rows) -> "Negatives":
        """From the training events of each item: the root, so that rare items are drawn too; cold ones never are."""
        weights = np.sqrt(np.where(counts > 0, counts + 1.0, 0.0))
        return cls(np.asarray(weights / weights.sum()))

    def draw(self, n: int, seed: int) -> tuple[Rows, Floats]:
        """`n` rows with replacement, and the log of how often each is expected among them (Jean et al. 2015)."""
        rows = np.random.default_rng(seed).choice(len(self.chances), n, p=self.chances)
        return rows, np.log(n * self.chances[rows]).astype(np.float32)
