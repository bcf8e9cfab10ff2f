"""The index room's command line as a person meets it: what it prints, one-line errors, quick help."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from index.__main__ import main
from index.errors import MendableError
from index.storage.home import CLONE


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PALATE_HOME", str(tmp_path / "home"))
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "items.csv").write_text("item_id,title,colour\na,One &amp; only,red\nb,Two,blue\n")
    events = "".join(f"u{n % 3},{'ab'[n % 2]},{n}\n" for n in range(200))
    (folder / "interactions.csv").write_text("user_id,item_id,timestamp\n" + events + ",a,5\n")
    (folder / "LICENCE").write_text("CC0")
    return folder


def test_import_prints_the_report_as_json_and_its_notes_beside_it(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["import", str(folder), "--domain", "shop", "--json"]) is None
    out, err = capsys.readouterr()
    assert json.loads(out) == {
        "domain": "shop",
        "items": 2,
        "interactions": 200,
        "reviews": 0,
        "users": 3,
        "rows": {"read": 203, "used": 202, "rejected": 1, "duplicates": 0},
        "kinds": {
            "HTML entities": {"n": 1, "first": f"{folder}/items.csv:2"},
            "no user": {"n": 1, "first": f"{folder}/interactions.csv:202"},
        },
    }
    assert f"{folder}/interactions.csv:202" in err
    assert "LICENCE" in err


def test_a_dry_run_shows_rows_of_each_table(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["import", str(folder), "--domain", "shop", "--dry-run"])
    out = capsys.readouterr().out
    assert "One & only" in out
    assert '"user_id": "u2"' in out
    assert not (folder.parent / "home").exists()


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["import", "IN", "--domain", "../out"], "../out"),
        (["import", "IN", "--domain", ""], "''"),
        (["import", "IN", "--domain", "shop", "--format", "wombat"], "wombat"),
        (["import", "IN", "--domain", "shop", "--format", "recbole"], "recbole"),
        (["import", "IN", "--domain", "shop", "--max-bad", "many"], "many"),
        (["import", "IN", "--domain", "shop", "--max-bad", "nan"], "nan"),
        (["import", "IN", "--domain", "shop", "--map", "user_id"], "user_id"),
        (["import", "IN", "--domain", "shop", "--map", "user_id=nobody"], "nobody"),
        (["import", "IN", "--domain", "shop", "--wombat"], "--wombat"),
        (["import", "IN"], "--domain"),
        (["import", "IN/nowhere.csv", "--domain", "shop"], "nowhere.csv"),
        (["fetch", "wombat"], "wombat"),
        (["wombat"], "wombat"),
        (["search", "x", "--domain", "shop", "-k", "0"], "0"),
        (["add", "--domain", "shop", "--items", "IN/nowhere.csv"], "nowhere.csv"),
    ],
)
def test_what_cannot_be_done_is_one_line_that_names_it(arguments: list[str], named: str, folder: Path) -> None:
    with pytest.raises(MendableError) as refused:
        main([each.replace("IN", str(folder)) for each in arguments])
    assert named in str(refused.value)
    assert "\n" not in str(refused.value)
    assert not list(folder.parent.glob("home/domains/*"))


def test_a_home_that_is_a_file_is_refused_in_one_line(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder.parent / "blocked").write_text("")
    monkeypatch.setenv("PALATE_HOME", str(folder.parent / "blocked"))
    with pytest.raises(MendableError, match="cannot write"):
        main(["import", str(folder), "--domain", "shop"])


def test_no_command_prints_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert not main([])
    out = capsys.readouterr().out
    assert all(command in out for command in ("fetch", "import", "build", "add", "remove", "search"))


def test_help_and_errors_of_the_command_load_no_heavy_library() -> None:
    heavy = {"torch", "transformers", "faiss", "gradio", "peft", "pyarrow", "numpy"}
    for arguments, status in ((["--help"], 0), (["import", "--help"], 0), (["wombat"], 2)):
        done = subprocess.run(
            [sys.executable, "-X", "importtime", "-m", "index", *arguments],
            cwd=CLONE,
            env=dict(os.environ),
            capture_output=True,
            text=True,
        )
        assert done.returncode == status
        loaded = {line.split("|")[-1].strip() for line in done.stderr.splitlines()}
        assert "argparse" in loaded
        assert not loaded & heavy
