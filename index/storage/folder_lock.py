"""The lock of a folder: one process at a time writes there; a process that is killed lets go by itself."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from index.errors import MendableError
from index.storage.home import mendable_writes

LOCK = ".lock"


@contextmanager
def only_one(folder: Path, otherwise: str) -> Iterator[None]:
    """Hold the lock of a folder, made where it is missing.

    Raises MendableError, which says `otherwise`, where another process holds it.
    """
    with mendable_writes(folder):
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / LOCK).open("a")
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as why:
            raise MendableError(otherwise, str(folder), "Wait until it is done") from why
        yield
