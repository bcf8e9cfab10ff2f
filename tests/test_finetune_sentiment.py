"""`finetune sentiment` from its command: what it leaves, that it resumes and repeats, and what it refuses."""

import json
import signal
from pathlib import Path

import numpy as np
import pytest
from safetensors.torch import load_file

from finetune.__main__ import main
from finetune.sentiment.labelled import LabelledText, labelled_reviews, split_labelled
from finetune.sentiment.objective import PolarityBatches, sign_weights
from index.data.domain import Domain
from index.data.records import Review
from index.errors import MendableError
from index.sentiment.adapters import find_domain_adapter
from index.sentiment.polarity import PolarityJudge, load_polarity, load_tokenizer, open_judge
from index.sentiment.polarity_model import PolarityModel
from tests.helpers_models import tiny_bert
from tests.helpers_sentiment import train_adapter, write_lines
from tests.helpers_small import walks, write_domain
from tests.test_index_reviews import write_reviews


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_bert(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PALATE_HOME", str(tmp_path / "home"))


def test_a_training_learns_what_its_labels_follow_from(tmp_path: Path, tiny: Path) -> None:
    adapter = train_adapter(tmp_path, tiny, "--epochs", "30")
    found = open_judge(adapter).judge(["a star about space", "dogs about a film"])
    assert found[0] is not None and found[1] is not None and found[0].score > found[1].score


def test_it_leaves_an_adapter_of_peft_a_record_and_a_card(tmp_path: Path, tiny: Path) -> None:
    adapter = train_adapter(tmp_path, tiny)
    record = json.loads((adapter / "training.json").read_text())
    assert record["seed"] == 3 and record["steps"] > 0 and record["loss"] and len(record["data_sha256"]) == 64
    assert {"accuracy", "macro_f1", "calibration_error"} <= set(record["after"])
    assert {path.name for path in adapter.iterdir()} == {
        *("adapter_config.json", "adapter_model.safetensors", "head.safetensors"),
        *("sentiment.json", "training.json", "README.md"),
    }
    assert record["command"] in (adapter / "README.md").read_text()
    assert str(tmp_path) not in (adapter / "training.json").read_text().replace(str(tiny), "")


def test_the_same_command_gives_the_same_weights(tmp_path: Path, tiny: Path) -> None:
    first = load_file(train_adapter(tmp_path, tiny) / "adapter_model.safetensors")
    again = load_file(train_adapter(tmp_path, tiny) / "adapter_model.safetensors")
    assert all((again[name] == value).all() for name, value in first.items())


def test_an_interrupted_training_leaves_an_adapter_and_resumes(
    tmp_path: Path, tiny: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    steps: list[int] = []
    train = PolarityModel.train

    def stop(self: PolarityModel, mode: bool = True) -> PolarityModel:
        steps.append(1)
        if mode and len(steps) > 8 and signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
            signal.raise_signal(signal.SIGINT)
        return train(self, mode)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(PolarityModel, "train", stop)
        adapter = train_adapter(tmp_path, tiny, "--epochs", "6")
    done = json.loads((adapter / "training.json").read_text())
    assert not done["finished"] and done["steps"] > 0
    assert "the same command resumes" in capfd.readouterr().err
    train_adapter(tmp_path, tiny, "--epochs", "6")
    whole = json.loads((adapter / "training.json").read_text())
    assert "resuming" in capfd.readouterr().err
    assert whole["finished"] and whole["steps"] > done["steps"]


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("nonsense", "no JSON object"),
        ("[1]", "no JSON object"),
        ('{"label": 1}', "no text"),
        ('{"text": "good"}', "no label"),
        ('{"text": "good", "label": 3}', "not from -1 to 1"),
        ('{"text": "good", "label": true}', "no number"),
        ('{"text": "good", "label": NaN}', "no number"),
        ('{"text": "good", "label": 1, "aspect": 5}', "aspect"),
        ("", "no JSON object"),
    ],
)
def test_a_bad_line_is_named_by_file_and_line(line: str, what: str, tmp_path: Path, tiny: Path) -> None:
    data = write_lines(tmp_path / "lines.jsonl")
    data.write_text(data.read_text() + line + "\n")
    with pytest.raises(MendableError, match=what) as refused:
        main(["sentiment", "--data", str(data), "--out", str(tmp_path / "out"), "--backbone", str(tiny)])
    assert refused.value.where == f"{data}:61"
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("n", "label", "what"), [(6, None, "too few"), (60, 1.0, "are negative"), (60, -1.0, "are positive")]
)
def test_too_few_or_one_sided_labels_are_refused(
    n: int, label: float | None, what: str, tmp_path: Path, tiny: Path
) -> None:
    data = write_lines(tmp_path / "lines.jsonl", n)
    if label is not None:
        rows = [{**json.loads(line), "label": label} for line in data.read_text().splitlines()]
        data.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    with pytest.raises(MendableError, match=what):
        main(["sentiment", "--data", str(data), "--out", str(tmp_path / "out"), "--backbone", str(tiny)])


