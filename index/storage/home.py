"""Where the program keeps its files, and how a file or folder is written so that a kill leaves the old one whole."""

import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from index.errors import MendableError
from index.storage.json_text import json_text

CLONE = Path(__file__).resolve().parents[2]
DOMAIN_NAME = re.compile(r"[A-Za-z0-9._-]+")


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
    """The name of a domain, refused where it has other characters than letters, digits, `.`, `-` and `_`."""
    if not DOMAIN_NAME.fullmatch(name) or name.strip(".") == "":
        raise MendableError(
            f"{name!r} cannot name a domain", "--domain", "Use letters, digits, '.', '-' and '_', at most a few words"
        )
    return name


@contextmanager
def mendable_writes(where: Path) -> Iterator[None]:
    """Turns what the operating system says of a full disk or a closed folder into one line."""
    try:
        yield
    except OSError as why:
        reason = why.strerror or type(why).__name__
        raise MendableError(
            f"cannot write ({reason})",
            str(why.filename or where),
            "Free some space, or set PALATE_HOME to a folder that can be written",
        ) from why


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
    old = target.with_name(f".{target.name}.old")
    with mendable_writes(target):
        for path in sorted(aside.rglob("*")):
            sync(path)
        shutil.rmtree(old, ignore_errors=True)
        if target.exists():
            target.replace(old)
        aside.replace(target)
        sync(target.parent)
        shutil.rmtree(old, ignore_errors=True)


def restore_folder(target: Path) -> None:
    """Bring back what `replace_folder` had put aside when it was killed between its two renames."""
    old = target.with_name(f".{target.name}.old")
    if old.is_dir() and not target.exists():
        old.replace(target)


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
