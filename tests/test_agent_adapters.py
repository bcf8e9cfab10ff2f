"""Adapters on disk: saved, loaded, and refused in one line where they do not fit or are not whole."""

import json
import subprocess
import sys
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
import torch

from agent.open_agent import open_agent
from agent.rerank.adapter_files import HEAD, SETTINGS, WEIGHTS, read_trained_on, readable_adapter
from agent.rerank.adapter_versions import find_adapter
from agent.rerank.adapters import LoadedReranker, load_reranker, new_reranker, read_settings, save_reranker
from agent.rerank.open_ranker import tuned_ranker
from agent.rerank.precision import PRECISIONS
from agent.rerank.sequence_reranker import RerankerShape
from agent.rerank.sequence_scorer import SequenceScorer
from index.embedding.backbones import kind_of
from index.embedding.model_files import resolve
from index.errors import MendableError
from index.storage.home import CLONE
from tests.helpers_index import full_disk
from tests.helpers_reranker import DIM, LONG, SHOWN, random_reranker, scorer_of
from tests.helpers_small import Small, domain_of, index_over, unit_vectors, walks, write_domain


@pytest.fixture(scope="module")
def loaded(tiny: Path) -> LoadedReranker:
    return random_reranker(tiny)


@pytest.fixture(scope="module")
def scorer(loaded: LoadedReranker) -> SequenceScorer:
    return scorer_of(loaded)


@pytest.fixture
def saved(loaded: LoadedReranker, tmp_path: Path) -> Path:
    folder = tmp_path / "bert"
    folder.mkdir()
    save_reranker(folder, loaded)
    return folder


def test_saving_and_loading_changes_nothing_but_the_digits_of_half_precision(
    saved: Path, scorer: SequenceScorer
) -> None:
    again = replace(scorer, loaded=load_reranker(saved))
    assert again.loaded.settings == scorer.loaded.settings
    assert again.loaded.item_ids == scorer.loaded.item_ids
    for before, after in zip(scorer.log_odds(SHOWN), again.log_odds(SHOWN), strict=True):
        assert after == pytest.approx(before, abs=0.02 * float(np.abs(before).max()))
    other = saved.with_name("twice")
    other.mkdir()
    save_reranker(other, again.loaded)
    twice = replace(scorer, loaded=load_reranker(other))
    assert all(np.array_equal(a, b) for a, b in zip(again.log_odds(SHOWN), twice.log_odds(SHOWN), strict=True))


def test_peft_loads_the_lora_on_its_base_model(saved: Path, tiny: Path) -> None:
    from peft import PeftModel
    from transformers import AutoModel

    base = AutoModel.from_pretrained(tiny, local_files_only=True)
    with torch.no_grad():
        inputs = {"input_ids": torch.tensor([[2, 5, 6, 3]])}
        before = base(**inputs).last_hidden_state
        tuned = PeftModel.from_pretrained(base, str(saved)).eval()(**inputs).last_hidden_state
    assert float((tuned - before).abs().max()) > 1e-3


def test_the_files_are_those_that_hold_no_program_and_name_no_folder_of_this_machine(
    loaded: LoadedReranker, saved: Path
) -> None:
    assert {path.suffix for path in saved.iterdir()} == {".json", ".safetensors"}
    named = json.loads((saved / "adapter_config.json").read_text())["base_model_name_or_path"]
    assert named == loaded.settings.base_model


def test_the_hash_of_an_adapter_is_that_of_its_file(saved: Path) -> None:
    assert load_reranker(saved).sha256 == sha256((saved / WEIGHTS).read_bytes()).hexdigest()


def test_settings_are_read_without_the_weights(saved: Path, loaded: LoadedReranker) -> None:
    (saved / WEIGHTS).unlink()
    assert read_settings(saved) == loaded.settings


def refused(folder: Path) -> str:
    with pytest.raises(MendableError) as why:
        load_reranker(folder)
    assert "\n" not in str(why.value)
    return str(why.value)


