"""The candidate pool: the items that any candidate generator has among its best for one history."""

import numpy as np

from index.retrieval.behaviour_signals import CANDIDATE_WEIGHTS
from index.retrieval.fusion_features import COLUMNS
from index.retrieval.review_sources import REVIEW_COLUMNS
from index.retrieval.top_rows import top_rows
from index.types import Floats, Mask, Rows

CANDIDATES = 300  # that a reranker scores; with 100 it cannot raise what retrieval has at 200
CANDIDATES_PER_CHANNEL = 250  # that each channel proposes; more where more candidates are asked for
ALL_COLUMNS = (*COLUMNS, *REVIEW_COLUMNS)  # in this order before any others
# Columns that propose beside the weighted sum of signals, and how many items each proposes, as a share of the sum's.
CANDIDATE_GENERATORS = {"latent/4": 1.0, "coarse/40": 0.5, "text/1": 0.4, "text/4": 0.4, "reviews/4": 0.4}
COLD_SHARE = 0.2  # cold items (without events) that their texts propose, as a share of the sum's


def candidate_pool(features: Floats, n: int, allowed: Mask | None = None) -> Rows:
    """Rows that any candidate generator has among its best, in growing order; `n` by the weighted sum of signals.

    `allowed` by row, all where it is None. Cold items, of which behaviour knows nothing, are proposed by their texts.
    """
    popular = 1e-6 * features[:, COLUMNS.index("popularity")]  # so that there are `n` even without a history
    found = [top_rows(weighted_signals(features) + popular, n, allowed)]
    generators = [(ALL_COLUMNS.index(name), int(share * n)) for name, share in CANDIDATE_GENERATORS.items()]
    found += [top_rows(features[:, place], depth, allowed) for place, depth in generators if place < features.shape[1]]
    cold = features[:, COLUMNS.index("popularity")] == 0
    if cold.any():
        mask = cold if allowed is None else cold & allowed
        found.append(top_rows(features[:, COLUMNS.index("text/4")], int(COLD_SHARE * n), mask))
    return np.unique(np.concatenate(found)).astype(np.int64)


def weighted_signals(features: Floats) -> Floats:
    """(n_items,) the weighted sum of signals that proposes candidates, from the features, which are square roots."""
    found = np.zeros(len(features), np.float32)
    for name, weight in CANDIDATE_WEIGHTS.items():
        root = features[:, COLUMNS.index(name)]
        found += np.float32(weight) * root * np.abs(root)
    return found
