"""Arrays on disk: written in blocks so that a full disk is an error and no signal, read memory-mapped."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from index.errors import MendableError
from index.storage.home import write_file
from index.types import Floats

Array = npt.NDArray[Any]
BLOCK = 1 << 16  # rows that are read at once


def write_array(path: Path, array: Array) -> None:
    """Write one array as `.npy`, as one step."""
    write_blocks(path, array.shape, array.dtype, (array,))


def write_blocks(path: Path, shape: tuple[int, ...], dtype: Any, blocks: Iterable[Array]) -> None:
    """Write an array that comes in blocks of rows as `.npy`, as one step."""
    header = {"descr": np.lib.format.dtype_to_descr(np.dtype(dtype)), "fortran_order": False, "shape": shape}

    def write(aside: Path) -> None:
        with aside.open("wb") as file:
            np.lib.format.write_array_header_1_0(file, header)
            for block in blocks:
                file.write(np.ascontiguousarray(block, dtype).data.cast("B") if block.size else b"")

    write_file(path, write)


def read_array(path: Path) -> Array:
    """A memory-mapped array. Raises MendableError where the file is no array or is cut off."""
    try:
        mapped: Array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as why:
        raise MendableError("cannot read an array", str(path), "Run `python -m index build`") from why
    return mapped


def blocks_of(array: Floats) -> Iterable[Floats]:
    """The rows of an array in blocks of at most BLOCK."""
    return (array[start : start + BLOCK] for start in range(0, len(array), BLOCK))
