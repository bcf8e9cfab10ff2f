"""Finds items by words: their meaning and the words themselves, as one list."""

from dataclasses import dataclass

import numpy as np

from index.build.loading import DomainIndex, open_index
from index.data.domain import load_domain
from index.errors import MendableError
from index.retrieval.top_rows import top_rows
from index.types import Floats, Rows

WORDS_WEIGHT = 0.5  # of BM25, as a share of the best, beside a cosine; docs/log.md has the numbers
DEPTH = 200  # items that meaning and words each bring in


@dataclass(frozen=True)
class Hit:
    """An item that was found, and how well it fits."""

    item_id: str
    title: str
    score: float


def search_items(name: str, text: str, k: int) -> list[Hit]:
    """The `k` items of a domain that fit a text best, best first. Raises MendableError where it has no words."""
    if not text.strip():
        raise MendableError("there is nothing to search for", "TEXT", "Give some words")
    domain = load_domain(name)
    return find(open_index(domain), text, k)


def find(index: DomainIndex, text: str, k: int) -> list[Hit]:
    """As `search_items`, in an index that is open."""
    catalogue = index.domain.catalogue
    vector = index.text.encoded(text)
    words = index.text.lexical.scores(text)
    near = index.text.store.search(vector[None], max(k, DEPTH), catalogue.available)[0][0]
    rows = np.union1d(near[near >= 0], top_rows(words, max(k, DEPTH), catalogue.available & (words > 0)))
    scores = _scores(index.vectors[rows] @ vector, words[rows])
    order = np.lexsort((rows, -scores))[:k]
    hits: Rows = rows[order]
    return [
        Hit(catalogue.items[row].item_id, catalogue.items[row].title, round(float(score), 6))
        for row, score in zip(hits.tolist(), scores[order], strict=True)
    ]


def _scores(meaning: Floats, words: Floats) -> Floats:
    """Cosine, and BM25 as a share of the best one's."""
    most = words.max(initial=0.0)
    return meaning + (WORDS_WEIGHT * words / most if most > 0 else 0 * words)
