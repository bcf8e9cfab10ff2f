"""What the agent answers: recommendations with reasons whose evidence can be checked, in the contract's form."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from agent.constraints import State, Wish
from index.data.records import Item, Value


@dataclass(frozen=True, slots=True)
class FromHistory:
    """Evidence: something that the person had, or named as liked."""

    item_id: str

    def as_json(self) -> dict[str, Any]:
        """The contract's form."""
        return {"kind": "history", "item_id": self.item_id}


@dataclass(frozen=True, slots=True)
class FromAttribute:
    """Evidence: a value that the item itself has."""

    field: str
    value: Value

    def as_json(self) -> dict[str, Any]:
        """The contract's form."""
        value = list(self.value) if isinstance(self.value, tuple) else self.value
        return {"kind": "attribute", "field": self.field, "value": value}


@dataclass(frozen=True, slots=True)
class FromReview:
    """Evidence: the exact words of a review of the item."""

    review_id: str
    quote: str

    def as_json(self) -> dict[str, Any]:
        """The contract's form."""
        return {"kind": "review", "review_id": self.review_id, "quote": self.quote}


@dataclass(frozen=True, slots=True)
class FromConstraint:
    """Evidence: a wish of this talk that the item meets, in words."""

    text: str

    def as_json(self) -> dict[str, Any]:
        """The contract's form."""
        return {"kind": "constraint", "text": self.text}


Evidence = FromHistory | FromAttribute | FromReview | FromConstraint


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an item is recommended; every claim of the text stands in the evidence."""

    text: str
    evidence: tuple[Evidence, ...]
    written_by: Literal["model", "template"] = "template"

    def as_json(self) -> dict[str, Any]:
        """The contract's form."""
        return {
            "text": self.text,
            "written_by": self.written_by,
            "evidence": [each.as_json() for each in self.evidence],
        }


@dataclass(frozen=True, slots=True)
class AspectSentiment:
    """What the reviews of an item say of one aspect: score -1 to 1, number of reviews."""

    aspect: str
    score: float
    n: int


@dataclass(frozen=True, slots=True)
class Sentiment:
    """What the reviews of an item say: score -1 to 1, number of reviews, aspects."""

    score: float
    n_reviews: int
    aspects: tuple[AspectSentiment, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The contract's form."""
        aspects = [{"aspect": a.aspect, "score": a.score, "n": a.n} for a in self.aspects]
        return {"score": self.score, "n_reviews": self.n_reviews, "aspects": aspects}


@dataclass(frozen=True, slots=True)
class Recommendation:
    """One shown item; `score` is what the list was ordered by before diversity."""

    rank: int
    item: Item
    score: float
    reason: Reason
    sentiment: Sentiment | None = None

    def as_json(self) -> dict[str, Any]:
        """The contract's form."""
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
    """Which ranker ran: its name, and for a tuned model what it is made of."""

    name: str
    base_model: str | None = None
    adapter: str | None = None
    adapter_sha256: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The contract's form."""
        return {
            "name": self.name,
            "base_model": self.base_model,
            "adapter": self.adapter,
            "adapter_sha256": self.adapter_sha256,
        }


@dataclass(frozen=True, slots=True)
class Relaxed:
    """A hard wish that was given up, and why."""

    wish: Wish
    because: str

    def as_json(self) -> dict[str, Any]:
        """The contract's form."""
        return {"constraint": self.wish.as_json(), "because": self.because}


@dataclass(frozen=True)
class Reply:
    """The whole answer of one turn; `text` is what the person reads, `timing_ms` milliseconds by stage."""

    domain: str
    user: str | None
    ranker: RankerCard
    state: State
    recommendations: tuple[Recommendation, ...]
    relaxed: tuple[Relaxed, ...] = ()
    text: str = ""
    timing_ms: Mapping[str, float] = field(default_factory=dict)
    notice: str | None = None  # why another ranker ran than was asked for

    def as_json(self) -> dict[str, Any]:
        """The contract's form of `recommend`; `replay` adds `text`."""
        return {
            "domain": self.domain,
            "user": self.user,
            "ranker": self.ranker.as_json(),
            "notice": self.notice,
            "state": self.state.as_json(),
            "relaxed": [each.as_json() for each in self.relaxed],
            "recommendations": [each.as_json() for each in self.recommendations],
            "timing_ms": {stage: round(ms, 3) for stage, ms in self.timing_ms.items()},
        }
