"""Order of scores: every tie has an answer, the lower row first."""

import numpy as np

from index.types import Floats, Mask, Rows


def top_rows(scores: Floats, n: int, allowed: Mask | None = None) -> Rows:
    """The rows of the at most `n` highest scores by (-score, row), of the allowed ones where there is a mask."""
    rows = np.arange(len(scores)) if allowed is None else np.flatnonzero(allowed)
    if 0 < n < len(rows):
        own = scores[rows]
        least = np.partition(own, len(rows) - n)[len(rows) - n]
        above = own > least
        tied = rows[own == least][: n - np.count_nonzero(above)]  # of a long tie only what is needed is sorted
        rows = np.concatenate([rows[above], tied])
    return rows[np.lexsort((rows, -scores[rows]))][:n]
