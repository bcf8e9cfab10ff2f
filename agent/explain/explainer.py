"""Explains the items of a list: plans what each reason says, words it, has it checked, and tries again if refused."""

from collections.abc import Sequence
from dataclasses import dataclass

from agent.constraints import State
from agent.explain.aspect_points import PointChooser
from agent.explain.checker import faults
from agent.explain.evidence import Ground, Reason
from agent.explain.plan import Asked, Plan, Planner
from agent.explain.template_writer import TemplateWriter, reason_of_title


@dataclass(frozen=True, slots=True)
class Explained:
    """A reason, the faults for which the checker refused others before it, its plan (None: the title alone)."""

    reason: Reason
    refused: tuple[str, ...] = ()
    plan: Plan | None = None


TEMPLATES = TemplateWriter()


def explain_list(
    asked: Sequence[Asked], state: State, ground: Ground, points: PointChooser | None = None
) -> tuple[Explained, ...]:
    """Why each item of a list is recommended, in the order given; `points` chooses what is told of their reviews.

    Of each item the first reason that passes the checker is taken, of ever simpler plans, at last the item's title.
    """
    planner = Planner(state, ground, points)
    return tuple(_explain_one(each, planner) for each in asked)


def _explain_one(asked: Asked, planner: Planner) -> Explained:
    refused: list[str] = []
    for plan in planner.plans(asked):
        reason = TEMPLATES.write(plan)
        if not reason.text:
            continue
        found = faults(reason, asked.item, planner.ground, planner.state)
        if not found:
            planner.settle(plan)
            return Explained(reason, tuple(refused), plan)
        refused += found
    planner.settle(Plan(asked.item))
    return Explained(reason_of_title(asked.item), tuple(refused))
