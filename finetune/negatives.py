"""The negatives of a training step.

The sequence reranker's are drawn from all items at random, by the root of how often they were chosen; the text
reranker's are hard ones, drawn from the best of what was retrieved for the same history.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from index.types import Floats, Rows

NEGATIVES = 1_024  # drawn for a batch
HARD_NEGATIVES, HARD_POOL = 24, 100  # drawn anew each epoch from so many of the best candidates


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


def hard_negatives(n_candidates: int, truth: int, random: np.random.Generator) -> Rows:
    """Places of HARD_NEGATIVES of the best HARD_POOL candidates, fewer where there are fewer; never the truth's."""
    others = np.delete(np.arange(min(n_candidates, HARD_POOL)), truth)
    return random.choice(others, min(HARD_NEGATIVES, len(others)), replace=False)
