"""Where the program keeps its files, and how a file or folder is written so that a kill leaves the old one whole."""

import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from index.errors import MendableError, write_error
from index.storage.json_text import json_text

CLONE = Path(__file__).resolve().parents[2]
DOMAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def home() -> Path:
    """`PALATE_HOME`, or `var/` in the clone: the only folder that the program writes to."""
    return Path(os.environ.get("PALATE_HOME") or CLONE / "var").resolve()


def domain_folder(name: str) -> Path:
    """Where a domain's tables are. Raises MendableError for a name that could leave the home."""
    return home() / "domains" / checked_name(name)


def index_folder(name: str) -> Path:
    """Where the generations of a domain's index are."""
    return home() / "indexes" / checked_name(name)


def adapters_folder(name: str) -> Path:
    """Where adapters that the user trained for a domain are."""
    return home() / "adapters" / checked_name(name)


def checked_name(name: str) -> str:
    """The name of a domain. Raises MendableError for one that could leave the home or be a backup's.

    A name begins with a letter or a digit, so that what lies beside a domain (`.NAME.old`) is never another's.
    """
    if not DOMAIN_NAME.fullmatch(name):
        raise MendableError(
            f"{name!r} cannot name a domain",
            "--domain",
            "Begin with a letter or digit, then letters, digits, '.', '-' and '_', at most 100 characters",
        )
    return name


@contextmanager
def mendable_writes(where: Path) -> Iterator[None]:
    """Turns an error of the operating system (a full disk, a closed folder) into one line with its own reason."""
    try:
        yield
    except OSError as why:
        raise write_error(why, where) from why


def write_bytes(path: Path, content: bytes) -> None:
    """Replace a file as one step: written aside, fsynced, renamed."""
    write_file(path, lambda aside: _write_and_sync(aside, content))


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Replace a JSON file as one step."""
    write_bytes(path, (json_text(content, indent=1) + "\n").encode())


def write_file(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` fill a file aside, fsync it and put it in the place of `path`."""
    aside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with mendable_writes(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            write(aside)
            sync(aside)
            aside.replace(path)
        finally:
            aside.unlink(missing_ok=True)
        sync(path.parent)


def replace_folder(aside: Path, target: Path) -> None:
    """Put a finished folder in the place of another; a kill between the two renames leaves the old one beside it."""
    old = _backup(target)
    with mendable_writes(target):
        for path in sorted(aside.rglob("*")):
            sync(path)
        restore_folder(target)
        shutil.rmtree(old, ignore_errors=True)
        if target.exists():
            target.replace(old)
        try:
            aside.replace(target)
        except OSError:
            restore_folder(target)
            raise
        sync(target.parent)
        shutil.rmtree(old, ignore_errors=True)


def restore_folder(target: Path) -> None:
    """Bring back what `replace_folder` had put aside when it was killed between its two renames."""
    old = _backup(target)
    if old.is_dir() and not target.exists():
        old.replace(target)


def _backup(target: Path) -> Path:
    """Where the old folder lies while it is replaced: a name that no domain can have."""
    return target.with_name(f".{target.name}.old")


def sync(path: Path) -> None:
    """fsync a file or a folder."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _write_and_sync(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
