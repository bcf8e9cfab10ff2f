"""What every command line of the program shares: parser, one-line errors, exit statuses, progress bar."""

import argparse
import errno
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NoReturn, TypeVar

from index.errors import MendableError, reason, way_out
from index.printable import printable, printable_line

T = TypeVar("T")
REFUSED, INTERRUPTED = 2, 130
QUIET_LIBRARIES = {  # read by libraries when they are imported, so set before any of them is
    "GRADIO_ANALYTICS_ENABLED": "False",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "TRANSFORMERS_VERBOSITY": "error",
}


class Parser(argparse.ArgumentParser):
    """An argparse parser that refuses in one line and never abbreviates a flag."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **{"allow_abbrev": False, **options})

    def error(self, message: str) -> NoReturn:
        raise MendableError(message, f"`{self.prog}`", f"See `{self.prog} --help`")


def positive_int(text: str) -> int:
    """A whole number above zero, for argparse."""
    try:
        value = int(text)
    except ValueError:
        value = 0
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number above zero")
    return value


def run(command: Callable[[Sequence[str]], int | None]) -> NoReturn:
    """Run a room's command and leave with its status; what can be mended is one line on stderr and status 2."""
    for name, value in QUIET_LIBRARIES.items():
        os.environ.setdefault(name, value)
    try:
        status = command(sys.argv[1:]) or 0
        sys.stdout.flush()
    except MendableError as why:
        _leave(f"error: {why}", REFUSED)
    except KeyboardInterrupt:
        _leave("interrupted", INTERRUPTED)
    except BrokenPipeError:  # the reader of our output went away: nothing is wrong here
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except OSError as why:
        if why.errno not in (errno.ENOSPC, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM, errno.EDQUOT):
            raise
        _leave(f"error: {MendableError(reason(why), str(why.filename or 'a file'), way_out(why))}", REFUSED)
    sys.exit(status)


def progress(items: Iterable[T], what: str, total: int | None = None) -> Iterator[T]:
    """`items` with a bar and an ETA on stderr, silent where stderr is no terminal."""
    from tqdm import tqdm

    yield from tqdm(
        items, desc=printable_line(what), total=total, disable=not sys.stderr.isatty(), mininterval=0.2, leave=False
    )


def note(text: str) -> None:
    """A line for the person at the terminal, on stderr so that stdout stays what was asked for."""
    print(printable(text), file=sys.stderr, flush=True)


def _leave(line: str, status: int) -> NoReturn:
    print(line, file=sys.stderr, flush=True)
    sys.exit(status)
