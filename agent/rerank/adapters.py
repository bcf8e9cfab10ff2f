"""Adapters on disk: a LoRA in PEFT's own format with the reranker's head beside it, saved and loaded."""

from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file

from agent.rerank.adapter_files import HEAD, SETTINGS, WEIGHTS, read_settings_file, readable_adapter
from agent.rerank.blend import UNBLENDED, Blend
from agent.rerank.data_fingerprint import UNKNOWN, DataFingerprint
from agent.rerank.precision import DEFAULT, prepare_base
from agent.rerank.sequence_prompt import Scale
from agent.rerank.sequence_reranker import RerankerShape, SequenceReranker
from index.embedding.backbones import load_base
from index.embedding.lora import save_lora, saved_lora, with_lora
from index.embedding.model_files import file_sha256, resolve
from index.embedding.plain_bert import PlainBert
from index.embedding.plain_lora import copy_lora, load_with_lora
from index.embedding.quiet import quiet_loading
from index.errors import MendableError
from index.storage.json_text import json_text
from index.types import Rows

FORMAT_VERSION = 3
READABLE_FORMATS = (2, 3)  # 2 has no hashes of what the tables hold


@dataclass(frozen=True)
class RerankerSettings:
    """What a reranker was made with: base model, encoder of item texts, sizes, LoRA, blend, and its training data.

    Each user's last event was held out as the test; of `validated_users`, drawn by `validation_seed`, the
    `validated_events` before it too (0 users: of everybody).
    """

    base_model: str
    base_sha256: str
    encoder_sha256: str
    shape: RerankerShape
    rank: int
    scale: Scale
    blend: Blend = UNBLENDED
    data: DataFingerprint = UNKNOWN
    validated_users: int = 0
    validation_seed: int = 0
    validated_events: int = 1
    knows_test: bool = False  # True: it learned from test events too, and no evaluation may use it


@dataclass(frozen=True)
class LoadedReranker:
    """A reranker with all that scoring needs: settings, item ids in the order of its embeddings, its folder."""

    reranker: SequenceReranker
    settings: RerankerSettings
    item_ids: tuple[str, ...]
    folder: Path
    precision: str = DEFAULT

    @cached_property
    def number_of(self) -> dict[str, int]:
        """Number of an item's own embedding by id."""
        return {item_id: number for number, item_id in enumerate(self.item_ids)}

    def numbers(self, ids: tuple[str, ...]) -> Rows:
        """Numbers of items by id; those that the reranker does not know share one."""
        unknown = len(self.item_ids)
        return np.array([self.number_of.get(item_id, unknown) for item_id in ids], np.int64)

    @cached_property
    def sha256(self) -> str:
        """The hash of the LoRA's file."""
        return file_sha256(self.folder / WEIGHTS)


def new_reranker(base_model: str, shape: RerankerShape, rank: int, seed: int) -> SequenceReranker:
    """A reranker on a base model with a new LoRA, its weights drawn from `seed`."""
    torch.manual_seed(seed)
    with quiet_loading():
        base = load_base(base_model, shape.layers)
    return SequenceReranker(with_lora(base, rank, base_model), shape, base.config.hidden_size)


def save_reranker(folder: Path, loaded: LoadedReranker) -> None:
    """Write the LoRA by PEFT, the head and the settings into a folder that is there."""
    reranker = loaded.reranker
    if isinstance(reranker.base, PlainBert):
        copy_lora(loaded.folder, folder)
    else:
        save_lora(reranker.base, folder, loaded.settings.base_model)
    head = {name: value.detach().to(torch.float16).contiguous() for name, value in reranker.head_state().items()}
    save_file(head, folder / HEAD)
    content = {"format_version": FORMAT_VERSION, **asdict(loaded.settings), "item_ids": list(loaded.item_ids)}
    (folder / SETTINGS).write_text(json_text(content) + "\n", encoding="utf-8")


def load_reranker(folder: Path, precision: str = DEFAULT) -> LoadedReranker:
    """Read what `save_reranker` wrote, to compute in one of PRECISIONS.

    Raises MendableError where it is incomplete or of another base model.
    """
    with readable_adapter(folder):
        settings, item_ids = _read(folder)
        head = load_file(folder / HEAD)
    _refuse_other_base(settings, folder)
    base = _tuned_base(settings, folder, precision)
    with readable_adapter(folder):
        reranker = SequenceReranker(base, settings.shape, base.config.hidden_size)
        _fill_head(reranker, head)
    reranker.base = prepare_base(reranker.base, precision)
    reranker.eval()
    return LoadedReranker(reranker, settings, item_ids, folder, precision)


def _tuned_base(settings: RerankerSettings, folder: Path, precision: str) -> Any:
    """The base model with the LoRA of a folder: in plain PyTorch where it can be, which loads faster."""
    if precision != "int8":
        with readable_adapter(folder):
            plain = load_with_lora(resolve(settings.base_model).path, settings.shape.layers, folder)
        if plain is not None:
            return plain
    with quiet_loading():
        base = load_base(settings.base_model, settings.shape.layers)
    with readable_adapter(folder):
        return saved_lora(base, folder)


def read_settings(folder: Path) -> RerankerSettings:
    """The settings of an adapter, without its weights. Raises MendableError where they cannot be read."""
    with readable_adapter(folder):
        return _read(folder)[0]


def _read(folder: Path) -> tuple[RerankerSettings, tuple[str, ...]]:
    """Settings and item ids of an adapter."""
    content = read_settings_file(folder)
    if content.pop("format_version") not in READABLE_FORMATS:
        raise MendableError("an adapter of another format", str(folder), "Run `python -m finetune rank` again")
    item_ids = tuple(content.pop("item_ids"))
    records = {"shape": RerankerShape, "scale": Scale, "data": DataFingerprint}
    made = {**content, **{name: record(**content[name]) for name, record in records.items()}}
    made["blend"] = Blend.read(content["blend"])
    return RerankerSettings(**made), item_ids


def _fill_head(reranker: SequenceReranker, head: dict[str, torch.Tensor]) -> None:
    """Put the trained tensors in their places. Raises ValueError where one is missing or there is one too many."""
    strange = set(reranker.head_state()) ^ set(head)
    if strange:
        raise ValueError(f"{HEAD} and the reranker differ in {', '.join(sorted(strange))}")
    reranker.load_state_dict({name: value.float() for name, value in head.items()}, strict=False)


def _refuse_other_base(settings: RerankerSettings, folder: Path) -> None:
    found = resolve(settings.base_model).sha256
    if found != settings.base_sha256:
        raise MendableError(
            f"the adapter is for {settings.base_model} {settings.base_sha256[:12]}, here is {found[:12]}",
            str(folder),
            "Train it again with `python -m finetune rank --domain NAME`",
        )
