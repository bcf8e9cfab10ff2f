"""The reviews that a reason may quote, by id: what the index keeps of their words, read when it is asked for."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from index.data.domain import Catalogue
from index.data.records import Review
from index.sentiment.review_opinions import ReviewOpinions


@dataclass(frozen=True)
class QuotedReviews(Mapping[str, Review]):
    """Each judged review with the sentences that the index holds of it, one a line, and the id of its item."""

    opinions: ReviewOpinions
    catalogue: Catalogue

    def __getitem__(self, review_id: str) -> Review:
        opinions, place = self.opinions, self.opinions.place_of[review_id]
        item_id = self.catalogue.ids[int(opinions.rows[place])]
        sentences = dict.fromkeys(opinions.sentence(int(n)) for n in opinions.mentions_in(np.array([place])))
        return Review(review_id, item_id, "\n".join(sentences), opinions.writers[place] or None)

    def __iter__(self) -> Iterator[str]:
        return iter(self.opinions.place_of)

    def __len__(self) -> int:
        return len(self.opinions.place_of)
