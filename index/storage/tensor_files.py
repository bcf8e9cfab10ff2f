"""Writes tensors as safetensors: an error of the library, as of a full disk, becomes one line like any other."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from safetensors import SafetensorError

from index.storage.home import mendable_writes


@contextmanager
def tensor_writes(where: Path) -> Iterator[None]:
    """As `mendable_writes`, also for the library's own error, which wraps that of the operating system."""
    with mendable_writes(where):
        try:
            yield
        except SafetensorError as why:
            raise OSError(None, str(why), str(where)) from why
