"""The files of an adapter, and what its settings and its training record say, read without loading a model."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.rerank.data_fingerprint import DataFingerprint, find_mismatch
from index.data.domain import Domain
from index.embedding.imports import BROKEN, is_import_failure
from index.embedding.model_files import ADAPTER_WEIGHTS
from index.errors import MendableError, first_line

WEIGHTS, HEAD = ADAPTER_WEIGHTS, "head.safetensors"
SETTINGS = "reranker.json"  # settings of the reranker; a folder that has this file is an adapter
RECORD = "training.json"


@dataclass(frozen=True)
class TrainedOn:
    """What an adapter was trained on: its data, the ids of its items, and whether it learned from test events."""

    data: DataFingerprint
    item_ids: tuple[str, ...]
    knows_test: bool

    def find_mismatch(self, domain: Domain) -> str | None:
        """Why the adapter cannot serve a domain, None where it can."""
        return find_mismatch(self.data, self.item_ids, domain)


def read_trained_on(folder: Path) -> TrainedOn:
    """What the adapter of a folder was trained on. Raises MendableError where its settings cannot be read."""
    with readable_adapter(folder):
        content = read_settings_file(folder)
        return TrainedOn(
            DataFingerprint(**content["data"]), tuple(content.get("item_ids", ())), bool(content["knows_test"])
        )


def read_settings_file(folder: Path) -> dict[str, Any]:
    """The settings as they lie on disk, those of an older format brought to today's names. Raises one of BROKEN."""
    content: dict[str, Any] = json.loads((folder / SETTINGS).read_text(encoding="utf-8"))
    content.setdefault("knows_test", False)
    if "data" not in content:  # before format 3 the tables' hash stood in the training record alone
        content["data"] = {"tables_sha256": str(read_record(folder).get("data_sha256", ""))}
        content.pop("events_sha256")
        content["validation_seed"] = content.pop("seed", 0)
    return content


def read_record(folder: Path) -> Mapping[str, Any]:
    """The record of a training; empty where it cannot be read, since no adapter needs it to rank."""
    try:
        content = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


@contextmanager
def readable_adapter(folder: Path) -> Iterator[None]:
    """Turns what a broken file of an adapter raises into one line; an import that fails is no broken file."""
    try:
        yield
    except BROKEN as why:
        if is_import_failure(why):
            raise
        raise unreadable(folder, why) from why


def unreadable(folder: Path, why: Exception) -> MendableError:
    """The error for an adapter that cannot be read, in one line."""
    reason = first_line(why)
    way_out = "Run `python -m finetune rank --domain NAME`, or take the folder away to rank by retrieval"
    return MendableError(f"cannot read an adapter ({reason})", str(folder), way_out)
