"""Packed scoring: many candidates after one history in one pass, where each attends to the history and itself only.

The attention of a Hugging Face model is exchanged for one that caches the history's keys and values by layer. Nothing
else of the model is changed, so that any BERT or GPT whose attention can be exchanged, LoRA included, is packed alike.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from index.embedding.plain_bert import PlainBert

NAME = "palate_packed"  # by which transformers knows the attention
MAX_CANDIDATES = 256  # candidates of one pass: bounds the attention weights that are held


@dataclass
class Prefix:
    """The cached keys and values (1, heads, tokens, width) of a history's tokens, by layer."""

    length: int = 0
    keys: dict[int, Tensor] = field(default_factory=dict)
    values: dict[int, Tensor] = field(default_factory=dict)
    last: Tensor | None = None  # (width) the state of its last token; None where it was cut

    def cut(self, length: int) -> "Prefix":
        """Its first tokens only: right where no token attended to a later one."""

        def shorter(kept: dict[int, Tensor]) -> dict[int, Tensor]:
            return {layer: tensor[:, :, :length] for layer, tensor in kept.items()}

        return Prefix(length, shorter(self.keys), shorter(self.values))


@dataclass(frozen=True)
class Pass:
    """One pass over tokens behind a prefix: they are added to it, or are those of candidates and change nothing of it.

    Of candidates, `present` (n, T) marks the places that hold a token; the tokens stand in one sequence without gaps,
    candidate by candidate. `causal`: a token attends to those before it only; else to all of its own part.
    """

    prefix: Prefix
    causal: bool
    present: Tensor | None = None


def read(model: nn.Module, tokens: Tensor, prefix: Prefix, causal: bool = True) -> Prefix:
    """The prefix with these embedded tokens (1, T, width) behind it. Without `causal` it must be empty before."""
    if prefix.length and not causal:
        raise ValueError("a prefix with attention both ways cannot be extended: compute the whole history anew")
    longer = Prefix(prefix.length, dict(prefix.keys), dict(prefix.values))
    places = torch.arange(prefix.length, prefix.length + tokens.shape[1], device=tokens.device)
    states = _run(model, tokens, places, Pass(longer, causal))
    longer.length, longer.last = longer.length + tokens.shape[1], states[0, -1]
    return longer


def states_after(model: nn.Module, prefix: Prefix, tokens: Tensor, present: Tensor, causal: bool = True) -> Tensor:
    """(n, T, width): states of candidates where they are `present` (n, T), 0 elsewhere, each after the prefix alone."""
    spans = [slice(start, start + MAX_CANDIDATES) for start in range(0, len(tokens), MAX_CANDIDATES)]
    parts = [_states_after(model, prefix, tokens[span], present[span], causal) for span in spans]
    return torch.cat(parts) if parts else tokens


def _states_after(model: nn.Module, prefix: Prefix, tokens: Tensor, present: Tensor, causal: bool) -> Tensor:
    present = present.bool()
    places = (prefix.length + torch.arange(tokens.shape[1], device=tokens.device)).expand(present.shape)[present]
    states = _run(model, tokens[present][None], places, Pass(prefix, causal, present))
    return _padded(states[0], present)


def plain_mask(segments: Tensor, present: Tensor, causal: bool) -> Tensor:
    """(B, 1, T, T) the same for whole pairs in one sequence: `segments` (B, T) are 0 in the history, 1 behind it."""
    length = segments.shape[1]
    sees = segments[:, :, None] >= segments[:, None, :]
    if causal:
        sees = sees & torch.ones(length, length, dtype=torch.bool, device=segments.device).tril()
    sees = sees & present[:, None, :].bool()
    lowest = torch.finfo(torch.float32).min
    return torch.zeros(sees.shape, device=segments.device).masked_fill(~sees, lowest)[:, None]


def _run(model: nn.Module, tokens: Tensor, places: Tensor, of: Pass) -> Tensor:
    """(1, T, width): states of tokens that stand at these places."""
    with _exchanged(model):
        found: Tensor = model(
            inputs_embeds=tokens, position_ids=places[None], use_cache=False, packed=of
        ).last_hidden_state
    return found


