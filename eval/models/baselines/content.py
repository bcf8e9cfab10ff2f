"""Content-based filtering: items whose texts are near those of the history, by embedding or by TF-IDF."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from eval.models.baselines.user_histories import decayed_matrix, fill_cold_start, item_counts
from eval.models.registry import Setting, Training, index_key
from index.build.loading import OpenedDomain
from index.data.domain import Histories
from index.data.item_text import item_text
from index.errors import MendableError
from index.retrieval.unit_vectors import unit_rows
from index.types import Floats

WORD = re.compile(r"\w+")


class Content:
    """Cosine with the mean of a history's text vectors (of the built index), weighted by `decay`, in newer events.

    `centred` subtracts the catalogue's mean vector first: what all items share tells no users apart.
    """

    search_space: Mapping[str, Sequence[Setting]] = {"decay": (0.0, 2.0, 4.0, 8.0, 16.0), "centred": (True, False)}
    needs_index = True

    def __init__(self, decay: float = 4.0, centred: bool = True) -> None:
        self.decay, self.centred = decay, centred

    def prepare(self, opened: OpenedDomain) -> str:
        """The hashes of the encoder and the tables. Raises MendableError where no index fits."""
        return index_key(opened)

    def fit(self, training: Training) -> None:
        """Read the vectors of the index, in the order of the training's catalogue."""
        vectors = np.asarray(training.index.vectors[training.original], np.float32)
        self._vectors = unit_rows(vectors - vectors.mean(0)) if self.centred else unit_rows(vectors)
        self._counts = item_counts(training.histories, training.n_items)

    def scores(self, histories: Histories) -> Floats:
        """(users, items): cosine of the item with the mean of the history."""
        profiles = unit_rows(decayed_matrix(histories, len(self._counts), self.decay) @ self._vectors)
        return fill_cold_start(histories.lengths == 0, profiles @ self._vectors.T, self._counts)


class Tfidf:
    """TF-IDF of the words of each item (Salton and Buckley 1988, by scikit-learn), the history's mean as the query."""

    search_space: Mapping[str, Sequence[Setting]] = {
        "decay": (0.0, 2.0, 4.0, 8.0, 16.0),
        "sublinear": (True, False),
    }
    needs_index = False

    def __init__(self, decay: float = 8.0, sublinear: bool = True) -> None:
        self.decay, self.sublinear = decay, sublinear

    def fit(self, training: Training) -> None:
        """Weigh words. Raises MendableError where no item has any."""
        from sklearn.feature_extraction.text import TfidfVectorizer

        texts = [item_text(item) for item in training.catalogue.items]
        if not any(WORD.search(text) for text in texts):
            raise MendableError(
                "no item has a word in its text", f"--domain {training.opened.name}", "Leave `tfidf` out"
            )
        weighing = TfidfVectorizer(token_pattern=WORD.pattern, sublinear_tf=self.sublinear, dtype=np.float32)
        self._words: Any = weighing.fit_transform(texts)
        self._counts = item_counts(training.histories, training.n_items)

    def scores(self, histories: Histories) -> Floats:
        """(users, items): inner products with the mean of the history."""
        profiles = decayed_matrix(histories, len(self._counts), self.decay) @ self._words
        scores = np.asarray((profiles @ self._words.T).toarray(), np.float32)
        return fill_cold_start(histories.lengths == 0, scores, self._counts)