@pytest.mark.parametrize("name", [WEIGHTS, HEAD, SETTINGS, "adapter_config.json"])
@pytest.mark.parametrize("share", [0, 0.5, None])
def test_an_adapter_that_is_cut_off_or_incomplete_is_refused_in_one_line(
    saved: Path, name: str, share: float | None
) -> None:
    content = (saved / name).read_bytes()
    (saved / name).unlink()
    if share is not None:
        (saved / name).write_bytes(content[: int(share * len(content))])
    assert "finetune rank" in refused(saved)


@pytest.mark.parametrize("content", ["null", "[]", "3", "{}", '{"format_version": 1, "item_ids": 4}'])
def test_settings_that_are_none_are_refused_in_one_line(saved: Path, content: str) -> None:
    (saved / SETTINGS).write_text(content)
    assert str(saved) in refused(saved)
    with pytest.raises(MendableError, match="finetune rank"):
        read_settings(saved)


def changed(folder: Path, **settings: object) -> None:
    content = json.loads((folder / SETTINGS).read_text())
    (folder / SETTINGS).write_text(json.dumps({**content, **settings}))


def test_an_adapter_of_another_format_is_refused(saved: Path) -> None:
    changed(saved, format_version=99)
    assert "format" in refused(saved)


def test_an_adapter_of_the_format_before_is_read_as_one_of_the_tables_in_its_record(
    saved: Path, loaded: LoadedReranker
) -> None:
    content = json.loads((saved / SETTINGS).read_text())
    before = {**content, "format_version": 2, "events_sha256": "f" * 64, "seed": 5, "validated_users": 7}
    for name in ("data", "validation_seed", "knows_test"):
        del before[name]
    (saved / SETTINGS).write_text(json.dumps(before))
    (saved / "training.json").write_text(json.dumps({"data_sha256": "0" * 64}))
    settings = load_reranker(saved).settings
    assert (settings.validation_seed, settings.validated_users, settings.knows_test) == (5, 7, False)
    domain = domain_of(walks())
    assert read_trained_on(saved).find_mismatch(domain) is None
    assert "other tables" in str(read_trained_on(saved).find_mismatch(replace(domain, sha256="1" * 64)))


def test_an_adapter_of_another_base_model_is_refused_naming_both(saved: Path, tiny: Path) -> None:
    changed(saved, base_sha256="0" * 64)
    line = refused(saved)
    assert "0" * 12 in line
    assert resolve(str(tiny)).sha256[:12] in line


def test_an_adapter_whose_head_lacks_a_tensor_is_refused_naming_it(saved: Path) -> None:
    from safetensors.torch import load_file, save_file

    head = load_file(saved / HEAD)
    head.pop("out.weight")
    save_file(head, saved / HEAD)
    assert "out.weight" in refused(saved)


def test_an_adapter_of_another_encoder_is_refused_naming_both(saved: Path) -> None:
    index = index_over(domain_of(walks()), unit_vectors(dim=DIM))
    with pytest.raises(MendableError) as why:
        tuned_ranker("bert", saved, index)
    assert "e" * 12 in str(why.value)
    assert "a" * 12 in str(why.value)
    fitting = replace(index, manifest=replace(index.manifest, encoder_sha256="e" * 64))
    assert tuned_ranker("bert", saved, fitting).card.adapter == "bert"


def test_an_import_that_fails_in_a_library_is_not_called_a_broken_adapter(saved: Path) -> None:
    """In another process: there transformers cannot import the model that an intact adapter is for."""
    lines = (
        "import sys, pathlib",
        "from agent.rerank.adapters import load_reranker",
        "sys.modules['transformers.models.bert.modeling_bert'] = None",
        "load_reranker(pathlib.Path(sys.argv[1]), 'int8')",  # which PEFT loads on transformers
    )
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(lines), str(saved)], cwd=CLONE, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert "Error: Could not import module 'BertModel'" in done.stderr
    assert "cannot read an adapter" not in done.stderr


