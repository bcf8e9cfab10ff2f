"""Transition counts: how often one item follows another in the same history, as they are and as latent factors."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from index.data.domain import Histories
from index.retrieval.item_matrices import DENSE_ITEMS, Factors, Matrix
from index.retrieval.item_similarity import keep_strongest

N_FACTORS = 256  # of movielens-100k, 128 gave less
SMOOTHING = 5.0  # added to a row's sum, so that an item with few events gets no large frequencies


@dataclass(frozen=True)
class Steps:
    """The pairs of events that count: at most `window` events apart, with weight 1/gap^power.

    `backwards` is the weight of a pair in the other direction, beside the 1 of its own.
    """

    window: int
    power: float
    backwards: float

    @property
    def weights(self) -> list[float]:
        """The weight of a gap of 1, 2, … events."""
        return [1 / gap**self.power for gap in range(1, self.window + 1)]


def transition_counts(histories: Histories, n_items: int, steps: Steps, dense_items: int = DENSE_ITEMS) -> Matrix:
    """How often one item follows another; sparse where there are more than `dense_items`.

    Rows are divided by their sum plus a constant: a conditional frequency that few events pull towards 0.
    """
    counts = _count_pairs(histories, n_items, steps.weights)
    if steps.backwards:
        counts = (counts + steps.backwards * counts.T).tocsr()
    scale = 1 / (np.asarray(counts.sum(1)).ravel() + SMOOTHING)
    scaled = (sparse.diags(scale) @ counts).tocsr().astype(np.float32)
    return np.asarray(scaled.todense()) if n_items <= dense_items else keep_strongest(scaled)


def latent_factors(histories: Histories, n_items: int, steps: Steps, n_factors: int = N_FACTORS) -> Factors:
    """Transition counts in both directions, scaled by their sums, as their strongest factors (truncated SVD).

    Two items that never met are near where they met the same others, which matters where events are few. The spectrum
    is flattened by its square root (Levy et al. 2015, doi:10.1162/tacl_a_00134).
    """
    from sklearn.utils.extmath import randomized_svd

    counts = _count_pairs(histories, n_items, steps.weights)
    counts = (counts + counts.T).tocsr()
    sums = np.asarray(counts.sum(1)).ravel() + SMOOTHING
    scale = sparse.diags(1 / np.sqrt(sums))
    wanted = min(n_factors, n_items - 1)
    if wanted < 1 or not counts.nnz:
        return Factors(np.zeros((n_items, 1), np.float32), np.zeros((n_items, 1), np.float32))
    left, strengths, right = randomized_svd(
        (scale @ counts @ scale).astype(np.float32), wanted, n_iter=4, random_state=0
    )
    before = left * np.sqrt(strengths) / np.sqrt(sums)[:, None]
    after = right.T * np.sqrt(sums)[:, None]
    return Factors(before.astype(np.float32), after.astype(np.float32))


def _count_pairs(histories: Histories, n_items: int, weights_by_gap: list[float]) -> sparse.csr_matrix:
    """(items, items): summed weights of an item (row) before another (column) in the same history."""
    owners = np.repeat(np.arange(len(histories)), histories.lengths)
    before, after, weights = [], [], []
    for gap, weight in enumerate(weights_by_gap, start=1):
        left = np.flatnonzero(owners[:-gap] == owners[gap:])
        before.append(histories.rows[left])
        after.append(histories.rows[left + gap])
        weights.append(np.full(len(left), weight, np.float32))
    place = (np.concatenate(before), np.concatenate(after))
    return sparse.coo_matrix((np.concatenate(weights), place), shape=(n_items, n_items)).tocsr()
