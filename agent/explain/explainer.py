"""Explains a recommendation: asks a writer for a reason, checks it, and falls back where the checker refuses it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from agent.constraints import State
from agent.explain.checker import faults
from agent.explain.evidence import Ground, Reason
from agent.explain.template_writer import TemplateWriter, reason_of_title
from index.data.records import Item


class Writer(Protocol):
    """What writes reasons; it need not check them."""

    def write(self, item: Item, state: State, support: Sequence[Item], ground: Ground) -> Iterator[Reason]:
        """Reasons for `item`, best first; `support` are items of the history that speak for it, strongest first."""


@dataclass(frozen=True, slots=True)
class Explained:
    """A reason, and the faults for which the checker refused others before it."""

    reason: Reason
    refused: tuple[str, ...] = ()


TEMPLATES = TemplateWriter()


def explain(item: Item, state: State, support: Sequence[Item], ground: Ground, writer: Writer = TEMPLATES) -> Reason:
    """Why `item` is recommended; `support` are items of the history that speak for it, strongest first, or none."""
    return explain_fully(item, state, support, ground, writer).reason


def explain_fully(
    item: Item, state: State, support: Sequence[Item], ground: Ground, writer: Writer = TEMPLATES
) -> Explained:
    """As `explain`, with the faults of the refused reasons. The first reason that passes the checker is taken.

    After those of `writer` come those of the templates, and at last the item's title.
    """
    refused: list[str] = []
    for each in (writer,) if writer is TEMPLATES else (writer, TEMPLATES):
        for reason in each.write(item, state, support, ground):
            found = faults(reason, item, ground, state)
            if not found:
                return Explained(reason, tuple(refused))
            refused += found
    return Explained(reason_of_title(item), tuple(refused))
