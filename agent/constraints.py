"""Constraints on the fields of items, and the state of a talk: what the user wants, likes, dislikes and has seen."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from operator import eq, ge, gt, le, lt
from typing import Any, Literal

from agent.numbers import number_of
from index.data.records import Item, Value

Op = Literal["=", "<", "<=", ">", ">=", "in", "like"]
OPS: tuple[Op, ...] = ("=", "<", "<=", ">", ">=", "in", "like")
_COMPARE = {"=": eq, "in": eq, "<": lt, "<=": le, ">": gt, ">=": ge}
Verdict = Literal["like", "dislike", "seen"]


@dataclass(frozen=True, slots=True)
class Constraint:
    """One condition on one field. Text is compared without case; in a list, `=` and `in` look for a member."""

    field: str
    op: Op
    value: Value

    def as_json(self) -> dict[str, Any]:
        """As JSON: the C of a reply's state."""
        value = list(self.value) if isinstance(self.value, tuple) else self.value
        return {"field": self.field, "op": self.op, "value": value}


@dataclass(frozen=True, slots=True)
class Joined:
    """Several constraints as one: `all` of them, or `any`."""

    how: Literal["all", "any"]
    parts: tuple[Constraint, ...]

    def as_json(self) -> dict[str, Any]:
        """As JSON: the C of a reply's state."""
        return {self.how: [part.as_json() for part in self.parts]}


Wish = Constraint | Joined


@dataclass(frozen=True, slots=True)
class Relaxed:
    """A hard constraint that was given up, and why."""

    wish: Wish
    because: str

    def as_json(self) -> dict[str, Any]:
        """As JSON."""
        return {"constraint": self.wish.as_json(), "because": self.because}


def holds(wish: Wish, item: Item) -> bool:
    """Whether an item satisfies a wish. A missing value satisfies nothing."""
    if isinstance(wish, Joined):
        return (all if wish.how == "all" else any)(holds(part, item) for part in wish.parts)
    own = field_value(item, wish.field)
    if wish.field == "text":
        own = " ".join(filter(None, (item.title, item.description, *item.categories)))
    return own is not None and _compared(own, wish.op, wish.value)


def field_value(item: Item, name: str) -> Value | None:
    """The value of a field of an item; a year that is written as text has a decade too."""
    own = item.value(name)
    if own is None and name == "decade":
        year = number_of(item.value("year"))
        return None if year is None else int(year) // 10 * 10
    return own


def _compared(own: Value, op: Op, value: Value) -> bool:
    if isinstance(value, int | float) and op != "like":
        number = number_of(own)
        return number is not None and _COMPARE[op](number, value)
    if op in ("=", "in"):
        wanted = {comparable(each) for each in (value if isinstance(value, tuple) else (value,))}
        return bool(wanted & {comparable(each) for each in (own if isinstance(own, tuple) else (own,))})
    if op == "like":
        parts = own if isinstance(own, tuple) else (own,)
        return any(str(comparable(value)) in str(comparable(part)) for part in parts)
    return False


def comparable(value: Value) -> Value:
    """A value as it is compared: text without case, hyphens as blanks. Accents stay: they tell two values apart."""
    return " ".join(value.casefold().replace("-", " ").split()) if isinstance(value, str) else value


@dataclass(frozen=True)
class State:
    """The state of a talk: hard and soft constraints, and items by id in the order in which they were named."""

    must: tuple[Wish, ...] = ()
    must_not: tuple[Wish, ...] = ()
    prefer: tuple[Wish, ...] = ()
    avoid: tuple[Wish, ...] = ()
    liked: tuple[str, ...] = ()
    disliked: tuple[str, ...] = ()
    seen: tuple[str, ...] = ()
    context: Mapping[str, str] = field(default_factory=dict)

    def with_verdict(self, item_id: str, verdict: Verdict) -> "State":
        """The state after the user likes, dislikes or has seen an item; the last verdict counts."""
        liked, disliked, seen = (
            tuple(i for i in each if i != item_id) for each in (self.liked, self.disliked, self.seen)
        )
        new = (item_id,)
        if verdict == "like":
            return replace(self, liked=liked + new, disliked=disliked, seen=seen)
        if verdict == "dislike":
            return replace(self, liked=liked, disliked=disliked + new, seen=seen)
        return replace(self, liked=liked, disliked=disliked, seen=seen + new)

    @property
    def judged_ids(self) -> frozenset[str]:
        """The ids of all items with a verdict: none of them is recommended."""
        return frozenset((*self.liked, *self.disliked, *self.seen))

    def as_json(self) -> dict[str, Any]:
        """As JSON: the C of a reply's state."""
        wishes = {name: [w.as_json() for w in getattr(self, name)] for name in ("must", "must_not", "prefer", "avoid")}
        items = {name: list(getattr(self, name)) for name in ("liked", "disliked", "seen")}
        return {**wishes, **items, "context": dict(self.context)}
