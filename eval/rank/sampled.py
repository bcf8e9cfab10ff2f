"""Ranking among a random sample of items in place of the whole catalogue, as `--sampled` asks for."""

import numpy as np
import numpy.typing as npt

from eval.metrics.base import NO_ITEM
from eval.rank.protocols import Cases
from eval.rank.ranking import mask, top_rows_per_user
from index.data.domain import Catalogue
from index.types import Floats


def keep_sample(scores: Floats, part: Cases, catalogue: Catalogue, n: int, random: np.random.Generator) -> None:
    """Take all but the relevant items and `n` random others, the same for every model, out of the ranking, in place."""
    draws = random.random(scores.shape, dtype=np.float32)
    mask(draws, part.histories)
    draws[:, ~catalogue.available] = -np.inf
    lengths = part.relevant.lengths
    draws[part.relevant.owners, part.relevant.rows] = 2.0  # above all draws
    rows = top_rows_per_user(draws, n + int(lengths.max()))
    taken = (np.arange(rows.shape[1]) < n + lengths[:, None]) & (rows != NO_ITEM)
    out: npt.NDArray[np.bool_] = np.ones(scores.shape, bool)
    out[np.nonzero(taken)[0], rows[taken]] = False
    scores[out] = -np.inf
