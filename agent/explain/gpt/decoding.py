"""Writes texts over slots with a causal model, several plans at once, each of tokens that its plan allows."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from agent.explain.gpt.model import LoadedWriter
from agent.explain.gpt.slot_text import SlotText
from agent.explain.gpt.slots import SlotPlan
from agent.explain.writing import Draft
from index.types import Floats

MAX_TOKENS = 48  # of a text; one that is not whole by then is thrown away
TEMPERATURE, FIRST_TEMPERATURE = 0.7, 1.1  # of all words; of the first one, so that ten texts begin differently
KEPT = 0.92  # of the probability: the likeliest tokens that make it up are drawn from


@dataclass
class _Row:
    """One text that is being written: its place among the plans, and the random numbers that draw its tokens."""

    place: int
    text: SlotText
    random: np.random.Generator


class Decoder:
    """Writes with a loaded model; the same plan and seed give the same text, alone or beside others."""

    def __init__(self, loaded: LoadedWriter) -> None:
        self.loaded = loaded

    def write(self, plans: Sequence[SlotPlan], seeds: Sequence[int]) -> Iterator[Draft]:
        """A draft for each plan as soon as it is whole; an empty one where none became whole."""
        words = self.loaded.vocabulary
        rows = [
            _Row(n, SlotText(plan, self.loaded.table, words.spelled, words.end), np.random.default_rng(seed))
            for n, (plan, seed) in enumerate(zip(plans, seeds, strict=True))
        ]
        tokens, mask = _padded([self.loaded.encode(plan.prompt) for plan in plans])
        cache = None
        for _ in range(MAX_TOKENS):
            logits, cache = self._next(tokens, mask, cache)
            drawn, going_on = [], []
            for n, row in enumerate(rows):
                token = _draw(logits[n], row)
                if token is None:
                    yield Draft(row.place, row.text.filled() if row.text.is_whole() else "")
                    continue
                drawn.append(token)
                going_on.append(n)
            if not going_on:
                return
            if len(going_on) < len(rows):
                cache.batch_select_indices(torch.tensor(going_on))
                rows, mask = [rows[n] for n in going_on], mask[going_on]
            tokens = torch.tensor([[words.ids[token]] for token in drawn])
            mask = torch.cat([mask, mask.new_ones(len(rows), 1)], 1)
        yield from (Draft(row.place, "") for row in rows)

    def _next(self, tokens: Tensor, mask: Tensor, cache: Any) -> tuple[Floats, Any]:
        """(B, words) log odds of what comes next, and the cache."""
        places = (mask.cumsum(1) - 1).clamp_min(0)[:, -tokens.shape[1] :]
        with torch.inference_mode():
            found = self.loaded.model.states(
                input_ids=tokens, attention_mask=mask, position_ids=places, past_key_values=cache, use_cache=True
            )
            logits = self.loaded.model.head(found.last_hidden_state[:, -1])
        return logits.float().numpy(), found.past_key_values


def seed_of(plan: SlotPlan, turn: int, attempt: int) -> int:
    """A seed by what a plan says, its place in the list and the attempt."""
    content = repr((plan.parts, sorted(plan.fills.items()), turn, attempt))
    return int.from_bytes(hashlib.sha256(content.encode("utf-8", "surrogatepass")).digest()[:8], "big")


def _draw(logits: Floats, row: _Row) -> int | None:
    """Draw an allowed token and let the text take it; None where the text has ended or cannot go on."""
    allowed = np.fromiter(sorted(row.text.allowed()), np.int64)
    if not len(allowed):
        return None
    own = logits[allowed].astype(np.float64) / (TEMPERATURE if row.text.words else FIRST_TEMPERATURE)
    order = np.argsort(-own, kind="stable")
    p = np.exp(own[order] - own[order[0]])
    total = np.cumsum(p / p.sum())
    n_kept = int(np.searchsorted(total, KEPT)) + 1
    drawn = int(np.searchsorted(total[:n_kept] / total[n_kept - 1], row.random.random()))
    token = int(allowed[order[min(drawn, n_kept - 1)]])
    row.text.take(token)
    if row.text.allowed() == {row.text.end}:  # nothing else can come: no need to ask the model
        row.text.take(row.text.end)
    return None if row.text.is_ended else token


def _padded(prompts: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
    """Tokens and mask (B, T), padded on the left."""
    length = max(map(len, prompts))
    tokens = torch.tensor([[0] * (length - len(own)) + list(own) for own in prompts])
    mask = torch.tensor([[0] * (length - len(own)) + [1] * len(own) for own in prompts])
    return tokens, mask
