"""A BERT in plain PyTorch: the bits of transformers, and any other model left to transformers."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from index.embedding.model_files import BERT, resolve
from index.embedding.plain_bert import PlainBert, load_plain_bert
from index.embedding.plain_tokenizer import load_plain_tokenizer
from tests.helpers_models import tiny_bert

TEXTS = (
    *(
        "star wars",
        "",
        "   ",
        "a film about dogs in space",
        "dogs " * 60,
        "ünïcode café",
        "e\u0301",
        "STAR",
        "İstanbul",
    ),
    *(
        "[CLS] star [MASK]",
        "##s",
        "日本語 テキスト",
        "a\u0000b\u202e",
        "\ufffd 🎬 ﬁ ß",
        "don't won't",
        "<script>",
        "x" * 300,
    ),
)
SHAPES = ((1, 7, 0), (5, 12, 4), (3, 16, 0), (8, 3, 1))  # texts, tokens, tokens of padding in the first


@pytest.fixture(scope="module", params=["tiny", pytest.param("shipped", marks=pytest.mark.models)])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    if request.param == "shipped":
        return resolve(BERT, online=False).path
    return tiny_bert(tmp_path_factory.mktemp("model") / "bert")


@pytest.fixture(scope="module")
def plain(folder: Path) -> PlainBert:
    found = load_plain_bert(folder)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def theirs(folder: Path) -> Any:
    from transformers import AutoModel

    return AutoModel.from_pretrained(folder, use_safetensors=True, dtype=torch.float32, local_files_only=True).eval()


def batches(model: Any) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Tokens at random, and which of them are no padding."""
    torch.manual_seed(3)
    for n_texts, length, n_padding in SHAPES:
        mask = torch.ones(n_texts, length, dtype=torch.int64)
        mask[0, length - n_padding :] = 0
        yield torch.randint(0, model.config.vocab_size, (n_texts, length)), mask


@pytest.mark.parametrize("half", [False, True])
def test_states_are_the_bits_of_transformers(plain: PlainBert, theirs: Any, half: bool) -> None:
    with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16, enabled=half):
        for tokens, mask in batches(theirs):
            ours = plain(input_ids=tokens, attention_mask=mask)[0]
            assert torch.equal(ours, theirs(input_ids=tokens, attention_mask=mask)[0])


def test_states_of_embeddings_under_a_mask_of_ones_own_are_the_bits_of_transformers(
    plain: PlainBert, theirs: Any
) -> None:
    torch.manual_seed(4)
    tokens = torch.randn(2, 9, theirs.config.hidden_size)
    barred = torch.full((9, 9), torch.finfo(torch.float32).min).triu(1).expand(2, 1, 9, 9)
    inputs = {"inputs_embeds": tokens, "attention_mask": barred, "position_ids": torch.arange(9)[None].expand(2, 9)}
    with torch.inference_mode():
        assert torch.equal(plain(**inputs).last_hidden_state, theirs(**inputs).last_hidden_state)


def test_the_first_layers_alone_are_those_of_the_whole_model(folder: Path, theirs: Any) -> None:
    short = load_plain_bert(folder, layers=1, words=False)
    assert short is not None
    assert not hasattr(short.embeddings, "word_embeddings")
    tokens = torch.randn(1, 5, theirs.config.hidden_size)
    with torch.inference_mode():
        wanted = theirs(inputs_embeds=tokens, output_hidden_states=True).hidden_states[1]
        assert torch.equal(short(inputs_embeds=tokens)[0], wanted)


def test_nothing_of_it_is_trained(plain: PlainBert) -> None:
    assert not plain.training
    assert not any(parameter.requires_grad for parameter in plain.parameters())


def changed(folder: Path, **values: object) -> Path:
    """The folder with other values in its config.json."""
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, **values}))
    return folder


@pytest.mark.parametrize(
    "values",
    [
        {"model_type": "roberta"},
        {"hidden_act": "relu"},
        {"position_embedding_type": "relative_key"},
        {"is_decoder": True},
        {"auto_map": {"AutoModel": "own.Model"}},
        {"quantization_config": {"bits": 4}},
        {"num_hidden_layers": 9},
        {"intermediate_size": 65},
    ],
)
def test_a_model_that_computes_otherwise_is_left_to_transformers(tmp_path: Path, values: dict[str, object]) -> None:
    assert load_plain_bert(changed(tiny_bert(tmp_path / "bert"), **values)) is None


def test_weights_in_half_precision_and_under_a_prefix_are_read(tmp_path: Path) -> None:
    folder = tiny_bert(tmp_path / "bert")
    weights = load_file(folder / "model.safetensors")
    save_file({f"bert.{name}": value.half() for name, value in weights.items()}, folder / "model.safetensors")
    found = load_plain_bert(folder)
    assert found is not None
    assert all(torch.equal(value, weights[name].half().float()) for name, value in found.state_dict().items())


def test_more_layers_than_there_are_and_weights_in_several_files_are_left_to_transformers(tmp_path: Path) -> None:
    folder = tiny_bert(tmp_path / "bert")
    assert load_plain_bert(folder, layers=3) is None
    (folder / "model.safetensors").rename(folder / "model-00001-of-00001.safetensors")
    assert load_plain_bert(folder) is None


# --- tokens -----------------------------------------------------------------


@pytest.mark.parametrize("max_length", [3, 8, 16, 200])
def test_tokens_are_those_of_transformers(folder: Path, max_length: int) -> None:
    from transformers import AutoTokenizer

    ours, theirs = load_plain_tokenizer(folder), AutoTokenizer.from_pretrained(folder, local_files_only=True)
    assert ours is not None
    wanted = theirs(list(TEXTS), truncation=True, max_length=max_length)["input_ids"]
    assert ours(TEXTS, truncation=True, max_length=max_length)["input_ids"] == wanted
    assert ours(TEXTS, truncation=False, max_length=1)["input_ids"] == theirs(list(TEXTS))["input_ids"]
    assert (ours.pad_token_id, ours.model_max_length) == (theirs.pad_token_id, theirs.model_max_length)


@pytest.mark.parametrize(
    "values",
    [
        {"tokenizer_class": "RobertaTokenizer"},
        {"do_lower_case": False},
        {"strip_accents": True},
        {"auto_map": {"x": "y"}},
    ],
)
def test_a_tokenizer_that_transformers_would_make_otherwise_is_left_to_it(
    tmp_path: Path, values: dict[str, object]
) -> None:
    folder = tiny_bert(tmp_path / "bert")
    path = folder / "tokenizer_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))
    assert load_plain_tokenizer(folder) is None


def test_a_folder_without_a_tokenizer_is_left_to_transformers(tmp_path: Path) -> None:
    folder = tiny_bert(tmp_path / "bert")
    (folder / "tokenizer.json").unlink()
    assert load_plain_tokenizer(folder) is None
    shutil.rmtree(folder)
    assert load_plain_tokenizer(folder) is None and load_plain_bert(folder) is None
