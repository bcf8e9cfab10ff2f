"""The text reranker: a BERT or GPT with LoRA that scores candidates behind a history, both as text, in one pass."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from agent.rerank.adapter_files import HEAD, SETTINGS, WEIGHTS, read_settings_file, readable_adapter, unreadable
from agent.rerank.blend import UNBLENDED, Blend
from agent.rerank.data_fingerprint import UNKNOWN, DataFingerprint
from agent.rerank.packed_scoring import Prefix, read, states_after
from agent.rerank.prefix_cache import PrefixCache
from agent.rerank.sequence_prompt import Scale
from agent.rerank.text_prompt import MAX_TOKENS, PromptTokenizer, Tokens, candidate_text, history_text
from index.data.domain import Catalogue
from index.data.records import History
from index.embedding.backbones import backbone_of, kind_of, load_base
from index.embedding.lora import save_lora, saved_lora, with_lora
from index.embedding.model_files import file_sha256, resolve, transformer_folder
from index.embedding.quiet import quiet_loading
from index.storage.json_text import json_text
from index.types import Floats, Rows

FORMAT_VERSION = 2
READABLE_FORMATS = (1, 2)  # 1 has no hashes of what the tables hold


@dataclass(frozen=True)
class TextRerankerSettings:
    """What a text reranker was made with; it learned from no test event unless `knows_test`."""

    base_model: str
    base_sha256: str
    layers: int
    rank: int
    scale: Scale
    blend: Blend = UNBLENDED
    data: DataFingerprint = UNKNOWN
    knows_test: bool = False


class TextReranker(nn.Module):
    """A base model with its LoRA and a head that scores each candidate by its last token, 0 before training."""

    def __init__(self, base: nn.Module, width: int, causal: bool) -> None:
        super().__init__()
        self.base, self.causal = base, causal
        self.head = nn.Linear(width, 1)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def embedded(self, ids: Tensor) -> Tensor:
        """(B, T) tokens as the base model's vectors."""
        found: Tensor = self.backbone.get_input_embeddings()(ids)
        return found

    @property
    def backbone(self) -> Any:
        """The Hugging Face model itself, its LoRA in its layers."""
        return backbone_of(self.base)

    def read(self, history: Tensor, prefix: Prefix | None = None) -> Prefix:
        """The prefix of a history (1, T) of tokens, behind that of its first tokens."""
        return read(self.backbone, self.embedded(history), prefix or Prefix(), self.causal)

    def judge(self, prefix: Prefix, candidates: Tokens) -> Tensor:
        """(n) a score for each candidate, whatever the others are."""
        ids, present = (part.to(self.head.weight.device) for part in (candidates.ids, candidates.present))
        states = states_after(self.backbone, prefix, self.embedded(ids), present, self.causal)
        last = states[torch.arange(len(states), device=states.device), candidates.last.to(states.device)]
        found: Tensor = self.head(last.to(self.head.weight.dtype)).squeeze(-1)
        return found


@dataclass(frozen=True)
class LoadedTextReranker:
    """A text reranker with its settings, its tokenizer, the ids of the items it was trained on, and its folder."""

    reranker: TextReranker
    settings: TextRerankerSettings
    tokenizer: PromptTokenizer
    item_ids: tuple[str, ...]
    folder: Path

    @property
    def sha256(self) -> str:
        """The hash of the LoRA's file."""
        return file_sha256(self.folder / WEIGHTS)


