"""The polarity of texts by a LoRA on a BERT: its files, and the judge that reads them.

An adapter's folder has PEFT's two files, `head.safetensors` and `sentiment.json`. On a BERT neither transformers nor
PEFT is loaded.
"""

import json
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file

from index.embedding.backbones import load_base
from index.embedding.encoder import batches_by_length
from index.embedding.imports import BROKEN, is_import_failure
from index.embedding.lora import save_lora, saved_lora
from index.embedding.model_files import ADAPTER_WEIGHTS, file_sha256, resolve, transformer_folder
from index.embedding.plain_bert import PlainBert
from index.embedding.plain_lora import copy_lora, load_with_lora, merge_lora
from index.embedding.plain_tokenizer import load_plain_tokenizer
from index.embedding.processor import has_fast_bfloat16
from index.embedding.quiet import quiet_loading
from index.errors import MendableError, first_line
from index.progress import track
from index.sentiment.adapters import KIND, SETTINGS
from index.sentiment.calibration import UNCALIBRATED, Calibration
from index.sentiment.judgeable import is_judgeable
from index.sentiment.opinion import Opinion
from index.sentiment.passages import passages_of
from index.sentiment.polarity_model import PolarityModel
from index.storage.current_adapter import SHIPPED
from index.storage.json_text import json_text
from index.types import Floats

HEAD = "head.safetensors"
FORMAT_VERSION = 1
MAX_TOKENS = 128
TEXTS_AT_ONCE = 512  # so that of a million texts no more tokens are in memory than of these, and the bar moves
MAX_DIFFERENCE = 0.02  # of a probability: what bfloat16 may change
PROBES = ("It works perfectly and I love it.", "Not good.", "It broke after two days, what a waste.", "It is blue.")
WAY_OUT = "Make one with `python -m finetune sentiment`, or leave --adapter out"


@dataclass(frozen=True)
class PolaritySettings:
    """What a polarity model was made with: base model, layers, rank of its LoRA, calibration."""

    base_model: str
    base_sha256: str
    layers: int
    rank: int
    calibration: Calibration = UNCALIBRATED


@dataclass(frozen=True)
class LoadedPolarity:
    """A polarity model in memory, its tokenizer and its settings; `folder` is where it was read from."""

    model: PolarityModel
    tokenizer: Any
    settings: PolaritySettings
    folder: Path


class PolarityJudge:
    """Judges texts by a loaded model: a `Judge`."""

    def __init__(self, loaded: LoadedPolarity, precision: str = "auto") -> None:
        self.loaded, self._precision = loaded, precision

    @property
    def name(self) -> str:
        """The name of the adapter's folder."""
        return self.loaded.folder.name

    @cached_property
    def sha256(self) -> str:
        """The hash of the LoRA's file."""
        return file_sha256(self.loaded.folder / ADAPTER_WEIGHTS)

    def judge(
        self, texts: Sequence[str], aspects: Sequence[str | None] | None = None, what: str = ""
    ) -> list[Opinion | None]:
        """One opinion a text, of its aspect where one is given; None where it cannot be judged.

        With `what`, under a progress bar of that name.
        """
        about: Sequence[str | None] = [None] * len(texts) if aspects is None else aspects
        if len(about) != len(texts):
            raise ValueError(f"{len(about)} aspects for {len(texts)} texts")
        found: list[Opinion | None] = [None] * len(texts)
        calibration = self.loaded.settings.calibration
        with track(what, len(texts)) if what else nullcontext() as step:
            for start in range(0, len(texts), TEXTS_AT_ONCE):
                end = min(start + TEXTS_AT_ONCE, len(texts))
                rows = [row for row in range(start, end) if is_judgeable(texts[row])]
                values = self.log_odds([texts[row] for row in rows], [about[row] for row in rows])
                for row, value in zip(rows, values, strict=True):
                    found[row] = calibration.opinion(float(value))
                if step is not None:
                    step.update(end)
        return found

    def log_odds(self, texts: Sequence[str], aspects: Sequence[str | None]) -> Floats:
        """Log odds that what each text says is good, before calibration: the weighted mean over its passages."""
        if not texts:
            return np.zeros(0, np.float32)
        passages = [passages_of(text, aspect) for text, aspect in zip(texts, aspects, strict=True)]
        owners = np.repeat(np.arange(len(texts)), [len(own) for own in passages])
        weights = np.array([max(each.weight, 1e-6) for own in passages for each in own])
        values = self._of_passages([each.text for own in passages for each in own])
        total = np.bincount(owners, weights, minlength=len(texts))
        return np.asarray(np.bincount(owners, weights * values, minlength=len(texts)) / total, np.float32)

    def _of_passages(self, passages: Sequence[str]) -> Floats:
        ids = tokens_of(self.loaded.tokenizer, passages)
        found = np.zeros(len(ids), np.float32)
        for rows in batches_by_length([len(each) for each in ids]):
            found[rows] = self._of_tokens([ids[row] for row in rows], self._is_half)
        return found

    @cached_property
    def _is_half(self) -> bool:
        """Whether it computes in bfloat16: where that is fast and changes no probability that matters."""
        if self._precision != "auto":
            return self._precision == "bfloat16"
        if not has_fast_bfloat16(_device_of(self.loaded.model)):
            return False
        ids = tokens_of(self.loaded.tokenizer, PROBES)
        exact, half = (self.loaded.settings.calibration.probabilities(self._of_tokens(ids, on)) for on in (False, True))
        return bool(np.abs(exact - half).max() <= MAX_DIFFERENCE)

    def _of_tokens(self, ids: Sequence[Sequence[int]], is_half: bool) -> Floats:
        model = self.loaded.model
        device = _device_of(model)
        tokens, mask = padded(ids, self.loaded.tokenizer.pad_token_id or 0)
        half = torch.autocast(device.type, dtype=torch.bfloat16, enabled=is_half)
        was_training = model.training
        model.eval()
        with torch.inference_mode(), half:
            values: Floats = model(tokens.to(device), mask.to(device)).float().cpu().numpy()
        model.train(was_training)
        return values