@contextlib.contextmanager
def _exchanged(model: Any) -> Iterator[None]:
    """The model with packed attention, and afterwards with its own again."""
    if isinstance(model, PlainBert):
        own, model.attention = model.attention, _attention
        try:
            yield
        finally:
            model.attention = own
        return
    from transformers.masking_utils import ALL_MASK_ATTENTION_FUNCTIONS
    from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

    ALL_ATTENTION_FUNCTIONS.register(NAME, _attention)
    ALL_MASK_ATTENTION_FUNCTIONS.register(NAME, _no_mask)
    before = model.config._attn_implementation
    model.config._attn_implementation = NAME
    try:
        yield
    finally:
        model.config._attn_implementation = before


def _no_mask(*_: object, **__: object) -> None:
    """No mask: the attention function itself knows which token attends to which."""


def _attention(
    module: Any, query: Tensor, key: Tensor, value: Tensor, _: object, *, packed: Pass, **settings: Any
) -> tuple[Tensor, None]:
    """Softmax over the prefix and one's own part: query (1, heads, T, width) -> (1, T, heads, width)."""
    scale = settings.get("scaling") or query.shape[-1] ** -0.5
    layer, prefix = module.layer_idx, packed.prefix
    old_key, old_value = prefix.keys.get(layer), prefix.values.get(layer)
    if packed.present is not None:
        of = _Candidates(packed.present, packed.causal, scale)
        return of.attend(query, (old_key, key), (old_value, value)).transpose(0, 1)[None], None
    key = key if old_key is None else torch.cat([old_key, key], 2)
    value = value if old_value is None else torch.cat([old_value, value], 2)
    prefix.keys[layer], prefix.values[layer] = key, value
    return _read(query, key, value, packed.causal, scale).transpose(1, 2), None


def _read(query: Tensor, key: Tensor, value: Tensor, causal: bool, scale: float) -> Tensor:
    mask = None
    if causal:
        n, m = query.shape[2], key.shape[2]
        mask = torch.ones(n, m, dtype=torch.bool, device=query.device).tril(m - n)
    key, value = _spread(key, query), _spread(value, query)
    return nn.functional.scaled_dot_product_attention(query, key, value, attn_mask=mask, scale=scale)


@dataclass(frozen=True)
class _Candidates:
    """The attention of candidates' tokens, S in all: to the shared prefix, and each to its own candidate."""

    present: Tensor
    causal: bool
    scale: float

    def attend(self, query: Tensor, keys: tuple[Tensor | None, Tensor], values: tuple[Tensor | None, Tensor]) -> Tensor:
        """(heads, S, width): one softmax over both; the prefix is never copied by candidate."""
        scaled = query[0] * self.scale
        own_key, own_value = (_spread(part, query)[0] for part in (keys[1], values[1]))
        to_own = self._of_each(scaled) @ self._of_each(own_key).transpose(2, 3)
        to_own = to_own.masked_fill(~self._seen, torch.finfo(to_own.dtype).min)
        logits = to_own.transpose(1, 2)[self.present].transpose(0, 1)  # (heads, S, T)
        n_old = 0
        if keys[0] is not None:
            to_old = scaled @ _spread(keys[0], query)[0].transpose(1, 2)
            n_old, logits = to_old.shape[-1], torch.cat([to_old, logits], -1)
        weights = logits.float().softmax(-1).to(query.dtype)
        found = self._of_each(weights[..., n_old:]) @ self._of_each(own_value)
        own = found.transpose(1, 2)[self.present].transpose(0, 1)
        return own if values[0] is None else own + weights[..., :n_old] @ _spread(values[0], query)[0]

    def _of_each(self, tokens: Tensor) -> Tensor:
        """(heads, S, width) as (n, heads, T, width), 0 where a candidate has no token."""
        return _padded(tokens.transpose(0, 1), self.present).transpose(1, 2)

    @property
    def _seen(self) -> Tensor:
        """(n, 1, T, T): to which tokens of its own candidate a token attends."""
        length = self.present.shape[1]
        seen = self.present[:, None, :].expand(-1, length, -1)
        if self.causal:
            seen = seen & torch.ones(length, length, dtype=torch.bool, device=seen.device).tril()
        return seen[:, None]


def _padded(tokens: Tensor, present: Tensor) -> Tensor:
    """(S, …) tokens at their places in (n, T, …), 0 elsewhere."""
    found = tokens.new_zeros((*present.shape, *tokens.shape[1:]))
    return found.masked_scatter(present[(..., *[None] * (tokens.ndim - 1))], tokens)


def _spread(part: Tensor, query: Tensor) -> Tensor:
    """Keys or values that several heads of the query share, repeated for each."""
    times = query.shape[1] // part.shape[1]
    return part if times == 1 else part.repeat_interleave(times, 1)
