"""What a writer learns from: prompts of plans with texts of the grammar, each of which the checker has passed."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from agent.explain.evidence import Relation
from agent.explain.gpt.slot_text import fill
from agent.explain.gpt.slots import FACTS, SLOTS, SlotPlan, slot_plan
from agent.explain.gpt.vocabulary import units_of
from agent.explain.gpt.word_lists import COMMAS, STOP, WordLists
from finetune.reasons.grammar import draw_text, whole_text
from finetune.reasons.training_plans import Planned

TRIES = 8  # texts of a plan that are drawn until one passes
WORDED = 600  # texts of each part, from which its words are taken
OWN_PARTS = ("own categories", "own year", "own value", "wishes")
ALSO: tuple[Relation | str, ...] = tuple(name for name in FACTS if name not in ("year", "decade", "none"))


@dataclass(frozen=True, slots=True)
class Example:
    """What the model reads, and what it is to write: texts over slots."""

    prompt: str
    text: str


@dataclass(frozen=True)
class Examples:
    """Examples, and how many texts of the grammar the checker refused on the way."""

    each: tuple[Example, ...]
    n_refused: int

    @property
    def sha256(self) -> str:
        """A hash of all of them in their order."""
        return hashlib.sha256("\n".join(f"{e.prompt}\t{e.text}" for e in self.each).encode()).hexdigest()


def draw_examples(planned: Sequence[Planned], random: np.random.Generator) -> Examples:
    """A text for each plan; a plan is left out where the checker refuses TRIES of them."""
    found, n_refused = [], 0
    for each in planned:
        asked = slot_plan(each.plan)
        for _ in range(TRIES):
            text = whole_text(draw_text(asked, random))
            if not each.faults(fill(units_of(text), asked.fills)):
                found.append(Example(asked.prompt, text))
                break
            n_refused += 1
    return Examples(tuple(found), n_refused)


def all_parts() -> Iterator[str]:
    """Every part that a plan may have, whatever the domain."""
    for known in ("liked", "known"):
        yield from (f"{known} one {name}" for name in FACTS)
        yield from (f"{known} two {name}" for name in ("value", "categories", "year", "decade"))
    yield from (f"also {name}" for name in ALSO)
    yield from OWN_PARTS


def word_lists(random: np.random.Generator) -> WordLists:
    """The words of the grammar by part."""
    starts: dict[str, set[str]] = defaultdict(set)
    inside: dict[str, set[str]] = defaultdict(set)
    for part in all_parts():
        parts = (part, "own year") if part == "own categories" else (part,)
        for _ in range(WORDED):
            (fragment,) = draw_text(SlotPlan(parts, (), {}), random)
            first, *others = _words(units_of(fragment.text))
            starts[part].add(first[:1].upper() + first[1:])
            inside[part] |= {*others} | ({first} if not part.startswith(("liked", "known")) else set())
    return WordLists(*({part: frozenset(own - {*SLOTS}) for part, own in each.items()} for each in (starts, inside)))


def _words(units: Iterable[str]) -> list[str]:
    return [unit for unit in units if unit not in (*COMMAS, STOP)]
