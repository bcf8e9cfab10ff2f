"""What the agent answers: recommendations with reasons whose evidence can be checked, and the reply around them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from agent.constraints import Relaxed, State
from agent.explain.evidence import FromReview, Reason
from agent.explain.writing import TEMPLATES, ListReasons, Worded, WriterCard
from index.data.records import Item
from index.sentiment.item_sentiment import ItemSentiment


@dataclass(frozen=True, slots=True)
class AspectSentiment:
    """What the reviews of an item say of one aspect: score -1 to 1, number of reviews."""

    aspect: str
    score: float
    n: int


@dataclass(frozen=True, slots=True)
class Sentiment:
    """What the reviews of an item say: score -1 to 1, number of reviews, aspects, the best and the worst sentence."""

    score: float
    n_reviews: int
    aspects: tuple[AspectSentiment, ...] = ()
    best: FromReview | None = None
    worst: FromReview | None = None

    @classmethod
    def of(cls, found: ItemSentiment) -> "Sentiment":
        """The sentiment of an item as the index has it."""
        aspects = tuple(AspectSentiment(each.aspect, each.score, each.n) for each in found.aspects)
        quotes = (None if each is None else FromReview(each.review_id, each.text) for each in (found.best, found.worst))
        return cls(found.score, found.n_reviews, aspects, *quotes)

    def as_json(self) -> dict[str, Any]:
        """As JSON."""
        aspects = [{"aspect": a.aspect, "score": a.score, "n": a.n} for a in self.aspects]
        quotes = {
            name: {"review_id": each.review_id, "quote": each.quote}
            for name, each in (("best", self.best), ("worst", self.worst))
            if each is not None
        }
        return {"score": self.score, "n_reviews": self.n_reviews, "aspects": aspects, **quotes}


@dataclass(frozen=True, slots=True)
class Recommendation:
    """One shown item; `score` is what the list was ordered by before diversification."""

    rank: int
    item: Item
    score: float
    reason: Reason
    sentiment: Sentiment | None = None

    def as_json(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "rank": self.rank,
            "item_id": self.item.item_id,
            "title": self.item.title,
            "score": round(self.score, 6),
            "reason": self.reason.as_json(),
            "sentiment": self.sentiment.as_json() if self.sentiment else None,
        }


@dataclass(frozen=True, slots=True)
class RankerCard:
    """Which ranker ran: its name, and for a tuned model its base model and adapter."""

    name: str
    base_model: str | None = None
    adapter: str | None = None
    adapter_sha256: str | None = None

    def as_json(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "name": self.name,
            "base_model": self.base_model,
            "adapter": self.adapter,
            "adapter_sha256": self.adapter_sha256,
        }


@dataclass(frozen=True)
class Reply:
    """The whole answer of one turn; `text` is what the user reads, `timing_ms` milliseconds by stage."""

    domain: str
    user: str | None
    ranker: RankerCard
    state: State
    recommendations: tuple[Recommendation, ...]
    relaxed: tuple[Relaxed, ...] = ()
    text: str = ""
    timing_ms: Mapping[str, float] = field(default_factory=dict)
    notice: str | None = None  # why another ranker ran than was asked for
    writer: WriterCard = TEMPLATES
    reasons: ListReasons | None = field(default=None, repr=False)  # with which a language model may word them anew

    def with_reasons(self, worded: Worded, spent_ms: Mapping[str, float]) -> "Reply":
        """The same list with reasons as a language model worded them, and the milliseconds that this took by stage."""
        found = (
            replace(each, reason=explained.reason)
            for each, explained in zip(self.recommendations, worded.explained, strict=True)
        )
        timing = {stage: ms + spent_ms.get(stage, 0.0) for stage, ms in self.timing_ms.items()}
        reasons = None if self.reasons is None else replace(self.reasons, explained=worded.explained)
        return replace(self, recommendations=tuple(found), writer=worded.writer, timing_ms=timing, reasons=reasons)

    def as_json(self) -> dict[str, Any]:
        """As JSON, without `text`: the object that `recommend` prints."""
        return {
            "domain": self.domain,
            "user": self.user,
            "ranker": self.ranker.as_json(),
            "notice": self.notice,
            "state": self.state.as_json(),
            "relaxed": [each.as_json() for each in self.relaxed],
            "writer": self.writer.as_json(),
            "recommendations": [each.as_json() for each in self.recommendations],
            "timing_ms": {stage: round(ms, 3) for stage, ms in self.timing_ms.items()},
        }
