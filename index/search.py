"""Finds items by a text: by its meaning, that of their reviews too, and by its words, as one list."""

from dataclasses import dataclass

import numpy as np

from index.build.loading import DomainIndex, open_index
from index.data.domain import load_domain
from index.errors import MendableError
from index.retrieval.query_weights import BM25_WEIGHT
from index.retrieval.top_rows import top_rows
from index.types import Floats, Rows

DEPTH = 200  # items that each of the two proposes


@dataclass(frozen=True)
class Hit:
    """An item that was found, and its score."""

    item_id: str
    title: str
    score: float


def search_items(name: str, text: str, k: int) -> list[Hit]:
    """The `k` items of a domain with the highest scores, best first. Raises MendableError for an empty text."""
    if not text.strip():
        raise MendableError("there is nothing to search for", "TEXT", "Give some words")
    domain = load_domain(name)
    return find(open_index(domain), text, k)


def find(index: DomainIndex, text: str, k: int) -> list[Hit]:
    """As `search_items`, in an index that is open."""
    catalogue = index.domain.catalogue
    vector = index.text.encode(text)
    bm25 = index.text.lexical.scores(text)
    near = index.text.store.search(vector[None], max(k, DEPTH), catalogue.available)[0][0]
    reviewed = _rows_by_reviews(index, vector, max(k, DEPTH))
    lexical = top_rows(bm25, max(k, DEPTH), catalogue.available & (bm25 > 0))
    rows = np.unique(np.concatenate([near[near >= 0], reviewed, lexical]))
    cosines = np.asarray(index.vectors[rows] @ vector)
    if index.reviews is not None:
        cosines = np.maximum(cosines, index.reviews.vectors.best_scores(vector, rows))
    scores = _add_scores(cosines, bm25[rows])
    order = np.lexsort((rows, -scores))[:k]
    hits: Rows = rows[order]
    return [
        Hit(catalogue.items[row].item_id, catalogue.items[row].title, round(float(score), 6))
        for row, score in zip(hits.tolist(), scores[order], strict=True)
    ]


def _rows_by_reviews(index: DomainIndex, vector: Floats, n: int) -> Rows:
    """The items that may be recommended of the `n` passages of reviews that are nearest; none without reviews."""
    if index.reviews is None or not len(index.reviews.vectors):
        return np.zeros(0, np.int64)
    owners = index.reviews.vectors.rows
    found = index.reviews.store.search(vector[None], n, index.domain.catalogue.available[owners])[0][0]
    return np.unique(owners[found[found >= 0]])


def _add_scores(cosines: Floats, bm25: Floats) -> Floats:
    """Cosines, plus BM25 as a share of the best one's."""
    best = bm25.max(initial=0.0)
    return cosines + (BM25_WEIGHT * bm25 / best if best > 0 else 0 * bm25)
