"""Adapters on disk: saved, loaded, found, and refused in one line where they do not fit or are not whole."""

import json
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
import torch
from agent.rerank.adapter_folders import SETTINGS, find_adapter

from agent.open_agent import open_agent
from agent.rerank.adapters import (
    HEAD,
    WEIGHTS,
    LoadedReranker,
    events_sha256,
    load_reranker,
    new_reranker,
    read_settings,
    save_reranker,
)
from agent.rerank.backbones import kind_of
from agent.rerank.open_ranker import tuned_ranker
from agent.rerank.precision import PRECISIONS
from agent.rerank.sequence_reranker import RerankerShape
from agent.rerank.sequence_scorer import SequenceScorer
from index.data.domain import Catalogue
from index.embedding.model_files import resolve
from index.errors import MendableError
from index.storage.home import adapters_folder
from tests.helpers_index import full_disk
from tests.helpers_reranker import DIM, LONG, SHOWN, random_reranker, scorer_of
from tests.helpers_small import N_ITEMS, Small, domain_of, index_over, things, unit_vectors, walks, write_domain


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


def test_a_disk_too_full_for_an_adapter_is_an_error_that_can_be_mended(loaded: LoadedReranker, tmp_path: Path) -> None:
    from agent.rerank.tensor_files import tensor_writes

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


def test_the_users_own_adapter_is_found_where_it_is_whole(home: Path) -> None:
    assert find_adapter("films", "bert") is None
    own = adapters_folder("films") / "bert"
    own.mkdir(parents=True)
    (own / WEIGHTS).write_bytes(b"")
    assert find_adapter("films", "bert") is None
    (own / SETTINGS).write_text("{}")
    assert find_adapter("films", "bert") == own
    assert find_adapter("films", "gpt") is None


def test_an_adapter_whose_replacement_was_killed_is_found_again(home: Path) -> None:
    old = adapters_folder("films") / ".bert.old"  # where `replace_folder` puts the old one between its two renames
    old.mkdir(parents=True)
    (old / SETTINGS).write_text("{}")
    assert find_adapter("films", "bert") == adapters_folder("films") / "bert"


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
    file = adapters_folder(tuned.name) / "bert" / WEIGHTS
    assert card.as_json() == {
        "name": "bert",
        "base_model": str(tuned.encoder),
        "adapter": "bert",
        "adapter_sha256": sha256(file.read_bytes()).hexdigest(),
    }


# --- what was taught --------------------------------------------------------


def test_the_hash_of_events_tells_people_order_and_items_apart_and_not_how_they_are_stored() -> None:
    histories, ids = walks(3), Catalogue(things()).ids

    def hashed(users: tuple[str, ...], rows: np.ndarray, own: tuple[str, ...] = ids) -> str:
        return events_sha256(users, histories.starts, own, rows)

    first = hashed(histories.users, histories.rows)
    swapped = histories.rows.copy()
    swapped[[0, 1]] = swapped[[1, 0]]
    assert hashed(histories.users, swapped) != first
    assert hashed(("x", *histories.users[1:]), histories.rows) != first
    assert events_sha256(histories.users, histories.starts + (histories.starts > 0), ids, histories.rows) != first
    order = np.random.default_rng(1).permutation(N_ITEMS)
    assert hashed(histories.users, np.argsort(order)[histories.rows], tuple(ids[row] for row in order)) == first
    assert hashed(histories.users, histories.rows, (*ids, "one more")) == first


# --- precision --------------------------------------------------------------


@pytest.mark.parametrize("precision", PRECISIONS)
def test_in_any_precision_a_reader_says_nearly_the_same(loaded: LoadedReranker, saved: Path, precision: str) -> None:
    train_adapter = scorer_of(loaded).log_odds([LONG])[0]
    asked = load_reranker(saved, precision)
    scores = scorer_of(asked).log_odds([LONG])[0]
    assert asked.precision == precision
    within = {"float32": 2e-3, "bfloat16": 0.05, "int8": 0.1}[precision]  # the head is kept in half precision
    assert np.abs(scores - train_adapter).max() < within * np.abs(train_adapter).max()
    assert (scores == scorer_of(load_reranker(saved)).log_odds([LONG])[0]).all() == (precision == "float32")
