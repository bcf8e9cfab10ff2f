"""The same number of threads for every library, and a place for what they keep; set before any of them is imported."""

import os

from index.storage.home import home

READ_BY_LIBRARIES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


def usable_threads() -> int:
    """OMP_NUM_THREADS where it is set to a number, else the cores that this process may use."""
    asked = os.environ.get("OMP_NUM_THREADS", "")
    if asked.isdecimal() and int(asked):
        return int(asked)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def prepare(threads: int) -> None:
    """Set what libraries read from the environment when they are imported."""
    os.environ.update(dict.fromkeys(READ_BY_LIBRARIES, str(threads)))
    os.environ.setdefault("NUMBA_CACHE_DIR", str(home() / "cache" / "numba"))
    os.environ.setdefault("IR_DATASETS_HOME", str(home() / "cache" / "ir_datasets"))  # made when ranx is imported
