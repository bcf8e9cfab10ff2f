"""The model that words plans: a causal model with a LoRA on its attention, a head over few words, its files."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from agent.explain.gpt.adapters import SETTINGS
from agent.explain.gpt.vocabulary import Vocabulary
from agent.explain.gpt.word_table import WordTable
from index.embedding.backbones import backbone_of
from index.embedding.imports import BROKEN, is_import_failure
from index.embedding.lora import attention_places, save_lora, saved_lora, with_lora
from index.embedding.model_files import ModelFolder, resolve, transformer_folder
from index.embedding.processor import has_fast_bfloat16
from index.embedding.quiet import quiet_loading
from index.errors import MendableError, first_line
from index.storage.json_text import json_text

FORMAT_VERSION = 1
HEAD = "head.safetensors"
WAY_OUT = "Make one with `python -m finetune reasons --domain NAME`, or leave --writer out"
NO_GPT = "Choose a causal model with a tokenizer.json, for example SmolLM2-135M-Instruct"


@dataclass(frozen=True)
class WriterSettings:
    """What a writer was made with: its base model, the rank of its LoRA, and in how many of the last layers it is."""

    base_model: str
    base_sha256: str
    rank: int
    layers: int


class WordingModel(nn.Module):
    """A causal model, inside PEFT's or not, whose word head has been cut to the words of a vocabulary."""

    def __init__(self, causal: Any, vocabulary: Vocabulary) -> None:
        super().__init__()
        self.causal = causal
        known: Tensor = backbone_of(causal).get_output_embeddings().weight.detach()
        self.head = nn.Linear(known.shape[1], len(vocabulary.ids))
        with torch.no_grad():
            self.head.weight.copy_(known[list(vocabulary.ids)])
            self.head.bias.zero_()

    def states(self, **inputs: Any) -> Any:
        """What the causal model gives before its own head: states (B, T, width), and the cache."""
        return backbone_of(self.causal).base_model(**inputs)


@dataclass(frozen=True)
class LoadedWriter:
    """A writer in memory: model, tokenizer, words and the tokens that spell them, settings, its folder."""

    model: WordingModel
    tokenizer: Any
    table: WordTable
    vocabulary: Vocabulary
    settings: WriterSettings
    folder: Path = Path()

    def encode(self, prompt: str) -> list[int]:
        """The base model's tokens of a prompt."""
        found: list[int] = self.tokenizer.encode(prompt, add_special_tokens=False).ids
        return found


def new_writer(base: ModelFolder, table: WordTable, rank: int, layers: int) -> LoadedWriter:
    """A base with a new LoRA, drawn from torch's random state. Raises MendableError where it is no causal model."""
    model, tokenizer = _base(base, torch.float32)
    layers = min(layers, int(model.config.num_hidden_layers))
    vocabulary = _vocabulary(model, tokenizer, table)
    with_new = WordingModel(with_lora(model, rank, base.name, attention_places(model, layers)), vocabulary)
    settings = WriterSettings(base.name, base.sha256, rank, layers)
    return LoadedWriter(with_new.eval(), tokenizer, table, vocabulary, settings)


def load_writer(folder: Path) -> LoadedWriter:
    """The writer of a folder, its LoRA merged into the base. Raises MendableError where it cannot be read."""
    try:
        content = json.loads((folder / SETTINGS).read_text(encoding="utf-8"))
        settings, table = WriterSettings(**content["settings"]), WordTable.of_json(content["words"])
        base = resolve(settings.base_model)
        _refuse_other(base, settings, folder)
        model, tokenizer = _base(base, torch.float32)
        vocabulary = _vocabulary(model, tokenizer, table)
        merged = WordingModel(saved_lora(model, folder).merge_and_unload(), vocabulary)
        merged.head.load_state_dict(load_file(folder / HEAD))
    except BROKEN as why:
        if is_import_failure(why):
            raise
        reason = first_line(why)
        raise MendableError(f"cannot read an adapter that words reasons ({reason})", str(folder), WAY_OUT) from why
    precision = torch.bfloat16 if has_fast_bfloat16(torch.device("cpu")) else torch.float32
    return LoadedWriter(merged.to(precision).eval(), tokenizer, table, vocabulary, settings, folder)


def save_writer(folder: Path, loaded: LoadedWriter) -> None:
    """Write LoRA, head, settings and words into a folder that is there."""
    save_lora(loaded.model.causal, folder, loaded.settings.base_model)
    head = {name: value.detach().cpu().contiguous() for name, value in loaded.model.head.state_dict().items()}
    save_file(head, folder / HEAD)
    content = {
        "format": FORMAT_VERSION,
        "settings": asdict(loaded.settings),
        "words": loaded.table.as_json(),
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
            model: Any = AutoModelForCausalLM.from_pretrained(folder, dtype=dtype, **options)
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    except BROKEN as why:
        if is_import_failure(why):
            raise
        raise MendableError(f"{base.name!r} cannot word reasons", "--backbone", NO_GPT) from why
    if model.config.eos_token_id is None:
        raise MendableError(f"{base.name!r} has no token that ends a text", "--backbone", NO_GPT)
    model.requires_grad_(False).eval()
    return model, tokenizer


def _vocabulary(model: Any, tokenizer: Any, table: WordTable) -> Vocabulary:
    end = model.config.eos_token_id
    return Vocabulary.of(table, tokenizer, int(end[0] if isinstance(end, list) else end))


def _refuse_other(base: ModelFolder, settings: WriterSettings, folder: Path) -> None:
    if base.sha256 != settings.base_sha256:
        what = f"the adapter was made for another {settings.base_model} ({settings.base_sha256[:12]}…)"
        raise MendableError(what, str(folder), WAY_OUT)
