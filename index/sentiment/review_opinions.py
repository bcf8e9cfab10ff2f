"""What reviews say, as arrays in memory: the polarity of each judged review, and of each aspect that it mentions."""

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from index.data.known_reviews import HeldOut, known_reviews
from index.sentiment.aspects import Aspects
from index.types import Floats, Mask, Rows

WHOLE = -1  # in place of an aspect: the sentence is the whole review


@dataclass(frozen=True)
class Mentions:
    """Sentences that mention an aspect: the place of the review, the number of the aspect, the score (NaN where it
    cannot be judged), and where in the review's words the sentence stands; `texts` are the places of its own words.
    """

    reviews: Rows
    aspects: Rows
    scores: Floats
    spans: Rows  # (n, 2)
    texts: Rows  # (n, 2), bytes

    def __len__(self) -> int:
        return len(self.reviews)

    def select(self, kept: Mask | Rows) -> "Mentions":
        """Those that are marked or numbered."""
        return Mentions(self.reviews[kept], self.aspects[kept], self.scores[kept], self.spans[kept], self.texts[kept])


@dataclass(frozen=True)
class OwnMentions:
    """Of what one user writes: the rows of the items, and the numbers of the aspects that the reviews mention."""

    rows: Rows
    aspects: Rows


@dataclass(frozen=True)
class ReviewOpinions:
    """The judged reviews of a domain: the row of each one's item, its id, writer and time, and what it says.

    `writers` are "" where anonymous, `times` (Unix seconds) UNKNOWN_TIME where there is none, `scores` (-1 to 1) and
    `p_positive` NaN where a review cannot be judged; `words` are those of the mentions' sentences.
    """

    rows: Rows
    review_ids: tuple[str, ...]
    writers: tuple[str, ...]
    times: npt.NDArray[np.float64]
    scores: Floats
    p_positive: Floats
    mentions: Mentions
    aspects: Aspects
    words: npt.NDArray[np.uint8] = field(repr=False)

    def __len__(self) -> int:
        return len(self.rows)

    def known_from(self, held_out: HeldOut) -> "ReviewOpinions":
        """What may be known to what is fitted: see `known_reviews`. The aspects stay, which say nothing of an item."""
        known = known_reviews(self.rows, self.writers, self.times, held_out)
        place = np.cumsum(known) - 1
        mentions = self.mentions.select(known[self.mentions.reviews])
        kept = np.flatnonzero(known)
        return ReviewOpinions(
            self.rows[kept],
            tuple(self.review_ids[n] for n in kept),
            tuple(self.writers[n] for n in kept),
            self.times[kept],
            self.scores[kept],
            self.p_positive[kept],
            replace(mentions, reviews=place[mentions.reviews]),
            self.aspects,
            self.words,
        )

    def sentence(self, mention: int) -> str:
        """The exact words of the sentence of a mention."""
        start, end = self.mentions.texts[mention]
        return bytes(self.words[start:end]).decode("utf-8")

    @cached_property
    def place_of(self) -> dict[str, int]:
        """Place of a review by its id; of several with one id the first."""
        return {review_id: n for n, review_id in reversed(list(enumerate(self.review_ids)))}

    @cached_property
    def places_of_writers(self) -> dict[str, Rows]:
        """The places of each named writer's reviews, in their order."""
        writers = np.array(self.writers, str)
        order = np.argsort(writers, kind="stable")
        order = order[writers[order] != ""]
        names, starts = np.unique(writers[order], return_index=True)
        return dict(zip(names.tolist(), np.split(order, starts[1:]), strict=True)) if len(order) else {}

    @cached_property
    def mentions_of_writers(self) -> dict[str, "OwnMentions"]:
        """What each named writer tells of aspects, of those who mention one."""
        found = {}
        for writer, places in self.places_of_writers.items():
            own = self.mentions_in(places)
            own = own[self.mentions.aspects[own] >= 0]
            if len(own):
                found[writer] = OwnMentions(self.rows[self.mentions.reviews[own]], self.mentions.aspects[own])
        return found

    def mentions_in(self, places: Rows) -> Rows:
        """The numbers of the mentions in these reviews."""
        order, starts = self._by_review
        return np.concatenate([order[:0], *(order[starts[n] : starts[n + 1]] for n in places.tolist())])

    def mentions_of(self, row: int) -> Rows:
        """The numbers of the mentions of an item, in the order of its reviews."""
        order, starts = self._by_item
        return order[starts[row] : starts[row + 1]] if row + 1 < len(starts) else order[:0]

    @cached_property
    def _by_review(self) -> tuple[Rows, Rows]:
        counts = np.bincount(self.mentions.reviews, minlength=len(self))
        starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        return np.argsort(self.mentions.reviews, kind="stable"), starts

    @cached_property
    def _by_item(self) -> tuple[Rows, Rows]:
        rows = self.rows[self.mentions.reviews]
        order = np.argsort(rows, kind="stable")
        return order, np.concatenate([[0], np.cumsum(np.bincount(rows))]).astype(np.int64)
