"""Order of scores: every tie has an answer, the lower row first."""

import numpy as np

from index.types import Floats, Mask, Rows


def top_rows(scores: Floats, n: int, allowed: Mask | None = None) -> Rows:
    """The rows of the at most `n` highest scores by (-score, row), of the allowed ones where there is a mask."""
    rows = np.arange(len(scores)) if allowed is None else np.flatnonzero(allowed)
    if 0 < n < len(rows):
        least = np.partition(scores[rows], len(rows) - n)[len(rows) - n]
        rows = rows[scores[rows] >= least]
    return rows[np.lexsort((rows, -scores[rows]))][:n]
