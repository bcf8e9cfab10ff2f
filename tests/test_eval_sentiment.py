"""`eval sentiment` from its command: predictions, figures with intervals, baselines, refusals; the measures by hand."""

import json
from pathlib import Path

import numpy as np
import pytest

from eval.__main__ import main
from eval.sentiment.baselines import tfidf_logistic
from index.errors import MendableError
from index.sentiment.agreement import accuracy, calibration_error, macro_f1, pearson, spearman
from index.sentiment.lines import TextLine
from tests.helpers_models import tiny_bert
from tests.helpers_sentiment import train_adapter, write_lines


@pytest.fixture(scope="module")
def adapter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sentiment")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("PALATE_HOME", str(folder / "home"))
        return train_adapter(folder, tiny_bert(folder / "tiny"))


def floats(*values: float) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    return np.array(values, np.float32)


def test_each_row_has_its_prediction_and_what_cannot_be_judged_has_null(adapter: Path, tmp_path: Path) -> None:
    data, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    data.write_text('{"text": "a film about dogs"}\n{"text": ""}\n{"text": "a star", "aspect": "star"}\n')
    main(["sentiment", "--data", str(data), "--predictions", str(out), "--adapter", str(adapter)])
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert [row["row"] for row in rows] == [0, 1, 2]
    assert rows[1]["score"] is None and rows[1]["p_positive"] is None
    assert all(-1 <= row["score"] <= 1 and 0 <= row["p_positive"] <= 1 for row in (rows[0], rows[2]))


def test_without_labels_nothing_is_compared(adapter: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "in.jsonl").write_text('{"text": "a film about dogs"}\n')
    main(["sentiment", "--data", str(tmp_path / "in.jsonl"), "--adapter", str(adapter), "--json"])
    printed = json.loads(capsys.readouterr().out)
    assert (printed["n_rows"], printed["n_labelled"]) == (1, 0) and "models" not in printed


def test_with_labels_each_figure_has_an_interval_beside_baselines(
    adapter: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = write_lines(tmp_path / "in.jsonl", 80)
    main(["sentiment", "--data", str(data), "--adapter", str(adapter), "--json"])
    models = json.loads(capsys.readouterr().out)["models"]
    for name in ("adapter", "tfidf_logistic"):
        for figure in ("accuracy", "macro_f1", "pearson", "spearman", "calibration_error"):
            measured = models[name][figure]
            assert measured["ci95"][0] <= measured["mean"] <= measured["ci95"][1]
    assert models["tfidf_logistic"]["accuracy"]["mean"] > 0.9
    assert "vader" in models


@pytest.mark.parametrize("line", ["{", '{"label": 1}', '{"text": "a", "label": "good"}', ""])
def test_a_bad_line_is_named_and_nothing_is_written(line: str, adapter: Path, tmp_path: Path) -> None:
    data, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    data.write_text('{"text": "a film"}\n' + line + "\n")
    with pytest.raises(MendableError) as refused:
        main(["sentiment", "--data", str(data), "--predictions", str(out), "--adapter", str(adapter)])
    assert refused.value.where == f"{data}:2"
    assert not out.exists()


@pytest.mark.parametrize("flags", [[], ["--data", "missing.jsonl"]])
def test_without_lines_there_is_one_line_of_error(flags: list[str]) -> None:
    with pytest.raises(MendableError, match="--data"):
        main(["sentiment", *flags])


def test_measures_are_those_worked_out_by_hand() -> None:
    scores, labels = floats(0.9, -0.2, 0.4, 0.0), floats(1, -1, -1, 1)
    assert accuracy(scores, labels) == 2 / 4
    assert macro_f1(scores, labels) == pytest.approx(((2 * 1 / (2 + 2)) + (2 * 1 / (1 + 2))) / 2)
    assert spearman(floats(1, 2, 3), floats(1, 4, 9)) == pytest.approx(1)
    assert pearson(floats(1, 2, 3), floats(3, 2, 1)) == pytest.approx(-1)
    assert calibration_error(floats(0.95, 0.95), floats(1, -1)) == pytest.approx(0.45)


def test_rows_with_a_label_of_zero_have_no_sign_to_hit() -> None:
    assert accuracy(floats(0.5, 0.5), floats(1, 0)) == 1
    assert np.isnan(accuracy(floats(0.5), floats(0)))
    assert np.isnan(macro_f1(floats(0.5, -0.5), floats(1, 1)))
    assert np.isnan(pearson(floats(0.5, 0.5), floats(1, 0)))


def test_the_baseline_never_learns_from_the_text_that_it_judges() -> None:
    lines = [TextLine(f"word{n // 2}") for n in range(120)]  # each text twice: its label could be read off its twin
    labels = np.random.default_rng(0).choice([-1.0, 1.0], 60).repeat(2).astype(np.float32)
    found = tfidf_logistic(lines, labels, np.arange(120) // 2, 1)
    assert not isinstance(found, str)
    assert accuracy(found.scores, labels) < 0.75
