"""Many small pieces of work on all usable cores: forked processes of one thread each, results in order."""

import contextlib
import gc
import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from index.errors import MendableError
from index.progress import set_quiet

if TYPE_CHECKING:  # what serves one request imports this file and starts no process
    from concurrent.futures import Future

T = TypeVar("T")
R = TypeVar("R")
MAX_WORKERS = 16  # the work is bound by memory, and one process collects what all have made
MIN_ITEMS = 32  # fewer are made here: to start processes takes as long as some of these
CHUNK = 4  # items that a worker makes before it hands them over; a few milliseconds each
AHEAD = 4  # chunks for each worker that are given out before the first of them is asked for
PR_SET_PDEATHSIG = 1  # of Linux's prctl: the signal that a process gets when its parent ends


def usable_cores() -> int:
    """OMP_NUM_THREADS where it is set to a number, else the cores that this process may use."""
    asked = os.environ.get("OMP_NUM_THREADS", "")
    return int(asked) if asked.isdecimal() and int(asked) else _own_cores()


def count_workers(n_items: int | None = None) -> int:
    """How many processes work together on so many items; 1 where a fork is not safe, and for few items."""
    if not _can_fork() or (n_items is not None and n_items < MIN_ITEMS):
        return 1
    return max(1, min(usable_cores(), _own_cores(), MAX_WORKERS))


def single_thread() -> AbstractContextManager[object]:
    """One thread for matrix products: in thousands of small ones, threads would only wait for one another."""
    import scipy.linalg  # noqa: F401  # its own copy of BLAS is limited only where it is loaded before
    from threadpoolctl import threadpool_limits

    limits: AbstractContextManager[object] = threadpool_limits(1)
    return limits


def map_in_order(make: Callable[[T], R], items: Sequence[T]) -> Iterator[R]:
    """`make` of each item, in their order, with one thread for matrix products until the last is asked for.

    The same with any number of workers. What `make` raises is raised here; MendableError where a worker is killed.
    """
    n_workers = count_workers(len(items))
    with single_thread():
        if n_workers == 1:
            yield from map(make, items)
            return
        yield make(items[0])  # here, so that what is loaded or made at the first use is there for all workers
        with single_thread():  # of the libraries that were loaded for it, too: their threads do not outlive a fork
            yield from _spread(make, items[1:], n_workers)


def _spread(make: Callable[[T], R], items: Sequence[T], n_workers: int) -> Iterator[R]:
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool
    from multiprocessing import get_context

    arguments = (make, items, os.getpid())  # not sent: a forked process has them
    pool = ProcessPoolExecutor(n_workers, get_context("fork"), _begin_worker, arguments)
    starts = iter(range(0, len(items), CHUNK))
    given: deque[Future[list[R]]] = deque()
    try:
        with _without_interrupts():  # which workers would show
            given.extend(pool.submit(_make_chunk, start) for start in islice(starts, AHEAD * n_workers))
        while given:
            yield from given.popleft().result()
            given.extend(pool.submit(_make_chunk, start) for start in islice(starts, 1))
    except BrokenProcessPool as why:
        where = f"while {n_workers} worked together"
        raise MendableError("a process was killed", where, "Free some memory, or set OMP_NUM_THREADS=1") from why
    finally:
        pool.shutdown(cancel_futures=True)


class _Work:
    """What a worker has to do."""

    make: Callable[[Any], Any] | None = None
    items: Sequence[Any] = ()


def _begin_worker(make: Callable[[Any], Any], items: Sequence[Any], parent: int) -> None:
    """Prepare a forked process: it ends with its parent, leaves interrupts to it, and shows nothing."""
    import ctypes

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
    gc.freeze()  # a collection would write to every page that is shared with the parent
    set_quiet(True)
    # At the instant of the fork a thread of the parent may have held the lock of its stream: nobody would release it.
    sys.stdout = sys.stderr = Path(os.devnull).open("w")  # noqa: SIM115  until the process ends
    _Work.make, _Work.items = make, items


def _make_chunk(start: int) -> list[Any]:
    assert _Work.make is not None
    return [_Work.make(item) for item in _Work.items[start : start + CHUNK]]


@contextlib.contextmanager
def _without_interrupts() -> Iterator[None]:
    """Ctrl-C waits until the block has ended; processes that are forked in it never get it."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _can_fork() -> bool:
    """Whether processes can be forked here: on Linux, from one that is no worker, without an index on a GPU.

    macOS's libraries may crash after a fork, Windows has none, and what lies on a GPU is not there afterwards.
    """
    if sys.platform != "linux" or _Work.make is not None:
        return False
    faiss = sys.modules.get("faiss")  # where it is not loaded, nothing lies on a GPU
    return not getattr(faiss, "get_num_gpus", int)()


def _own_cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
