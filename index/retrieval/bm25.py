"""The only door to bm25s: items found by the words that they share with a text, a word of the title counting more."""

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
TITLE_WEIGHT = 3  # a title's words count as if they stood there so many times
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W_\u3040-\u30ff\u3400-\u9fff]+")  # a CJK sign is a word
_COMMON = (
    "a about all an and are as at be been but by can could did do does for from had has have he her his how i if in "
    "into is it its just like me more my no not of on or our out please really she so some something than that the "
    "their them there these they this to too up us want was we were what when where which who will with would you "
    "your loved love liked enjoyed looking recommend recommendation suggest anything similar give show"
)


class Lexical:
    """BM25 scores of all items for a text (Lucene's form, k1 1.2, b 0.75)."""

    def __init__(self, n_items: int, vocabulary: dict[str, int], arrays: dict[str, Any]) -> None:
        self.n_items = n_items
        self._vocabulary = vocabulary
        self._arrays = arrays

    @classmethod
    def build(cls, titles: Sequence[str], texts: Sequence[str]) -> "Lexical":
        """An index over the texts, which hold the titles once."""
        import bm25s

        documents = [words(title) * (TITLE_WEIGHT - 1) + words(text) for title, text in zip(titles, texts, strict=True)]
        vocabulary = {word: n for n, word in enumerate(sorted(set().union(*documents)))}
        if not vocabulary:
            return cls(len(texts), {}, {})
        scorer = bm25s.BM25(k1=1.2, b=0.75, method="lucene")
        ids = [[vocabulary[word] for word in document] for document in documents]
        scorer.index((ids, vocabulary), create_empty_token=False, show_progress=False)
        return cls(len(texts), vocabulary, {name: scorer.scores[name] for name in ARRAYS})

    def save(self, folder: Path) -> None:
        """Write arrays and vocabulary."""
        write_json(folder / VOCABULARY, {"n_items": self.n_items, "words": list(self._vocabulary)})
        for name, array in self._arrays.items():
            write_array(folder / f"{name}.npy", array)

    @classmethod
    def load(cls, folder: Path) -> "Lexical":
        """Read what `save` wrote; the arrays are memory-mapped. Raises MendableError for damaged files."""
        path = folder / VOCABULARY
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            vocabulary = {str(word): n for n, word in enumerate(content["words"])}
            n_items = int(content["n_items"])
        except (OSError, ValueError, LookupError, TypeError) as why:
            raise MendableError("the word index cannot be read", str(path), "Run `python -m index build`") from why
        arrays = {name: np.asarray(read_array(folder / f"{name}.npy")) for name in ARRAYS} if vocabulary else {}
        return cls(n_items, vocabulary, arrays)

    def scores(self, text: str) -> Floats:
        """The BM25 score of every item, (n_items,); 0 where it shares no word with the text."""
        return self.mixed_scores([self.known(text)], [1.0])

    def known(self, text: str) -> list[int]:
        """The words of a question that stand in any item, by their numbers."""
        return [self._vocabulary[word] for word in query_words(text) if word in self._vocabulary]

    def mixed_scores(self, questions: Sequence[Sequence[int]], weights: Sequence[float]) -> Floats:
        """The weighted sum of the scores of several questions, (n_items,), in one pass over their words."""
        asking: dict[int, float] = {}
        for question, weight in zip(questions, weights, strict=True):
            for word in question:
                asking[word] = asking.get(word, 0.0) + weight
        if not asking:
            return np.zeros(self.n_items, np.float32)
        data, indices, starts = (self._arrays[name] for name in ARRAYS)
        spans = [slice(int(starts[word]), int(starts[word + 1])) for word in asking]
        said = np.concatenate([data[span] * weight for span, weight in zip(spans, asking.values(), strict=True)])
        rows = np.concatenate([indices[span] for span in spans])
        return np.bincount(rows, said, minlength=self.n_items).astype(np.float32)


def words(text: str) -> list[str]:
    """The words of a text, folded: small letters without accents, plural endings dropped."""
    return [_stem(word) for word in _WORD.findall(fold_text(text))]


def query_words(text: str) -> list[str]:
    """The words of a question, each once, without those that carry nothing; all of them where nothing is left."""
    plain = list(dict.fromkeys(words(text)))
    return [word for word in plain if word not in _STEMMED_COMMON] or plain


def _stem(word: str) -> str:
    """Harman's S stemmer ("How effective is suffixing?", 1991): plurals only, so that no two titles become one."""
    if len(word) < 4 or not word.endswith("s") or word.endswith(("us", "ss", "is")):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y" if not word.endswith(("eies", "aies")) else word
    return word[:-1]


_STEMMED_COMMON = frozenset(_stem(word) for word in _COMMON.split())
