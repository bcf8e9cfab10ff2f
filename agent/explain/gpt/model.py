"""The model that words plans: a causal model with a LoRA on its attention, its words, its files."""

import json
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from torch import Tensor

from agent.explain.gpt.adapters import SETTINGS
from agent.explain.gpt.vocabulary import Vocabulary
from agent.explain.gpt.word_lists import WordLists
from index.embedding.backbones import backbone_of
from index.embedding.imports import is_import_failure
from index.embedding.lora import attention_places, save_lora, saved_lora, with_lora
from index.embedding.model_files import ModelFolder, resolve, transformer_folder
from index.embedding.processor import has_fast_bfloat16
from index.embedding.quiet import quiet_loading
from index.errors import MendableError
from index.storage.json_text import json_text

FORMAT_VERSION = 1
BROKEN = (OSError, ValueError, LookupError, TypeError, AttributeError, RuntimeError, SafetensorError)
WAY_OUT = "Make one with `python -m finetune reasons --domain NAME`, or leave --writer out"
NO_GPT = "Choose a causal model with a tokenizer.json, for example SmolLM2-135M-Instruct"


@dataclass(frozen=True)
class WriterSettings:
    """What a writer was made with: its base model, the rank of its LoRA, and in how many of the last layers it is."""

    base_model: str
    base_sha256: str
    rank: int
    layers: int


@dataclass(frozen=True)
class LoadedWriter:
    """A writer in memory: the causal model, inside PEFT's or not, tokenizer, words, settings, its folder."""

    model: Any
    tokenizer: Any
    lists: WordLists
    settings: WriterSettings
    folder: Path = Path()

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The tokens of its words."""
        end = backbone_of(self.model).config.eos_token_id
        return Vocabulary.of(self.lists, self.tokenizer, int(end[0] if isinstance(end, list) else end))

    @cached_property
    def head(self) -> Tensor:
        """(words, width) the rows of the word head that score the vocabulary."""
        weight: Tensor = backbone_of(self.model).get_output_embeddings().weight
        return weight.detach()[list(self.vocabulary.ids)].clone()

    def encode(self, prompt: str) -> list[int]:
        """The base model's tokens of a prompt."""
        found: list[int] = self.tokenizer.encode(prompt, add_special_tokens=False).ids
        return found


def new_writer(base: ModelFolder, lists: WordLists, rank: int, layers: int) -> LoadedWriter:
    """A base with a new LoRA, drawn from torch's random state. Raises MendableError where it is no causal model."""
    model, tokenizer = _base(base, torch.float32)
    layers = min(layers, int(model.config.num_hidden_layers))
    with_new = with_lora(model, rank, base.name, attention_places(model, layers))
    return LoadedWriter(with_new, tokenizer, lists, WriterSettings(base.name, base.sha256, rank, layers))


def load_writer(folder: Path) -> LoadedWriter:
    """The writer of a folder, its LoRA merged into the base. Raises MendableError where it cannot be read."""
    try:
        content = json.loads((folder / SETTINGS).read_text(encoding="utf-8"))
        settings, lists = WriterSettings(**content["settings"]), WordLists.of_json(content["words"])
        base = resolve(settings.base_model)
        _refuse_other(base, settings, folder)
        model, tokenizer = _base(base, torch.float32)
        merged = saved_lora(model, folder).merge_and_unload()
    except BROKEN as why:
        if is_import_failure(why):
            raise
        reason = str(why).splitlines()[0] if str(why) else type(why).__name__
        raise MendableError(f"cannot read an adapter that words reasons ({reason})", str(folder), WAY_OUT) from why
    is_fast = has_fast_bfloat16(torch.device("cpu"))
    return LoadedWriter(merged.to(torch.bfloat16) if is_fast else merged, tokenizer, lists, settings, folder)


def save_writer(folder: Path, loaded: LoadedWriter) -> None:
    """Write LoRA, settings and words into a folder that is there."""
    save_lora(loaded.model, folder, loaded.settings.base_model)
    content = {
        "format": FORMAT_VERSION,
        "settings": asdict(loaded.settings),
        "words": loaded.lists.as_json(),
    }
    (folder / SETTINGS).write_text(json_text(content) + "\n", encoding="utf-8")


def _base(base: ModelFolder, dtype: torch.dtype) -> tuple[Any, Any]:
    """The causal model of a folder and its tokenizer."""
    from tokenizers import Tokenizer
    from transformers import AutoModelForCausalLM

    folder = transformer_folder(base.path)
    options = {"local_files_only": True, "trust_remote_code": False, "use_safetensors": True}
    try:
        with quiet_loading():
            model = AutoModelForCausalLM.from_pretrained(folder, dtype=dtype, **options)
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    except BROKEN as why:
        if is_import_failure(why):
            raise
        raise MendableError(f"{base.name!r} cannot word reasons", "--backbone", NO_GPT) from why
    if model.config.eos_token_id is None:
        raise MendableError(f"{base.name!r} has no token that ends a text", "--backbone", NO_GPT)
    model.requires_grad_(False).eval()
    return model, tokenizer


def _refuse_other(base: ModelFolder, settings: WriterSettings, folder: Path) -> None:
    if base.sha256 != settings.base_sha256:
        what = f"the adapter was made for another {settings.base_model} ({settings.base_sha256[:12]}…)"
        raise MendableError(what, str(folder), WAY_OUT)
