"""The rank of an item that ties with others, and the gain of a rank in NDCG.

Training validates by the same figure that an evaluation reports, and neither may import the other: the one formula
lies below both.
"""

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


def expected_rank(better: npt.ArrayLike, equal: npt.ArrayLike, nth: npt.ArrayLike = 0, n: npt.ArrayLike = 1) -> Array:
    """The mean rank, from 0, of a relevant item over all orders of the items that tie with it.

    `better` items have a higher score and `equal` the same one, the item itself counted. Of `n` relevant items in one
    tie, the `nth` (from 0) has the expected place of the nth smallest of `n` places drawn from the tie.
    """
    better, equal, nth, n = (np.asarray(each, np.float64) for each in (better, equal, nth, n))
    return np.asarray(better + (nth + 1) * (equal + 1) / (n + 1) - 1, np.float64)


def discounted_gain(ranks: npt.ArrayLike, k: int) -> Array:
    """1 / log2(rank + 2) for a rank (from 0) below `k`, 0 for all others (Järvelin and Kekäläinen 2002)."""
    ranks = np.asarray(ranks, np.float64)
    return np.where(ranks < k, 1 / np.log2(ranks + 2), 0.0)
