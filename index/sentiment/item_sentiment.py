"""What the reviews of an item say on the whole: its score, its aspects, and its best and its worst sentence."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from index.data.domain import Catalogue
from index.sentiment.quotes import NEAR_LENGTH, is_quotable
from index.sentiment.review_opinions import ReviewOpinions
from index.types import Floats, Rows

Sums = npt.NDArray[np.float64]
PRIOR_REVIEWS = 5.0  # reviews of the domain's mean that are added to an item's own where items are ordered
MAX_ASPECTS = 12  # aspects of an item that are told, those of most reviews first
MIN_TELLING = 2  # reviews that tell of an aspect before a wish for it may count on them
MAX_READ = 200  # sentences of an item among which quotes are looked for: the strongest of each side
STEP = 0.1  # scores that differ by less are one strength: of these the quote of a good length is taken


@dataclass(frozen=True, slots=True)
class AspectScore:
    """What the reviews of an item say of an aspect: mean score -1 to 1, and the number of reviews that tell."""

    aspect: str
    score: float
    n: int


@dataclass(frozen=True, slots=True)
class Quote:
    """The exact words of a review, its id, and how good they are, -1 to 1."""

    review_id: str
    text: str
    score: float


@dataclass(frozen=True, slots=True)
class ItemSentiment:
    """What the reviews of an item say. `score` is the mean of its own reviews, as it is shown."""

    score: float
    n_reviews: int
    aspects: tuple[AspectScore, ...] = ()
    best: Quote | None = None
    worst: Quote | None = None


@dataclass(frozen=True)
class ItemSentiments:
    """The sentiment of every item of a catalogue of `n_items`."""

    opinions: ReviewOpinions
    n_items: int

    def of_item(self, row: int) -> ItemSentiment | None:
        """The sentiment of an item, None where no review of it could be judged."""
        if not self.n_reviews[row]:
            return None
        numbers = [n for n in range(len(self.opinions.aspects)) if self.aspect_n[row, n]]
        numbers.sort(key=lambda n: (-int(self.aspect_n[row, n]), n))
        aspects = tuple(self._aspect(row, n) for n in numbers[:MAX_ASPECTS])
        score, n_reviews = round(float(self.scores[row]), 4), int(self.n_reviews[row])
        return ItemSentiment(score, n_reviews, aspects, self.quote(row, 1), self.quote(row, -1))

    def with_aspects(self, catalogue: Catalogue) -> Catalogue:
        """The catalogue, each item with the scores of its aspects of which MIN_TELLING reviews tell or more."""
        names = self.opinions.aspects.names
        items = list(catalogue.items)
        for row in np.flatnonzero((self.aspect_n >= MIN_TELLING).any(1)).tolist():
            told = np.flatnonzero(self.aspect_n[row] >= MIN_TELLING).tolist()
            scores = {names[n]: round(float(self.aspect_scores[row, n]), 4) for n in told}
            items[row] = replace(items[row], aspects=scores)
        forms = {form: each.name for each in self.opinions.aspects.aspects for form in each.forms}
        return replace(catalogue, items=tuple(items), aspect_forms=forms)

    @cached_property
    def n_reviews(self) -> Rows:
        """By item the number of reviews that were judged."""
        return np.bincount(self.opinions.rows[self._judged], minlength=self.n_items)

    @cached_property
    def scores(self) -> Floats:
        """By item the mean score of its reviews, NaN where none was judged."""
        return _means(self._sums, self.n_reviews)

    @cached_property
    def ordering_scores(self) -> Floats:
        """By item the mean with PRIOR_REVIEWS reviews of the domain's mean added: what items are compared by.

        One good review does not put an item before one with a hundred; an item without reviews has the domain's mean.
        """
        sums = self._sums + PRIOR_REVIEWS * self.common_score
        return np.asarray(sums / (self.n_reviews + PRIOR_REVIEWS), np.float32)

    @cached_property
    def common_score(self) -> float:
        """The mean score of all judged reviews."""
        return float(self._sums.sum()) / max(1, int(self.n_reviews.sum()))

    @cached_property
    def aspect_n(self) -> Rows:
        """(n_items, n_aspects): the number of reviews of an item that tell of an aspect."""
        return self._by_aspect(None).astype(np.int64)

    @cached_property
    def aspect_scores(self) -> Floats:
        """(n_items, n_aspects): the mean score of an aspect of an item, NaN where no review tells of it."""
        return _means(self._by_aspect(self.opinions.mentions.scores), self.aspect_n)

    def _aspect(self, row: int, number: int) -> AspectScore:
        name = self.opinions.aspects.aspects[number].name
        score = round(float(self.aspect_scores[row, number]), 4)
        return AspectScore(name, score, int(self.aspect_n[row, number]))

    @cached_property
    def _judged(self) -> Rows:
        return np.flatnonzero(~np.isnan(self.opinions.scores))

    @cached_property
    def _sums(self) -> Sums:
        judged = self._judged
        return np.asarray(np.bincount(self.opinions.rows[judged], self.opinions.scores[judged], self.n_items))

    @cached_property
    def _told(self) -> Rows:
        """Mentions of an aspect that were judged, of reviews that were: one for each review and aspect."""
        mentions = self.opinions.mentions
        told = (mentions.aspects >= 0) & ~np.isnan(mentions.scores)
        return np.flatnonzero(told & ~np.isnan(self.opinions.scores[mentions.reviews]))

    def _by_aspect(self, weights: Floats | None) -> Sums:
        """(n_items, n_aspects): the sum of some weights of mentions, their number without weights."""
        mentions, n_aspects, told = self.opinions.mentions, len(self.opinions.aspects), self._told
        cells = self.opinions.rows[mentions.reviews[told]] * n_aspects + mentions.aspects[told]
        found = np.bincount(cells, None if weights is None else weights[told], self.n_items * n_aspects)
        return np.asarray(found, np.float64).reshape(self.n_items, n_aspects)

    def quote(self, row: int, sign: int, aspect: int | None = None) -> Quote | None:
        """The best sentence of an item (`sign` 1) or its worst (-1) that may be shown, None where there is none.

        With the number of an aspect, of the sentences that mention it.
        """
        opinions = self.opinions
        numbers = opinions.mentions_of(row)
        if aspect is not None:
            numbers = numbers[opinions.mentions.aspects[numbers] == aspect]
        strength = sign * opinions.mentions.scores[numbers]
        numbers, strength = numbers[strength > 0], strength[strength > 0]  # NaN is above nothing
        best: tuple[int, int, int] | None = None
        for n in np.argsort(-strength, kind="stable")[:MAX_READ].tolist():
            step = int(strength[n] / STEP)
            if best is not None and step < -best[0]:
                break
            text = opinions.sentence(int(numbers[n]))
            found = (-step, abs(len(text) - NEAR_LENGTH), int(numbers[n]))
            if is_quotable(text) and (best is None or found < best):
                best = found
        if best is None:
            return None
        review_id = opinions.review_ids[int(opinions.mentions.reviews[best[2]])]
        return Quote(review_id, opinions.sentence(best[2]), round(float(opinions.mentions.scores[best[2]]), 4))


def _means(sums: Sums, counts: Rows) -> Floats:
    return np.asarray(np.where(counts > 0, sums / np.maximum(counts, 1), np.nan), np.float32)
