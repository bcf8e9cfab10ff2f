"""Training histories as batches of prompts of similar length, drawn anew each epoch from its own seed."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from agent.rerank.sequence_prompt import PromptBatch, Scale, make_prompt, pad_prompts
from finetune.history_windows import draw_window
from index.data.domain import Histories
from index.data.records import History
from index.types import Rows

MAX_TOKENS = 1_024  # of a batch, padding included: small, since many steps train better than large ones


@dataclass(frozen=True)
class Batch:
    """Prompts (B, T) and the row of the item that came after each token, (B, T); what is no prompt has -1."""

    prompts: PromptBatch
    next_rows: Rows

    @property
    def n_events(self) -> int:
        """Number of events that are predicted."""
        return int((self.next_rows >= 0).sum())


def epoch_batches(histories: Histories, scale: Scale, seed: int, epoch: int) -> list[Batch]:
    """Every user once: one window of their history, events of the same second in random order."""
    random = np.random.default_rng((seed, epoch))
    windows = [draw_window(history, random) for history in histories if len(history) > 1]
    order = np.argsort([len(window) + random.random() for window in windows], kind="stable")
    groups = list(_groups([len(windows[n]) - 1 for n in order]))
    batches = [_batch([windows[order[n]] for n in group], scale) for group in groups]
    return [batches[n] for n in random.permutation(len(batches))]


def _groups(lengths: list[int]) -> Iterator[list[int]]:
    """Places of ascending lengths in groups that fill MAX_TOKENS when padded to their longest."""
    group: list[int] = []
    for place, length in enumerate(lengths):
        if group and length * (len(group) + 1) > MAX_TOKENS:
            yield group
            group = []
        group.append(place)
    if group:
        yield group


def _batch(windows: list[History], scale: Scale) -> Batch:
    prompts = pad_prompts([make_prompt(window.before(len(window) - 1), scale) for window in windows])
    next_rows = np.full(prompts.rows.shape, -1, np.int64)
    for place, window in enumerate(windows):
        next_rows[place, -(len(window) - 1) :] = window.rows[1:]
    return Batch(prompts, next_rows)
