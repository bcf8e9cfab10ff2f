"""The lock of a domain's index: two processes never write one index at once."""

from contextlib import AbstractContextManager

from index.storage.folder_lock import only_one
from index.storage.home import index_folder


def only_writer(name: str) -> AbstractContextManager[None]:
    """Hold the lock of a domain's index. Raises MendableError where another process holds it."""
    return only_one(index_folder(name), f"the index of {name!r} is being written by another run")
