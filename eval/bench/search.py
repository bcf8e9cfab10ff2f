"""The row `search`: the vector store against FAISS itself on the same vectors, one query after the other."""

from typing import Any

from eval.bench.ratio import Row, Seconds, in_turns, significant
from eval.bench.vectors import made_up_vectors, queries_of
from index.retrieval.vector_store import VectorStore, flat_index
from index.types import Floats

VECTORS, FEW = 20_000, 1_682  # both compared one by one, as all up to 50,000 are; movielens-100k has so few
QUERIES, K, ROUNDS = 50, 100, 25  # short rounds and many: some of them are undisturbed


def search_row(seed: int, n: int = VECTORS, few: int = FEW, rounds: int = ROUNDS) -> Row:
    """Seconds for QUERIES searches of the K best, asked one at a time as a conversation does.

    `few` tells the same of a small catalogue, where the order among ties, which we add, weighs more beside the search.
    """
    vectors = made_up_vectors(n, seed)
    seconds, small = (_searched(part, seed, rounds) for part in (vectors, vectors[:few]))
    few_figures = {"n_vectors": min(few, n), "ratio": significant(small.ratio)}
    figures = {"n_vectors": n, "queries": QUERIES, "k": K, "few": few_figures}
    return Row(seconds, "FAISS IndexFlatIP", figures)


def _searched(vectors: Floats, seed: int, rounds: int) -> Seconds:
    store, raw = VectorStore.build(vectors, max_exact=len(vectors)), flat_index(vectors)
    queries = queries_of(vectors, QUERIES, seed)
    for index in (store, raw):
        _one_by_one(index, queries)
    return in_turns(lambda: _one_by_one(store, queries), lambda: _one_by_one(raw, queries), rounds)


def _one_by_one(index: Any, queries: Floats) -> None:
    for place in range(len(queries)):
        index.search(queries[place : place + 1], K)
