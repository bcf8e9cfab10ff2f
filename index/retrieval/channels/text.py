"""The two channels of text: what is like the history or the words in meaning, and what shares words with them."""

import functools

import numpy as np

from index.retrieval.text_index import TextIndex
from index.data.domain import Catalogue
from index.data.item_text import item_text
from index.data.records import History
from index.retrieval.query import Query
from index.retrieval.top_rows import best_rows
from index.types import Floats, Rows

LIFE = 10.0  # events after which one weighs 1/e of the newest; docs/log.md has the numbers of this file
NEWEST = 60  # events that are read: the others would weigh under 1 %
NEWEST_IN_WORDS = 30
REMEMBERED = 1 << 16  # items whose words are kept
PULL_AWAY = 0.5  # of what is disliked, beside the history's 1


class TextChannel:
    """Meaning: the recency-weighted mean of the history's vectors, less what all items share, plus the words.

    Taking the catalogue's mean from the profile raised recall@100 on movielens-100k from .22 to .33: without it the
    profile finds what is like everything.
    """

    name = "text"

    def __init__(self, index: TextIndex) -> None:
        self._index = index

    def search(self, query: Query, n: int) -> Rows:
        """At most `n` allowed rows, best first; none where there is neither history, nor words, nor a dislike."""
        asked = self._vector(query)
        if asked is None:
            return np.zeros(0, np.int64)
        found: Rows = self._index.store.search(asked[None], n, query.allowed)[0][0]
        return np.asarray(found[found >= 0], np.int64)

    def score(self, query: Query, rows: Rows) -> Floats:
        """Inner products with the profile; 0 where there is nothing to go on."""
        asked = self._vector(query)
        return np.zeros(len(rows), np.float32) if asked is None else np.asarray(self._index.vectors[rows] @ asked)

    def match(self, text: str, rows: Rows) -> Floats:
        """How near rows are to the words in meaning, 0 to 1."""
        return np.asarray(np.clip(self._index.vectors[rows] @ self._index.encoded(text), 0, 1), np.float32)

    def _vector(self, query: Query) -> Floats | None:
        vectors, mean = self._index.vectors, self._index.mean
        parts: list[Floats] = []
        if len(query.history):
            rows = query.history.rows[-NEWEST:]
            parts.append(unit(recency(len(rows)) @ vectors[rows] - mean))
        if query.text.strip():
            parts.append(self._index.encoded(query.text))
        if len(query.disliked):
            parts.append(-PULL_AWAY * unit(vectors[query.disliked].mean(0) - mean))
        return np.sum(parts, 0, dtype=np.float32) if parts else None


class LexicalChannel:
    """Words: BM25 of somebody's words and of the texts of the newest items of the history, each as a share of its best.

    Whole texts (genre, director, cast) of the history found .32 of the next films of movielens-100k among 100, their
    titles alone .08.
    """

    name = "lexical"

    def __init__(self, index: TextIndex, catalogue: Catalogue) -> None:
        self._index = index
        self._last: tuple[tuple[str, bytes], Floats] | None = None
        self._words_of = functools.lru_cache(REMEMBERED)(
            lambda row: index.lexical.known(item_text(catalogue.items[row]))
        )

    def search(self, query: Query, n: int) -> Rows:
        """At most `n` allowed rows that share a word, best first."""
        scores = self._scores(query)
        return best_rows(scores, n, scores > 0 if query.allowed is None else query.allowed & (scores > 0))

    def score(self, query: Query, rows: Rows) -> Floats:
        """Shares of the best BM25, 0 to 2; 0 where they have no word in common."""
        return self._scores(query)[rows]

    def match(self, text: str, rows: Rows) -> Floats:
        """BM25 of the words, 0 where they are not in the row's text."""
        return self._index.lexical.scores(text)[rows]

    def _scores(self, query: Query) -> Floats:
        """All scores of a query; the last are kept, since what was found is scored next."""
        key = (query.text, query.history.rows[-NEWEST_IN_WORDS:].tobytes())
        last = self._last
        if last is None or last[0] != key:
            last = self._last = (key, self._new_scores(query.text, query.history))
        return last[1]

    def _new_scores(self, text: str, history: History) -> Floats:
        lexical = self._index.lexical
        rows = history.rows[-NEWEST_IN_WORDS:].tolist()
        of_history = lexical.mixed_scores([self._words_of(row) for row in rows], recency(len(rows)).tolist())
        return _share(of_history) + _share(lexical.scores(text))


def _share(scores: Floats) -> Floats:
    most = float(scores.max(initial=0))
    return np.asarray(scores / most, np.float32) if most > 0 else scores


def recency(n: int) -> Floats:
    """Weights of n events that sum to one, the newest last and heaviest."""
    weights = np.exp(-np.arange(n)[::-1] / LIFE)
    return np.asarray(weights / weights.sum(), np.float32)


def unit(vector: Floats) -> Floats:
    """A vector as one of length one; 0 stays 0."""
    length = float(np.linalg.norm(vector))
    return np.asarray(vector / max(length, 1e-12), np.float32)
