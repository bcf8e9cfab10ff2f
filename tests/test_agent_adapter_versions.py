"""The versions of adapters on disk: which one serves, what changes it, and what a kill leaves."""

import json
import os
import shutil
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from agent.rerank import adapter_versions
from agent.rerank.adapter_files import RECORD, SETTINGS, WEIGHTS
from agent.rerank.adapter_versions import (
    Version,
    add_version,
    delete_version,
    find_adapter,
    find_current,
    find_version,
    list_versions,
    make_current,
    move_unversioned,
    only_training,
)
from index.errors import MendableError
from index.storage.current_adapter import CURRENT
from index.storage.home import CLONE, adapters_folder
from tests.helpers_index import files_below, full_disk

NOW = datetime(2026, 11, 28, 12, 0, 0, tzinfo=UTC)


def fill(folder: Path, weights: bytes = b"weights", **record: Any) -> None:
    """The files of an adapter that nobody loads."""
    (folder / WEIGHTS).write_bytes(weights)
    content = {"steps": 5, "after": {"ndcg@10": 0.25}, **record}
    (folder / RECORD).write_text(json.dumps(content))
    (folder / SETTINGS).write_text(json.dumps({"knows_test": False, "data": {}}))


def added(kind: str = "bert", minutes: int = 0, weights: bytes = b"weights", **record: Any) -> Version:
    made = NOW + timedelta(minutes=minutes)
    return add_version("films", kind, made, lambda folder: fill(folder, weights, made=made.isoformat(), **record))


def unversioned(kind: str = "bert") -> Path:
    """An adapter in the place of before there were versions."""
    folder = adapters_folder("films") / kind
    folder.mkdir(parents=True)
    fill(folder, b"old")
    (folder / "head.safetensors").write_bytes(b"head")
    for path in folder.iterdir():
        os.utime(path, (NOW.timestamp(), NOW.timestamp() - 3_600))
    return folder