class TextScorer:
    """A text reranker over one catalogue; the prefixes of histories are cached, and extended where a history grows."""

    def __init__(self, loaded: LoadedTextReranker, catalogue: Catalogue) -> None:
        self.loaded, self.catalogue = loaded, catalogue
        self.prefix_cache = PrefixCache(loaded.reranker.causal)

    def log_odds(self, histories: Sequence[History], rows: Sequence[Rows]) -> list[Floats]:
        """For each history a score of each of its rows; zeros without a history."""
        found = []
        for history, own in zip(histories, rows, strict=True):
            if not len(history) or not len(own):
                found.append(np.zeros(len(own), np.float32))
                continue
            with torch.inference_mode():
                prefix = self._prefix(history)
                scores = self.loaded.reranker.judge(prefix, self._candidates(own))
            found.append(np.asarray(scores.float().cpu().numpy(), np.float32))
        return found

    def _candidates(self, rows: Rows) -> Tokens:
        return self.loaded.tokenizer.candidates([candidate_text(self.catalogue.items[row]) for row in rows])

    def _prefix(self, history: History) -> Prefix:
        text = history_text(history, self.catalogue, self.loaded.settings.scale)
        ids = self.loaded.tokenizer.history(text).to(self.loaded.reranker.head.weight.device)
        return self.prefix_cache.prefix(
            ids[0].tolist(), lambda known, prefix: self.loaded.reranker.read(ids[:, known:], prefix)
        )


def new_text_reranker(base_model: str, layers: int, rank: int, seed: int) -> tuple[TextReranker, PromptTokenizer]:
    """A text reranker on a base model with a new LoRA drawn from `seed`, and its tokenizer."""
    torch.manual_seed(seed)
    base, tokenizer, causal = _base(base_model, layers)
    return TextReranker(with_lora(base, rank, base_model), base.config.hidden_size, causal), tokenizer


def save_text_reranker(folder: Path, loaded: LoadedTextReranker) -> None:
    """Write the LoRA by PEFT, the head and the settings into a folder that is there."""
    save_lora(loaded.reranker.base, folder, loaded.settings.base_model)
    head = {name: value.detach().contiguous() for name, value in loaded.reranker.head.state_dict().items()}
    save_file(head, folder / HEAD)
    made = {**asdict(loaded.settings), "item_ids": list(loaded.item_ids)}
    content = {"format_version": FORMAT_VERSION, "prompt": "words", **made}
    (folder / SETTINGS).write_text(json_text(content) + "\n", encoding="utf-8")


def load_text_reranker(folder: Path) -> LoadedTextReranker:
    """Read what `save_text_reranker` wrote. Raises MendableError where it is incomplete or of another base model."""
    with readable_adapter(folder):
        settings, item_ids = _read(folder)
        head = load_file(folder / HEAD)
    here = resolve(settings.base_model).sha256
    if here != settings.base_sha256:
        why = f"it is for {settings.base_model} {settings.base_sha256[:12]}, here is {here[:12]}"
        raise unreadable(folder, ValueError(why))
    base, tokenizer, causal = _base(settings.base_model, settings.layers)
    with readable_adapter(folder):
        reranker = TextReranker(saved_lora(base, folder), base.config.hidden_size, causal)
        reranker.head.load_state_dict(head)
    reranker.eval()
    return LoadedTextReranker(reranker, settings, tokenizer, item_ids, folder)


def _read(folder: Path) -> tuple[TextRerankerSettings, tuple[str, ...]]:
    content = read_settings_file(folder)
    content.pop("validation_seed", None)
    if content.pop("format_version") not in READABLE_FORMATS or content.pop("prompt") != "words":
        raise ValueError("it is no text reranker of this format")
    item_ids = tuple(content.pop("item_ids", ()))
    made = {**content, "scale": Scale(**content["scale"]), "data": DataFingerprint(**content["data"])}
    made["blend"] = Blend.read(content["blend"])
    return TextRerankerSettings(**made), item_ids


def _base(name: str, layers: int) -> tuple[Any, PromptTokenizer, bool]:
    from transformers import AutoTokenizer

    folder = resolve(name)
    with quiet_loading():
        base = load_base(name, layers, words=True)
        tokenizer = AutoTokenizer.from_pretrained(
            transformer_folder(folder.path), local_files_only=True, trust_remote_code=False
        )
    max_tokens = min(MAX_TOKENS, int(getattr(base.config, "max_position_embeddings", MAX_TOKENS)))
    return base, PromptTokenizer(tokenizer, max_tokens), kind_of(folder.path) == "gpt"