def open_judge(adapter: Path | None = None) -> PolarityJudge:
    """The judge of an adapter's folder, of the one that is shipped where none is named. Raises MendableError."""
    return PolarityJudge(load_polarity(SHIPPED / KIND if adapter is None else adapter))


def load_polarity(folder: Path) -> LoadedPolarity:
    """Read what `save_polarity` wrote. Raises MendableError where it is incomplete or of another base model."""
    if not (folder / SETTINGS).is_file():
        raise MendableError(f"no sentiment adapter is there ({SETTINGS} is missing)", str(folder), WAY_OUT)
    try:
        settings = _read_settings(folder)
        base = resolve(settings.base_model)
        if base.sha256 != settings.base_sha256:
            raise MendableError(
                f"the adapter is for {settings.base_model} {settings.base_sha256[:12]}, here is {base.sha256[:12]}",
                str(folder),
                "Train it again with `python -m finetune sentiment`",
            )
        plain = load_with_lora(base.path, settings.layers, folder, words=True)
        tuned: Any = None if plain is None else merge_lora(plain)
        if tuned is None:
            tuned = saved_lora(load_base(settings.base_model, settings.layers, words=True), folder)
        model = PolarityModel(tuned, tuned.config.hidden_size)
        model.head.load_state_dict({name: value.float() for name, value in load_file(folder / HEAD).items()})
    except BROKEN as why:
        if is_import_failure(why):
            raise
        reason = first_line(why)
        raise MendableError(f"cannot read a sentiment adapter ({reason})", str(folder), WAY_OUT) from why
    return LoadedPolarity(model.eval(), load_tokenizer(base.path), settings, folder)


def save_polarity(folder: Path, loaded: LoadedPolarity) -> None:
    """Write the LoRA in PEFT's format, the head and the settings into a folder that is there."""
    if isinstance(loaded.model.base, PlainBert):
        copy_lora(loaded.folder, folder)
    else:
        save_lora(loaded.model.base, folder, loaded.settings.base_model)
    head = {
        name: value.detach().to(torch.float16).contiguous() for name, value in loaded.model.head.state_dict().items()
    }
    save_file(head, folder / HEAD)
    content = {"format_version": FORMAT_VERSION, **asdict(loaded.settings)}
    (folder / SETTINGS).write_text(json_text(content, indent=1) + "\n", encoding="utf-8")


def load_tokenizer(path: Path) -> Any:
    """The tokenizer of a model's folder, of a BERT without transformers."""
    folder = transformer_folder(path)
    plain = load_plain_tokenizer(folder)
    if plain is not None:
        return plain
    from transformers import AutoTokenizer

    with quiet_loading():
        return AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)


def tokens_of(tokenizer: Any, passages: Sequence[str]) -> list[list[int]]:
    """The tokens of passages, each cut to MAX_TOKENS or to what the model takes."""
    written = [each.encode("utf-8", "replace").decode() for each in passages]
    length = min(MAX_TOKENS, tokenizer.model_max_length)
    ids: list[list[int]] = tokenizer(written, truncation=True, max_length=length)["input_ids"] if written else []
    return ids


def padded(ids: Sequence[Sequence[int]], pad: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Tokens and their mask (B, T), padded to the longest."""
    longest = max(len(each) for each in ids)
    tokens, mask = np.full((len(ids), longest), pad, np.int64), np.zeros((len(ids), longest), np.int64)
    for row, each in enumerate(ids):
        tokens[row, : len(each)], mask[row, : len(each)] = each, 1
    return torch.from_numpy(tokens), torch.from_numpy(mask)


def _read_settings(folder: Path) -> PolaritySettings:
    content = json.loads((folder / SETTINGS).read_text(encoding="utf-8"))
    if content.pop("format_version") != FORMAT_VERSION:
        raise MendableError("a sentiment adapter of another format", str(folder), WAY_OUT)
    return PolaritySettings(**{**content, "calibration": Calibration(**content["calibration"])})


def _device_of(model: PolarityModel) -> torch.device:
    return next(model.parameters()).device
