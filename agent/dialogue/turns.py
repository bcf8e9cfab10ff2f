"""What a user can do in one turn of a talk: say something, judge an item, undo, ask to forget."""

from dataclasses import dataclass

from agent.constraints import Verdict


@dataclass(frozen=True, slots=True)
class Say:
    """A message."""

    text: str


@dataclass(frozen=True, slots=True)
class Feedback:
    """A verdict on one item by its id."""

    item_id: str
    value: Verdict


@dataclass(frozen=True, slots=True)
class Undo:
    """Takes back the latest turn that is not yet undone."""


@dataclass(frozen=True, slots=True)
class Forget:
    """Drops what a text names: a title, a wish."""

    text: str


Turn = Say | Feedback | Undo | Forget
