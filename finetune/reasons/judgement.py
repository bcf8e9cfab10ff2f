"""How well a writer words held-out plans: how many of its first drafts the checker passes, how much they differ."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from agent.explain.gpt.decoding import Decoder, seed_of
from agent.explain.gpt.model import LoadedWriter
from agent.explain.gpt.slots import slot_plan
from finetune.reasons.training_plans import Planned
from index.progress import progress

AT_ONCE = 10  # as many as a list has


@dataclass(frozen=True)
class DraftFigures:
    """Shares of first drafts: that pass the checker, whose wordings differ among ten that are written together."""

    passed: float
    distinct: float
    n: int

    def as_json(self) -> dict[str, float]:
        """As JSON."""
        return {"passed": round(self.passed, 4), "distinct": round(self.distinct, 4), "n_drafts": self.n}


def judge_drafts(loaded: LoadedWriter, planned: Sequence[Planned]) -> DraftFigures:
    """Has all plans worded once, ten at a time, as the agent does, and each draft checked."""
    decoder, n_passed, n_distinct = Decoder(loaded), 0, 0
    for start in progress(range(0, len(planned), AT_ONCE), "word held-out plans"):
        some = planned[start : start + AT_ONCE]
        asked = [slot_plan(each.plan) for each in some]
        seeds = [seed_of(own, n, 0) for n, own in enumerate(asked)]
        drafts = list(decoder.write(asked, seeds))
        passed = [draft.text for draft in drafts if draft.text and not some[draft.place].faults(draft.text)]
        n_passed += len(passed)
        fills = {draft.text: asked[draft.place].fills for draft in drafts}
        n_distinct += len({_wording(text, list(fills[text].values())) for text in passed})
    return DraftFigures(n_passed / len(planned), n_distinct / max(n_passed, 1), len(planned))


def _wording(text: str, fills: Sequence[str]) -> str:
    """A text without the words of its slots."""
    for words in sorted(fills, key=len, reverse=True):
        text = re.sub(re.escape(words), "_", text, flags=re.IGNORECASE)
    return text