@pytest.mark.parametrize("wrap", [RuntimeError, OSError, ValueError])
def test_an_error_that_an_import_caused_is_told_from_a_broken_file(wrap: type[Exception], tmp_path: Path) -> None:
    with pytest.raises(wrap, match="wrapped"), readable_adapter(tmp_path):
        try:
            raise ImportError("no such library")
        except ImportError as why:
            raise wrap("wrapped") from why
    with pytest.raises(MendableError, match="cannot read an adapter"), readable_adapter(tmp_path):
        raise wrap("wrapped")


def test_pickled_weights_are_not_loaded_in_place_of_missing_ones(saved: Path) -> None:
    (saved / WEIGHTS).unlink()
    (saved / "adapter_model.bin").write_bytes(b"a pickle")
    assert f"{WEIGHTS} is missing" in refused(saved)


def test_a_disk_too_full_for_an_adapter_is_an_error_that_can_be_mended(loaded: LoadedReranker, tmp_path: Path) -> None:
    from index.storage.tensor_files import tensor_writes

    with full_disk(3_000), pytest.raises(MendableError, match="cannot write"), tensor_writes(tmp_path):
        save_reranker(tmp_path, loaded)


def test_a_model_with_fewer_layers_than_are_read_is_refused_as_a_backbone(tmp_path: Path) -> None:
    from transformers import GPT2Config, GPT2Model

    GPT2Model(GPT2Config(vocab_size=9, n_positions=8, n_embd=8, n_layer=1, n_head=2)).save_pretrained(tmp_path)
    assert kind_of(tmp_path) == "gpt"
    assert new_reranker(str(tmp_path), RerankerShape(2, 4, 2, 1), rank=1, seed=1).text_in.out_features == 8
    with pytest.raises(MendableError, match=r"1 layers where 2.*--backbone"):
        new_reranker(str(tmp_path), RerankerShape(2, 4, 2, 2), rank=1, seed=1)


def test_a_model_without_a_list_of_layers_is_refused_as_a_backbone(tmp_path: Path) -> None:
    from transformers import ResNetConfig, ResNetModel

    ResNetModel(ResNetConfig(embedding_size=4, hidden_sizes=[4], depths=[1])).save_pretrained(tmp_path)
    with pytest.raises(MendableError, match="--backbone"):
        new_reranker(str(tmp_path), RerankerShape(2, 4, 2, 1), rank=1, seed=1)


# --- which adapter ----------------------------------------------------------


def test_an_agent_without_an_adapter_says_that_it_ranks_by_retrieval(home: Path, tiny: Path) -> None:
    from index.build.builder import build_domain

    write_domain(walks(), name="plain")
    build_domain("plain", encoder=str(tiny))
    agent = open_agent("plain")
    assert agent.notice is not None
    assert "finetune rank --domain plain" in agent.notice
    assert agent.ranker.card.as_json() == {
        "name": "fusion",
        "base_model": None,
        "adapter": None,
        "adapter_sha256": None,
    }


def test_the_card_of_a_tuned_ranker_names_its_file(tuned: Small) -> None:
    card = open_agent(tuned.name).ranker.card
    folder = find_adapter(tuned.name, "bert")
    assert folder is not None
    file = folder / WEIGHTS
    assert card.as_json() == {
        "name": "bert",
        "base_model": str(tuned.encoder),
        "adapter": folder.name,
        "adapter_sha256": sha256(file.read_bytes()).hexdigest(),
    }


# --- precision --------------------------------------------------------------


@pytest.mark.parametrize("precision", PRECISIONS)
def test_in_any_precision_the_scores_are_nearly_the_same(loaded: LoadedReranker, saved: Path, precision: str) -> None:
    exact = scorer_of(loaded).log_odds([LONG])[0]
    asked = load_reranker(saved, precision)
    scores = scorer_of(asked).log_odds([LONG])[0]
    assert asked.precision == precision
    within = {"float32": 2e-3, "bfloat16": 0.05, "int8": 0.1}[precision]  # the head is kept in half precision
    assert np.abs(scores - exact).max() < within * np.abs(exact).max()
    assert (scores == scorer_of(load_reranker(saved)).log_odds([LONG])[0]).all() == (precision == "float32")
