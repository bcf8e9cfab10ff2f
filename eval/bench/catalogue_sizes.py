"""`growth`: build time, search time, recall and memory of the vector store by the size of a made-up catalogue.

Each size has a process of its own (`python -m eval.bench.catalogue_sizes N SEED`): one's memory is not another's.
"""

import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from eval.bench.ratio import significant
from eval.bench.vectors import made_up_vectors, queries_of
from index.retrieval.vector_store import VectorStore
from index.storage.arrays import blocks_of
from index.storage.home import CLONE
from index.storage.json_text import json_text
from index.types import Floats, Rows

SIZES = (1_000, 10_000, 100_000, 1_000_000)
QUERIES, K = 100, 100
MEGABYTE = 1 << 20


class Failed(Exception):
    """The process of one size ended without an answer."""


def growth_of(n: int, seed: int) -> dict[str, Any]:
    """The row of one size, measured in a process of its own. Raises Failed where that process fails."""
    command = [sys.executable, "-m", "eval.bench.catalogue_sizes", str(n), str(seed)]
    done = subprocess.run(command, cwd=CLONE, stdout=subprocess.PIPE, text=True, check=False)  # noqa: S603  our own
    if done.returncode:
        raise Failed(f"the process of {n:,} vectors ended with status {done.returncode}; too little memory?")
    row: dict[str, Any] = json.loads(done.stdout)
    return row


def measured(n: int, seed: int) -> dict[str, Any]:
    """The row of one size, measured in this process: `search_ms` is the mean of QUERIES searches, one at a time.

    `extra_mb` is the peak memory of the process, interpreter and libraries included, less the vectors. The queries are
    not those by which the store was tuned.
    """
    vectors = made_up_vectors(n, seed)
    began = time.perf_counter()
    store = VectorStore.build(vectors)
    built = time.perf_counter()
    queries = queries_of(vectors, QUERIES, seed)
    found = _found(store, queries)  # also warms the store up
    asked = time.perf_counter()
    _found(store, queries)
    ended = time.perf_counter()
    extra = peak_memory() - vectors.nbytes
    return {
        "n_items": n,
        "build_s": significant(built - began),
        "search_ms": significant(1000 * (ended - asked) / QUERIES),
        "recall@100": round(recall(found, exact(vectors, queries)), 5),
        "extra_mb": round(extra / MEGABYTE, 1),
        "vectors_mb": round(vectors.nbytes / MEGABYTE, 1),
        "kind": store.settings.kind,
    }


def exact(vectors: Floats, queries: Floats) -> Rows:
    """(queries, K) rows of the highest inner products, by comparing every vector in blocks."""
    rows: list[Rows] = []
    scores: list[Floats] = []
    start = 0
    for block in blocks_of(vectors):
        products = queries @ block.T
        best = np.argpartition(-products, min(K, len(block)) - 1, axis=1)[:, :K]
        rows.append(best + start)
        scores.append(np.take_along_axis(products, best, 1))
        start += len(block)
    order = np.argsort(-np.concatenate(scores, axis=1), axis=1)[:, :K]
    best_rows: Rows = np.take_along_axis(np.concatenate(rows, axis=1), order, 1)
    return best_rows


def recall(found: Rows, truth: Rows) -> float:
    """Mean share of the true rows that were found."""
    return float(np.mean([np.isin(true, mine).mean() for mine, true in zip(found, truth, strict=True)]))


def peak_memory() -> int:
    """The peak memory of this process in bytes; from /proc where it is there, since a child inherits ru_maxrss."""
    status = Path("/proc/self/status")
    if status.is_file():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _found(store: VectorStore, queries: Floats) -> Rows:
    return np.concatenate([store.search(queries[n : n + 1], K)[0] for n in range(len(queries))])


if __name__ == "__main__":
    print(json_text(measured(int(sys.argv[1]), int(sys.argv[2]))))
