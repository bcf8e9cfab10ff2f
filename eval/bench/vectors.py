"""Synthetic item vectors distributed as those of texts: a common part, groups, and few principal directions."""

import numpy as np

from index.retrieval.unit_vectors import unit_rows
from index.types import Floats

DIM = 384
GROUPS = 1000
IN_COMMON = 0.54  # length of what all share, as measured on MiniLM's vectors of movielens-100k
BLOCK = 8192  # vectors made at once; a catalogue's first blocks are those of a smaller one


def made_up_vectors(n: int, seed: int) -> Floats:
    """(n, DIM) vectors of length one; the spectrum follows that of MiniLM's vectors of movielens-100k (rank 168)."""
    random = np.random.default_rng(seed)
    directions = _directions(random)
    common = unit_rows(random.standard_normal((1, DIM), np.float32))
    groups = random.standard_normal((GROUPS, DIM), np.float32)
    vectors = np.empty((n, DIM), np.float32)
    for start in range(0, n, BLOCK):
        block = np.random.default_rng((seed, start))
        own = block.standard_normal((BLOCK, DIM), np.float32)
        latent = (own + groups[block.integers(0, GROUPS, BLOCK)]) / np.float32(np.sqrt(2))
        made = unit_rows(IN_COMMON * common + np.float32(np.sqrt(1 - IN_COMMON**2)) * (latent @ directions))
        vectors[start : start + BLOCK] = made[: n - start]
    return vectors


def queries_of(vectors: Floats, n: int, seed: int) -> Floats:
    """(n, DIM) of what is asked in practice: half near an item (words about it), half the mean of four (a history)."""
    random = np.random.default_rng((seed, 1))
    near = vectors[random.integers(0, len(vectors), n - n // 2)]
    noise = unit_rows(random.standard_normal(near.shape, np.float32))
    means = vectors[random.integers(0, len(vectors), (n // 2, 4))].mean(1)
    return np.concatenate([unit_rows(near + np.float32(0.6) * noise), unit_rows(means)])


def _directions(random: np.random.Generator) -> Floats:
    """(DIM, DIM): orthogonal directions, the share of variance of the i-th falling as i^-1/2 · e^(-i/150)."""
    place = np.arange(DIM)
    shares = (place + 1) ** -0.5 * np.exp(-place / 150)
    orthogonal = np.linalg.qr(random.standard_normal((DIM, DIM)))[0]
    return np.asarray(orthogonal * np.sqrt(shares / shares.sum())[:, None], np.float32)
