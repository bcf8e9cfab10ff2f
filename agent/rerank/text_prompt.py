"""The history and each candidate as words: the prompt of a text reranker, and its tokens.

Training and serving both make their prompts here, so that a model is served the inputs that it was trained on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor

from agent.rerank.sequence_prompt import Scale
from index.data.domain import Catalogue
from index.data.item_text import item_title
from index.data.records import History, Item

MAX_EVENTS = 24  # of a history in a prompt, the newest
MAX_CANDIDATE_TOKENS = 24  # of a candidate
MAX_TOKENS = 512  # of a history and a candidate together, fewer where the base model takes fewer
RATING_WORDS = ("had", "hated", "disliked", "found fair", "liked", "loved")  # by rating bucket, 0 no value
MAX_CATEGORIES = 3


def history_text(history: History, catalogue: Catalogue, scale: Scale) -> str:
    """What was liked and disliked, newest last: "liked Alien (1979); hated Cats (2019);"."""
    rows, ratings = history.rows[-MAX_EVENTS:], scale.ratings(history.values[-MAX_EVENTS:])
    events = zip(rows, ratings, strict=True)
    return " ".join(f"{RATING_WORDS[rating]} {item_title(catalogue.items[row])};" for row, rating in events)


def candidate_text(item: Item) -> str:
    """A candidate as it is scored: "Alien (1979), Horror, Sci-Fi"."""
    return ", ".join([item_title(item), *item.categories[:MAX_CATEGORIES]])


@dataclass(frozen=True)
class Tokens:
    """Candidates as tokens: `ids` and `present` (n, T), padded on the right; the last present one is scored."""

    ids: Tensor
    present: Tensor

    @property
    def last(self) -> Tensor:
        """(n) the place of each one's last token."""
        return self.present.sum(1) - 1


@dataclass(frozen=True)
class PromptTokenizer:
    """A base model's tokenizer as prompts need it: a history opens with its first token, each candidate ends in its
    end token, so that a history and a candidate behind one another are a pair as the base model knows it."""

    tokenizer: Any
    max_tokens: int = MAX_TOKENS

    @property
    def of_candidate(self) -> int:
        """Tokens of a candidate before its end."""
        return min(MAX_CANDIDATE_TOKENS, self.max_tokens // 3)

    @cached_property
    def _ends(self) -> tuple[list[int], list[int]]:
        """The tokens before the first text and after each text of a pair."""
        first, end = self.tokenizer.cls_token_id, self.tokenizer.sep_token_id
        if first is None or end is None:  # a causal model's
            return [], [self.tokenizer.eos_token_id]
        return [first], [end]

    def history(self, text: str) -> Tensor:
        """(1, T) tokens of a history: the newest that leave room for a candidate, at least its opening and its end."""
        opening, end = self._ends
        room = self.max_tokens - self.of_candidate - len(opening) - 2 * len(end)
        return torch.tensor([[*opening, *self._plain([text])[0][-room:], *end]])

    def candidates(self, texts: Sequence[str]) -> Tokens:
        """Tokens of candidates, cut where they are too long, with their end."""
        end = self._ends[1]
        ids = [[*own[: self.of_candidate], *end] for own in self._plain(texts)]
        longest = max((len(own) for own in ids), default=1)
        padded = np.zeros((len(ids), longest), np.int64)
        present = np.zeros((len(ids), longest), bool)
        for row, own in enumerate(ids):
            padded[row, : len(own)], present[row, : len(own)] = own, True
        return Tokens(torch.from_numpy(padded), torch.from_numpy(present))

    def _plain(self, texts: Sequence[str]) -> list[list[int]]:
        safe = [text.encode("utf-8", "replace").decode() for text in texts]
        found: list[list[int]] = self.tokenizer(safe, add_special_tokens=False)["input_ids"] if safe else []
        return found
