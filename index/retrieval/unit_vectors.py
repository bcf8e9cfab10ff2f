"""Vectors scaled to length one."""

import numpy as np
import numpy.typing as npt

from index.types import Floats


def unit_rows(vectors: npt.NDArray[np.floating]) -> Floats:
    """(n, dim) vectors divided by their lengths, contiguous; 0 stays 0."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.ascontiguousarray(vectors / np.where(lengths == 0, 1, lengths), np.float32)
