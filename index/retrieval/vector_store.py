"""Vectors of length one in FAISS, searched by inner product; by lists where they are many. The only file with FAISS."""

import functools
import json
import math
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from index.errors import MendableError
from index.progress import progress, stage
from index.retrieval.unit_vectors import unit_rows
from index.storage.arrays import BLOCK, blocks_of, read_array, write_blocks
from index.storage.home import write_file, write_json
from index.types import Floats, Mask, Rows

VECTORS, SETTINGS, LISTS = "vectors.npy", "store.json", "lists.faiss"
MAX_EXACT = 50_000  # rows of a store that compares every vector, which takes a few milliseconds
MAX_EXACT_ALLOWED = 20_000  # allowed rows that are compared one by one: a narrow filter must not depend on lists
DEPTH, MIN_RECALL = 100, 0.97  # recall@100 that a store with lists reaches when it is built
AIMED_RECALL = 0.98  # of the same, when the number of probed lists is first chosen
N_QUERIES = 256  # by which the recall is measured
OVERSAMPLING = 64  # further rows taken by coded vectors, then compared exactly
MAX_K_ON_GPU = 2048  # FAISS's own limit


@dataclass(frozen=True)
class StoreSettings:
    """How the vectors are searched, and the share of the true `DEPTH` best that was found when it was made."""

    kind: str  # "flat" or "ivf"
    n_vectors: int
    n_lists: int = 0
    n_probed: int = 0
    recall: float = 1.0
    n_measured: int = 0  # vectors when the recall was measured


