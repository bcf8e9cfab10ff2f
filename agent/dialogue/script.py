"""Reads a talk from a file: one JSON object a line; all lines are checked before any turn is run."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.dialogue.turns import Feedback, Forget, Say, Turn, Undo
from index.errors import MendableError

VERDICTS = ("like", "dislike", "seen")
TURNS = ("say", "feedback", "undo", "forget")
_MAX_SHOWN = 200  # characters of a bad line that its error repeats
_WAY_OUT = (
    'Write one of {"say": "…"}, {"feedback": {"item_id": "…", "value": "like", "dislike" or "seen"}}, {"undo": true}, '
    '{"forget": "…"} on each line, with "user" beside it where several people talk'
)


@dataclass(frozen=True, slots=True)
class ScriptLine:
    """One turn of a script and its user, None for the user of the command line."""

    turn: Turn
    user: str | None = None


class _NoTurn(Exception):
    """Why a line is no turn."""


def read_script(path: Path) -> list[ScriptLine]:
    """The turns of a script; blank lines are skipped. Raises MendableError at file:line for the first bad one."""
    try:
        content = path.read_bytes()
    except OSError as why:
        reason = why.strerror or type(why).__name__
        raise MendableError(
            f"cannot read the script ({reason})", str(path), "Name a file of turns, as JSON lines"
        ) from why
    lines: list[ScriptLine] = []
    bad: list[tuple[int, str]] = []
    for number, line in enumerate(content.removeprefix(b"\xef\xbb\xbf").splitlines(), 1):
        try:
            if line.strip():
                lines.append(_line_of(line))
        except _NoTurn as why:
            bad.append((number, str(why)))
    if bad:
        more = f" (and {len(bad) - 1} more such lines)" if len(bad) > 1 else ""
        raise MendableError(f"a line that is no turn: {bad[0][1]}{more}", f"{path}:{bad[0][0]}", _WAY_OUT)
    return lines


def _line_of(line: bytes) -> ScriptLine:
    try:
        content = json.loads(line.decode("utf-8"), object_pairs_hook=_without_repeats)
    except UnicodeDecodeError as why:
        raise _NoTurn(f"not UTF-8 at byte {why.start + 1}") from why
    except json.JSONDecodeError as why:
        raise _NoTurn(f"not JSON, {why.msg} at {why.colno}") from why
    except RecursionError as why:
        raise _NoTurn("its JSON is nested too deeply") from why
    except ValueError as why:  # an integer of more digits than Python reads
        raise _NoTurn("a number in it is too long") from why
    if not isinstance(content, dict):
        raise _NoTurn(f"a JSON {_kind(content)}, not an object")
    unknown = [name for name in content if name not in (*TURNS, "user")]
    named = [name for name in TURNS if name in content]
    if unknown or len(named) != 1:
        has = ", ".join(map(repr, content))[:_MAX_SHOWN] or "nothing"
        raise _NoTurn(f"it has {has}, not one of {', '.join(TURNS)}")
    user = content.get("user")
    if user is not None and (not isinstance(user, str | int) or isinstance(user, bool)):
        raise _NoTurn("its user is no text")
    return ScriptLine(_turn_of(named[0], content[named[0]]), None if user is None else _text(str(user)))


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON. Raises _NoTurn where a name stands in it twice, since only one of its values would count."""
    content = dict(pairs)
    if len(content) < len(pairs):
        names = [name for name, _ in pairs]
        repeated = next(name for name in names if names.count(name) > 1)
        raise _NoTurn(f"it has {repeated[:_MAX_SHOWN]!r} twice")
    return content


def _turn_of(name: str, value: Any) -> Turn:
    if name == "undo":
        if value is not True:
            raise _NoTurn("undo is not true")
        return Undo()
    if name == "feedback":
        return _feedback_of(value)
    if not isinstance(value, str):
        raise _NoTurn(f"{name} is no text")
    return Say(_text(value)) if name == "say" else Forget(_text(value))


def _feedback_of(value: Any) -> Feedback:
    if not isinstance(value, dict) or set(value) != {"item_id", "value"}:
        raise _NoTurn("feedback has not just item_id and value")
    item_id = value["item_id"]
    if not isinstance(item_id, str | int) or isinstance(item_id, bool):
        raise _NoTurn("item_id is no text")
    if value["value"] not in VERDICTS:
        raise _NoTurn(f"the value is not one of {', '.join(VERDICTS)}")
    return Feedback(_text(str(item_id)), value["value"])


def _text(text: str) -> str:
    """A text that can be written again: half characters, as "\\ud800" gives them, become `?`."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _kind(value: object) -> str:
    return {list: "list", str: "text", bool: "truth value", type(None): "null"}.get(type(value), "number")
