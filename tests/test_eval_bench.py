"""The benchmarks: ratios that are consistent, a peer that gives the same figures, rows that are left out and say so."""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from eval.__main__ import main
from eval.bench.catalogue_sizes import Failed, K, exact, growth_of, measured, recall
from eval.bench.command import run_bench, table
from eval.bench.encode import encode_row, operations, token_counts
from eval.bench.metrics import made_up_lists, metrics_row, our_values
from eval.bench.packed import Pairs, packed_row, pairs_of
from eval.bench.peak import peak_flops
from eval.bench.ratio import Row, Seconds, in_turns
from eval.bench.search import search_row
from eval.bench.settings import BenchSettings
from eval.bench.threads import READ_BY_LIBRARIES
from eval.bench.train import RerankerWithLoss, TrainingTask, collate, train_row
from eval.bench.vectors import made_up_vectors, queries_of
from eval.metrics.ranking import EVERY_METRIC
from index.build.loading import open_index
from index.data.domain import load_domain
from index.embedding.model_files import ModelFolder, resolve
from index.errors import MendableError
from index.parallel import usable_cores
from tests.helpers_models import tiny_gguf
from tests.helpers_small import Small

RATIO = {"ratio": float, "ours_s": float, "peer_s": float, "peer": str}
GROWTH = {"n_items": int, "build_s": float, "search_ms": float, "recall@100": float, "extra_mb": float}


def expect_shape(row: dict[str, Any], shape: dict[str, type]) -> None:
    assert {name: type(row[name]) for name in shape} == shape
    assert json.loads(json.dumps(row, allow_nan=False)) == row


