"""What a writer learns from: prompts of plans with texts of the grammar, each of which the checker has passed."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from agent.explain.evidence import Relation
from agent.explain.gpt.slot_text import fill
from agent.explain.gpt.slots import FACTS, SlotPlan, slot_plan
from agent.explain.gpt.vocabulary import units_of
from agent.explain.gpt.word_table import WordTable
from finetune.reasons.grammar import draw_text, every_fragment, whole_text
from finetune.reasons.phrases import OF_ITEM
from finetune.reasons.training_plans import Planned

TRIES = 8  # texts of a plan that are drawn until one passes
ALSO: tuple[Relation | str, ...] = tuple(name for name in FACTS if name not in ("year", "decade", "none"))


@dataclass(frozen=True, slots=True)
class Example:
    """A plan over slots, and what is to be written of it, over slots too."""

    plan: SlotPlan
    text: str


@dataclass(frozen=True)
class Examples:
    """Examples, and how many texts of the grammar the checker refused on the way."""

    each: tuple[Example, ...]
    n_refused: int

    @property
    def sha256(self) -> str:
        """A hash of all of them in their order."""
        return hashlib.sha256("\n".join(f"{e.plan.prompt}\t{e.text}" for e in self.each).encode()).hexdigest()


def draw_examples(planned: Sequence[Planned], random: np.random.Generator) -> Examples:
    """A text for each plan; a plan is left out where the checker refuses TRIES of them."""
    found, n_refused = [], 0
    for each in planned:
        asked = slot_plan(each.plan)
        for _ in range(TRIES):
            text = whole_text(draw_text(asked, random))
            if not each.faults(fill(units_of(text), asked.fills)):
                found.append(Example(asked, text))
                break
            n_refused += 1
    return Examples(tuple(found), n_refused)


def all_parts() -> Iterator[str]:
    """Every part that a plan may have, whatever the domain."""
    for known in ("liked", "known"):
        yield from (f"{known} one {name}" for name in FACTS)
        yield from (f"{known} two {name}" for name in ("value", "categories", "year", "decade"))
    yield from (f"also {name}" for name in ALSO)
    yield from OF_ITEM


def word_table() -> WordTable:
    """The words of the grammar by part, in threes."""
    return WordTable.of_texts((part, units_of(text)) for part in all_parts() for text in every_fragment(part))
