"""Polarity of texts: laws of the judge, of its calibration, and the numbers of PEFT on transformers."""

import itertools
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from index.embedding.backbones import load_base
from index.embedding.plain_bert import PlainBert
from index.errors import MendableError
from index.sentiment.adapters import SETTINGS, find_domain_adapter
from index.sentiment.calibration import Calibration, fit_calibration
from index.sentiment.polarity import HEAD, PolarityJudge, load_polarity, open_judge, padded, save_polarity, tokens_of
from index.sentiment.polarity_model import PolarityModel
from index.storage.home import CLONE
from tests.helpers_models import tiny_bert
from tests.helpers_sentiment import train_adapter

TEXTS = ("a film about dogs", "a star", "about space", "a film about a star about dogs", "", "a film. " * 400)


@pytest.fixture(scope="module")
def adapter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("polarity")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("PALATE_HOME", str(folder / "home"))
        return train_adapter(folder, tiny_bert(folder / "tiny"))


@pytest.fixture(scope="module")
def judge(adapter: Path) -> PolarityJudge:
    return open_judge(adapter)


def values(judge: PolarityJudge, texts: tuple[str, ...]) -> list[float | None]:
    return [None if each is None else each.p_positive for each in judge.judge(texts)]


def close(a: list[float | None], b: list[float | None]) -> bool:
    return [x is None for x in a] == [x is None for x in b] and np.allclose(
        [x for x in a if x is not None], [x for x in b if x is not None], atol=1e-5
    )


def test_a_batch_is_judged_as_its_texts_are_one_by_one(judge: PolarityJudge) -> None:
    assert close(values(judge, TEXTS), [values(judge, (text,))[0] for text in TEXTS])


def test_the_order_of_texts_does_not_matter(judge: PolarityJudge) -> None:
    assert close(values(judge, TEXTS), values(judge, TEXTS[::-1])[::-1])


def test_what_cannot_be_judged_is_none_and_nothing_gives_nothing(judge: PolarityJudge) -> None:
    assert judge.judge(["", "a film", "   "])[::2] == [None, None]
    assert judge.judge([]) == []


def test_an_aspect_for_some_texts_only_is_wrong_and_one_for_each_is_read(judge: PolarityJudge) -> None:
    with pytest.raises(ValueError, match="aspects"):
        judge.judge(["a film"], [])
    plain, about = (judge.log_odds(["a film about dogs"], [aspect])[0] for aspect in (None, "star"))
    assert plain != about
    assert judge.judge(["a film"], [None]) == judge.judge(["a film"])


def test_probability_and_score_lie_in_their_ranges_and_rise_together(judge: PolarityJudge) -> None:
    found = [each for each in judge.judge(TEXTS) if each is not None]
    assert all(-1 <= each.score <= 1 and 0 <= each.p_positive <= 1 for each in found)
    ordered = sorted(found, key=lambda each: each.score)
    assert all(a.p_positive <= b.p_positive + 1e-6 for a, b in itertools.pairwise(ordered))
    assert all((each.score >= 0) == (each.p_positive >= 0.5) for each in found)


def test_saving_and_loading_changes_nothing(judge: PolarityJudge, tmp_path: Path) -> None:
    save_polarity(tmp_path, judge.loaded)
    again = open_judge(tmp_path)
    assert again.judge(TEXTS) == judge.judge(TEXTS)
    assert again.sha256 == judge.sha256 and again.name == tmp_path.name


def test_plain_inference_has_the_numbers_of_peft_on_transformers(judge: PolarityJudge, adapter: Path) -> None:
    from peft import PeftModel

    loaded = judge.loaded
    assert isinstance(loaded.model.base, PlainBert)
    base = load_base(loaded.settings.base_model, loaded.settings.layers, words=True)
    model = PolarityModel(PeftModel.from_pretrained(base, str(adapter)), base.config.hidden_size).eval()
    model.head.load_state_dict({name: value.float() for name, value in load_file(adapter / HEAD).items()})
    ids = tokens_of(loaded.tokenizer, ["a film about dogs", "a star", "space"])
    tokens, mask = padded(ids, 0)
    with torch.inference_mode():
        assert torch.allclose(model(tokens, mask), loaded.model(tokens, mask), atol=1e-5)


