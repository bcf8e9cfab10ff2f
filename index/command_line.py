"""What every command line of the program shares: commands and their flags, one-line errors, exit statuses."""

import argparse
import difflib
import errno
import gc
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from index.errors import MendableError, reason, way_out
from index.progress import end_progress, set_quiet

REFUSED, INTERRUPTED = 2, 130
QUIET_LIBRARIES = {  # read by libraries when they are imported, so set before any of them is
    "GRADIO_ANALYTICS_ENABLED": "False",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "TRANSFORMERS_VERBOSITY": "error",
}
THREAD_COUNTS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")  # read by libraries as they are loaded
# Objects made between two collections. Python's 700 let it look through all modules and records again and again while
# they are loaded: a fifth of the time until a command has started.
COLLECT_EVERY = 100_000


class Parser(argparse.ArgumentParser):
    """An argparse parser that refuses in one line, never abbreviates a flag, and names the nearest one."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **{"allow_abbrev": False, **options})

    def parse(self, arguments: Sequence[str]) -> argparse.Namespace:
        """The options of a command line. Raises MendableError; an unknown flag comes before all else that is wrong."""
        for place, argument in enumerate(arguments):
            if argument == "--":
                break
            if self._is_unknown_flag(argument):
                self._refuse_flag(argument, arguments[place - 1] if place else "")
        return self.parse_args(arguments)

    def error(self, message: str) -> NoReturn:
        raise MendableError(message, f"`{self.prog}`", f"See `{self.prog} --help`")

    def _is_unknown_flag(self, argument: str) -> bool:
        """Whether argparse would take an argument for a flag (it begins with `-`) and this parser lacks it."""
        if not argument.startswith("-") or argument == "-" or " " in argument:
            return False
        if self._negative_number_matcher.match(argument):
            return False
        name = argument.partition("=")[0]
        known = self._option_string_actions
        return name not in known and (argument.startswith("--") or argument[:2] not in known)

    def _refuse_flag(self, argument: str, before: str) -> NoReturn:
        name, action = argument.partition("=")[0], self._option_string_actions.get(before)
        if action is not None and action.nargs != 0:
            way_out = f"If it is the value of {before}, write {before}={argument}"
        else:
            names = [flag[2:] for flag in self._option_string_actions if flag.startswith("--") and flag != "--help"]
            way_out = f"{nearest(name.lstrip('-'), names, '--')}See `{self.prog} --help`"
        raise MendableError(f"unknown flag {name}", f"`{self.prog}`", way_out)


@dataclass(frozen=True)
class Command:
    """One command of a room: its name, its help, what adds its flags to a parser, and what runs it."""

    name: str
    help: str
    add_flags: Callable[[Parser], None]
    run: Callable[[argparse.Namespace], int | None]


def run_command(room: str, about: str, commands: Sequence[Command], arguments: Sequence[str]) -> int | None:
    """Run the command that the first argument names; without one, print the room's help. Raises MendableError."""
    if not arguments or arguments[0] in ("-h", "--help"):
        print(_help(room, about, commands))
        return 0
    name, prog = arguments[0], f"python -m {room}"
    command = next((each for each in commands if each.name == name), None)
    if command is None:
        names = [each.name for each in commands]
        what = f"the command must stand before {name}" if name.startswith("-") else f"unknown command {name!r}"
        raise MendableError(what, f"`{prog}`", f"{nearest(name, names)}There are: {', '.join(names)}")
    parser = Parser(prog=f"{prog} {name}", description=_sentence(command.help))
    command.add_flags(parser)
    parser.add_argument("--quiet", action="store_true", help="show no progress on stderr")
    options = parser.parse(arguments[1:])
    set_quiet(options.quiet)
    return command.run(options)


def use_one_thread() -> None:
    """Let linear algebra run in one thread, where the user has set no number: for a command that answers one request.

    To start further threads and to wait for them costs more than they save. It must come before NumPy is loaded.
    """
    if "numpy" not in sys.modules:
        for name in THREAD_COUNTS:
            os.environ.setdefault(name, os.environ.get("OMP_NUM_THREADS", "1"))


