"""The lock of a domain's index: two processes never write one index at once."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from index.errors import MendableError
from index.storage.home import index_folder, mendable_writes

LOCK = ".lock"


@contextmanager
def only_writer(name: str) -> Iterator[None]:
    """Hold the lock of a domain's index. Raises MendableError where another process holds it; a killed one does not."""
    folder = index_folder(name)
    with mendable_writes(folder):
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / LOCK).open("w")
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as why:
            raise MendableError(
                f"the index of {name!r} is being written by another run", str(folder), "Wait until it is done"
            ) from why
        yield
