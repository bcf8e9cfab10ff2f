"""What a reason rests on: the kinds of evidence, the reason with its evidence, and the ground of one request."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from agent.explain.shared_users import Pair, UsersOfItems
from agent.understanding.lexicon import Lexicon
from index.data.records import Item, Review, Value

Relation = Literal["liked together", "most like both", "had together", "most have both"]  # by the same users


@dataclass(frozen=True, slots=True)
class FromHistory:
    """Evidence: an item of the user's history, or one that they named as liked.

    `relation` is what other users' events say of it and the recommended item, where the reason says so.
    """

    item_id: str
    relation: Relation | None = None

    def as_json(self) -> dict[str, Any]:
        """As JSON."""
        relation = {"relation": self.relation} if self.relation else {}
        return {"kind": "history", "item_id": self.item_id, **relation}


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
    """Evidence: the exact words of a review of the recommended item.

    `aspect` is what they speak of, and `praises` whether the item's reviews praise that, where the reason says so.
    """

    review_id: str
    quote: str
    aspect: str | None = None
    praises: bool = True

    def as_json(self) -> dict[str, Any]:
        """As JSON."""
        told = {"aspect": self.aspect, "praises": self.praises} if self.aspect else {}
        return {"kind": "review", "review_id": self.review_id, "quote": self.quote, **told}


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
    by id; `users` who likes and who has each item, None where nobody's events are known.
    """

    lexicon: Lexicon
    known: frozenset[str] = frozenset()
    liked: frozenset[str] = frozenset()
    enriched_fields: frozenset[str] = frozenset()
    reviews: Mapping[str, Review] = field(default_factory=dict)
    users: UsersOfItems | None = None

    def relations(self, source: Item, item: Item) -> dict[Relation, Pair]:
        """What other users' events say of two items: each relation that holds, with the counts behind it."""
        row_of = self.lexicon.catalogue.row_of
        if self.users is None or source.item_id not in row_of or item.item_id not in row_of:
            return {}
        rows = row_of[source.item_id], row_of[item.item_id]
        had = self.users.having.pair(*rows)
        found: dict[Relation, Pair] = {}
        if self.users.liking is not None and had.both:
            liked = self.users.liking.pair(*rows)
            found |= {"most like both": liked} if liked.is_most else {}
            found |= {"liked together": liked} if liked.is_telling else {}
        found |= {"most have both": had} if had.is_most else {}
        return found | ({"had together": had} if had.is_telling else {})

    def item(self, item_id: str) -> Item | None:
        """The item of an id, None where the catalogue lacks it."""
        row = self.lexicon.catalogue.row_of.get(item_id)
        return None if row is None else self.lexicon.catalogue.items[row]
