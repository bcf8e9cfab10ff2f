"""Which version of an adapter serves after a training, and what a training may take from one of before."""

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from safetensors.torch import load_file, save_file

from agent.dialogue.session import Say, Session
from agent.open_agent import open_agent
from agent.rerank.adapter_files import HEAD, WEIGHTS
from agent.rerank.adapter_versions import find_current, list_versions, only_training
from finetune.__main__ import main
from finetune.comparison import is_gain
from finetune.settings import VALIDATION_EVENTS
from index.build.builder import build_domain
from index.embedding.model_files import file_sha256
from index.errors import MendableError
from index.storage.home import adapters_folder
from tests.helpers_index import files_below
from tests.helpers_small import Small, things, walks, write_domain
from tests.helpers_training import another_bert, built, finetune, interrupted_at_once, ndcg, rewrite, serving

# --- which version serves ---------------------------------------------------


@pytest.fixture(scope="module")
def trained_once(tmp_path_factory: pytest.TempPathFactory, tiny: Path) -> tuple[Path, Path]:
    """A home, and in it a version that serves the small domain."""
    home = tmp_path_factory.mktemp("versions") / "home"
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("PALATE_HOME", str(home))
        domain = built(write_domain(walks(n_users=60)), tiny)
        return home, finetune(domain.name, tiny, "--epochs", "4")


@pytest.fixture
def trained(trained_once: tuple[Path, Path], home: Path) -> Path:
    """The same in a home of its own."""
    once, folder = trained_once
    shutil.copytree(once, home)
    return home / folder.relative_to(once)


@pytest.mark.parametrize(("figure", "serves"), [(0.0, "new"), (1.0, "old")])
def test_a_new_version_serves_where_it_is_better_on_the_same_validation(
    trained: Path, tiny: Path, capsys: pytest.CaptureFixture[str], figure: float, serves: str
) -> None:
    rewrite(trained, "training.json", after={"ndcg@10": figure})
    new = finetune("small", tiny, "--epochs", "1", "--seed", "2")
    said = capsys.readouterr().err
    assert serving("small") == (new if serves == "new" else trained)
    assert f"ndcg@10 {ndcg(new):.4f}, {trained.name} has {figure:.4f} on the same validation" in said
    assert ("--use" in said) == (serves == "old")
    assert open_agent("small").ranker.card.adapter == f"{serving('small').name}/refitted"


def test_an_equal_version_does_not_replace_the_one_that_serves(trained: Path, tiny: Path) -> None:
    again = finetune("small", tiny, "--epochs", "4")
    assert ndcg(again) == ndcg(trained)
    assert serving("small") == trained


