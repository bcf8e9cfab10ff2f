"""The last step of a training, on all events: the agent serves with it, and no evaluation uses it."""

import json
import signal
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from agent.open_agent import open_agent
from agent.rerank.adapter_files import HEAD, RECORD, SETTINGS, WEIGHTS, read_trained_on
from agent.rerank.adapter_versions import find_adapter, list_versions
from agent.rerank.adapters import load_reranker
from agent.rerank.blend import Blend
from agent.rerank.sequence_reranker import SequenceReranker
from eval.__main__ import main as evaluate
from eval.models.adapter_checks import adapter_under_test
from finetune.__main__ import main
from finetune.adapters import adapter_lines
from index.data.domain import Domain
from index.embedding.model_files import file_sha256
from index.errors import MendableError
from tests.helpers_small import walks, write_domain
from tests.helpers_training import built, finetune, interrupted_at_once, rewrite, serving


@pytest.fixture
def domain(home: Path, tiny: Path) -> Domain:
    return built(write_domain(walks(n_users=60)), tiny)


def test_the_agent_serves_with_what_knows_all_events_and_an_evaluation_takes_what_does_not(
    domain: Domain, tiny: Path
) -> None:
    folder = finetune(domain.name, tiny, "--epochs", "2")
    refitted = find_adapter(domain.name, "bert")
    assert serving(domain.name) == folder
    assert refitted == folder / "refitted"
    assert adapter_under_test(domain, "bert") == folder
    assert read_trained_on(refitted).knows_test and not read_trained_on(folder).knows_test
    assert file_sha256(refitted / HEAD) != file_sha256(folder / HEAD)
    card = open_agent(domain.name).ranker.card
    assert (card.adapter, card.adapter_sha256) == (f"{folder.name}/refitted", file_sha256(refitted / WEIGHTS))
    (listed,) = (version.as_json() for version in list_versions(domain.name))
    assert "refitted on all events" in adapter_lines(domain.name)[0]
    assert listed["current"] and listed["serves_with_all_events"] and not listed["knows_test"]


def test_the_card_and_the_record_say_that_nothing_was_held_out(domain: Domain, tiny: Path) -> None:
    folder = finetune(domain.name, tiny, "--epochs", "2")
    clean, refitted = (json.loads((each / "training.json").read_text()) for each in (folder, folder / "refitted"))
    assert (clean["knows_test"], refitted["knows_test"]) == (False, True)
    assert refitted["refit_steps"] > 0 and refitted["steps"] == clean["steps"]
    assert refitted["blend"] == clean["blend"]
    assert Blend.read(clean["blend"]) == load_reranker(folder / "refitted").settings.blend
    assert "no evaluation may use it" in (folder / "refitted" / "README.md").read_text()
    assert "no evaluation may use it" not in (folder / "README.md").read_text()


def test_with_fit_train_there_is_one_adapter_that_learned_from_nobodys_last_two(domain: Domain, tiny: Path) -> None:
    with_last_step = finetune(domain.name, tiny, "--epochs", "2")
    without = finetune(domain.name, tiny, "--epochs", "2", "--fit", "train", "--replace")
    assert find_adapter(domain.name, "bert") == without
    assert (with_last_step / "refitted").exists()
    assert not (without / "refitted").exists()
    settings = load_reranker(without).settings
    assert (settings.validated_users, settings.validated_events, settings.knows_test) == (0, 1, False)
    n_events = int(
        (domain.histories.lengths - 3).sum()
    )  # of each history all but the last two, the first event as a start
    record = json.loads((without / RECORD).read_text())
    assert 0 < record["tokens"] <= record["epochs"] * n_events


def test_with_fit_train_an_evaluation_that_fits_on_training_events_takes_the_adapter_and_refuses_another(
    domain: Domain, tiny: Path
) -> None:
    folder = finetune(domain.name, tiny, "--epochs", "1", "--fit", "train")
    assert load_reranker(folder).settings.validated_users == 0
    evaluate(["rank", "--domain", domain.name, "--models", "bert", "--fit", "train"])
    rewrite(folder, SETTINGS, validated_users=20)  # of the other 40 it would have learned the events before the test
    with pytest.raises(MendableError, match="trained on 40 events that are held out here"):
        evaluate(["rank", "--domain", domain.name, "--models", "bert", "--fit", "train"])
    evaluate(["rank", "--domain", domain.name, "--models", "bert"])


def test_the_last_step_repeats_to_the_same_bits(domain: Domain, tiny: Path) -> None:
    first, second = (finetune(domain.name, tiny, "--epochs", "1", "--seed", "3") / "refitted" for _ in range(2))
    for name in (WEIGHTS, HEAD):
        assert file_sha256(first / name) == file_sha256(second / name)


def test_an_item_of_held_out_events_alone_has_an_embedding_of_its_own_after_the_last_step(
    home: Path, tiny: Path
) -> None:
    events = walks(n_users=60)
    newest = events.rows.copy()
    newest[events.starts[1:] - 1] = 5
    older = np.ones(len(newest), bool)
    older[events.starts[1:] - 1] = False
    newest[older & (newest == 5)] = 6
    made = built(write_domain(replace(events, rows=newest)), tiny)
    folder = finetune(made.name, tiny, "--epochs", "2")
    clean, refitted = (load_reranker(each).reranker.ids.weight for each in (folder, folder / "refitted"))
    assert (clean[5] == clean[-1]).all()
    assert not (refitted[5] == refitted[-1]).all()


def test_a_training_that_was_interrupted_has_no_last_step(domain: Domain, tiny: Path) -> None:
    assert not (interrupted_at_once(domain.name, tiny).folder / "refitted").exists()


def test_ctrl_c_in_the_last_step_leaves_the_version_as_it_was(
    domain: Domain, tiny: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    steps: list[int] = []
    stop_after: list[int] = []
    train = SequenceReranker.train

    def count(self: SequenceReranker, mode: bool = True) -> SequenceReranker:
        if mode:
            steps.append(len(steps))
            if stop_after and len(steps) > stop_after[0]:
                signal.raise_signal(signal.SIGINT)
        return train(self, mode)

    monkeypatch.setattr(SequenceReranker, "train", count)
    finetune(domain.name, tiny, "--epochs", "1", "--fit", "train")
    stop_after.append(len(steps))
    steps.clear()
    folder = finetune(domain.name, tiny, "--epochs", "1", "--replace")
    assert find_adapter(domain.name, "bert") == folder
    assert sorted(path.name for path in folder.iterdir() if path.is_dir()) == []
    assert "stays as it is: the last step on all events was interrupted" in capsys.readouterr().err


def test_an_adapter_that_knows_the_test_is_refused_by_evaluations(domain: Domain, tiny: Path) -> None:
    rewrite(finetune(domain.name, tiny, "--epochs", "1"), SETTINGS, knows_test=True)
    with pytest.raises(MendableError, match="learned from test events"):
        evaluate(["rank", "--domain", domain.name, "--models", "bert"])


def test_deleting_a_version_takes_its_last_step_along(domain: Domain, tiny: Path) -> None:
    old = finetune(domain.name, tiny, "--epochs", "1")
    finetune(domain.name, tiny, "--epochs", "1", "--seed", "2", "--replace")
    main(["adapters", "--domain", domain.name, "--delete", old.name])
    assert not old.exists()
