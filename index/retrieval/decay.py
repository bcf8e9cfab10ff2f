"""The exponential decay of old events, for every signal, profile and baseline that weighs a history by recency."""

import numpy as np
import numpy.typing as npt

from index.types import Floats

PROFILE_DECAYS = (1.0, 4.0, 30.0)  # of the profiles that the fusion reads
PROFILE_DECAY_EVENTS = 10.0  # of a history's profile, by which texts and reviews are searched; docs/log.md has others


def decay(ages: npt.ArrayLike, decay_events: float | None) -> npt.NDArray[np.float64]:
    """exp(-age / decay_events) for each age; both count newer events of the same user. None: 1 for every age."""
    ages = np.asarray(ages, np.float64)
    return np.ones(ages.shape) if decay_events is None else np.exp(-ages / decay_events)


def recency_weights(n: int, decay_events: float | None) -> Floats:
    """(n,) weights of n events, oldest first: 1 for the newest, 1/e for one that `decay_events` newer ones follow."""
    return decay(np.arange(n)[::-1], decay_events).astype(np.float32)
