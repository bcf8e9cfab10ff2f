"""A saved LoRA on a plain BERT: the bits of PEFT on transformers, and any other adapter left to PEFT."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from agent.rerank.adapter_files import WEIGHTS
from agent.rerank.adapters import LoadedReranker, load_reranker, save_reranker
from agent.rerank.sequence_reranker import SequenceReranker
from index.embedding.backbones import load_base
from index.embedding.lora import saved_lora
from index.embedding.model_files import resolve
from index.embedding.plain_bert import PlainBert
from index.embedding.plain_lora import CONFIG, LoraLinear, copy_lora, load_with_lora, merge_lora
from tests.helpers_reranker import LONG, SHOWN, random_reranker, scorer_of

SHIPPED = Path(__file__).resolve().parents[1] / "adapters" / "movielens-100k-bert"


@pytest.fixture
def saved(tiny: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "bert"
    folder.mkdir()
    save_reranker(folder, random_reranker(tiny))
    return folder


def by_peft(folder: Path, precision: str) -> LoadedReranker:
    """The reranker of a folder, its LoRA loaded by PEFT."""
    ours = load_reranker(folder, precision)
    shape = ours.settings.shape
    base = saved_lora(load_base(ours.settings.base_model, shape.layers), folder)
    theirs = SequenceReranker(base, shape, base.config.hidden_size)
    theirs.load_state_dict(ours.reranker.head_state(), strict=False)
    return replace(ours, reranker=theirs.eval())


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_scores_are_the_bits_of_peft_one_by_one_and_in_a_batch(saved: Path, precision: str) -> None:
    ours, theirs = load_reranker(saved, precision), by_peft(saved, precision)
    assert isinstance(ours.reranker.base, PlainBert)
    assert not isinstance(theirs.reranker.base, PlainBert)
    for histories in (list(SHOWN), *([each] for each in SHOWN)):
        pairs = zip(scorer_of(ours).log_odds(histories), scorer_of(theirs).log_odds(histories), strict=True)
        assert all(np.array_equal(own, other) for own, other in pairs)


@pytest.mark.models
def test_the_shipped_adapter_scores_the_bits_of_peft() -> None:
    ours, theirs = load_reranker(SHIPPED), by_peft(SHIPPED, "float32")
    assert isinstance(ours.reranker.base, PlainBert)
    inputs = torch.randn(1, 30, ours.reranker.base.config.hidden_size)
    places = torch.arange(30)[None]
    with torch.inference_mode():
        own, other = (each.reranker.base(inputs_embeds=inputs, position_ids=places)[0] for each in (ours, theirs))
    assert torch.equal(own, other)


def test_a_history_that_grows_is_read_on_to_the_same_bits(saved: Path) -> None:
    ours, theirs = scorer_of(load_reranker(saved)), scorer_of(by_peft(saved, "float32"))
    for n in (3, 7, 12, len(LONG)):
        assert np.array_equal(ours.log_odds([LONG.before(n)])[0], theirs.log_odds([LONG.before(n)])[0])


def test_saving_a_plain_lora_writes_the_files_it_was_read_from(saved: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    save_reranker(other, load_reranker(saved))
    assert all((other / name).read_bytes() == (saved / name).read_bytes() for name in (CONFIG, WEIGHTS))
    assert {path.name for path in other.iterdir()} == {path.name for path in saved.iterdir()}


def test_a_merged_lora_computes_the_same_but_for_rounding_and_has_no_layer_of_its_own(saved: Path, tiny: Path) -> None:
    plain, other = load(saved, tiny), load(saved, tiny)
    assert plain is not None and other is not None
    merged = merge_lora(other)
    inputs, places = torch.randn(2, 7, plain.config.hidden_size), torch.arange(7)[None].expand(2, 7)
    with torch.inference_mode():
        own, found = (each(inputs_embeds=inputs, position_ids=places)[0] for each in (plain, merged))
    assert torch.allclose(own, found, atol=1e-5)
    assert any(isinstance(layer, LoraLinear) for layer in plain.modules())
    assert not any(isinstance(layer, LoraLinear) for layer in merged.modules())


# --- what is left to PEFT ---------------------------------------------------


def load(saved: Path, tiny: Path) -> PlainBert | None:
    return load_with_lora(resolve(str(tiny)).path, 2, saved)


def test_what_is_saved_here_is_plain(saved: Path, tiny: Path) -> None:
    assert isinstance(load(saved, tiny), PlainBert)


@pytest.mark.parametrize(
    "values",
    [
        {"peft_type": "IA3"},
        {"bias": "all"},
        {"use_dora": True},
        {"use_rslora": True},
        {"fan_in_fan_out": True},
        {"rank_pattern": {"query": 4}},
        {"modules_to_save": ["pooler"]},
        {"init_lora_weights": "pissa"},
        {"target_modules": "all-linear"},
        {"target_modules": ["query"]},
        {"r": 3},
        {"a_setting_of_tomorrow": True},
    ],
)
def test_an_adapter_that_peft_computes_otherwise_is_left_to_it(
    saved: Path, tiny: Path, values: dict[str, object]
) -> None:
    config = json.loads((saved / CONFIG).read_text())
    (saved / CONFIG).write_text(json.dumps({**config, **values}))
    assert load(saved, tiny) is None


@pytest.mark.parametrize("change", ["one too few", "one too many", "another shape"])
def test_tensors_that_do_not_match_the_layers_are_left_to_peft(saved: Path, tiny: Path, change: str) -> None:
    tensors = load_file(saved / WEIGHTS)
    name = sorted(tensors)[0]
    if change == "one too many":
        tensors["base_model.model.encoder.layer.7.output.dense.lora_A.weight"] = torch.zeros(2, 64)
    elif change == "another shape":
        tensors[name] = torch.zeros(2, 5)
    else:
        del tensors[name]
    save_file({name: value.clone() for name, value in tensors.items()}, saved / WEIGHTS)
    assert load(saved, tiny) is None


def test_a_copy_of_a_lora_is_one_that_peft_reads(saved: Path, tiny: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    copy_lora(saved, copy)
    base = saved_lora(load_base(str(tiny), 2), copy)
    names = {name for name, _ in base.named_parameters() if "lora_A" in name}
    assert len(names) == len(json.loads((copy / CONFIG).read_text())["target_modules"])
