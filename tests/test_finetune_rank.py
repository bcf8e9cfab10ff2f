"""`python -m finetune rank` as a whole: an adapter that is written, interrupted, resumed, refused in one line."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from safetensors.torch import load_file

from agent.open_agent import open_agent
from agent.rerank.adapter_files import HEAD, WEIGHTS
from agent.rerank.adapter_versions import list_versions
from agent.rerank.adapters import load_reranker
from agent.rerank.blend import Blend
from finetune.__main__ import main
from index.build.builder import add_items, build_domain
from index.data.domain import Histories, load_domain
from index.data.records import Item
from index.embedding.model_files import file_sha256
from index.errors import MendableError
from index.retrieval.query import Query
from index.storage.home import CLONE, adapters_folder
from tests.helpers_index import files_below
from tests.helpers_small import LACKING, N_ITEMS, Small, history, lacking_domain, things, walks, write_domain
from tests.helpers_training import another_bert, built, finetune, serving

FILES = {"adapter_config.json", WEIGHTS, HEAD, "reranker.json", "training.json", "README.md"}


# --- what is written --------------------------------------------------------


def test_an_adapter_is_written_with_its_card_and_its_record(tuned: Small) -> None:
    folder = serving(tuned.name)
    assert {path.name for path in folder.iterdir()} == FILES
    record = json.loads((folder / "training.json").read_text())
    assert record["data_sha256"] == load_domain(tuned.name).sha256
    assert record["knows_test"] is False
    assert set(record["versions"]) == {"torch", "transformers", "peft"}
    assert (record["seed"], record["epochs"], record["finished"]) == (1, 6, True)
    made_by = f"python -m finetune rank --domain small --backbone {tuned.encoder} --epochs 6 --seed 1 --fit train"
    assert record["command"] == made_by
    assert record["seconds"] > 0
    assert [step for step, _ in record["loss"]] == sorted({step for step, _ in record["loss"]})
    assert 0 < record["before"]["ndcg@10"] <= 1
    assert 0 < record["after"]["ndcg@10"] <= 1
    assert record["n_validation_users"] == 60
    card = (folder / "README.md").read_text()
    assert "library_name: peft" in card
    assert record["data_sha256"] in card
    assert f"{record['after']['ndcg@10']:.4f}" in card
    config = json.loads((folder / "adapter_config.json").read_text())
    assert config["peft_type"] == "LORA"


def test_the_record_is_of_the_reranker_that_was_written(tuned: Small) -> None:
    record = json.loads((serving(tuned.name) / "training.json").read_text())
    loaded = load_reranker(serving(tuned.name))
    assert loaded.settings.blend == Blend.read(record["blend"])
    assert loaded.item_ids == load_domain(tuned.name).catalogue.ids
    assert loaded.settings.shape.n_ids == N_ITEMS


def test_nothing_is_left_beside_a_finished_adapter(tuned: Small) -> None:
    assert [path.name for path in adapters_folder(tuned.name).iterdir()] == ["bert"]
    beside = {path.name for path in serving(tuned.name).parent.iterdir()}
    assert beside == {".lock", "current", serving(tuned.name).name}


def test_the_same_seed_gives_the_same_adapter(home: Path, tiny: Path) -> None:
    domain = built(write_domain(walks()), tiny)
    hashes = []
    for _ in range(2):
        folder = finetune(domain.name, tiny, "--epochs", "3", "--seed", "5")
        hashes.append([file_sha256(folder / name) for name in (WEIGHTS, HEAD)])
    assert hashes[0] == hashes[1]


# --- after the training -----------------------------------------------------


def test_an_item_added_after_the_training_is_scored_by_the_same_adapter(home: Path, tiny: Path) -> None:
    domain = built(write_domain(walks()), tiny)
    finetune(domain.name, tiny)
    before = open_agent(domain.name)
    shown = domain.history("u3")
    assert shown is not None
    add_items(domain.name, [Item("new", "Star of tomorrow (2031)", "a film about dogs", ("Comedy",), {"year": 2031})])
    after = open_agent(domain.name)
    assert after.ranker.card == before.ranker.card
    found = after.retriever.retrieve(Query(shown), 99)
    assert N_ITEMS in found.rows
    assert np.isfinite([each.score for each in after.ranker.judge(Query(shown), found)]).all()


def test_an_index_made_anew_by_another_encoder_refuses_the_adapter(home: Path, tiny: Path, tmp_path: Path) -> None:
    domain = built(write_domain(walks()), tiny)
    finetune(domain.name, tiny)
    other = another_bert(tmp_path / "other")
    build_domain(domain.name, force=True, encoder=str(other))
    with pytest.raises(MendableError, match="finetune rank --domain small"):
        open_agent(domain.name)


def test_an_encoder_that_is_not_the_backbone_is_the_one_that_the_adapter_names(
    home: Path, tiny: Path, tmp_path: Path
) -> None:
    other = another_bert(tmp_path / "other")
    domain = built(write_domain(walks()), tiny)
    folder = finetune(domain.name, other)
    assert open_agent(domain.name).ranker.card.base_model == str(other)
    assert load_reranker(folder).settings.encoder_sha256 == file_sha256(tiny / "model.safetensors")


@pytest.mark.parametrize("lacking", [each for each in LACKING if each != "events"])
def test_an_adapter_is_trained_on_a_small_domain_whatever_it_lacks(home: Path, tiny: Path, lacking: str) -> None:
    domain = built(lacking_domain(lacking), tiny)
    finetune(domain.name, tiny, "--epochs", "1")
    agent = open_agent(domain.name)
    shown = domain.history("u0")
    assert shown is not None
    found = agent.retriever.retrieve(Query(shown), 20)
    assert np.isfinite([each.score for each in agent.ranker.judge(Query(shown), found)]).all()


def test_minutes_bound_the_seconds_of_preparation_training_and_validations(home: Path, tiny: Path) -> None:
    domain = built(write_domain(walks(n_users=60)), tiny)
    began = time.monotonic()
    folder = finetune(domain.name, tiny, "--minutes", "0.2")
    record = json.loads((folder / "training.json").read_text())
    assert record["steps"] > 0
    assert record["seconds"] <= 12
    assert time.monotonic() - began <= 12 + 45


# --- refused ----------------------------------------------------------------


@pytest.mark.parametrize("length", [0, 1, 3])
def test_a_domain_with_too_few_events_is_refused_at_once(home: Path, tiny: Path, length: int) -> None:
    people = Histories.of([f"u{n}" for n in range(5)], [history(*range(n, n + length)) for n in range(5)])
    domain = built(write_domain(people, things(9)), tiny)
    with pytest.raises(MendableError, match="four events"):
        finetune(domain.name, tiny, "--minutes", "5")
    assert not adapters_folder(domain.name).exists()


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--minutes", "0"], "'0'"),
        (["--minutes", "nan"], "nan"),
        (["--minutes", "-3"], "-3"),
        (["--epochs", "0"], "'0'"),
        (["--epochs", "2.5"], "2.5"),
        (["--epochs", "2", "--minutes", "1"], "--minutes"),
        (["--seed", "-1"], "-1"),
        (["--seed", "x"], "'x'"),
        (["--device", "abacus"], "abacus"),
        (["--bakbone", "bert"], "--bakbone"),
        (["--backbone", "/nowhere/at/all"], "/nowhere/at/all"),
        (["--domain", "nowhere"], "nowhere"),
    ],
)
def test_what_cannot_be_done_is_refused_in_one_line_that_names_it(
    tuned: Small, arguments: list[str], named: str
) -> None:
    before = files_below(adapters_folder(tuned.name))
    with pytest.raises(MendableError) as refused:
        main(["rank", "--domain", tuned.name, *arguments])
    assert named in str(refused.value)
    assert "\n" not in str(refused.value)
    assert files_below(adapters_folder(tuned.name)) == before


def test_a_domain_without_an_index_is_told_to_build_one(home: Path, tiny: Path) -> None:
    domain = write_domain(walks())
    with pytest.raises(MendableError, match="index build --domain small"):
        finetune(domain.name, tiny)


# --- Ctrl-C -----------------------------------------------------------------


def test_ctrl_c_leaves_an_adapter_that_loads_and_the_same_command_resumes(home: Path, tiny: Path) -> None:
    domain = built(write_domain(walks(n_users=120, length=15)), tiny)
    command = [sys.executable, "-m", "finetune", "rank", "--domain", domain.name, "--backbone", str(tiny)]
    command += ["--epochs", "15", "--seed", "2"]
    with subprocess.Popen(command, cwd=CLONE, stderr=subprocess.PIPE, text=True) as run:
        assert run.stderr is not None
        scores = ""
        while "learning from" not in scores:
            line = run.stderr.readline()
            assert line, scores
            scores += line
        time.sleep(0.3)  # now it validates for the first time, or learns
        run.send_signal(signal.SIGINT)
        scores += run.communicate(timeout=120)[1]
    assert run.returncode in (0, 130)
    assert "interrupted" in scores
    (folder,) = (version.folder for version in list_versions(domain.name))
    assert {path.name for path in folder.iterdir()} == FILES
    record = json.loads((folder / "training.json").read_text())
    assert not record["finished"]
    assert open_agent(domain.name).ranker.card.name == ("bert" if record["steps"] else "fusion")
    assert (folder.parents[1] / "bert.training").is_dir()
    done = subprocess.run(command, cwd=CLONE, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr
    assert "resuming" in done.stderr
    newest = list_versions(domain.name)[0].folder
    assert newest != folder
    assert json.loads((newest / "training.json").read_text())["finished"]
    assert [path.name for path in folder.parents[1].iterdir()] == ["bert"]


def test_speed_tells_how_fast_it_learns_and_keeps_nothing(tuned: Small, capsys: pytest.CaptureFixture[str]) -> None:
    before = files_below(tuned.home)
    main(["speed", "--domain", tuned.name, "--backbone", str(tuned.encoder), "--histories", "20", "--json"])
    found = json.loads(capsys.readouterr().out)
    assert found["histories"] == 20
    assert found["histories_per_s"] == pytest.approx(20 / found["seconds"], rel=0.01)
    assert found["tokens_per_s"] > 0
    assert files_below(tuned.home) == before


def test_without_lora_only_what_is_beside_the_base_is_trained(home: Path, tiny: Path) -> None:
    write_domain(walks(n_users=60), name="small")
    build_domain("small", encoder=str(tiny))
    main(["rank", "--domain", "small", "--backbone", str(tiny), "--epochs", "2", "--without-lora"])
    folder = serving("small")
    tensors = load_file(folder / "adapter_model.safetensors")
    assert all(not value.any() for name, value in tensors.items() if "lora_B" in name)
    record = json.loads((folder / "training.json").read_text())
    assert "--without-lora" in record["command"]
    assert record["steps"] > 0


def test_a_text_reranker_is_trained_saved_and_ranks(home: Path, tiny: Path) -> None:
    domain = write_domain(walks(n_users=60, length=14), name="small")
    build_domain("small", encoder=str(tiny))
    main(["rank", "--domain", "small", "--backbone", str(tiny), "--prompt", "words", "--epochs", "1", "--seed", "3"])
    folder = serving("small", "bert-words")
    record = json.loads((folder / "training.json").read_text())
    assert record["steps"] > 0
    assert 0 < record["after"]["ndcg@10"] <= 1
    card = (folder / "README.md").read_text()
    assert "in words" in card
    assert f"{record['after']['ndcg@10']:.4f}" in card
    assert len(record["loss"]) > 0
    assert any("lora_A" in name for name in load_file(folder / "adapter_model.safetensors"))
    agent = open_agent("small", "bert-words")
    assert agent.ranker.card.name == "bert-words"
    with pytest.raises(MendableError, match="--precision int8"):
        open_agent("small", "bert-words", "int8")
    query = Query(domain.histories[0])
    found = agent.retriever.retrieve(query, 5)
    assert len(agent.ranker.judge(query, found)) == 5
