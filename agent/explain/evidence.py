"""What a reason rests on: the kinds of evidence, the reason with its evidence, and the ground of one request."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from agent.understanding.lexicon import Lexicon
from index.data.records import Item, Review, Value


@dataclass(frozen=True, slots=True)
class FromHistory:
    """Evidence: an item of the user's history, or one that they named as liked."""

    item_id: str

    def as_json(self) -> dict[str, Any]:
        """As JSON."""
        return {"kind": "history", "item_id": self.item_id}


@dataclass(frozen=True, slots=True)
class FromAttribute:
    """Evidence: a value that the recommended item itself has."""

    field: str
    value: Value

    def as_json(self) -> dict[str, Any]:
        """As JSON."""
        value = list(self.value) if isinstance(self.value, tuple) else self.value
        return {"kind": "attribute", "field": self.field, "value": value}


@dataclass(frozen=True, slots=True)
class FromReview:
    """Evidence: the exact words of a review of the recommended item."""

    review_id: str
    quote: str

    def as_json(self) -> dict[str, Any]:
        """As JSON."""
        return {"kind": "review", "review_id": self.review_id, "quote": self.quote}


@dataclass(frozen=True, slots=True)
class FromConstraint:
    """Evidence: a constraint of this talk that the recommended item satisfies, in words."""

    text: str

    def as_json(self) -> dict[str, Any]:
        """As JSON."""
        return {"kind": "constraint", "text": self.text}


Evidence = FromHistory | FromAttribute | FromReview | FromConstraint


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an item is recommended; every claim of the text stands in the evidence."""

    text: str
    evidence: tuple[Evidence, ...]
    written_by: Literal["model", "template"] = "template"

    def as_json(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "text": self.text,
            "written_by": self.written_by,
            "evidence": [each.as_json() for each in self.evidence],
        }


@dataclass(frozen=True)
class Ground:
    """What the reasons of one request may rest on.

    `known` are the ids of the history and of what was liked in the talk; `liked` those of them that are known to be
    liked; `enriched_fields` the fields that the domain's source does not state itself; `reviews` what may be quoted,
    by id.
    """

    lexicon: Lexicon
    known: frozenset[str] = frozenset()
    liked: frozenset[str] = frozenset()
    enriched_fields: frozenset[str] = frozenset()
    reviews: Mapping[str, Review] = field(default_factory=dict)

    def item(self, item_id: str) -> Item | None:
        """The item of an id, None where the catalogue lacks it."""
        row = self.lexicon.catalogue.row_of.get(item_id)
        return None if row is None else self.lexicon.catalogue.items[row]
