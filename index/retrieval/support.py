"""Which events of a history speak most for an item: what a reason may name."""

import numpy as np

from index.data.records import History
from index.retrieval.behaviour_signals import MAX_EVENTS, Behaviour, mean_value
from index.retrieval.decay import recency_weights
from index.retrieval.item_matrices import as_dense
from index.types import Rows

MATRICES = ("transitions", "similarity")  # whose sum tells how much an event raises an item's score
RATED_BELOW_MEAN = 0.1  # of the weight of an event that the user rated at their mean or above
OLD_EVENTS, DECAY_EVENTS = 0.3, 20.0  # what an old event weighs, the newest weighs one more; how fast that fades


def support(behaviour: Behaviour, history: History, row: int, n: int) -> Rows:
    """Places in the history of the at most `n` events that raise an item's score most, best first."""
    newest = min(len(history), MAX_EVENTS)
    if not newest:
        return np.zeros(0, np.int64)
    rows = history.rows[-newest:]
    names = [name for name in MATRICES if name in behaviour.matrices]
    scores = sum(as_dense(behaviour.matrices[name][rows, row]).ravel() for name in names)
    values = history.values[-newest:]
    well_rated = np.isnan(values) | (values >= mean_value(values))
    weight = np.asarray(scores) * np.where(well_rated, 1.0, RATED_BELOW_MEAN)
    weight = weight * (OLD_EVENTS + recency_weights(newest, DECAY_EVENTS))
    order = np.lexsort((-np.arange(newest), -weight))[:n]
    kept: Rows = order[weight[order] > 0] + (len(history) - newest)
    return kept
