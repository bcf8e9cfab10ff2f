"""BM25: items by the words that they share with a text, words of the title counting more. The only file with bm25s."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from index.data.fold_text import fold_text
from index.errors import MendableError
from index.storage.arrays import read_array, write_array
from index.storage.home import write_json
from index.types import Floats

ARRAYS = ("data", "indices", "indptr")
VOCABULARY = "words.json"
TITLE_WEIGHT = 3  # a word of the title counts as if it stood in the text so many times
_TOKEN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W_\u3040-\u30ff\u3400-\u9fff]+")  # a CJK sign is a token
_STOP_WORDS = (
    "a about all an and are as at be been but by can could did do does for from had has have he her his how i if in "
    "into is it its just like me more my no not of on or our out please really she so some something than that the "
    "their them there these they this to too up us want was we were what when where which who will with would you "
    "your loved love liked enjoyed looking recommend recommendation suggest anything similar give show"
)


class LexicalIndex:
    """BM25 scores of all items for a text (Lucene's form, k1 1.2, b 0.75)."""

    def __init__(self, n_items: int, vocabulary: dict[str, int], arrays: dict[str, Any]) -> None:
        self.n_items = n_items
        self._vocabulary = vocabulary
        self._arrays = arrays

    @classmethod
    def build(cls, titles: Sequence[str], texts: Sequence[str]) -> "LexicalIndex":
        """An index over the texts, which hold the titles once."""
        import bm25s

        documents = [
            tokenize(title) * (TITLE_WEIGHT - 1) + tokenize(text) for title, text in zip(titles, texts, strict=True)
        ]
        vocabulary = {token: n for n, token in enumerate(sorted(set().union(*documents)))}
        if not vocabulary:
            return cls(len(texts), {}, {})
        scorer = bm25s.BM25(k1=1.2, b=0.75, method="lucene")
        ids = [[vocabulary[token] for token in document] for document in documents]
        scorer.index((ids, vocabulary), create_empty_token=False, show_progress=False)
        return cls(len(texts), vocabulary, {name: scorer.scores[name] for name in ARRAYS})

    def save(self, folder: Path) -> None:
        """Write arrays and vocabulary."""
        write_json(folder / VOCABULARY, {"n_items": self.n_items, "words": list(self._vocabulary)})
        for name, array in self._arrays.items():
            write_array(folder / f"{name}.npy", array)

    @classmethod
    def load(cls, folder: Path) -> "LexicalIndex":
        """Read what `save` wrote; the arrays are memory-mapped. Raises MendableError for damaged files."""
        path = folder / VOCABULARY
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            vocabulary = {str(token): n for n, token in enumerate(content["words"])}
            n_items = int(content["n_items"])
        except (OSError, ValueError, LookupError, TypeError) as why:
            raise MendableError("the word index cannot be read", str(path), "Run `python -m index build`") from why
        arrays = {name: np.asarray(read_array(folder / f"{name}.npy")) for name in ARRAYS} if vocabulary else {}
        return cls(n_items, vocabulary, arrays)

    def scores(self, text: str) -> Floats:
        """The BM25 score of every item, (n_items,); 0 where it shares no word with the text."""
        return self.weighted_scores([self.token_ids(text)], [1.0])

    def token_ids(self, text: str) -> list[int]:
        """The numbers of a query's tokens, without those that no item has."""
        return [self._vocabulary[token] for token in query_tokens(text) if token in self._vocabulary]

    def weighted_scores(self, queries: Sequence[Sequence[int]], weights: Sequence[float]) -> Floats:
        """The weighted sum of the scores of several queries (token numbers), (n_items,), in one pass over tokens."""
        weight_of: dict[int, float] = {}
        for query, weight in zip(queries, weights, strict=True):
            for token in query:
                weight_of[token] = weight_of.get(token, 0.0) + weight
        if not weight_of:
            return np.zeros(self.n_items, np.float32)
        data, indices, starts = (self._arrays[name] for name in ARRAYS)
        tokens = np.fromiter(weight_of, np.int64, len(weight_of))
        lengths = starts[tokens + 1] - starts[tokens]
        ends = np.cumsum(lengths)
        places = np.arange(ends[-1]) + np.repeat(starts[tokens] - (ends - lengths), lengths)  # of all tokens in a row
        scores = data[places] * np.repeat(np.fromiter(weight_of.values(), np.float32, len(tokens)), lengths)
        rows = indices[places]
        return np.bincount(rows, scores, minlength=self.n_items).astype(np.float32)


def tokenize(text: str) -> list[str]:
    """The words of a text, folded: small letters without accents, plural endings dropped."""
    return [_stem(word) for word in _TOKEN.findall(fold_text(text))]


def query_tokens(text: str) -> list[str]:
    """The tokens of a query, each once, without stop words; all of them where nothing else is left."""
    tokens = list(dict.fromkeys(tokenize(text)))
    return [token for token in tokens if token not in _STOP_TOKENS] or tokens


def _stem(word: str) -> str:
    """Harman's S stemmer ("How effective is suffixing?", 1991): plurals only, so that no two titles become one."""
    if len(word) < 4 or not word.endswith("s") or word.endswith(("us", "ss", "is")):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y" if not word.endswith(("eies", "aies")) else word
    return word[:-1]


_STOP_TOKENS = frozenset(_stem(word) for word in _STOP_WORDS.split())