def nearest(name: str, known: Sequence[str], prefix: str = "") -> str:
    """`Did you mean X? ` for the most similar of the known names, nothing where none is similar."""
    found = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f"Did you mean {prefix}{found[0]}? " if found else ""


def add_domain(parser: Parser) -> None:
    """The flag `--domain NAME`, which must be given."""
    parser.add_argument("--domain", required=True, metavar="NAME", help="a domain that was fetched or imported")


def add_json(parser: Parser) -> None:
    """The flag `--json`."""
    parser.add_argument("--json", action="store_true", help="print JSON")


def add_seed(parser: Parser) -> None:
    """The flag `--seed S`, 1 where it is not given."""
    parser.add_argument("--seed", metavar="S", type=seed, default=1, help="seed of all random numbers (default 1)")


def positive_int(text: str) -> int:
    """A whole number above zero, for argparse."""
    return _whole(text, 1, "above zero")


def whole_number(text: str) -> int:
    """A whole number, zero included, for argparse."""
    return _whole(text, 0, "from zero on")


def seed(text: str) -> int:
    """A whole number that every library takes as a seed, for argparse."""
    value = _whole(text, 0, f"from 0 to {(1 << 31) - 1}")
    if value >= 1 << 31:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 0 to {(1 << 31) - 1}")
    return value


def run(command: Callable[[Sequence[str]], int | None]) -> NoReturn:
    """Run a room's command and leave with its status; what can be mended is one line on stderr and status 2."""
    _prepare_process()
    try:
        status = command(sys.argv[1:]) or 0
        sys.stdout.flush()
    except MendableError as why:
        _leave(f"error: {why}", REFUSED)
    except KeyboardInterrupt:
        _leave("interrupted", INTERRUPTED)
    except BrokenPipeError:  # the reader of our output went away: nothing is wrong here
        _discard_output()
        sys.exit(0)
    except OSError as why:
        if why.errno not in (errno.ENOSPC, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM, errno.EDQUOT):
            raise
        _discard_output()
        _leave(f"error: {MendableError(reason(why), str(why.filename or 'the output'), way_out(why))}", REFUSED)
    sys.exit(status)


def _prepare_process() -> None:
    """Set what must be set before any library is loaded and before anything is printed."""
    for name, value in QUIET_LIBRARIES.items():
        os.environ.setdefault(name, value)
    gc.set_threshold(COLLECT_EVERY, 20, 20)
    # A stream that the shell has closed is None, and its number would be given to the next file that is opened.
    sys.stdin = sys.stdin or os.fdopen(os.open(os.devnull, os.O_RDONLY))
    sys.stdout = sys.stdout or os.fdopen(os.open(os.devnull, os.O_WRONLY), "w")
    sys.stderr = sys.stderr or os.fdopen(os.open(os.devnull, os.O_WRONLY), "w")
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # what the terminal's encoding lacks is printed as ?
            stream.reconfigure(errors="replace")


def _discard_output() -> None:
    """Let what is still to be printed vanish: Python would try to write it once more on leaving."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _leave(line: str, status: int) -> NoReturn:
    end_progress()
    print(line, file=sys.stderr, flush=True)
    sys.exit(status)


def _help(room: str, about: str, commands: Sequence[Command]) -> str:
    width = max(len(command.name) for command in commands)
    lines = [f"  {command.name:<{width}}  {command.help}" for command in commands]
    return "\n".join([f"usage: python -m {room} COMMAND [--help]", "", about, "", "commands:", *lines])


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _whole(text: str, lowest: int, range_text: str) -> int:
    """A whole number in digits that every part of the program writes: 0 to 9."""
    if not (text.isascii() and text.isdigit() and len(text) < 19 and int(text) >= lowest):
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number {range_text}")
    return int(text)
