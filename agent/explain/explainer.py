"""Explains the items of a list: plans what each reason says, has it written and checked, and tries again if refused."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from agent.constraints import State
from agent.explain.checker import faults
from agent.explain.evidence import Ground, Reason
from agent.explain.plan import Asked, Plan, Planner
from agent.explain.template_writer import TemplateWriter, reason_of_title
from index.data.records import Item


class Writer(Protocol):
    """What words a plan; it need not check its reasons."""

    def write(self, plan: Plan, ground: Ground) -> Iterator[Reason]:
        """Reasons that say what a plan holds, best first."""


@dataclass(frozen=True, slots=True)
class Explained:
    """A reason, and the faults for which the checker refused others before it."""

    reason: Reason
    refused: tuple[str, ...] = ()


TEMPLATES = TemplateWriter()


def explain_list(
    asked: Sequence[Asked], state: State, ground: Ground, writer: Writer = TEMPLATES
) -> tuple[Explained, ...]:
    """Why each item of a list is recommended, in the order given.

    Of each item the first reason that passes the checker is taken: of `writer` for the best plan, then of the templates
    for ever simpler plans, at last the item's title.
    """
    planner = Planner(state, ground)
    return tuple(_explain_one(each, planner, writer) for each in asked)


def explain(item: Item, state: State, sources: Sequence[Item], ground: Ground, writer: Writer = TEMPLATES) -> Reason:
    """Why one item is recommended; `sources` are items of the history that speak for it, strongest first, or none."""
    return explain_list([Asked(item, sources)], state, ground, writer)[0].reason


def explain_fully(item: Item, state: State, sources: Sequence[Item], ground: Ground) -> Explained:
    """As `explain`, with the faults of the refused reasons."""
    return explain_list([Asked(item, sources)], state, ground)[0]


def _explain_one(asked: Asked, planner: Planner, writer: Writer) -> Explained:
    refused: list[str] = []
    for place, plan in enumerate(planner.plans(asked)):
        writers = (writer, TEMPLATES) if writer is not TEMPLATES and not place else (TEMPLATES,)
        for reason in (each for one in writers for each in one.write(plan, planner.ground)):
            found = faults(reason, asked.item, planner.ground, planner.state)
            if not found:
                planner.settle(plan)
                return Explained(reason, tuple(refused))
            refused += found
    planner.settle(Plan(asked.item))
    return Explained(reason_of_title(asked.item), tuple(refused))
