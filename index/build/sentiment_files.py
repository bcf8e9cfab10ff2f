"""The files of the sentiment part: gathered review by review, written as arrays and JSON, read again."""

import json
from array import array
from pathlib import Path
from typing import Any

import numpy as np

from index.data.domain import Catalogue
from index.data.known_reviews import UNKNOWN_TIME
from index.data.records import Review
from index.errors import MendableError
from index.sentiment.aspects import Aspect, Aspects
from index.sentiment.review_opinions import Mentions, ReviewOpinions
from index.sentiment.sentences import Span
from index.storage.arrays import read_array, write_array
from index.storage.home import write_json

FOLDER, ABOUT, WORDS = "sentiment", "sentiment.json", "sentences.txt"
ROWS, SCORES, TIMES, POSITIVE = "rows.npy", "scores.npy", "times.npy", "p_positive.npy"
MENTIONS, MENTION_SCORES = "mentions.npy", "mention_scores.npy"


class GatheredOpinions:
    """What was found of the reviews so far, as flat arrays of numbers."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._rows, self._scores, self._positive, self._times = array("q"), array("f"), array("f"), array("d")
        self._mentions, self._mention_scores = array("q"), array("f")
        self._review_ids: list[str] = []
        self._writers: list[str] = []
        self._bytes = 0

    def add(self, review: Review, score: float, p_positive: float) -> None:
        """Take the next review; NaN where it cannot be judged."""
        self._rows.append(self._catalogue.row_of[review.item_id])
        self._scores.append(score)
        self._positive.append(p_positive)
        self._times.append(UNKNOWN_TIME if review.timestamp is None else review.timestamp)
        self._review_ids.append(review.review_id)
        self._writers.append(review.user_id or "")

    def add_mention(self, aspect: int, score: float, span: Span, n_bytes: int) -> None:
        """Take the next mention of the review that was added last; its words are the next `n_bytes` of the words."""
        place = len(self._rows) - 1
        self._mentions.extend((place, aspect, span.start, span.end, self._bytes, self._bytes + n_bytes))
        self._mention_scores.append(score)
        self._bytes += n_bytes

    @property
    def n_not_judgeable(self) -> int:
        """How many reviews could not be judged."""
        return int(np.isnan(np.array(self._scores)).sum())

    @property
    def n_mentions(self) -> int:
        """How many mentions there are."""
        return len(self._mention_scores)

    @property
    def n_mentions_not_judgeable(self) -> int:
        """How many mentions could not be judged."""
        return int(np.isnan(np.array(self._mention_scores)).sum())

    def write(self, folder: Path, aspects: Aspects) -> None:
        """Write all but the words."""
        write_array(folder / ROWS, np.array(self._rows, np.int64))
        write_array(folder / SCORES, np.array(self._scores, np.float32))
        write_array(folder / POSITIVE, np.array(self._positive, np.float32))
        write_array(folder / TIMES, np.array(self._times, np.float64))
        write_array(folder / MENTIONS, np.array(self._mentions, np.int64).reshape(-1, 6))
        write_array(folder / MENTION_SCORES, np.array(self._mention_scores, np.float32))
        about = {"aspects": [each.as_json() for each in aspects.aspects], "review_ids": self._review_ids}
        write_json(folder / ABOUT, {**about, "writers": self._writers})


def read_opinions(folder: Path) -> ReviewOpinions:
    """What `GatheredOpinions` wrote, large arrays memory-mapped. Raises MendableError where a file is damaged."""
    rows, scores, p, times = (np.asarray(read_array(folder / name)) for name in (ROWS, SCORES, POSITIVE, TIMES))
    table, mention_scores = read_array(folder / MENTIONS), np.asarray(read_array(folder / MENTION_SCORES))
    try:
        about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
        aspects = Aspects(tuple(Aspect(str(each["name"]), tuple(each["forms"])) for each in about["aspects"]))
        review_ids, writers = tuple(about["review_ids"]), tuple(about["writers"])
        size = (folder / WORDS).stat().st_size
        words: Any = np.memmap(folder / WORDS, np.uint8, "r") if size else np.zeros(0, np.uint8)
    except (OSError, ValueError, LookupError, TypeError) as why:
        raise _damaged(folder / ABOUT) from why
    if not len(rows) == len(scores) == len(p) == len(times) == len(review_ids) == len(writers) or table.ndim != 2:
        raise _damaged(folder / ABOUT)
    if table.shape != (len(mention_scores), 6) or (len(table) and table[-1, 5] != len(words)):
        raise _damaged(folder / MENTIONS)
    place, aspect = np.asarray(table[:, 0]), np.asarray(table[:, 1])
    if len(place) and (place.max() >= len(rows) or aspect.max() >= len(aspects)):
        raise _damaged(folder / MENTIONS)
    mentions = Mentions(place, aspect, mention_scores, table[:, 2:4], table[:, 4:6])
    return ReviewOpinions(rows, review_ids, writers, times, scores, p, mentions, aspects, words)


def _damaged(path: Path) -> MendableError:
    return MendableError("the sentiment of the index is damaged", str(path), "Run `python -m index build --force`")
