"""Words reasons by the causal model at hand: it writes slots, which are filled with the plan's exact words."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace

from agent.explain.gpt.decoding import Decoder, seed_of
from agent.explain.gpt.model import LoadedWriter
from agent.explain.gpt.slots import slot_plan
from agent.explain.plan import Plan
from agent.explain.writer_names import GPT
from agent.explain.writing import Draft


class GptWriter:
    """A `ReasonWriter`: the first text alone, so that it comes early, then all others at once."""

    def __init__(self, loaded: LoadedWriter) -> None:
        self._decoder, self._lock = Decoder(loaded), threading.Lock()
        self._folder = loaded.folder.name

    @property
    def name(self) -> str:
        """The model and its adapter."""
        return f"{GPT}:{self._folder}" if self._folder else GPT

    def write(self, plans: Sequence[Plan], attempt: int) -> Iterator[Draft]:
        """A text for each plan, as they come; the same plans give the same texts at the same attempt."""
        asked = [slot_plan(plan) for plan in plans]
        seeds = [seed_of(own, plan.turn, attempt) for own, plan in zip(asked, plans, strict=True)]
        with self._lock:
            for some in (slice(0, 1), slice(1, None)):
                if asked[some]:
                    for draft in self._decoder.write(asked[some], seeds[some]):
                        yield replace(draft, place=draft.place + (some.start or 0))
