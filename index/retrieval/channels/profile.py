"""The profile of a history in a vector space, for the channels of text and reviews: recency weights, unit vectors."""

import numpy as np

from index.retrieval.decay import PROFILE_DECAY_EVENTS, decay
from index.types import Floats

MAX_EVENTS = 60  # newest events that are read: the others would weigh under 1 %
DISLIKED_WEIGHT = 0.5  # of what is disliked, beside the history's 1


def profile_weights(n: int) -> Floats:
    """Weights of n events that sum to one, the newest last and heaviest."""
    weights = decay(np.arange(n)[::-1], PROFILE_DECAY_EVENTS)
    return np.asarray(weights / weights.sum(), np.float32)


def unit(vector: Floats) -> Floats:
    """A vector as one of length one; 0 stays 0."""
    length = float(np.linalg.norm(vector))
    return np.asarray(vector / max(length, 1e-12), np.float32)