def expect_ratio(row: Row) -> dict[str, Any]:
    """The row in the contract's form, its ratio being that of its seconds."""
    written = row.as_json()
    expect_shape(written, RATIO)
    assert written["ratio"] == pytest.approx(written["peer_s"] / written["ours_s"], rel=1e-4)
    assert min(written["ours_s"], written["peer_s"]) > 0
    return written


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What the command sets for libraries is as it was after each test."""
    for name in (*READ_BY_LIBRARIES, "NUMBA_CACHE_DIR"):
        monkeypatch.setenv(name, os.environ.get(name, ""))
        if not os.environ[name]:
            monkeypatch.delenv(name)
    monkeypatch.setenv("IR_DATASETS_HOME", str(tmp_path / "ir_datasets"))


# --- rows -------------------------------------------------------------------


def test_a_ratio_above_one_means_faster_than_the_peer() -> None:
    written = expect_ratio(Row(Seconds(ours=0.5, peer=2.0), "the other", {"cosine": 1.0}))
    assert written == {"ratio": 4.0, "ours_s": 0.5, "peer_s": 2.0, "peer": "the other", "cosine": 1.0}


def test_both_are_timed_in_turns_and_neither_is_always_first() -> None:
    ran: list[str] = []
    in_turns(lambda: ran.append("ours"), lambda: ran.append("peer"), rounds=4)
    assert ran == ["ours", "peer", "peer", "ours", "ours", "peer", "peer", "ours"]


def test_each_sides_seconds_are_its_own() -> None:
    seconds = in_turns(lambda: time.sleep(0.02), lambda: None, rounds=3)
    assert seconds.peer < 0.02 <= seconds.ours
    assert seconds.ratio < 1


def test_the_least_of_the_rounds_counts() -> None:
    waits = iter([0.05, 0.0, 0.05])
    seconds = in_turns(lambda: time.sleep(next(waits)), lambda: None, rounds=3)
    assert seconds.ours < 0.04


def test_no_round_is_refused() -> None:
    with pytest.raises(ValueError, match="one round"):
        in_turns(lambda: None, lambda: None, rounds=0)


# --- metrics ----------------------------------------------------------------


def test_metrics_are_those_of_ranx_and_the_row_has_its_ratio() -> None:
    pytest.importorskip("ranx", reason="ranx is not installed: pip install '.[bench]'")
    written = expect_ratio(metrics_row(threads=1, seed=1, users=30, rounds=1))
    assert written["difference"] < 1e-12
    assert written["of_pass"] > 0 and written["metrics"] == len(EVERY_METRIC) == 35


def test_made_up_lists_hold_no_item_twice_and_most_relevant_items() -> None:
    ranked = made_up_lists(200, seed=3)
    assert all(len(set(each)) == len(each) for each in ranked.lists.tolist())
    assert (np.diff(ranked.scores, axis=1) <= 0).all()
    assert 0.5 < our_values(ranked)["hit@100"].mean() < 0.8


def test_a_missing_peer_leaves_its_row_out_with_a_note(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "ranx", None)
    content = run_bench(BenchSettings(home / "bench.json", "none", threads=1, only="metrics"))
    assert content["ratios"] == {}
    assert content["notes"] == {"metrics": "not installed: ranx (pip install '.[bench]')"}
    assert "metrics is left out: not installed: ranx" in capsys.readouterr().err
    assert "left out" in table(content)


# --- search, encode ---------------------------------------------------------


def test_search_states_its_ratio_for_many_and_for_few() -> None:
    written = expect_ratio(search_row(seed=1, n=400, few=150, rounds=1))
    assert written["n_vectors"] == 400
    assert written["few"]["n_vectors"] == 150 and written["few"]["ratio"] > 0


def test_encode_states_the_least_cosine_and_its_share_of_the_peak(tiny: Path) -> None:
    texts = ["star wars", "a film about dogs", "space", "a star film about space dogs", ""]
    row = encode_row(texts, ModelFolder("tiny", tiny, "the tests"), rounds=1)
    written = expect_ratio(row)
    assert 0.999 < written["cosine"] <= 1.001
    assert 0 < written["of_peak"] < 1.05
    assert written["texts"] == 5


def test_operations_are_those_of_the_layers(tiny: Path) -> None:
    model = ModelFolder("tiny", tiny, "the tests")
    d, f, layers = 32, 64, 2
    one = layers * (2 * (4 * d * d + 2 * d * f) * 7 + 4 * d * 7 * 7)
    assert operations(model, [7]) == one
    assert operations(model, [7, 7, 7]) == 3 * one


def test_tokens_are_counted_as_far_as_the_model_reads(tiny: Path) -> None:
    model = ModelFolder("tiny", tiny, "the tests")
    assert token_counts(model, ["star wars", "star " * 100]) == [4, 16]


def test_the_peak_is_some_millions_of_operations_a_second() -> None:
    assert peak_flops("float32", side=64, rounds=2) > 1e6


# --- growth -----------------------------------------------------------------


def test_growth_has_the_contracts_row_and_finds_all_where_every_vector_is_compared() -> None:
    row = measured(300, seed=1)
    expect_shape(row, GROWTH)
    assert row["n_items"] == 300 and row["kind"] == "flat" and row["recall@100"] == 1.0


def test_a_size_has_a_process_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    row = growth_of(200, seed=1)
    expect_shape(row, GROWTH)
    assert 0 < row["extra_mb"] < 1024


def test_a_process_that_dies_is_said(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(Failed, match="ended with status"):
        growth_of(-1, seed=1)


def test_exact_rows_are_those_of_sorting_everything() -> None:
    vectors = made_up_vectors(500, seed=2)
    queries = queries_of(vectors, 7, seed=5)
    sorted_rows = np.argsort(-(queries @ vectors.T), axis=1)[:, :K]
    assert recall(exact(vectors, queries), sorted_rows) == 1.0
    assert recall(sorted_rows[:, : K // 2], sorted_rows) == 0.5


def test_made_up_vectors_are_of_length_one_and_begin_as_those_of_a_smaller_catalogue() -> None:
    small, large = made_up_vectors(60, seed=4), made_up_vectors(100, seed=4)
    assert np.linalg.norm(large, axis=1) == pytest.approx(1.0, abs=1e-5)
    assert np.array_equal(large[:60], small)
    assert not np.array_equal(made_up_vectors(60, seed=5), small)


def test_made_up_vectors_have_few_directions_that_matter() -> None:
    vectors = made_up_vectors(2000, seed=1)
    spectrum = np.linalg.svd(vectors - vectors.mean(0), compute_uv=False) ** 2
    shares = spectrum / spectrum.sum()
    even = np.linalg.svd(np.random.default_rng(1).standard_normal(vectors.shape), compute_uv=False) ** 2
    assert shares[:100].sum() > 0.6 > even[:100].sum() / even.sum()


# --- the command ------------------------------------------------------------


def test_the_file_holds_machine_threads_ratios_and_growth(home: Path) -> None:
    out = home / "bench.json"
    run_bench(BenchSettings(out, "none", threads=1, only="growth", sizes=(150, 250)))
    content = json.loads(out.read_text())
    assert content["threads"] == 1 and content["machine"]["cores"] >= 1 and content["ratios"] == {}
    assert [row["n_items"] for row in content["growth"]] == [150, 250]


def test_the_command_leaves_out_what_a_missing_domain_needs(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    out = home / "b.json"
    assert not main(["bench", "--only", "encode", "--domain", "nothing", "--out", str(out)])
    assert "no domain 'nothing'" in json.loads(out.read_text())["notes"]["encode"]
    assert "encode   left out: no domain" in capsys.readouterr().out


def test_an_unknown_row_is_refused() -> None:
    with pytest.raises(MendableError, match="--only"):
        main(["bench", "--only", "packed"])


@pytest.mark.parametrize(("asked", "threads"), [("3", 3), ("0", None), ("many", None), ("", None)])
def test_threads_are_those_that_are_asked_for_else_the_cores(
    monkeypatch: pytest.MonkeyPatch, asked: str, threads: int | None
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", asked)
    assert usable_cores() == (threads or len(os.sched_getaffinity(0)))


# --- packed scoring and training ----------------------------------------------


def test_packed_bert_gives_the_scores_of_the_cross_encoder(tiny: Path) -> None:
    pairs = Pairs("liked star wars; hated dogs;", ("a film about dogs", "space", "star wars about space dogs"))
    row = packed_row(resolve(str(tiny)), "bert", 2, pairs).as_json()
    assert row["error"] < 1e-4
    assert row["ratio"] == pytest.approx(row["peer_s"] / row["ours_s"], rel=1e-3)
    assert row["peer"].startswith("CrossEncoder.predict")
    assert row["of_peak"] > 0


def test_packed_gpt_gives_the_scores_of_a_pass_for_each_pair(home: Path, tmp_path: Path) -> None:
    model = resolve(str(tiny_gguf(tmp_path / "tiny.gguf")))
    row = packed_row(model, "gpt", 1, Pairs("bcbcd", ("bcd", "hgfe", "b"))).as_json()
    assert row["error"] < 1e-4
    assert row["candidates"] == 3
    assert row["peer"].startswith("one forward pass a pair")


def test_what_is_told_for_the_packed_rows_are_items_that_the_user_never_had(tuned: Small) -> None:
    domain = load_domain(tuned.name)
    pairs = pairs_of(domain, 5)
    assert len(set(pairs.candidates)) == 5
    assert not any(candidate.split(",")[0] in pairs.history for candidate in pairs.candidates)


def test_the_row_of_training_has_both_sides_on_the_same_histories(tuned: Small) -> None:
    domain = load_domain(tuned.name)
    vectors = np.asarray(open_index(domain).vectors)
    row = train_row(TrainingTask(domain, vectors, resolve(str(tuned.encoder)), n=24), threads=1, rounds=1).as_json()
    assert row["histories"] == 24
    assert row["ours_per_s"] == pytest.approx(24 / row["ours_s"], rel=1e-3)
    assert row["peer_per_s"] == pytest.approx(24 / row["peer_s"], rel=1e-3)
    assert row["peer"].startswith("transformers.Trainer")


def test_the_peer_of_training_has_the_loss_of_ours(tuned: Small) -> None:
    domain = load_domain(tuned.name)
    task = TrainingTask(domain, np.asarray(open_index(domain).vectors), resolve(str(tuned.encoder)), n=8)
    reading = task.scorer()
    reading.loaded.reranker.eval()
    histories = [task.histories[n] for n in range(8)]
    with torch.inference_mode():
        peer = float(RerankerWithLoss(reading)(**collate(histories, task.scale))["loss"])
        states = [reading.log_odds([history.before(n)])[0] for history in histories for n in range(1, len(history))]
    targets = [(int(history.rows[n]), history.rows[:n]) for history in histories for n in range(1, len(history))]
    losses = []
    for said, (target, had) in zip(states, targets, strict=True):
        scores = said.astype(np.float64)
        scores[[row for row in had if row != target]] = -np.inf
        losses.append(np.log(np.exp(scores).sum()) - scores[target])
    assert peer == pytest.approx(np.mean(losses), rel=1e-3)
