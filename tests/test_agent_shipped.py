"""The adapters that come with the program: small, whole, of the model that is installed, made by a stated command."""

import json
from pathlib import Path

import pytest

from agent.rerank.adapter_versions import SHIPPED, find_adapter
from agent.rerank.adapters import load_reranker, read_settings
from finetune.rank import BACKBONES
from finetune.settings import RankSettings
from index.embedding.model_files import BERT, resolve

MAX_BYTES = 4 << 20
FOLDERS = sorted(path for path in SHIPPED.iterdir() if path.is_dir()) if SHIPPED.is_dir() else []


@pytest.mark.parametrize("kind", ["bert", "gpt"])
def test_the_default_domain_has_its_adapters(home: Path, kind: str) -> None:
    assert find_adapter("movielens-100k", kind) == SHIPPED / f"movielens-100k-{kind}"


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: str(folder.name))
def test_an_adapter_is_small_and_says_how_it_was_made(folder: Path) -> None:
    assert sum(path.stat().st_size for path in folder.iterdir()) <= MAX_BYTES
    record = json.loads((folder / "training.json").read_text())
    assert record["finished"]
    assert record["settings"]["domain"] == folder.name.rpartition("-")[0]
    assert record["command"] == RankSettings(**record["settings"]).command
    assert record["command"] in (folder / "README.md").read_text()
    assert record["seconds"] <= 60 * record["settings"]["minutes"] * 1.05
    assert 0 < record["before"]["ndcg@10"] <= record["after"]["ndcg@10"]
    assert record["blend"] == read_settings(folder).blend


@pytest.mark.models
@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: str(folder.name))
def test_an_adapter_loads_on_the_model_that_is_installed(folder: Path) -> None:
    loaded = load_reranker(folder)
    base = resolve(BACKBONES[folder.name.rpartition("-")[2]], online=False)
    assert (loaded.settings.base_model, loaded.settings.base_sha256) == (base.name, base.sha256)
    assert loaded.settings.encoder_sha256 == resolve(BERT, online=False).sha256
    assert len(set(loaded.item_ids)) == len(loaded.item_ids) == loaded.settings.shape.n_ids
