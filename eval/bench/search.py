"""The row `search`: the vector store against FAISS itself on the same vectors, one query after the other."""

import numpy as np

from eval.bench.rows import Row, Seconds, in_turns, significant
from eval.bench.vectors import made_up_vectors, queries_of
from index.records import Floats
from index.store import VectorStore, flat_index

VECTORS, FEW_VECTORS = 20_000, 1_682  # compared one by one, as up to 50,000 are; movielens-100k has 1,682
QUERIES, K, ROUNDS = 200, 100, 7


def search_row(seed: int, n: int = VECTORS, few: int = FEW_VECTORS, rounds: int = ROUNDS) -> Row:
    """Seconds for QUERIES searches of the K best, asked one at a time as a conversation does.

    `few` tells the same of a small catalogue, where what we add (order among ties, a mask) weighs more against the
    search itself.
    """
    vectors = made_up_vectors(n, seed)
    seconds = _searched(vectors, seed, rounds)
    small = _searched(vectors[:few], seed, rounds)
    figures = {
        "n_vectors": n,
        "queries": QUERIES,
        "k": K,
        "few": {"n_vectors": len(vectors[:few]), "ratio": significant(small.ratio)},
    }
    import faiss_version

    return Row(seconds, "faiss IndexFlatIP", figures)
