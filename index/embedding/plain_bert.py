"""BERT in plain PyTorch: the numbers of transformers' BertModel without loading transformers.

To load transformers takes three times as long as everything else that `index search` and `agent recommend` do. Here is
what they need of one architecture: its layers for inference, without dropout and pooler, with weights in their files'
own names. `load_plain_bert` returns None for any other model, which transformers then loads. A test holds both to the
same bits.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import torch
from safetensors import safe_open
from torch import Tensor, nn

WORDS = "embeddings.word_embeddings.weight"


@dataclass(frozen=True)
class BertConfig:
    """The sizes of a BERT, by the names of its `config.json`."""

    hidden_size: int
    num_hidden_layers: int
    num_attention_heads: int
    intermediate_size: int
    vocab_size: int
    max_position_embeddings: int
    type_vocab_size: int
    layer_norm_eps: float


class States(NamedTuple):
    """(B, T, hidden_size): what the last layer gives."""

    last_hidden_state: Tensor


Attention = Callable[..., tuple[Tensor, None]]  # as transformers calls it: module, query, key, value, mask, scaling


def sdpa(
    module: nn.Module, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, scaling: float
) -> tuple[Tensor, None]:
    """Torch's own attention: (B, heads, T, width) -> (B, T, heads, width)."""
    found = nn.functional.scaled_dot_product_attention(query, key, value, attn_mask=mask, scale=scaling)
    return found.transpose(1, 2).contiguous(), None


class PlainBert(nn.Module):
    """The embeddings and layers of a BERT, for inference; `attention` can be exchanged, as in transformers."""

    def __init__(self, config: BertConfig, words: bool) -> None:
        super().__init__()
        self.config = config
        self.attention: Attention = sdpa
        self.embeddings = _Embeddings(config, words)
        self.encoder = _Encoder(config)

    def forward(
        self,
        input_ids: Tensor | None = None,
        inputs_embeds: Tensor | None = None,
        attention_mask: Tensor | None = None,
        position_ids: Tensor | None = None,
        **settings: Any,
    ) -> States:
        """States of tokens (B, T) or of their embeddings (B, T, hidden_size).

        `attention_mask` marks tokens (B, T), or is added to the attention's logits (B, 1, T, T); `settings` go to the
        attention.
        """
        tokens = self.embeddings.word_embeddings(input_ids) if inputs_embeds is None else inputs_embeds
        mask = _mask_of(attention_mask, tokens.shape[1])
        settings.pop("use_cache", None)
        states = self.embeddings(tokens, position_ids)
        for layer in self.encoder.layer:
            states = layer(states, mask, self.attention, settings)
        return States(states)


class _Linear(nn.Linear):
    """A product whose weights come from a file: none is drawn."""

    def reset_parameters(self) -> None:
        pass


class _Embedding(nn.Embedding):
    """A table whose rows come from a file: none is drawn."""

    def reset_parameters(self) -> None:
        pass


class _Encoder(nn.Module):
    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.layer = nn.ModuleList(_Layer(config, n) for n in range(config.num_hidden_layers))


class _Embeddings(nn.Module):
    def __init__(self, config: BertConfig, words: bool) -> None:
        super().__init__()
        if words:
            self.word_embeddings = _Embedding(config.vocab_size, config.hidden_size)
        self.position_embeddings = _Embedding(config.max_position_embeddings, config.hidden_size)
        self.token_type_embeddings = _Embedding(config.type_vocab_size, config.hidden_size)
        self.LayerNorm = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)

    def forward(self, tokens: Tensor, positions: Tensor | None) -> Tensor:
        if positions is None:
            positions = torch.arange(tokens.shape[1], device=tokens.device)[None]
        first_type = self.token_type_embeddings(torch.zeros_like(positions))
        found: Tensor = self.LayerNorm(tokens + first_type + self.position_embeddings(positions))
        return found


class _Attention(nn.Module):
    def __init__(self, config: BertConfig, number: int) -> None:
        super().__init__()
        self.self = _SelfAttention(config, number)
        self.output = _Output(config.hidden_size, config)


class _Intermediate(nn.Module):
    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.dense = _Linear(config.hidden_size, config.intermediate_size)