def test_places_that_are_named_by_their_ends_are_found_as_peft_finds_them(judge: PolarityJudge, tmp_path: Path) -> None:
    save_polarity(tmp_path, judge.loaded)
    config = json.loads((tmp_path / "adapter_config.json").read_text())
    ends = ["query", "key", "value", "dense"]  # what PEFT writes where there are more than twenty places
    (tmp_path / "adapter_config.json").write_text(json.dumps({**config, "target_modules": ends}))
    again = open_judge(tmp_path)
    assert isinstance(again.loaded.model.base, PlainBert)
    assert again.judge(TEXTS) == judge.judge(TEXTS)


def test_judging_loads_neither_transformers_nor_peft(adapter: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from index.sentiment.polarity import open_judge;"
        f"open_judge(Path({str(adapter)!r})).judge(['a film about dogs']);"
        "print(sorted({'transformers', 'peft'} & set(sys.modules)))"
    )
    said = subprocess.run([sys.executable, "-c", code], cwd=CLONE, capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"


def test_a_folder_without_an_adapter_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(MendableError, match="no sentiment adapter"):
        load_polarity(tmp_path)


@pytest.mark.parametrize("name", [HEAD, SETTINGS, "adapter_model.safetensors"])
def test_a_broken_file_is_one_line(name: str, judge: PolarityJudge, tmp_path: Path) -> None:
    save_polarity(tmp_path, judge.loaded)
    (tmp_path / name).write_bytes((tmp_path / name).read_bytes()[:40])
    with pytest.raises(MendableError, match="sentiment adapter"):
        load_polarity(tmp_path)


def test_an_adapter_of_another_base_model_is_refused_by_both_hashes(judge: PolarityJudge, tmp_path: Path) -> None:
    save_polarity(tmp_path, judge.loaded)
    content = json.loads((tmp_path / SETTINGS).read_text())
    (tmp_path / SETTINGS).write_text(json.dumps({**content, "base_sha256": "0" * 64}))
    with pytest.raises(MendableError, match="000000000000, here is"):
        load_polarity(tmp_path)


def test_a_domain_without_an_adapter_of_its_own_has_the_shipped_one(
    adapter: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PALATE_HOME", str(tmp_path))
    monkeypatch.setattr("index.storage.current_adapter.SHIPPED", tmp_path)
    (tmp_path / "sentiment").symlink_to(adapter)
    assert find_domain_adapter("shop") == tmp_path / "sentiment"
    parent = tmp_path / "adapters" / "shop" / "sentiment"
    (parent / "v1").mkdir(parents=True)
    (parent / "v1" / SETTINGS).write_text("{}")
    assert find_domain_adapter("shop") == tmp_path / "sentiment"
    (parent / "current").write_text("v1\n")
    assert find_domain_adapter("shop") == parent / "v1"


def test_a_calibration_recovers_the_scale_that_labels_were_drawn_by() -> None:
    random = np.random.default_rng(0)
    x = random.normal(0, 3, 4000).astype(np.float32)
    labels = np.where(random.random(4000) < 1 / (1 + np.exp(-(0.5 * x + 0.7))), 1.0, -1.0).astype(np.float32)
    found = fit_calibration(x, labels)
    assert found.slope == pytest.approx(0.5, abs=0.06) and found.offset == pytest.approx(0.7, abs=0.12)


@pytest.mark.parametrize("labels", [(1, 1, 1), (-1, -1, -1), (0, 0, 0), (1, -1, 1)])
def test_a_calibration_of_few_or_one_sided_labels_stays_finite_and_rises(labels: tuple[int, ...]) -> None:
    found = fit_calibration(np.array([9.0, -9.0, 0.1], np.float32), np.array(labels, np.float32))
    x = np.linspace(-50, 50, 101).astype(np.float32)
    assert np.isfinite([found.slope, found.offset, found.grade]).all() and found.slope > 0
    assert (np.diff(found.probabilities(x)) >= 0).all() and (np.diff(found.scores(x)) >= 0).all()


def test_the_score_is_zero_where_the_probability_is_one_half() -> None:
    found = Calibration(2.0, -3.0, 0.4).opinion(1.5)
    assert found.score == pytest.approx(0) and found.p_positive == pytest.approx(0.5)
