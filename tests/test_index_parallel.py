"""Work on several cores: the same results in the same order, errors as they are, and no process that is left behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from index.errors import MendableError
from index.parallel import MIN_ITEMS, count_workers, map_in_order, usable_cores
from index.storage.home import CLONE

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="one process elsewhere: a fork is not safe there")
N = 3 * MIN_ITEMS + 1
LASTING = """
import os, sys, time
from index.command_line import run
from index.parallel import map_in_order

def wait(n):
    print(os.getpid(), file=told, flush=True)
    time.sleep(0.05)

told = open(sys.argv[1], "a")
run(lambda arguments: sum(1 for _ in map_in_order(wait, range(10_000))))
"""


@pytest.fixture
def two_cores(use_cores: Callable[[int], None]) -> None:
    use_cores(2)


def draw(random: np.random.Generator) -> tuple[int, float]:
    time.sleep(0.02)  # else one worker may be done before the other has begun
    return os.getpid(), float(random.random())


def streams() -> list[np.random.Generator]:
    return np.random.default_rng(3).spawn(N)


@pytest.mark.usefixtures("two_cores")
def test_two_workers_give_what_one_gives_in_the_same_order(monkeypatch: pytest.MonkeyPatch) -> None:
    spread = list(map_in_order(draw, streams()))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    alone = list(map_in_order(draw, streams()))
    assert [value for _, value in spread] == [value for _, value in alone]
    assert {process for process, _ in alone} == {os.getpid()}
    assert len({process for process, _ in spread} - {os.getpid()}) == 2


@pytest.mark.usefixtures("two_cores")
def test_what_is_kept_from_the_first_piece_of_work_is_there_for_all_workers() -> None:
    kept: list[int] = []

    def make(n: int) -> int:
        kept.append(n)
        return kept[0]

    assert set(map_in_order(make, range(N))) == {0}


@pytest.mark.usefixtures("two_cores")
@pytest.mark.parametrize("n", [0, 1, MIN_ITEMS - 1, MIN_ITEMS, N])
def test_every_piece_of_work_is_done_once_however_many_there_are(n: int) -> None:
    assert list(map_in_order(lambda each: each * each, range(n))) == [each * each for each in range(n)]


@pytest.mark.usefixtures("two_cores")
def test_an_error_in_a_worker_arrives_as_it_was_raised() -> None:
    def refuse(n: int) -> int:
        if n == MIN_ITEMS:
            raise MendableError("no such thing", f"number {n}", "Take another")
        return n

    with pytest.raises(MendableError) as raised:
        list(map_in_order(refuse, range(N)))
    assert str(raised.value) == f"no such thing, number {MIN_ITEMS}. Take another."


@pytest.mark.usefixtures("two_cores")
def test_a_worker_that_is_killed_is_an_error_that_says_what_to_do() -> None:
    own = os.getpid()

    def die(n: int) -> int:
        if os.getpid() != own and n > MIN_ITEMS:
            os.kill(os.getpid(), signal.SIGKILL)
        return n

    with pytest.raises(MendableError, match="OMP_NUM_THREADS=1"):
        list(map_in_order(die, range(N)))


@pytest.mark.usefixtures("two_cores")
def test_a_worker_starts_no_workers_of_its_own() -> None:
    found = list(map_in_order(lambda n: (os.getpid(), count_workers()), range(N)))
    assert {workers for process, workers in found if process != os.getpid()} == {1}


@pytest.mark.usefixtures("two_cores")
def test_no_worker_is_left_when_the_results_are_not_read_to_the_end() -> None:
    results = map_in_order(lambda n: os.getpid(), range(N))
    workers = {next(results) for _ in range(MIN_ITEMS)} - {os.getpid()}
    results.close()  # type: ignore[attr-defined]  # an iterator that is a generator
    assert workers
    assert not any(is_running(worker) for worker in workers)


@pytest.mark.usefixtures("two_cores")
def test_one_process_works_where_cores_were_forbidden_and_where_the_work_is_short(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert count_workers(MIN_ITEMS) == 2
    assert count_workers(MIN_ITEMS - 1) == 1
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert (usable_cores(), count_workers()) == (1, 1)
    monkeypatch.setenv("OMP_NUM_THREADS", "64")
    assert count_workers() == 2


@pytest.mark.parametrize(("sent", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, -15), (signal.SIGKILL, -9)])
def test_no_worker_outlives_its_parent_and_nothing_is_printed(tmp_path: Path, sent: int, status: int) -> None:
    if len(os.sched_getaffinity(0)) < 2:
        pytest.skip("one core: there are no workers")
    told = tmp_path / "processes"
    environment = {**os.environ, "OMP_NUM_THREADS": "2"}
    command = [sys.executable, "-c", LASTING, str(told)]
    parent = subprocess.Popen(
        command, cwd=CLONE, env=environment, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    workers = set(_wait_for_workers(told, parent))
    os.killpg(parent.pid, sent) if sent == signal.SIGINT else parent.send_signal(sent)
    error = parent.communicate(timeout=30)[1]
    assert parent.returncode == status
    assert error.replace("interrupted\n", "") == ""
    assert len(workers) == 2
    assert not any(is_running(worker, within=5.0) for worker in workers)


def _wait_for_workers(told: Path, parent: "subprocess.Popen[str]") -> Iterator[int]:
    """The processes that have told their number, other than the parent, as soon as there are two."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        found = {int(line) for line in (told.read_text().split() if told.exists() else [])} - {parent.pid}
        if len(found) > 1:
            yield from found
            return
        time.sleep(0.05)


def is_running(process: int, within: float = 0.0) -> bool:
    """Whether a process is there, and not only as the status that nobody has asked for, after so many seconds."""
    until = time.monotonic() + within
    while True:
        try:
            state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return False
        if state == "Z":
            return False
        if time.monotonic() >= until:
            return True
        time.sleep(0.05)
