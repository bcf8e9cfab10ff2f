"""The command line that every room shares: flags, commands, help, encodings, streams that are closed or full."""

import importlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from index.command_line import Command, Parser, nearest, positive_int, run_command, seed, whole_number
from index.errors import MendableError
from index.progress import _state as running
from index.storage.home import CLONE
from tests.test_house import BELOW

TEXT = "Les Misérables … “日本” 🎬"
COMMANDS = [
    pytest.param(room, command, id=f"{room} {command.name}")
    for room in BELOW
    for command in importlib.import_module(f"{room}.__main__").COMMANDS
]


def add_flags(parser: Parser) -> None:
    parser.add_argument("--domain", required=True)
    parser.add_argument("--user")
    parser.add_argument("--say")
    parser.add_argument("-k", type=positive_int, default=10)
    parser.add_argument("words", nargs="*")


def parse(*arguments: str) -> dict[str, object]:
    """The options that a command of some flags is run with."""
    seen: dict[str, object] = {}
    command = Command("recommend", "recommend something", add_flags, lambda options: seen.update(vars(options)))
    run_command("room", "A room.", (command, Command("replay", "replay", add_flags, lambda _: None)), arguments)
    return seen


def refused(*arguments: str) -> str:
    with pytest.raises(MendableError) as why:
        parse(*arguments)
    assert "\n" not in str(why.value)
    return str(why.value)


# --- flags ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "flag", "meant"),
    [
        (["--domain", "d", "--usr", "3"], "--usr", "--user"),
        (["--domian", "d"], "--domian", "--domain"),  # named before the required flag that is missing
        (["--domain", "d", "--User", "3"], "--User", "--user"),
        (["--domain", "d", "--users=3"], "--users", "--user"),
        (["--domain", "d", "--dom"], "--dom", "--domain"),  # never abbreviated
        (["--domain", "d", "--quite"], "--quite", "--quiet"),
    ],
)
def test_an_unknown_flag_is_named_with_the_nearest(arguments: list[str], flag: str, meant: str) -> None:
    line = refused("recommend", *arguments)
    assert f"unknown flag {flag}," in line
    assert f"Did you mean {meant}?" in line


@pytest.mark.parametrize("flag", ["--xyzzy", "-q", "-x=3"])
def test_an_unknown_flag_that_is_like_none_is_named_alone(flag: str) -> None:
    line = refused("recommend", "--domain", "d", flag)
    assert f"unknown flag {flag.partition('=')[0]}," in line
    assert "Did you mean" not in line


def test_a_value_that_begins_with_a_dash_gets_the_way_to_write_it() -> None:
    assert "write --say=--hello" in refused("recommend", "--domain", "d", "--say", "--hello")
    assert parse("recommend", "--domain", "d", "--say=--hello")["say"] == "--hello"


@pytest.mark.parametrize("value", ["-5", "-0.5", "- a list", "-", "", "--no horror please"])
def test_a_value_that_no_flag_could_be_is_a_value(value: str) -> None:
    assert parse("recommend", "--domain", "d", "--say", value)["say"] == value


def test_flags_joined_with_their_values_are_known() -> None:
    assert parse("recommend", "--domain=d", "-k7") | {"words": []} == parse("recommend", "--domain", "d", "-k", "7")


def test_progress_is_quiet_where_it_is_asked_and_only_there() -> None:
    for arguments in (["--quiet"], [], ["--quiet", "-k", "3"]):
        parse("recommend", "--domain", "d", *arguments)
        assert running.quiet is ("--quiet" in arguments)
    parse("recommend", "--domain", "d")


def test_behind_two_dashes_all_are_words() -> None:
    assert parse("recommend", "--domain", "d", "--", "--usr", "x")["words"] == ["--usr", "x"]


@pytest.mark.parametrize(
    ("arguments", "named"), [([], "--domain"), (["--domain"], "--domain"), (["--domain", "d", "-k", "0"], "'0'")]
)
def test_what_is_missing_or_has_a_bad_value_is_named(arguments: list[str], named: str) -> None:
    line = refused("recommend", *arguments)
    assert named in line and "--help" in line


# --- commands ---------------------------------------------------------------


def test_an_unknown_command_is_named_with_the_nearest_and_all() -> None:
    line = refused("recomend", "--domain", "d")
    assert "unknown command 'recomend'" in line and "Did you mean recommend?" in line and "replay" in line


def test_a_flag_before_the_command_is_refused_as_such() -> None:
    assert "the command must stand before --domain" in refused("--domain", "d", "recommend")


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"]])
def test_without_a_command_the_help_names_each(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    parse(*arguments)
    out = capsys.readouterr().out
    assert "usage: python -m room" in out and "recommend something" in out and "replay" in out


@pytest.mark.parametrize(("room", "command"), COMMANDS)
def test_each_command_has_its_help_and_can_be_quiet(
    room: str, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        importlib.import_module(f"{room}.__main__").main([command.name, "--help"])
    out = capsys.readouterr().out
    assert left.value.code == 0
    assert f"python -m {room} {command.name}" in out and "--quiet" in out
    assert command.help and not command.help.endswith(".") and command.help[0].islower()


def test_the_nearest_name_is_none_where_none_is_similar() -> None:
    assert nearest("ber", ("bert", "gpt")) == "Did you mean bert? "
    assert nearest("xyz", ("bert", "gpt")) == nearest("bert", ()) == ""


# --- numbers ----------------------------------------------------------------


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "+3", "ten", "", " 3", "٣", "²", "1_0", "9" * 400])
def test_what_is_no_whole_number_above_zero_is_refused(text: str) -> None:
    assert repr(text) in refused("recommend", "--domain", "d", "-k", text)


