"""What a command loads: checks before any model, no library that the command does not need."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from index.storage.home import CLONE
from tests.helpers_small import Small

TOLD = """
import json, sys
from index.errors import MendableError
room, *arguments = sys.argv[1:]
main = __import__(f"{room}.__main__", fromlist=["main"]).main
try:
    main(arguments)
    line = ""
except MendableError as why:
    line = str(why)
heavy = ("torch", "transformers", "peft", "scipy", "pandas", "sklearn", "gradio", "faiss", "sentence_transformers")
print(json.dumps({"line": line, "loaded": [name for name in heavy if name in sys.modules]}), file=sys.stderr)
"""


def told(home: Path, *arguments: str) -> tuple[str, set[str]]:
    """The line with which a command is refused (empty where it is not), and the heavy libraries it has loaded."""
    done = subprocess.run(
        [sys.executable, "-c", TOLD, *arguments],
        cwd=CLONE,
        env={**os.environ, "PALATE_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stderr.splitlines()[-1])
    return found["line"], set(found["loaded"])


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield int(other.getsockname()[1])


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["agent", "recommend", "--domain", "small", "--user", "nobody"], "no user 'nobody'"),
        (["agent", "recommend", "--domain", "smal"], "no domain 'smal'"),
        (["agent", "recommend", "--domain", "small", "--ranker", "bret"], "Did you mean bert?"),
        (["agent", "recommend", "--domain", "small", "--usr", "u1"], "Did you mean --user?"),
        (["agent", "replay", "no-such-file.jsonl", "--domain", "small"], "no-such-file.jsonl"),
        (["agent", "chat", "--domain", "smal"], "no domain 'smal'"),
        (["index", "search", "stars", "--domain", "smal"], "no domain 'smal'"),
        (["finetune", "rank", "--domain", "smal"], "no domain 'smal'"),
        (["finetune", "rank", "--domain", "small", "--backbone", "./no-such-folder"], "no-such-folder"),
        (["eval", "rank", "--domain", "smal", "--models", "bert"], "no domain 'smal'"),
        (["eval", "dialogue", "--simulate", "--domain", "smal"], "no domain 'smal'"),
        (["eval", "predict", "--domain", "smal"], "no domain 'smal'"),
    ],
)
def test_what_needs_no_model_is_refused_before_one_is_loaded(
    tuned_once: Small, arguments: list[str], named: str
) -> None:
    line, loaded = told(tuned_once.home, *arguments)
    assert named in line
    assert loaded == set()


@pytest.mark.parametrize("room", ["agent", "index", "finetune"])
def test_a_missing_index_is_refused_before_torch_is_loaded(tuned_once: Small, tmp_path: Path, room: str) -> None:
    (tmp_path / "domains").symlink_to(tuned_once.home / "domains")
    arguments = {
        "agent": ["recommend", "--domain", "small"],
        "index": ["search", "stars", "--domain", "small"],
        "finetune": ["rank", "--domain", "small"],
    }
    line, loaded = told(tmp_path, room, *arguments[room])
    assert "python -m index build --domain small" in line
    assert "torch" not in loaded


def test_the_address_of_a_page_is_refused_before_the_domain_is_looked_for(tmp_path: Path, taken_port: int) -> None:
    for arguments, named in (
        (["--port", str(taken_port)], "is in use"),
        (["--host", "0.0.0.0"], "--auth"),  # noqa: S104  # it is refused
        (["--auth", "nobody"], "--auth"),
        (["--port", "0"], "--port"),
    ):
        line, loaded = told(tmp_path, "agent", "chat", "--domain", "not there", *arguments)
        assert named in line
        assert loaded == set()


@pytest.mark.parametrize(
    ("arguments", "unneeded"),
    [
        (["--user", "u1", "--ranker", "fusion"], {"torch", "transformers", "peft", "scipy", "pandas", "sklearn"}),
        (["--user", "u1"], {"transformers", "peft", "scipy", "pandas", "sklearn"}),
        (["--say", "a film about space"], {"transformers", "peft", "scipy", "pandas", "sklearn"}),
    ],
)
def test_recommendations_load_only_what_they_need(tuned_once: Small, arguments: list[str], unneeded: set[str]) -> None:
    line, loaded = told(tuned_once.home, "agent", "recommend", "--domain", "small", "--json", *arguments)
    assert line == ""
    assert "faiss" in loaded
    assert loaded & unneeded == set()


def test_a_search_loads_no_library_of_models_but_torch(tuned_once: Small) -> None:
    line, loaded = told(tuned_once.home, "index", "search", "film", "--domain", "small", "--json")
    assert line == ""
    assert loaded == {"torch", "faiss"}
