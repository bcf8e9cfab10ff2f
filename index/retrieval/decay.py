"""The exponential decay of old events, for every signal, profile and baseline that weighs a history by recency."""

import numpy as np
import numpy.typing as npt

from index.types import Floats


def decay(ages: npt.ArrayLike, life: float | None) -> npt.NDArray[np.float64]:
    """exp(-age / life) for each age; both count newer events of the same user. 1 for every age where `life` is None."""
    ages = np.asarray(ages, np.float64)
    return np.ones(ages.shape) if life is None else np.exp(-ages / life)


def recency_weights(n: int, life: float | None) -> Floats:
    """(n,) weights of n events, oldest first: 1 for the newest, 1/e for one that `life` newer events follow."""
    return decay(np.arange(n)[::-1], life).astype(np.float32)
