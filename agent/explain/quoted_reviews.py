"""The reviews that a reason may quote, by id: what the index keeps of their words, read when it is asked for."""

from collections.abc import Iterator, Mapping
from functools import cached_property

import numpy as np

from agent.weak_cache import WeakCache
from index.data.domain import Catalogue
from index.data.records import Review
from index.sentiment.item_sentiment import ItemSentiments
from index.types import Rows


class QuotedReviews(Mapping[str, Review]):
    """Each judged review with the sentences that the index holds of it, one a line, and the id of its item."""

    def __init__(self, known: "ReviewPlaces", catalogue: Catalogue) -> None:
        self._known, self._catalogue = known, catalogue

    def __getitem__(self, review_id: str) -> Review:
        opinions = self._known.sentiments.opinions
        place = self._known.place_of[review_id]
        item_id = self._catalogue.ids[int(opinions.rows[place])]
        sentences = dict.fromkeys(opinions.sentence(int(n)) for n in self._known.mentions_of(place))
        return Review(review_id, item_id, "\n".join(sentences), opinions.writers[place] or None)

    def __iter__(self) -> Iterator[str]:
        return iter(self._known.place_of)

    def __len__(self) -> int:
        return len(self._known.place_of)


class ReviewPlaces:
    """The places of reviews by their ids, and of the mentions by their reviews."""

    def __init__(self, sentiments: ItemSentiments) -> None:
        self.sentiments = sentiments

    @cached_property
    def place_of(self) -> dict[str, int]:
        """Place of a review among the opinions by id; of several with one id the first."""
        ids = self.sentiments.opinions.review_ids
        return {review_id: n for n, review_id in reversed(list(enumerate(ids)))}

    def mentions_of(self, place: int) -> Rows:
        """The numbers of a review's mentions."""
        order, starts = self._by_review
        return order[starts[place] : starts[place + 1]]

    @cached_property
    def _by_review(self) -> tuple[Rows, Rows]:
        opinions = self.sentiments.opinions
        counts = np.bincount(opinions.mentions.reviews, minlength=len(opinions))
        starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        return np.argsort(opinions.mentions.reviews, kind="stable"), starts


review_places: WeakCache[ItemSentiments, ReviewPlaces] = WeakCache(ReviewPlaces)