class VectorStore:
    """Vectors and what finds the nearest of them; the order is by (-score, row)."""

    def __init__(self, vectors: Floats, settings: StoreSettings, index: Any, on_device: Any = None) -> None:
        self.vectors = vectors
        self.settings = settings
        self._index = index
        self._on_device = on_device or _copy_on_device(index)

    def __len__(self) -> int:
        return len(self.vectors)

    @property
    def device(self) -> str:
        """Where it searches: `cpu` or `gpu`."""
        return "cpu" if self._on_device is None else "gpu"

    @classmethod
    def build(cls, vectors: Floats, seed: int = 0, max_exact: int = MAX_EXACT) -> "VectorStore":
        """A store of the kind that suits the number of vectors (n, dim); lists only where they reach MIN_RECALL."""
        if len(vectors) > max_exact:
            with stage(f"clustering {len(vectors):,} vectors"):
                index = _train_lists(vectors, seed)
            for block in progress(blocks_of(vectors), "indexing vectors", len(vectors), BLOCK):
                index.add(np.ascontiguousarray(block, np.float32))
            with stage("measuring the recall of the vector index"):
                settings = _tune_lists(index, vectors, seed)
            if settings is not None:
                return cls(vectors, settings, index)
        return cls(vectors, StoreSettings("flat", len(vectors), n_measured=len(vectors)), flat_index(vectors))

    def extend(self, vectors: Floats, seed: int = 0, max_exact: int = MAX_EXACT) -> "VectorStore":
        """A store of these vectors, which begin with this one's; this one is not to be used afterwards.

        Lists are kept until a fifth has been added since their recall was measured.
        """
        if self.settings.kind == "flat" or len(vectors) > 1.2 * self.settings.n_measured:
            return VectorStore.build(vectors, seed, max_exact)
        self._index.add(np.ascontiguousarray(vectors[len(self) :], np.float32))
        return VectorStore(vectors, replace(self.settings, n_vectors=len(vectors)), self._index)

    def save(self, folder: Path) -> None:
        """Write vectors, settings and lists; vectors that are mapped from this very folder stay."""
        path = folder / VECTORS
        if Path(str(getattr(self.vectors, "filename", ""))) != path:
            write_blocks(path, self.vectors.shape, np.float32, blocks_of(self.vectors))
        if self.settings.kind == "ivf":
            write_file(folder / LISTS, lambda aside: _write_index(self._index, aside))
        write_json(folder / SETTINGS, asdict(self.settings))

    @classmethod
    def load(cls, folder: Path, writable: bool = False) -> "VectorStore":
        """Read a store; vectors and lists are memory-mapped, lists not with `writable`."""
        settings = _read_settings(folder / SETTINGS)
        vectors = read_array(folder / VECTORS)
        if vectors.ndim != 2 or len(vectors) != settings.n_vectors:
            raise _damaged(folder / VECTORS, f"{vectors.shape} vectors, the settings say {settings.n_vectors}")
        if settings.kind == "flat":
            return cls(vectors, settings, flat_index(vectors))
        try:
            index = _faiss().read_index(str(folder / LISTS), 0 if writable else _faiss().IO_FLAG_MMAP_IFC)
        except RuntimeError as why:
            raise _damaged(folder / LISTS, "the lists cannot be read") from why
        if index.ntotal != len(vectors):
            raise _damaged(folder / LISTS, f"{index.ntotal} vectors in lists, {len(vectors)} beside them")
        index.nprobe = settings.n_probed
        return cls(vectors, settings, index)

    def search(self, queries: Floats, k: int, allowed: Mask | None = None) -> tuple[Rows, Floats]:
        """The `k` best allowed rows of each query (q, dim), best first, and their scores; -1 where there is no more."""
        queries = np.ascontiguousarray(queries, np.float32)
        n_allowed = len(self) if allowed is None else int(allowed.sum())
        width = min(k, n_allowed)
        if not width or not len(queries):
            return np.full((len(queries), 0), -1, np.int64), np.zeros((len(queries), 0), np.float32)
        if self._on_device is not None:
            found = self._device_search(queries, width, allowed)
            if found is not None:
                return found
        if self.settings.kind == "flat":
            return _sort_best(*self._flat_search(queries, width, allowed), width)
        if n_allowed <= MAX_EXACT_ALLOWED:
            return self._exact_among(queries, width, allowed)
        rows = self._list_search(queries, width, allowed, n_allowed)
        found = _sort_best(rows, self._scores(queries, rows), width)
        return found if (found[0] >= 0).all() else self._exact_among(queries, width, allowed)

    def _flat_search(self, queries: Floats, k: int, allowed: Mask | None) -> tuple[Rows, Floats]:
        selector = None if allowed is None else _selector(allowed)
        parameters = None if selector is None else _faiss().SearchParameters(sel=selector)
        scores, rows = self._index.search(queries, min(k, len(self)), params=parameters)
        return rows, scores

    def _list_search(self, queries: Floats, k: int, allowed: Mask | None, n_allowed: int) -> Rows:
        """Rows by coded vectors, OVERSAMPLING more than `k`; more lists are probed where fewer rows are allowed."""
        wider = math.sqrt(len(self) / n_allowed)
        probed = min(self.settings.n_lists, math.ceil(self.settings.n_probed * wider))
        selector = None if allowed is None else _selector(allowed)
        parameters = _faiss().SearchParametersIVF(nprobe=probed, **({} if selector is None else {"sel": selector}))
        rows: Rows = self._index.search(queries, min(k + OVERSAMPLING, n_allowed), params=parameters)[1]
        return rows

    def _exact_among(self, queries: Floats, k: int, allowed: Mask | None) -> tuple[Rows, Floats]:
        """The best of the allowed rows, each compared."""
        among = np.arange(len(self)) if allowed is None else np.flatnonzero(allowed)
        best = _faiss().ResultHeap(len(queries), k, keep_max=True)
        for rows in (among[start : start + BLOCK] for start in range(0, len(among), BLOCK)):
            scores, places = _faiss().knn(
                queries, np.ascontiguousarray(self.vectors[rows]), min(k, len(rows)), _faiss().METRIC_INNER_PRODUCT
            )
            best.add_result(scores, rows[places])
        best.finalize()
        return _sort_best(best.I, best.D, k)

    def _device_search(self, queries: Floats, k: int, allowed: Mask | None) -> tuple[Rows, Floats] | None:
        """A search without mask for so many more rows as are not allowed; None where these are too many."""
        barred = 0 if allowed is None else len(self) - int(allowed.sum())
        wanted = min(len(self), k + barred + OVERSAMPLING)
        if wanted > MAX_K_ON_GPU:
            return None
        rows = self._on_device.search(queries, wanted)[1]
        if allowed is not None:
            rows = np.where(allowed[rows] & (rows >= 0), rows, -1)
        found = _sort_best(rows, self._scores(queries, rows), k)
        return found if (found[0] >= 0).all() else None

    def _scores(self, queries: Floats, rows: Rows) -> Floats:
        """Exact scores of the rows that were found (q, n)."""
        scores = np.empty(rows.shape, np.float32)
        for n, each in enumerate(rows):
            scores[n] = self.vectors[np.maximum(each, 0)] @ queries[n]
        return scores


@functools.cache
def _faiss() -> Any:
    import faiss

    return faiss


def flat_index(vectors: Floats) -> Any:
    """A FAISS index that compares every vector, (n, dim)."""
    index = _faiss().IndexFlatIP(vectors.shape[1])
    index.add(np.ascontiguousarray(vectors, np.float32))
    return index


