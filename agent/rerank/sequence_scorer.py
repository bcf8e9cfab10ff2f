"""Scores with a sequence reranker: a history and rows of the catalogue in, log odds of the rows out."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch

from agent.rerank.adapters import LoadedReranker
from agent.rerank.packed_scoring import Prefix
from agent.rerank.precision import autocast_for
from agent.rerank.prefix_cache import PrefixCache
from agent.rerank.sequence_prompt import Prompt, PromptBatch, make_prompt, pad_prompts
from agent.rerank.sequence_reranker import SequenceReranker
from index.data.domain import Catalogue
from index.data.records import History
from index.types import Floats, Rows

Token = tuple[int, int, int]  # row, rating bucket and time-gap bucket of one event
MAX_UNLIKE = 0.5  # of the tokens of a batch: above it, one pass over all costs less than many behind a prefix


@dataclass(frozen=True)
class SequenceScorer:
    """A loaded reranker over one catalogue; `vectors` (n_items, dim) are the item texts by its encoder."""

    loaded: LoadedReranker
    catalogue: Catalogue
    vectors: Floats

    @cached_property
    def prefix_cache(self) -> PrefixCache:
        """Prefixes of histories: the next turn of a talk pays for new events only."""
        return PrefixCache()

    @cached_property
    def numbers(self) -> torch.Tensor:
        """By catalogue row: the number of the item's own embedding."""
        with torch.inference_mode(False):  # a training computes gradients with it, wherever it was first needed
            return torch.from_numpy(self.loaded.numbers(self.catalogue.ids)).to(self._device)

    @cached_property
    def texts(self) -> torch.Tensor:
        """(n_items, dim) text vectors as the reranker was trained with: centred and of length one again."""
        centre = self.loaded.reranker.state_dict()["centre"].cpu().numpy()
        with torch.inference_mode(False):
            return torch.from_numpy(centre_vectors(self.vectors, centre)).to(self._device)

    @property
    def _device(self) -> torch.device:
        return self.loaded.reranker.ids.weight.device

    def log_odds(self, histories: Sequence[History], rows: Sequence[Rows] | None = None) -> list[Floats]:
        """For each history the log odds of its rows (of the whole catalogue without `rows`) as what comes next.

        Zeros for a history without events.
        """
        asked = [n for n, history in enumerate(histories) if len(history)]
        wanted = [np.arange(len(self.catalogue))] * len(histories) if rows is None else list(rows)
        found = [np.zeros(len(each), np.float32) for each in wanted]
        if not asked:
            return found
        states = self._states([histories[n] for n in asked])
        each_once, places = np.unique(np.concatenate([wanted[n] for n in asked]), return_inverse=True)
        ends = np.cumsum([len(wanted[n]) for n in asked])[:-1]
        with torch.inference_mode():
            items = _Items(*self._items(torch.from_numpy(each_once).to(self._device)))
            for state, n, own in zip(states, asked, np.split(places, ends), strict=True):
                found[n] = items.log_odds(self.loaded.reranker, state, torch.from_numpy(own).to(self._device))
        return found

    def _states(self, histories: Sequence[History]) -> torch.Tensor:
        """The states after histories (B, width): in one batch, or behind the first where most are the same as that."""
        prompts = [make_prompt(history, self.loaded.settings.scale) for history in histories]
        tokens = [_tokens(prompt) for prompt in prompts]
        unlike = sum(len(each) - _n_common(tokens[0], each) for each in tokens[1:])
        if unlike > MAX_UNLIKE * len(tokens) * max(map(len, tokens)):
            return self._batch_states(prompts)
        with torch.inference_mode(), autocast_for(self.loaded.precision, self._device):
            first = self._prefix(prompts[0], tokens[0])
            behind = [
                self._read_on(prompt, first.cut(n), n)
                for prompt, each in zip(prompts[1:], tokens[1:], strict=True)
                for n in [min(_n_common(tokens[0], each), len(each) - 1)]
            ]
            last = [prefix.last for prefix in (first, *behind) if prefix.last is not None]
            return self.loaded.reranker.expected(torch.stack(last)).float()

    def _prefix(self, prompt: Prompt, tokens: list[Token]) -> Prefix:
        """What is computed of a prompt; of the last few prompts only what is new."""
        return self.prefix_cache.prefix(tokens, lambda known, prefix: self._read_on(prompt, prefix, known))

    def _read_on(self, prompt: Prompt, prefix: Prefix, known: int) -> Prefix:
        """The prefix of the whole prompt from that of its first `known` tokens."""
        batch = pad_prompts([Prompt(prompt.rows[known:], prompt.ratings[known:], prompt.time_gaps[known:])])
        return self.loaded.reranker.read_on(*inputs_of(batch, self.texts, self.numbers), batch, prefix)

    def _batch_states(self, prompts: Sequence[Prompt]) -> torch.Tensor:
        batch = pad_prompts(prompts)
        with torch.inference_mode(), autocast_for(self.loaded.precision, self._device):
            text, ids = inputs_of(batch, self.texts, self.numbers)
            return self.loaded.reranker.states(text, ids, batch)[:, -1].float()

    def _items(self, rows: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Items as states are compared with them (n, width), and their numbers (n)."""
        ids = self.numbers[rows]
        return self.loaded.reranker.items(self.texts[rows], ids), ids


def _tokens(prompt: Prompt) -> list[Token]:
    return list(zip(prompt.rows.tolist(), prompt.ratings.tolist(), prompt.time_gaps.tolist(), strict=True))


def _n_common(one: list[Token], other: list[Token]) -> int:
    """How many first tokens two prompts have in common."""
    return next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


@dataclass(frozen=True)
class _Items:
    """The items of several lists, each computed once: lists share many of their candidates."""

    vectors: torch.Tensor
    ids: torch.Tensor

    def log_odds(self, reranker: SequenceReranker, state: torch.Tensor, places: torch.Tensor) -> Floats:
        """The log odds of the items at these places after one state."""
        scores = reranker.scores(state, self.vectors[places], self.ids[places])
        return np.asarray(scores.float().cpu().numpy(), np.float32)


def inputs_of(batch: PromptBatch, texts: torch.Tensor, numbers: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Text vectors (B, T, dim) and numbers (B, T) of a batch's items."""
    rows = torch.from_numpy(batch.rows).to(numbers.device)
    return texts[rows], numbers[rows]


def centre_vectors(vectors: Floats, centre: Floats) -> Floats:
    """Vectors less a centre, of length one again: what all item texts share tells no two of them apart."""
    moved = np.asarray(vectors, np.float32) - centre
    return np.asarray(moved / np.maximum(np.linalg.norm(moved, axis=1, keepdims=True), 1e-6), np.float32)
