"""What a reason rests on: the kinds of evidence, the reason with its evidence, and the ground of one request."""

from dataclasses import dataclass
from typing import Any, Literal

from index.data.records import Value


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
