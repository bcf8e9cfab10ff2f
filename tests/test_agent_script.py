"""A script is read as a whole: every line a turn, or an error at file:line before anything is run."""

import json
from pathlib import Path
from typing import Any

import pytest

from agent.dialogue.script import ScriptLine, read_script
from agent.dialogue.turns import Feedback, Forget, Say, Undo
from index.errors import MendableError


def written(folder: Path, *lines: Any) -> Path:
    """A script of these lines; bytes and texts as they are, everything else as JSON."""
    path = folder / "talk.jsonl"
    raw = (line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines)
    path.write_bytes(b"\n".join(raw) + b"\n")
    return path


def test_every_kind_of_turn_is_read_in_its_order(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        {"say": "hi"},
        {"feedback": {"item_id": "7", "value": "seen"}, "user": "ann"},
        b"",
        {"undo": True, "user": 42},
        {"forget": ""},
    )
    assert read_script(path) == [
        ScriptLine(Say("hi")),
        ScriptLine(Feedback("7", "seen"), "ann"),
        ScriptLine(Undo(), "42"),
        ScriptLine(Forget("")),
    ]


def test_byte_order_mark_and_windows_ends_of_line_are_read(tmp_path: Path) -> None:
    path = tmp_path / "talk.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"say": "a"}\r\n{"say": "b"}\r\n')
    assert [line.turn for line in read_script(path)] == [Say("a"), Say("b")]


@pytest.mark.parametrize(
    "line",
    [
        b'{"say":',
        b"[1, 2]",
        b"7",
        b"null",
        b'{"say": "\xff\xfe"}',
        b"[" * 100_000,
        b'{"say": "a", "say": "b"}',
        b'{"feedback": {"item_id": "1", "item_id": "2", "value": "like"}}',
        b'{"feedback": {"item_id": ' + b"1" * 5000 + b', "value": "like"}}',
        {"x" * 5000: 1},
        {"feedback": {"item_id": float("inf"), "value": "like"}},
        {},
        {"sing": "la"},
        {"say": 7},
        {"say": None},
        {"say": "a", "undo": True},
        {"say": "a", "loud": True},
        {"undo": False},
        {"undo": 1},
        {"feedback": "like"},
        {"feedback": {"item_id": "1"}},
        {"feedback": {"item_id": "1", "value": "adore"}},
        {"feedback": {"item_id": ["1"], "value": "like"}},
        {"feedback": {"item_id": "1", "value": "like", "x": 1}},
        {"forget": True},
        {"say": "a", "user": ["b"]},
        b'{"feedback": {"item_id": ' + b"9" * 5000 + b', "value": "like"}}',
        b'{"say": NaN}',
    ],
    ids=lambda line: str(line)[:40],
)
def test_a_line_that_is_no_turn_is_an_error_at_its_place(tmp_path: Path, line: Any) -> None:
    path = written(tmp_path, {"say": "first"}, line, {"say": "last"})
    with pytest.raises(MendableError) as refused:
        read_script(path)
    assert refused.value.where == f"{path}:2"
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 700


def test_first_bad_line_is_shown_and_the_others_are_counted(tmp_path: Path) -> None:
    with pytest.raises(MendableError, match="and 2 more such lines") as refused:
        read_script(written(tmp_path, {"say": "a"}, [], [], []))
    assert refused.value.where.endswith("talk.jsonl:2")


def test_missing_script_and_folder_are_mendable(tmp_path: Path) -> None:
    for path in (tmp_path / "none.jsonl", tmp_path):
        with pytest.raises(MendableError) as refused:
            read_script(path)
        assert refused.value.where == str(path)


def test_half_characters_become_question_marks(tmp_path: Path) -> None:
    path = written(tmp_path, b'{"say": "a\\ud800b"}')
    assert read_script(path)[0].turn == Say("a?b")


def test_empty_script_has_no_turns(tmp_path: Path) -> None:
    assert read_script(written(tmp_path)) == []
