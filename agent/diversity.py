"""Keeps a list from saying the same thing ten times, at a small cost in score."""

import numpy as np

from index.types import Floats, Rows

SHARE = 0.35  # log odds that an item loses for being the twin of one above it
POOL = 3  # times k candidates that are looked at


def diversify(rows: Rows, scores: Floats, vectors: Floats, k: int) -> Rows:
    """Places of the `k` items to show, best first: each is the best left after losing what it repeats.

    Maximal marginal relevance (Carbonell & Goldstein 1998, doi:10.1145/290941.291025) on text vectors. `rows` are in
    order of their scores.
    """
    pool = rows[: POOL * k]
    likeness = np.clip(vectors[pool] @ vectors[pool].T, 0, 1)
    value = scores[: len(pool)].astype(np.float64).copy()
    nearest = np.zeros(len(pool))
    chosen: list[int] = []
    for _ in range(min(k, len(pool))):
        left = value - SHARE * nearest
        left[chosen] = -np.inf
        best = int(np.argmax(left))
        chosen.append(best)
        nearest = np.maximum(nearest, likeness[best] ** 2)
    return np.array(chosen, np.int64)
