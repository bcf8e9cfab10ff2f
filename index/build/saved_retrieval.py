"""Behaviour matrices and the fusion on disk, as arrays and JSON."""

import json
from pathlib import Path

import numpy as np

from index.errors import MendableError
from index.retrieval.behaviour_signals import COARSE_FACTORS, Behaviour
from index.retrieval.fusion import Fusion
from index.retrieval.fusion_features import COLUMNS
from index.retrieval.item_matrices import Factors, Matrix
from index.retrieval.vector_store import VECTORS, VectorStore
from index.storage.arrays import read_array, write_array
from index.storage.home import write_json

POPULARITY, FUSION = "popularity.npy", "fusion.json"
REBUILD = "Run `python -m index build` with --force"
SPARSE_PARTS = ("data", "indices", "indptr")
MATRICES, LATENT = ("transitions", "next_items", "similarity"), "latent"
BEFORE, AFTER = "before.npy", "items"  # the two sides of the latent factors: an array, and a vector store


def save_behaviour(folder: Path, behaviour: Behaviour) -> None:
    """Write each matrix as one array, a sparse one as three, factors as an array and a store of item vectors."""
    write_array(folder / POPULARITY, behaviour.popularity)
    for name in (*MATRICES, LATENT):
        matrix = behaviour.matrices[name]
        if isinstance(matrix, Factors):
            write_array(folder / BEFORE, matrix.before)
            VectorStore.build(matrix.after).save(folder / AFTER)
        elif isinstance(matrix, np.ndarray):
            write_array(folder / f"{name}.npy", matrix)
        else:
            for part in SPARSE_PARTS:
                write_array(folder / f"{name}.{part}.npy", getattr(matrix, part))


def load_behaviour(folder: Path) -> Behaviour:
    """Read what `save_behaviour` wrote, memory-mapped. Raises MendableError where a file is missing or cut off."""
    popularity = np.asarray(read_array(folder / POPULARITY))
    matrices = {name: _matrix(folder, name, len(popularity)) for name in MATRICES}
    factors = Factors(np.asarray(read_array(folder / BEFORE)), np.asarray(read_array(folder / AFTER / VECTORS)))
    return Behaviour({**matrices, LATENT: factors, "coarse": factors.first(COARSE_FACTORS)}, popularity)


def load_item_store(folder: Path) -> VectorStore:
    """The store of behaviour's item vectors. Raises MendableError where its files are damaged."""
    return VectorStore.load(folder / AFTER)


def save_fusion(folder: Path, fusion: Fusion, n_lists: int) -> None:
    """Write the fusion's weights, and on how many lists it was trained (0: an untrained sum)."""
    weights = {name: value.tolist() for name, value in fusion.weights.items()}
    write_json(folder / FUSION, {"columns": list(fusion.columns), "n_lists": n_lists, "weights": weights})


def load_fusion(folder: Path, columns_wanted: tuple[str, ...] = COLUMNS) -> Fusion:
    """Read what `save_fusion` wrote. Raises MendableError where it cannot be read, or is of other features."""
    path = folder / FUSION
    try:
        content = json.loads(path.read_text())
        weights = {name: np.array(value, np.float32) for name, value in content["weights"].items()}
        columns = tuple(content["columns"])
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as why:
        raise MendableError("cannot read the fusion", str(path), REBUILD) from why
    if columns != columns_wanted:
        raise MendableError("the fusion was trained on other features than these", str(path), REBUILD)
    return Fusion(columns, weights)


def _matrix(folder: Path, name: str, n_items: int) -> Matrix:
    dense = folder / f"{name}.npy"
    if dense.is_file():
        return read_array(dense)
    from scipy import sparse

    data, indices, indptr = (np.asarray(read_array(folder / f"{name}.{part}.npy")) for part in SPARSE_PARTS)
    return sparse.csr_matrix((data, indices, indptr), shape=(n_items, n_items))
