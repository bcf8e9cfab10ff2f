"""Order of scores: every tie has an answer, the lower row first."""

import numpy as np

from index.records import Floats, Rows


def best_rows(scores: Floats, n: int) -> Rows:
    """The rows of the at most `n` highest scores above zero, by (-score, row)."""
    rows = np.flatnonzero(scores > 0)
    if 0 < n < len(rows):
        least = np.partition(scores[rows], len(rows) - n)[len(rows) - n]
        rows = rows[scores[rows] >= least]
    return rows[np.lexsort((rows, -scores[rows]))][:n]
