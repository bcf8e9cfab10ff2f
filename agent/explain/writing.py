"""Has a language model word the reasons of a list; what the checker refuses is asked for again, or left as it was.

What reviews say of an item is never worded: it stands behind the text in their own words.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from agent.constraints import State
from agent.explain.checker import faults
from agent.explain.evidence import Ground, Reason
from agent.explain.explainer import Explained
from agent.explain.plan import Plan
from agent.explain.template_writer import points_text
from agent.explain.writer_names import TEMPLATE
from index.data.records import Item

ATTEMPTS = 2  # texts that are asked for of one reason
NO_TEXT = "says nothing"
ALL_REFUSED = "the checker refused every text"


@dataclass(frozen=True, slots=True)
class WriterCard:
    """What wrote the reasons, as replies name it; `fallback` says why templates wrote them in its place."""

    name: str = TEMPLATE
    fallback: str | None = None

    def as_json(self) -> dict[str, Any]:
        """As JSON."""
        return {"name": self.name, "fallback": self.fallback}


TEMPLATES = WriterCard()


@dataclass(frozen=True, slots=True)
class Draft:
    """A text for the plan at `place` of those that were asked for."""

    place: int
    text: str


class WriterFailed(Exception):
    """Why a writer cannot go on, in one line without a full stop."""


class ReasonWriter(Protocol):
    """A language model that words plans; it need not check its texts."""

    @property
    def name(self) -> str:
        """As replies name it."""

    def write(self, plans: Sequence[Plan], attempt: int) -> Iterator[Draft]:
        """Texts for plans, each as soon as it is there; another one at every attempt. Raises WriterFailed."""


@dataclass(frozen=True)
class ListReasons:
    """The reasons of a list with all that they were made from, in the order of the list."""

    items: tuple[Item, ...]
    explained: tuple[Explained, ...]
    state: State
    ground: Ground


@dataclass(frozen=True, slots=True)
class Worded:
    """How far the rewording of a list is: its reasons, and who wrote them."""

    explained: tuple[Explained, ...]
    writer: WriterCard


def reword(reasons: ListReasons, writer: ReasonWriter) -> Iterator[Worded]:
    """The list after each reason that a model worded and the checker passed; the last one tells of a fallback."""
    explained = list(reasons.explained)
    wordable = [_wordable(each.plan) for each in explained]
    left = [n for n, plan in enumerate(wordable) if plan is not None]
    fallback = None
    try:
        for attempt in range(ATTEMPTS):
            asked = list(left)
            plans = [plan for plan in (wordable[n] for n in asked) if plan is not None]
            for draft in writer.write(plans, attempt) if asked else ():
                n = asked[draft.place]
                explained[n] = _judge(draft.text, explained[n], reasons, n)
                if explained[n].reason.written_by == "model" and n in left:
                    left.remove(n)
                    yield Worded(tuple(explained), WriterCard(writer.name))
    except WriterFailed as why:
        fallback = str(why)
    if fallback is None and explained and len(left) == len(explained):
        fallback = ALL_REFUSED
    yield Worded(tuple(explained), WriterCard(writer.name, fallback))


def _wordable(plan: Plan | None) -> Plan | None:
    """What of a plan a model may word; None where nothing is but what reviews say."""
    if plan is None or not (plan.links or plan.own or plan.wishes):
        return None
    return replace(plan, points=())


def _judge(text: str, before: Explained, reasons: ListReasons, place: int) -> Explained:
    """The reason with its new text, or as it was, with the faults of the text."""
    if before.reason.written_by == "model" or before.plan is None:
        return before
    worded = " ".join(text.split())
    whole = f"{worded} {points_text(before.plan)}".strip()
    reason = Reason(whole, before.plan.evidence, "model")
    found = faults(reason, reasons.items[place], reasons.ground, reasons.state) if worded else [NO_TEXT]
    if found:
        return Explained(before.reason, (*before.refused, *found), before.plan)
    return Explained(reason, before.refused, before.plan)