def _train_lists(vectors: Floats, seed: int) -> Any:
    """Lists of 8-bit codes. Their number grows with the cube root, so that building stays close to linear."""
    n_lists = max(1, min(len(vectors) // 40, round(16 * len(vectors) ** (1 / 3))))
    index = _faiss().index_factory(vectors.shape[1], f"IVF{n_lists},SQ8", _faiss().METRIC_INNER_PRODUCT)
    index.cp.seed, index.cp.niter, index.cp.spherical = seed + 1, 8, True
    sample = np.sort(np.random.default_rng(seed).permutation(len(vectors))[: 48 * n_lists])
    index.train(np.ascontiguousarray(vectors[sample], np.float32))
    return index


def _tune_lists(index: Any, vectors: Floats, seed: int) -> StoreSettings | None:
    """Settings with the fewest probed lists that reach MIN_RECALL; None where the coded vectors lose too much."""
    kinds = _draw_queries(vectors, seed)
    exact = VectorStore(vectors, StoreSettings("flat", len(vectors)), None)
    truths = [exact._exact_among(queries, DEPTH, None)[0] for queries in kinds]
    n_probed = max(_count_lists(AIMED_RECALL, index, *each, vectors) for each in zip(kinds, truths, strict=True))
    while True:
        index.nprobe = n_probed
        settings = StoreSettings("ivf", len(vectors), index.nlist, n_probed)
        store = VectorStore(vectors, settings, index)
        reached = min(_recall(store, *each) for each in zip(kinds, truths, strict=True))
        if reached >= MIN_RECALL:
            return replace(settings, recall=round(reached, 4), n_measured=len(vectors))
        if n_probed == index.nlist:
            return None
        n_probed = min(index.nlist, math.ceil(1.2 * n_probed))


def _recall(store: VectorStore, queries: Floats, truth: Rows) -> float:
    """The share of the true rows that a search by lists finds."""
    found = store.search(queries, truth.shape[1])[0]
    return float(np.mean([np.isin(mine, rows).mean() for mine, rows in zip(truth, found, strict=True)]))


def _count_lists(share: float, index: Any, queries: Floats, truth: Rows, vectors: Floats) -> int:
    """How many lists must be probed so that this share of the true rows lies in them."""
    order = index.quantizer.search(queries, index.nlist)[1]
    place = np.argsort(order, axis=1)
    list_of_truth = index.quantizer.search(np.ascontiguousarray(vectors[truth.ravel()]), 1)[1].reshape(truth.shape)
    needed = np.sort(np.take_along_axis(place, list_of_truth, 1), axis=None)
    return int(needed[math.ceil(share * needed.size) - 1]) + 1


def _draw_queries(vectors: Floats, seed: int) -> tuple[Floats, Floats]:
    """Queries as they come in practice: near an item (a text about it), and the mean of a few (a history)."""
    rng = np.random.default_rng(seed)
    near = vectors[rng.integers(0, len(vectors), N_QUERIES // 2)]
    noise = rng.standard_normal(near.shape, np.float32)
    means = vectors[rng.integers(0, len(vectors), (N_QUERIES // 2, 4))].mean(1)
    return unit_rows(near + 0.6 * unit_rows(noise)), unit_rows(means)


def _sort_best(rows: Rows, scores: Floats, k: int) -> tuple[Rows, Floats]:
    """The `k` best of each line in order of (-score, row); empty places last."""
    scores = np.where(rows >= 0, scores, -np.inf).astype(np.float32)
    order = np.lexsort((rows, -scores))[:, :k]
    rows, scores = np.take_along_axis(rows, order, 1), np.take_along_axis(scores, order, 1)
    return np.where(np.isfinite(scores), rows, -1), scores


def _selector(allowed: Mask) -> Any:
    bits = np.packbits(allowed, bitorder="little")
    return _faiss().IDSelectorBitmap(bits)


def _copy_on_device(index: Any) -> Any:
    """The index on the first GPU, None where there is none or FAISS has no support for it."""
    if index is None or not hasattr(_faiss(), "StandardGpuResources") or not _faiss().get_num_gpus():
        return None
    return _faiss().index_cpu_to_gpu(_faiss().StandardGpuResources(), 0, index)


def _write_index(index: Any, path: Path) -> None:
    with path.open("wb") as file:  # through Python, so that a full disk is an OSError
        _faiss().write_index(index, _faiss().PyCallbackIOWriter(file.write))


def _read_settings(path: Path) -> StoreSettings:
    try:
        return StoreSettings(**json.loads(path.read_text()))
    except (OSError, ValueError, TypeError) as why:
        raise _damaged(path, "its settings cannot be read") from why


def _damaged(path: Path, what: str) -> MendableError:
    return MendableError(f"the vector store is damaged ({what})", str(path), "Run `python -m index build`")
