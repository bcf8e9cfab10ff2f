"""The adapters that come with the program: small, whole, of the model that is installed, made by a stated command."""

import json
from dataclasses import fields
from pathlib import Path

import pytest

from agent.rerank.adapter_files import SETTINGS, read_trained_on
from agent.rerank.adapter_versions import find_adapter
from agent.rerank.adapters import FORMAT_VERSION, load_reranker, read_settings
from agent.rerank.blend import Blend
from agent.rerank.data_fingerprint import DataFingerprint, fingerprint_of
from finetune.settings import RankSettings
from index.data.domain import load_domain
from index.embedding.backbones import BACKBONES
from index.embedding.model_files import BERT, resolve
from index.storage.current_adapter import SHIPPED
from index.storage.home import CLONE

DOMAIN = "movielens-100k"
MAX_BYTES = 4 << 20
FOLDERS = sorted(path.parent for path in SHIPPED.glob(f"*/{SETTINGS}"))


@pytest.mark.parametrize("kind", ["bert", "gpt"])
def test_the_default_domain_has_its_adapters(home: Path, kind: str) -> None:
    assert find_adapter(DOMAIN, kind) == SHIPPED / f"{DOMAIN}-{kind}"


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: str(folder.name))
def test_an_adapter_is_small_and_says_how_it_was_made(folder: Path) -> None:
    assert sum(path.stat().st_size for path in folder.iterdir()) <= MAX_BYTES
    record = json.loads((folder / "training.json").read_text())
    assert record["finished"]
    assert record["settings"]["domain"] == folder.name.rpartition("-")[0]
    assert record["command"] == RankSettings(**record["settings"]).command
    assert record["command"] in (folder / "README.md").read_text()
    assert record["seconds"] <= 60 * record["settings"]["minutes"] * 1.05  # GPT's was made before minutes were kept
    assert 0 < record["before"]["ndcg@10"] <= record["after"]["ndcg@10"]
    assert Blend.read(record["blend"]) == read_settings(folder).blend


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: str(folder.name))
def test_an_adapter_says_which_data_it_was_trained_on(folder: Path) -> None:
    record, trained_on = json.loads((folder / "training.json").read_text()), read_trained_on(folder)
    assert json.loads((folder / "reranker.json").read_text())["format_version"] == FORMAT_VERSION
    assert trained_on.data.tables_sha256 == record["data_sha256"]
    assert all(getattr(trained_on.data, field.name) for field in fields(DataFingerprint))
    assert not trained_on.knows_test
    assert record["validation_key"]["histories_sha256"] == trained_on.data.histories_sha256


@pytest.mark.skipif(not (CLONE / "var" / "domains" / DOMAIN).is_dir(), reason="the default domain was not fetched here")
@pytest.mark.parametrize("kind", ["bert", "gpt"])
def test_an_adapter_serves_the_default_domain_as_it_is_fetched(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PALATE_HOME", str(CLONE / "var"))
    trained_on, domain = read_trained_on(SHIPPED / f"{DOMAIN}-{kind}"), load_domain(DOMAIN)
    assert trained_on.find_mismatch(domain) is None
    assert trained_on.data.items_sha256 == fingerprint_of(domain).items_sha256


@pytest.mark.models
@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: str(folder.name))
def test_an_adapter_loads_on_the_model_that_is_installed(folder: Path) -> None:
    loaded = load_reranker(folder)
    base = resolve(BACKBONES[folder.name.rpartition("-")[2]], online=False)
    assert (loaded.settings.base_model, loaded.settings.base_sha256) == (base.name, base.sha256)
    assert loaded.settings.encoder_sha256 == resolve(BERT, online=False).sha256
    assert len(set(loaded.item_ids)) == len(loaded.item_ids) == loaded.settings.shape.n_ids