def test_a_folder_that_is_no_adapter_is_not_overwritten(tmp_path: Path, tiny: Path) -> None:
    (tmp_path / "adapter").mkdir()
    (tmp_path / "adapter" / "mine.txt").write_text("mine")
    with pytest.raises(MendableError, match="something else"):
        train_adapter(tmp_path, tiny)


@pytest.mark.parametrize("flags", [[], ["--data", "x"], ["--out", "x"], ["--domain", "a", "--data", "x", "--out", "y"]])
def test_flags_that_do_not_belong_together_are_refused(flags: list[str]) -> None:
    with pytest.raises(MendableError):
        main(["sentiment", *flags])


def test_lines_of_one_text_are_held_out_together() -> None:
    lines = [LabelledText(f"it is good {n % 40}", 1.0 if n % 2 else -1.0, "x" * (n // 40)) for n in range(120)]
    split = split_labelled(lines, 1, "here")
    assert not {each.text for each in split.training} & {each.text for each in split.held_out}
    assert len(split.training) + len(split.held_out) == 120


def test_the_rarer_polarity_weighs_more() -> None:
    weights = sign_weights(np.array([1.0] * 9 + [-1.0] + [0.0], np.float32))
    assert weights[9] > weights[10] == 1 > weights[0]


def test_an_epoch_has_each_line_once_whatever_its_length(tiny: Path) -> None:
    lines = [LabelledText("a film " * (1 + n % 9), n / 50 - 1) for n in range(100)]
    batches = PolarityBatches(load_tokenizer(tiny), 1).draw(lines, 0)
    assert sum(each.n_events for each in batches) == 100
    assert all(float(each.targets.min()) > 0 and float(each.targets.max()) < 1 for each in batches)


def test_the_adapter_is_written_calibrated(tmp_path: Path, tiny: Path) -> None:
    loaded = load_polarity(train_adapter(tmp_path, tiny, "--epochs", "10"))
    assert loaded.settings.calibration.slope > 0
    assert PolarityJudge(loaded).judge(["a film"])[0] is not None


def reviewed(name: str, rating: bool = True) -> Domain:
    """A domain whose reviews have the words of their stars."""
    texts = ["a star about space", "a film about dogs"]
    reviews = [
        Review(f"r{n}", "i1", f"{texts[n % 2]}{' a' * (n // 8 % 3)}", f"v{n}", (5.0 - 4 * (n % 2)) if rating else None)
        for n in range(80)
    ]
    write_domain(walks(n_users=8), name=name)
    return write_reviews(name, reviews)


def test_a_domain_is_learned_from_by_its_stars_and_gets_a_version(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.storage.current_adapter.SHIPPED", Path("nowhere"))
    reviewed("shop")
    main(["sentiment", "--domain", "shop", "--backbone", str(tiny), "--epochs", "20"])
    current = find_domain_adapter("shop")
    assert current is not None
    record = json.loads((current / "training.json").read_text())
    assert record["n_training"] + record["n_held_out"] == 80
    found = open_judge(current).judge(["a star about space", "a film about dogs"])
    assert found[0] is not None and found[1] is not None and found[0].score > found[1].score


def test_the_review_of_a_test_event_is_not_learned_from() -> None:
    domain = reviewed("shop")
    user, history = domain.histories.users[0], domain.histories[0]
    last = domain.catalogue.ids[int(history.rows[-1])]
    write_reviews("shop", [Review("r", last, "a film about dogs", user, 5.0), Review("s", last, "a star", "else", 1.0)])
    assert [each.text for each in labelled_reviews("shop", 1)] == ["a star"]


def test_a_domain_without_stars_is_refused(tiny: Path) -> None:
    reviewed("shop", rating=False)
    with pytest.raises(MendableError, match="no reviews with stars"):
        main(["sentiment", "--domain", "shop", "--backbone", str(tiny)])