def test_replace_lets_the_new_version_serve_without_comparing_and_keeps_the_old(
    trained: Path, tiny: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rewrite(trained, "training.json", after={"ndcg@10": 1.0})
    before = files_below(trained)
    new = finetune("small", tiny, "--epochs", "1", "--seed", "2", "--replace")
    assert serving("small") == new
    assert "without a comparison" in capsys.readouterr().err
    assert files_below(trained) == before
    main(["adapters", "--domain", "small", "--use", trained.name])
    assert serving("small") == trained


@pytest.mark.parametrize("difference", ["another validation", "another retrieval", "no record"])
def test_where_records_cannot_be_compared_the_version_that_serves_is_validated_on_the_same_lists(
    trained: Path, tiny: Path, capsys: pytest.CaptureFixture[str], difference: str
) -> None:
    own = ndcg(trained)
    fields: dict[str, dict[str, object]] = {
        "another validation": {"validation_key": {"seed": 99}, "after": {"ndcg@10": 1.0}},
        "another retrieval": {"before": {"ndcg@10": 0.9}, "after": {"ndcg@10": 1.0}},
        "no record": {"validation_key": None, "after": None},
    }
    rewrite(trained, "training.json", **fields[difference])
    new = finetune("small", tiny, "--epochs", "1", "--seed", "2")
    said = capsys.readouterr().err
    found = re.search(r"has (\d\.\d+) when it is validated on the same users and candidates", said)
    assert found is not None, said
    assert float(found[1]) == pytest.approx(own, abs=0.02)  # the head is stored in half precision
    assert serving("small") == (new if round(ndcg(new), 4) > float(found[1]) else trained)


def test_the_version_that_serves_is_compared_on_events_that_it_has_not_learned_from_either(
    trained: Path, tiny: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Trained when one event of each user was held out, it knows the two others that are validated on today."""
    rewrite(trained, "training.json", validation_key=None, after=None)
    found = []
    for n_events in (VALIDATION_EVENTS, 1):
        rewrite(trained, "reranker.json", validated_events=n_events)
        finetune("small", tiny, "--epochs", "1", "--seed", str(5 + n_events))
        said = re.search(r"(\d+) events that neither has learned from", capsys.readouterr().err)
        assert said is not None
        found.append(int(said[1]))
        main(["adapters", "--domain", "small", "--use", trained.name])
    assert found[0] == VALIDATION_EVENTS * found[1] > 0


def test_of_a_part_of_the_users_only_a_clear_gain_counts() -> None:
    random = np.random.default_rng(1)
    noise = random.normal(0, 0.3, 40).astype(np.float32)
    noise -= noise.mean() - np.float32(0.01)
    assert is_gain(noise, is_whole=True) and not is_gain(noise, is_whole=False)
    assert is_gain(noise + np.float32(0.2), is_whole=False)
    for whole in (True, False):
        assert not is_gain(np.zeros(40, np.float32), whole)
        assert not is_gain(-noise, whole)
        assert not is_gain(np.zeros(0, np.float32), whole)
    assert not is_gain(np.ones(1, np.float32), is_whole=False)


@pytest.mark.parametrize("broken", ["weights", "other data"])
def test_a_version_that_cannot_serve_is_replaced_and_the_reason_is_said(
    trained: Path, tiny: Path, capsys: pytest.CaptureFixture[str], broken: str
) -> None:
    rewrite(trained, "training.json", validation_key=None)
    if broken == "weights":
        (trained / WEIGHTS).write_bytes(b"")
    else:
        content = json.loads((trained / "reranker.json").read_text())
        rewrite(trained, "reranker.json", data={**content["data"], "tables_sha256": "", "items_sha256": "0" * 64})
    new = finetune("small", tiny, "--epochs", "1")
    assert serving("small") == new
    assert {"weights": "cannot be used", "other data": "other texts"}[broken] in capsys.readouterr().err


def test_a_training_that_was_interrupted_before_its_first_step_never_serves(
    home: Path, tiny: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    domain = built(write_domain(walks(n_users=60)), tiny)
    for arguments in ((), ("--seed", "2", "--replace")):
        assert interrupted_at_once(domain.name, tiny, *arguments).has_learned is False
        assert find_current(domain.name, "bert") is None
        assert "learned nothing in 0 steps" in capsys.readouterr().err
    finished = finetune(domain.name, tiny, "--epochs", "2", "--seed", "2")
    assert serving(domain.name) == finished
    assert "resuming" in capsys.readouterr().err
    interrupted_at_once(domain.name, tiny, "--seed", "9", "--replace")
    assert serving(domain.name) == finished


def test_an_adapter_of_before_there_were_versions_is_taken_up_and_compared(trained: Path, tiny: Path) -> None:
    shutil.rmtree(trained / "refitted")  # there was none
    content = files_below(trained)
    for path in list(trained.iterdir()):
        path.rename(trained.parent / path.name)
    trained.rmdir()
    (trained.parent / "current").unlink()
    assert open_agent("small").ranker.card.name == "bert"
    rewrite(trained.parent, "training.json", after={"ndcg@10": 1.0})
    finetune("small", tiny, "--epochs", "1", "--seed", "2")
    kept = serving("small")
    assert kept.parent == trained.parent
    assert set(files_below(kept)) == set(content)


def test_a_second_training_at_once_is_refused_in_one_line_and_changes_nothing(trained: Path, tiny: Path) -> None:
    before = files_below(adapters_folder("small"))
    with only_training("small", "bert"), pytest.raises(MendableError, match="another training") as refused:
        finetune("small", tiny)
    assert "\n" not in str(refused.value)
    assert files_below(adapters_folder("small")) == before


def test_adapters_are_listed_chosen_and_deleted_by_command(
    trained: Path, tiny: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new = finetune("small", tiny, "--epochs", "1", "--seed", "2", "--replace")

    def listed(*arguments: str) -> list[tuple[str, bool]]:
        capsys.readouterr()
        main(["adapters", "--domain", "small", *arguments, "--json"])
        found = json.loads(capsys.readouterr().out)
        assert all(each.keys() >= {"version", "kind", "made", "ndcg@10", "current", "knows_test"} for each in found)
        return [(each["version"], each["current"]) for each in found]

    assert listed() == [(new.name, True), (trained.name, False)]
    assert listed("--use", trained.name) == [(new.name, False), (trained.name, True)]
    assert listed("--delete", new.name) == [(trained.name, True)]
    assert listed("--delete", trained.name) == []
    main(["adapters", "--domain", "small"])
    assert "finetune rank --domain small" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--domain", "nowhere"], "nowhere"),
        (["--use", "x"], "'x'"),
        (["--delete", "../../domains"], "domains"),
        (["--use", "x", "--delete", "y"], "--delete"),
        (["--usr", "x"], "--usr"),
    ],
)
def test_a_change_of_adapters_that_cannot_be_done_is_refused_in_one_line(
    tuned: Small, arguments: list[str], named: str
) -> None:
    before = files_below(adapters_folder(tuned.name))
    with pytest.raises(MendableError) as refused:
        main(["adapters", "--domain", tuned.name, *arguments])
    assert named in str(refused.value) and "\n" not in str(refused.value)
    assert files_below(adapters_folder(tuned.name)) == before


# --- data that are not those of the training --------------------------------


def test_a_domain_imported_again_with_other_ratings_or_titles_is_ranked_by_retrieval_and_says_so(
    trained: Path, tiny: Path
) -> None:
    people = walks(n_users=60)
    titles = tuple(replace(item, title=f"Other {item.title}") for item in things())
    for histories, items, named in (
        (replace(people, values=6 - people.values), things(), "other ratings"),
        (people, titles, "other texts"),
    ):
        built(write_domain(histories, items), tiny)
        agent = open_agent("small")
        assert agent.ranker.card.name == "fusion"
        assert agent.notice is not None and named in agent.notice
        talk = Session(agent, "u3")
        opening, next_turn = talk.opening(), talk.turn(Say("something newer"))
        assert named in opening.text and named in str(opening.as_json()["notice"])
        assert named not in next_turn.text and opening.as_json()["ranker"]["adapter"] is None
    built(write_domain(people), tiny)
    assert open_agent("small").ranker.card.adapter == f"{trained.name}/refitted"


@pytest.mark.parametrize("change", ["ratings", "texts", "encoder", "base", "libraries"])
def test_a_checkpoint_of_other_data_models_or_libraries_is_not_resumed(
    home: Path, tiny: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], change: str
) -> None:
    people, base = walks(n_users=60), another_bert(tmp_path / "base")
    built(write_domain(people), tiny)
    interrupted_at_once("small", base)
    assert "resuming" not in capsys.readouterr().err
    if change == "ratings":
        built(write_domain(replace(people, values=6 - people.values)), tiny)
    elif change == "texts":
        built(write_domain(people, tuple(replace(item, description="new") for item in things())), tiny)
    elif change == "encoder":
        build_domain("small", force=True, encoder=str(another_bert(tmp_path / "encoder")))
    elif change == "base":
        weights = load_file(base / "model.safetensors")
        save_file({name: value + 0.01 for name, value in weights.items()}, base / "model.safetensors", {"format": "pt"})
    else:
        path = adapters_folder("small") / "bert.training" / "state.json"
        content = json.loads(path.read_text())
        content["key"]["versions"]["peft"] = "0.1"
        path.write_text(json.dumps(content))
    finetune("small", base)
    assert "resuming" not in capsys.readouterr().err


def test_what_was_prepared_is_kept_for_the_next_training_of_the_same_data(home: Path, tiny: Path) -> None:
    people = walks(n_users=60)
    built(write_domain(people), tiny)
    first = finetune("small", tiny, "--epochs", "1", "--seed", "7")
    (kept,) = (home / "prepared" / "small").iterdir()
    written = kept.stat().st_mtime_ns
    again = finetune("small", tiny, "--epochs", "1", "--seed", "7")
    assert kept.stat().st_mtime_ns == written
    assert [file_sha256(folder / HEAD) for folder in (first, again)] == [file_sha256(first / HEAD)] * 2
    kept.write_bytes(kept.read_bytes()[:100])  # cut off: made again
    assert file_sha256(finetune("small", tiny, "--epochs", "1", "--seed", "7") / HEAD) == file_sha256(first / HEAD)
    built(write_domain(replace(people, values=6 - people.values)), tiny)
    finetune("small", tiny, "--epochs", "1")
    assert kept.stat().st_mtime_ns != written


def test_a_training_reads_the_tables_of_its_domain_once(
    trained: Path, tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    original = pq.ParquetFile

    def count(path: Path, **options: object) -> object:
        read.append(path.name)
        return original(path, **options)

    monkeypatch.setattr(pq, "ParquetFile", count)
    rewrite(trained, "training.json", validation_key=None)  # so that the version that serves is loaded as well
    finetune("small", tiny, "--epochs", "1", "--seed", "2")
    assert sorted(name for name in read if not name.startswith("reviews")) == ["interactions.parquet", "items.parquet"]


def test_minutes_that_preparation_eats_up_are_refused_and_leave_no_adapter(home: Path, tiny: Path) -> None:
    built(write_domain(walks(n_users=60)), tiny)
    with pytest.raises(MendableError, match=r"no step of training fits, --minutes 1e-05.*--minutes \d") as refused:
        main(["rank", "--domain", "small", "--backbone", str(tiny), "--minutes", "0.00001"])
    assert "\n" not in str(refused.value)
    assert list_versions("small") == []
    assert not (home / "curves").exists()