class _Layer(nn.Module):
    def __init__(self, config: BertConfig, number: int) -> None:
        super().__init__()
        self.attention = _Attention(config, number)
        self.intermediate = _Intermediate(config)
        self.output = _Output(config.intermediate_size, config)

    def forward(self, states: Tensor, mask: Tensor | None, attention: Attention, settings: dict[str, Any]) -> Tensor:
        attended = self.attention.output(self.attention.self(states, mask, attention, settings), states)
        found: Tensor = self.output(nn.functional.gelu(self.intermediate.dense(attended)), attended)
        return found


class _SelfAttention(nn.Module):
    def __init__(self, config: BertConfig, number: int) -> None:
        super().__init__()
        self.layer_idx = number
        self.width = config.hidden_size // config.num_attention_heads
        self.query, self.key, self.value = (_Linear(config.hidden_size, config.hidden_size) for _ in range(3))

    def forward(self, states: Tensor, mask: Tensor | None, attention: Attention, settings: dict[str, Any]) -> Tensor:
        shape = (*states.shape[:-1], -1, self.width)
        query, key, value = (part(states).view(shape).transpose(1, 2) for part in (self.query, self.key, self.value))
        found = attention(self, query, key, value, mask, scaling=self.width**-0.5, **settings)[0]
        return found.reshape(states.shape).contiguous()


class _Output(nn.Module):
    def __init__(self, width: int, config: BertConfig) -> None:
        super().__init__()
        self.dense = _Linear(width, config.hidden_size)
        self.LayerNorm = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)

    def forward(self, states: Tensor, residual: Tensor) -> Tensor:
        found: Tensor = self.LayerNorm(self.dense(states) + residual)
        return found


def load_plain_bert(folder: Path, layers: int | None = None, words: bool = True) -> PlainBert | None:
    """The first `layers` layers (None: all) of the BERT in a folder, in float32; None where it is no plain BERT.

    Without `words` its table of word embeddings is left out. Raises what json and safetensors raise for broken files.
    """
    config = _config_of(folder, layers)
    path = folder / "model.safetensors"
    if config is None or not path.is_file():
        return None
    model = PlainBert(config, words)
    with safe_open(path, framework="pt") as file:
        names = {name.removeprefix("bert."): name for name in file.keys()}  # noqa: SIM118  # it is no mapping
        if not set(model.state_dict()) <= set(names):
            return None
        tensors = {name: file.get_tensor(names[name]) for name in model.state_dict()}
    if any(tensors[name].shape != value.shape for name, value in model.state_dict().items()):
        return None
    model.load_state_dict({name: value.float() for name, value in tensors.items()}, assign=True)
    return model.requires_grad_(False).eval()


def _config_of(folder: Path, layers: int | None) -> BertConfig | None:
    """The sizes of a BERT that computes as `PlainBert` does, None for any other model, or where layers are missing."""
    path = folder / "config.json"
    content = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    if any(content.get(name, plain) != plain for name, plain in _PLAIN.items()) or "model_type" not in content:
        return None
    if any(content.get(name) for name in ("auto_map", "quantization_config")):
        return None
    sizes = {name: content.get(name, usual) for name, usual in _USUAL.items()}
    wanted = sizes["num_hidden_layers"] if layers is None else layers
    if wanted > sizes["num_hidden_layers"]:
        return None
    return BertConfig(**{**sizes, "num_hidden_layers": wanted})


_PLAIN = {
    "model_type": "bert",
    "hidden_act": "gelu",
    "position_embedding_type": "absolute",
    "is_decoder": False,
    "add_cross_attention": False,
    "chunk_size_feed_forward": 0,
}
_USUAL = {  # transformers' values of what a config leaves out
    "hidden_size": 768,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "intermediate_size": 3072,
    "vocab_size": 30522,
    "max_position_embeddings": 512,
    "type_vocab_size": 2,
    "layer_norm_eps": 1e-12,
}


def _mask_of(mask: Tensor | None, length: int) -> Tensor | None:
    """What is added to, or allowed in, the attention's logits: None where every token sees all."""
    if mask is None or mask.ndim == 4:
        return mask
    present = mask.bool()
    return None if bool(present.all()) else present[:, None, None, :].expand(-1, 1, length, -1)
