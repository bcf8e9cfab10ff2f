"""One story through the real commands: import small tables, build, tune, evaluate, ask, talk."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from index.embedding.model_files import file_sha256
from index.storage.home import CLONE

pytestmark = [pytest.mark.models, pytest.mark.timeout(600)]
N_FILMS, N_PEOPLE, N_HAD = 60, 40, 14
KINDS = ("Comedy", "Drama", "Horror")
WORDS = ("a quiet village", "a ship in space", "two sisters", "an old detective")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with one domain, made of tables as a person would have them."""
    folder = tmp_path_factory.mktemp("story")
    random = np.random.default_rng(7)
    films = [
        f"f{n},Film of number {n} ({1960 + n}),A story of {WORDS[n % 4]}.,{KINDS[n % 3]},{1960 + n}"
        for n in range(N_FILMS)
    ]
    rows = ["item_id,title,description,categories,year", *films]
    (folder / "items.csv").write_text("\n".join(rows) + "\n")
    events = []
    for person in range(N_PEOPLE):
        had = (random.integers(0, N_FILMS) + np.cumsum(random.integers(1, 4, N_HAD))) % N_FILMS
        for n, film in enumerate(had):
            stars = 5 if film % 3 == person % 3 else int(random.integers(1, 5))
            events.append(f"p{person},f{film},{stars},{1_500_000_000 + 86_400 * n + person}")
    (folder / "interactions.csv").write_text("\n".join(["user_id,item_id,value,timestamp", *events]) + "\n")
    done = command(folder / "home", "index", "import", str(folder), "--domain", "shelf")
    assert "shelf" in done.stdout
    return folder / "home"


def command(home: Path, room: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command as a person does; it must end well."""
    done = subprocess.run(
        [sys.executable, "-m", room, *arguments],
        cwd=CLONE,
        env={**os.environ, "PALATE_HOME": str(home), "HF_HUB_OFFLINE": "1"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    return done


def asked(home: Path, *arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        command(home, "agent", "recommend", "--domain", "shelf", "--json", *arguments).stdout
    )
    return found


def test_from_tables_to_a_talk(home: Path, tmp_path: Path) -> None:
    command(home, "index", "build", "--domain", "shelf")
    tuned = command(home, "finetune", "rank", "--domain", "shelf", "--epochs", "1", "--seed", "1")
    (adapter,) = (path.parent for path in (home / "adapters" / "shelf" / "bert").glob("*/adapter_config.json"))
    assert (adapter / "refitted" / "adapter_config.json").is_file()
    assert str(adapter) in tuned.stderr
    _evaluates(home, tmp_path / "report")
    _recommends(home, adapter)
    _talks(home, tmp_path)


def _evaluates(home: Path, report: Path) -> None:
    said = command(
        *(home, "eval", "rank", "--domain", "shelf", "--models", "popularity,fusion,bert"),
        *("--report", str(report), "--json"),
    )
    found = json.loads(said.stdout)
    assert (found["n_users"], found["n_items"]) == (N_PEOPLE, N_FILMS)
    assert found["models"]["bert"]["ndcg@10"]["mean"] > found["models"]["popularity"]["ndcg@10"]["mean"]
    assert (report / "report.html").stat().st_size > 1000
    assert json.loads((report / "report.json").read_text())["models"].keys() == found["models"].keys()


def _recommends(home: Path, adapter: Path) -> None:
    found = asked(home, "--user", "p3", "-k", "8")
    ids = [each["item_id"] for each in found["recommendations"]]
    had = {row.split(",")[1] for row in _events(home) if row.startswith("p3,")}
    assert len(set(ids)) == 8
    assert not set(ids) & had
    assert all(each["reason"]["evidence"] for each in found["recommendations"])
    assert found["ranker"] == {
        "name": "bert",
        "base_model": "all-MiniLM-L6-v2",
        "adapter": f"{adapter.name}/refitted",
        "adapter_sha256": file_sha256(adapter / "refitted" / "adapter_model.safetensors"),
    }
    assert {**asked(home, "--user", "p3", "-k", "8"), "timing_ms": 0} == {**found, "timing_ms": 0}


def _events(home: Path) -> list[str]:
    return (home.parent / "interactions.csv").read_text().splitlines()


def _talks(home: Path, folder: Path) -> None:
    script = folder / "talk.jsonl"
    turns = (
        {"say": "I loved Film of number 7, something newer than 1990 please, but no horror"},
        {"feedback": {"item_id": "f40", "value": "seen"}},
        {"undo": True},
        {"say": "What about the weather?", "user": "somebody else"},
    )
    script.write_text("".join(json.dumps(turn) + "\n" for turn in turns))
    done = command(home, "agent", "replay", str(script), "--domain", "shelf", "--json")
    first, seen, undone, other = (json.loads(line) for line in done.stdout.splitlines())
    assert first["state"]["liked"] == ["f7"]
    assert {"field": "year", "op": ">", "value": 1990} in first["state"]["must"]
    for turn in (first, seen, undone):
        assert turn["text"]
        for each in turn["recommendations"]:
            number = int(each["item_id"][1:])
            assert 1960 + number > 1990
            assert KINDS[number % 3] != "Horror"
    assert seen["state"]["seen"] == ["f40"]
    assert "f40" not in [each["item_id"] for each in seen["recommendations"]]
    assert undone["state"] == first["state"]
    assert undone["recommendations"] == first["recommendations"]
    assert other["state"]["liked"] == []
