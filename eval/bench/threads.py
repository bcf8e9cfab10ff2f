"""The same number of threads for every library, and a place for what they keep; set before any of them is imported."""

import os

from index.storage.home import home

READ_BY_LIBRARIES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


def prepare(threads: int) -> None:
    """Set what libraries read from the environment when they are imported."""
    os.environ.update(dict.fromkeys(READ_BY_LIBRARIES, str(threads)))
    os.environ.setdefault("NUMBA_CACHE_DIR", str(home() / "cache" / "numba"))
    os.environ.setdefault("IR_DATASETS_HOME", str(home() / "cache" / "ir_datasets"))  # made when ranx is imported