@pytest.fixture
def shipped(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An adapter that comes with the program for the domain `films`."""
    folder = tmp_path / "shipped" / "films-bert"
    folder.mkdir(parents=True)
    fill(folder, b"shipped", made="2026-01-01T00:00:00+00:00")
    monkeypatch.setattr(adapter_versions, "SHIPPED", folder.parent)
    return folder


# --- which one serves -------------------------------------------------------


def test_without_any_adapter_none_serves(home: Path) -> None:
    assert find_adapter("films", "bert") is None
    assert list_versions("films") == []
    assert not home.exists()


def test_a_version_serves_once_it_is_made_current_and_until_another_is(home: Path) -> None:
    first, second = added(), added(minutes=1, weights=b"other")
    assert find_adapter("films", "bert") is None
    for version in (first, second, first):
        make_current("films", version)
        assert find_adapter("films", "bert") == version.folder
    assert find_adapter("films", "gpt") is None


def test_the_shipped_adapter_serves_until_another_is_chosen_and_can_be_chosen_again(shipped: Path) -> None:
    assert find_adapter("films", "bert") == shipped
    own = added()
    assert find_adapter("films", "bert") == shipped
    make_current("films", own)
    assert find_adapter("films", "bert") == own.folder
    make_current("films", find_version("films", "films-bert", "--use"))
    assert find_adapter("films", "bert") == shipped


def test_where_the_current_version_is_gone_the_shipped_one_serves(shipped: Path) -> None:
    make_current("films", added())
    (adapters_folder("films") / "bert" / CURRENT).write_text("nobody\n")
    assert find_adapter("films", "bert") == shipped


@pytest.mark.parametrize("content", [b"", b"../../elsewhere", b"\xff\xfe", b"/", b"."])
def test_a_damaged_choice_is_no_choice(home: Path, content: bytes) -> None:
    added()
    (adapters_folder("films") / "bert" / CURRENT).write_bytes(content)
    assert find_adapter("films", "bert") is None


def test_a_folder_without_settings_is_no_version(home: Path) -> None:
    version = added()
    (version.folder / SETTINGS).unlink()
    assert list_versions("films") == []


# --- the list ---------------------------------------------------------------


def test_versions_of_all_kinds_are_listed_newest_first(shipped: Path) -> None:
    made = [added("bert", 3, b"a"), added("gpt", 1, b"b"), added("bert-words", 2, b"c")]
    make_current("films", made[0])
    found = list_versions("films")
    assert [version.name for version in found] == [made[0].name, made[2].name, made[1].name, "films-bert"]
    assert [version.is_current for version in found] == [True, False, False, False]
    assert found[0].as_json() == {
        "version": made[0].name,
        "kind": "bert",
        "made": "2026-11-28T12:03:00+00:00",
        "ndcg@10": 0.25,
        "current": True,
        "knows_test": False,
        "serves_with_all_events": False,
        "steps": 5,
        "folder": str(made[0].folder),
    }


def test_a_version_whose_record_cannot_be_read_is_listed_all_the_same(home: Path) -> None:
    version = added()
    (version.folder / RECORD).write_text("{")
    (found,) = list_versions("films")
    assert (found.name, found.ndcg) == (version.name, None)
    assert datetime.fromisoformat(found.made).tzinfo is not None


def test_versions_of_one_moment_have_names_of_their_own(home: Path) -> None:
    names = {added(weights=b"a").name, added(weights=b"a").name, added(weights=b"b").name, added("gpt").name}
    assert len(names) == 4
    assert {version.name for version in list_versions("films")} == names


# --- choosing and deleting --------------------------------------------------


def test_an_unknown_version_is_refused_naming_those_that_there_are(home: Path) -> None:
    with pytest.raises(MendableError, match=r"'x'.*--use.*finetune rank --domain films"):
        find_version("films", "x", "--use")
    name = added().name
    with pytest.raises(MendableError, match=rf"'\.\./x'.*--delete.*{name}"):
        find_version("films", "../x", "--delete")


def test_a_version_that_has_learned_nothing_never_serves(home: Path) -> None:
    with pytest.raises(MendableError, match=r"learned nothing.*--use"):
        make_current("films", added(steps=0))
    assert find_adapter("films", "bert") is None


def test_deleting_takes_one_version_and_no_other_file(home: Path) -> None:
    first, second = added(), added(minutes=1, weights=b"other")
    make_current("films", first)
    before = files_below(first.folder.parent)
    delete_version("films", second)
    assert not second.folder.exists()
    gone = {name for name in before if name.startswith(second.name)}
    assert files_below(first.folder.parent) == {name: content for name, content in before.items() if name not in gone}
    assert find_adapter("films", "bert") == first.folder


def test_the_current_version_is_deleted_only_where_no_other_could_serve(home: Path) -> None:
    first, second = added(), added(minutes=1, weights=b"other")
    make_current("films", second)
    current = find_current("films", "bert")
    assert current is not None
    with pytest.raises(MendableError, match=f"current.*--use {first.name}"):
        delete_version("films", current)
    assert second.folder.is_dir()
    delete_version("films", first)
    delete_version("films", current)
    assert find_adapter("films", "bert") is None
    assert list_versions("films") == []


def test_a_shipped_version_is_not_deleted(shipped: Path) -> None:
    with pytest.raises(MendableError, match="comes with the program"):
        delete_version("films", find_version("films", "films-bert", "--delete"))
    assert (shipped / WEIGHTS).is_file()


# --- kills and full disks ---------------------------------------------------


def test_a_version_that_could_not_be_written_leaves_nothing(home: Path) -> None:
    make_current("films", added())
    before = files_below(home)

    def fails(folder: Path) -> None:
        fill(folder)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        add_version("films", "bert", NOW, fails)
    with full_disk(4), pytest.raises(OSError):
        add_version("films", "bert", NOW, fill)
    assert files_below(home) == before


def test_what_a_killed_training_had_written_is_no_version_and_goes_with_the_next(home: Path) -> None:
    aside = adapters_folder("films") / "bert" / ".new"
    aside.mkdir(parents=True)
    fill(aside)
    assert list_versions("films") == []
    added()
    assert not aside.exists()


def test_a_second_training_of_a_domain_and_kind_is_refused(home: Path) -> None:
    with only_training("films", "bert"):
        with pytest.raises(MendableError, match="another training of a bert adapter for 'films'") as refused:
            only_training("films", "bert").__enter__()
        assert "\n" not in str(refused.value)
        with only_training("films", "gpt"), only_training("books", "bert"):
            pass
    with only_training("films", "bert"):
        pass


def test_a_training_that_is_killed_lets_the_next_one_in(home: Path) -> None:
    lines = (
        "import time",
        "from agent.rerank.adapter_versions import only_training",
        "with only_training('films', 'bert'):",
        "    print('in', flush=True)",
        "    time.sleep(60)",
    )
    with subprocess.Popen(
        [sys.executable, "-c", "\n".join(lines)], cwd=CLONE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None and other.stdout.readline() == "in\n"
        with pytest.raises(MendableError, match="another training"), only_training("films", "bert"):
            pass
        other.send_signal(signal.SIGKILL)
        other.wait(10)
    with only_training("films", "bert"):
        pass


# --- adapters of before there were versions ---------------------------------


def test_an_adapter_without_a_version_serves_as_it_did(shipped: Path) -> None:
    folder = unversioned()
    assert find_adapter("films", "bert") == folder
    assert [version.is_current for version in list_versions("films")] == [True, False]


def test_it_becomes_a_version_of_the_same_name_that_serves_on(shipped: Path) -> None:
    folder = unversioned()
    before, content = find_current("films", "bert"), files_below(folder)
    assert before is not None
    made = before.made
    with only_training("films", "bert"):
        move_unversioned("films", "bert")
        move_unversioned("films", "bert")  # twice is as once
    after = find_current("films", "bert")
    assert after is not None
    assert (after.name, after.folder) == (before.name, folder / before.name)
    assert after.made == made
    assert files_below(after.folder) == content
    assert {path.name for path in folder.iterdir() if path.is_file()} == {CURRENT, ".lock"}


def test_it_stays_another_choice_where_another_was_chosen(home: Path) -> None:
    unversioned()
    newer = added()
    make_current("films", newer)
    move_unversioned("films", "bert")
    assert find_adapter("films", "bert") == newer.folder
    assert len(list_versions("films")) == 2


def test_a_kill_while_it_moves_loses_nothing(home: Path) -> None:
    folder = unversioned()
    content = files_below(folder)
    (version,) = list_versions("films")
    (folder / ".new").mkdir()
    (folder / ".new" / WEIGHTS).write_bytes(b"half")  # killed while it was copied
    assert find_adapter("films", "bert") == folder
    move_unversioned("films", "bert")
    for path in (folder / version.name).iterdir():  # killed before the original was taken away
        shutil.copy2(path, folder / path.name)
    assert [each.name for each in list_versions("films")] == [version.name]
    (folder / SETTINGS).unlink()  # killed while it was taken away
    assert find_adapter("films", "bert") == folder / version.name
    move_unversioned("films", "bert")
    assert find_adapter("films", "bert") == folder / version.name
    assert files_below(folder / version.name) == content
    assert {path.name for path in folder.iterdir()} == {CURRENT, version.name}


def test_it_can_be_deleted(home: Path) -> None:
    folder = unversioned()
    (version,) = list_versions("films")
    delete_version("films", version)
    assert list_versions("films") == []
    assert files_below(folder) == {}