def test_bounds_of_numbers() -> None:
    assert (positive_int("1"), whole_number("0"), seed("0"), seed(str(2**31 - 1))) == (1, 0, 0, 2**31 - 1)
    for read, text in ((positive_int, "0"), (seed, str(2**31)), (seed, "-1"), (whole_number, "-1")):
        with pytest.raises(Exception, match="no whole number"):
            read(text)


# --- the process ------------------------------------------------------------

PRINTS = """
import sys
from index.command_line import run
from index.progress import note
from index.storage.json_text import print_json
def main(arguments):
    note("note " + arguments[1])
    text = arguments[1] * (1_000_000 if arguments[0] == "long" else 1)
    print_json({"text": text}) if arguments[0] == "json" else print(text)
run(main)
"""


def printed(kind: str, text: str, shell: str = "", **environment: str) -> subprocess.CompletedProcess[bytes]:
    """The outcome of a program that prints a text by `run`; `shell` redirects its streams."""
    line = f'"$0" -c "$1" "$2" "$3" {shell}'
    return subprocess.run(
        ["sh", "-c", line, sys.executable, PRINTS, kind, text],
        cwd=CLONE,
        env={**os.environ, **environment},
        capture_output=True,
        timeout=60,
    )


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "latin-1", "utf-8", "ascii:strict", "utf-16"])
def test_what_an_encoding_lacks_is_replaced_and_json_stays_the_same(encoding: str) -> None:
    name = encoding.partition(":")[0]
    text, as_json = (printed(kind, TEXT, PYTHONIOENCODING=encoding) for kind in ("text", "json"))
    assert text.returncode == as_json.returncode == 0
    assert text.stdout.decode(name) == TEXT.encode(name, "replace").decode(name) + "\n"
    assert json.loads(as_json.stdout.decode(name)) == {"text": TEXT}
    assert b"Traceback" not in text.stderr + as_json.stderr


@pytest.mark.parametrize("locale", [{"LC_ALL": "C"}, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}])
def test_any_locale_does(locale: dict[str, str]) -> None:
    done = printed("json", TEXT, **locale)
    assert done.returncode == 0
    assert json.loads(done.stdout)["text"].encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    assert printed("text", TEXT, **locale).returncode == 0


def test_bytes_that_are_no_text_are_shown_as_something_else() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PRINTS, b"text", b"caf\xe9 \xff"], cwd=CLONE, capture_output=True, timeout=60
    )
    assert done.returncode == 0 and done.stdout.startswith(b"caf?")


@pytest.mark.parametrize("shell", [">&-", "<&-", "2>&-", ">&- 2>&- <&-"])
@pytest.mark.parametrize("kind", ["text", "json"])
def test_a_closed_stream_is_no_error(shell: str, kind: str) -> None:
    done = printed(kind, TEXT, shell)
    assert done.returncode == 0
    assert b"Traceback" not in done.stderr
    if ">&-" not in shell.replace("2>&-", ""):
        assert TEXT.encode()[:4] in done.stdout


def test_a_reader_that_goes_away_is_no_error() -> None:
    done = printed("long", "x", "| head -c 5")
    assert done.stdout == b"xxxxx"
    assert b"Traceback" not in done.stderr and b"BrokenPipe" not in done.stderr


def test_output_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    limited = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))\n" + PRINTS
    with (tmp_path / "out").open("wb") as out:
        done = subprocess.run(
            [sys.executable, "-c", limited, "text", "x" * 100_000],
            cwd=CLONE,
            stdout=out,
            stderr=subprocess.PIPE,
            timeout=60,
        )
    assert done.returncode == 2
    last = done.stderr.decode().splitlines()
    assert len(last) == 2 and last[1].startswith("error: File too large, the output. ")


EXITS = """
import errno
from index.command_line import run
from index.errors import MendableError
def main(arguments):
    raise errors[arguments[0]]
errors = {
    "mendable": MendableError("no such thing", "--flag", "Name another"),
    "interrupt": KeyboardInterrupt(),
    "disk": OSError(errno.ENOSPC, "No space left on device", "/there/file"),
    "bug": ValueError("a bug"),
}
run(main)
"""


@pytest.mark.parametrize(
    ("kind", "status", "line"),
    [
        ("mendable", 2, "error: no such thing, --flag. Name another."),
        ("interrupt", 130, "interrupted"),
        ("disk", 2, "error: No space left on device, /there/file."),
        ("bug", 1, "Traceback"),
    ],
)
def test_how_a_command_ends_is_its_status_and_its_line(kind: str, status: int, line: str) -> None:
    done = subprocess.run([sys.executable, "-c", EXITS, kind], cwd=CLONE, capture_output=True, text=True, timeout=60)
    assert done.returncode == status
    assert done.stdout == "" and done.stderr.startswith(line)
