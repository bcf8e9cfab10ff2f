"""Diversifies a list, so that it does not repeat one kind of item, at a small cost in score."""

import numpy as np

from index.types import Floats, Rows

SHARE = 0.35  # log odds that an item loses where one above it has the same text
POOL = 3  # candidates that are considered, in multiples of k


def diversify(rows: Rows, scores: Floats, vectors: Floats, k: int) -> Rows:
    """Places of the `k` items to show, best first: each is the best of the rest, less what it loses to those above it.

    Maximal marginal relevance (Carbonell & Goldstein 1998, doi:10.1145/290941.291025) on text vectors (n_items, dim)
    of length one. `rows` are in order of their scores.
    """
    pool = rows[: POOL * k]
    similarity = np.clip(vectors[pool] @ vectors[pool].T, 0, 1)
    value = scores[: len(pool)].astype(np.float64).copy()
    nearest = np.zeros(len(pool))
    picked: list[int] = []
    for _ in range(min(k, len(pool))):
        left = value - SHARE * nearest
        left[picked] = -np.inf
        best = int(np.argmax(left))
        picked.append(best)
        nearest = np.maximum(nearest, similarity[best] ** 2)
    return np.array(picked, np.int64)
