"""What retrieval reads of a domain's reviews: vectors of their passages, and opinions where they were judged."""

from dataclasses import dataclass

from index.data.domain import Histories
from index.data.known_reviews import HeldOut
from index.retrieval.decay import PROFILE_DECAYS
from index.retrieval.review_vectors import ReviewVectors
from index.retrieval.sentiment_features import SENTIMENT_COLUMNS, SentimentFeatures
from index.sentiment.review_opinions import ReviewOpinions
from index.types import Floats, Rows

REVIEW_COLUMNS = tuple(f"reviews/{events:g}" for events in PROFILE_DECAYS)  # behind those of other sources


@dataclass(frozen=True)
class ReviewSources:
    """Vectors of passages, and opinions of reviews, None where nothing judged them."""

    vectors: ReviewVectors
    opinions: ReviewOpinions | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns that the fusion reads of them."""
        return REVIEW_COLUMNS if self.opinions is None else (*REVIEW_COLUMNS, *SENTIMENT_COLUMNS)

    def known_from(
        self, histories: Histories, n_items: int, before: int | None = None, every: Histories | None = None
    ) -> "ReviewSources":
        """What may be known to what is fitted on these histories: see `known_reviews`."""
        vectors = self.vectors.known_from(histories, n_items, before, every)
        held_out = HeldOut(histories, n_items, before, every)
        return ReviewSources(vectors, None if self.opinions is None else self.opinions.known_from(held_out))

    def features(self, n_items: int, own: "ReviewSources | None" = None) -> "ReviewFeatures":
        """What the fusion reads; of a user's own words what is in `own`, or in these, of items of the history."""
        means, opinions = self.vectors.item_means(n_items), self.opinions
        if opinions is None:
            return ReviewFeatures(means)
        wrote = opinions if own is None or own.opinions is None else own.opinions
        return ReviewFeatures(means, SentimentFeatures.of(opinions, wrote, n_items))


@dataclass(frozen=True)
class ReviewFeatures:
    """By item the centred mean vector of its reviews (n_items, dim), and what they say, None where none was judged."""

    means: Floats
    sentiment: SentimentFeatures | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns that the fusion reads of them."""
        return REVIEW_COLUMNS if self.sentiment is None else (*REVIEW_COLUMNS, *SENTIMENT_COLUMNS)

    def part(self, rows: Rows) -> "ReviewFeatures":
        """Of these rows alone, each once, numbered anew in this order."""
        return ReviewFeatures(self.means[rows], None if self.sentiment is None else self.sentiment.part(rows))
