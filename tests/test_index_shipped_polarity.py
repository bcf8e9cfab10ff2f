"""The sentiment adapter that is shipped: small, with its card, read by PEFT, and right on plain sentences."""

import json

import numpy as np
import pytest

from index.embedding.backbones import load_base
from index.embedding.lora import saved_lora
from index.embedding.plain_bert import PlainBert
from index.sentiment.adapters import KIND
from index.sentiment.polarity import PolarityJudge, open_judge
from index.storage.current_adapter import SHIPPED as ADAPTERS

SHIPPED = ADAPTERS / KIND
MAX_BYTES = 4 << 20
FILES = {"README.md", "adapter_config.json", "adapter_model.safetensors", "head.safetensors", "sentiment.json"}
PLAIN = (
    ("I love it, it works perfectly.", 1),
    ("The best strings I have ever played.", 1),
    ("Very happy with this purchase.", 1),
    ("Terrible, it broke on the first day.", -1),
    ("A complete waste of money.", -1),
    ("Awful sound and poor quality.", -1),
)


@pytest.fixture(scope="module")
def judge() -> PolarityJudge:
    return open_judge()


def test_it_has_all_files_and_is_small() -> None:
    assert {path.name for path in SHIPPED.iterdir()} == {*FILES, "training.json"}
    assert sum(path.stat().st_size for path in SHIPPED.iterdir()) <= MAX_BYTES


def test_its_card_says_by_which_command_it_was_made() -> None:
    record = json.loads((SHIPPED / "training.json").read_text())
    assert record["command"] in (SHIPPED / "README.md").read_text()
    assert record["data_sha256"] in (SHIPPED / "README.md").read_text()


@pytest.mark.models
def test_peft_reads_it_and_plain_inference_needs_no_peft(judge: PolarityJudge) -> None:
    settings = judge.loaded.settings
    assert isinstance(judge.loaded.model.base, PlainBert)
    model = saved_lora(load_base(settings.base_model, settings.layers, words=True), SHIPPED)
    assert any("lora_A" in name for name, _ in model.named_parameters())


@pytest.mark.models
@pytest.mark.parametrize(("text", "sign"), PLAIN)
def test_plain_sentences_have_the_sign_that_anybody_would_give(text: str, sign: int, judge: PolarityJudge) -> None:
    (found,) = judge.judge([text])
    assert found is not None and np.sign(found.score) == sign
