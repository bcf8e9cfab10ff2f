"""Progress: what lasts is told with its share and an estimate, what is over at once is not, `--quiet` silences it."""

import io
import subprocess
import sys
import time

import pytest

from index.progress import Lines, Step, progress, set_quiet, stage
from index.progress import _state as running
from index.storage.home import CLONE

INTERVAL = 0.2


def told(seconds: float, interval: float = INTERVAL) -> list[str]:
    """The lines of a step that counts to 10 within so many seconds."""
    stream = io.StringIO()
    lines, step = Lines(interval, stream), Step("counting", 10)
    step.on_change = lines
    lines.open(step)
    for n in range(10):
        time.sleep(seconds / 10)
        step.update(n + 1)
    lines.close(step)
    return stream.getvalue().splitlines()


def test_a_step_that_is_over_at_once_is_not_told() -> None:
    assert told(0.0) == []


def test_a_step_that_lasts_is_told_again_and_again_with_how_far_it_is() -> None:
    began = time.monotonic()
    lines = told(5 * INTERVAL)
    assert 3 <= len(lines) <= 2 + (time.monotonic() - began) / INTERVAL
    assert all(line.startswith("counting") and "of 10" in line for line in lines)


def test_what_is_counted_is_what_is_given_in_its_order() -> None:
    assert list(progress(range(5), "numbers")) == [0, 1, 2, 3, 4]
    assert list(progress((n for n in "ab"), "letters")) == ["a", "b"]


@pytest.mark.parametrize("quiet", [False, True])
def test_off_a_terminal_lines_go_to_stderr_unless_quiet(quiet: bool) -> None:
    code = (
        "import time, index.progress as p\n"
        f"p.set_quiet({quiet})\n"
        "p._state.lines = p.Lines(0.1)\n"
        "with p.stage('a long step'): time.sleep(0.4)\n"
        "p.note('a note')"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=CLONE, capture_output=True, text=True, check=True)
    assert done.stdout == ""
    assert ("a long step" in done.stderr) is not quiet
    assert done.stderr.endswith("a note\n")


def test_an_error_inside_a_step_goes_through_and_the_step_ends() -> None:
    set_quiet(False)
    with pytest.raises(ValueError, match="inside"), stage("failing"):
        raise ValueError("inside")


# --- counts and estimates ---------------------------------------------------


def counting(done: float, total: float, spent: float, resumed: float = 0) -> str:
    """The line of a step that began so many seconds ago."""
    step = Step("counting", total)
    step.resume(resumed)
    step.began -= spent
    step.update(done)
    return step.text()


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        (counting(1, 4, 10), "counting: 25% (1 of 4), about 30 s left"),
        (counting(0, 4, 10), "counting: 0% (0 of 4)"),
        (counting(4, 4, 10), "counting: 100% (4 of 4), about 0 s left"),
        (counting(9, 4, 10), "counting: 100% (9 of 4), about 0 s left"),
        (counting(512, 1682, 60), "counting: 30% (512 of 1,682), about 2 min 20 s left"),
        (counting(0.5, 1, 3600), "counting: 50%, about 1 h 0 min left"),
        (counting(0.75, 1, 60, resumed=0.5), "counting: 75%, about 60 s left"),  # of this run's pace alone
        (counting(7, 0, 12), "counting: 7 in 12 s"),
        (counting(0, 0, 12), "counting: 12 s"),
    ],
)
def test_the_line_of_a_step_tells_share_count_and_what_is_left(line: str, wanted: str) -> None:
    assert line == wanted


def test_figures_beside_the_count_stand_behind_it() -> None:
    step = Step("training", 1)
    step.began -= 10
    step.update(0.5, "loss 3.2")
    assert step.text() == "training: 50%, about 10 s left; loss 3.2"


@pytest.mark.parametrize(("n", "per_item", "total"), [(4, 1, 4), (3, 512, 1100), (1, 512, 1100), (2, 512, 1024)])
def test_items_that_stand_for_several_are_counted_as_these_and_never_beyond_the_total(
    n: int, per_item: int, total: int
) -> None:
    set_quiet(False)
    for place, _ in enumerate(progress(range(n), "batches", total, per_item)):
        step = running.lines.steps[-1]
        assert (step.what, step.total, step.done) == ("batches", total, place * per_item)
    assert step.done == min(n * per_item, total)


def wait_for(lines: int, stream: io.StringIO) -> list[str]:
    """The lines of a stream once there are so many."""
    until = time.monotonic() + 20
    while len(stream.getvalue().splitlines()) < lines and time.monotonic() < until:
        time.sleep(0.01)
    return stream.getvalue().splitlines()


def test_what_runs_inside_another_is_told_beside_it() -> None:
    stream = io.StringIO()
    lines, outer, inner = Lines(INTERVAL, stream), Step("outer", 4), Step("inner", 2)
    lines.open(outer)
    lines.open(inner)
    assert wait_for(1, stream)[0] == "outer: 0% (0 of 4); inner: 0% (0 of 2)"
    lines.close(inner)
    n_told = len(stream.getvalue().splitlines())
    assert wait_for(n_told + 2, stream)[-1] == "outer: 0% (0 of 4)"
    lines.close(outer)


def test_a_step_is_told_though_nothing_is_counted_and_no_more_once_it_has_ended() -> None:
    stream = io.StringIO()
    lines, step = Lines(INTERVAL, stream), Step("one long step")
    lines.open(step)
    assert all(line.startswith("one long step: ") for line in wait_for(3, stream))
    lines.close(step)
    told_by_then = stream.getvalue()
    time.sleep(2 * INTERVAL)
    assert stream.getvalue() == told_by_then


def test_closing_a_step_twice_or_in_another_order_is_no_error() -> None:
    lines, first, second = Lines(INTERVAL, io.StringIO()), Step("first"), Step("second")
    for step in (first, second):
        lines.open(step)
    for step in (first, first, second):
        lines.close(step)
    assert lines.steps == []


# --- on a terminal ----------------------------------------------------------

ON_A_TERMINAL = """
import time
import index.progress as p
for n in p.progress(range(20), "counting numbers"):
    time.sleep(0.03)
    if n == 10:
        p.note("a note")
with p.stage("a long step"):
    time.sleep(1.2)
p.note("the end")
"""


@pytest.mark.parametrize("columns", [0, 100])  # a terminal that tells no width has 80
def test_on_a_terminal_there_is_a_bar_with_an_estimate_and_notes_stand_in_lines_of_their_own(columns: int) -> None:
    import fcntl
    import os
    import pty
    import struct
    import termios

    here, there = pty.openpty()
    fcntl.ioctl(there, termios.TIOCSWINSZ, struct.pack("HHHH", 30 if columns else 0, columns, 0, 0))
    with subprocess.Popen([sys.executable, "-c", ON_A_TERMINAL], cwd=CLONE, stderr=there, stdout=subprocess.PIPE):
        os.close(there)
        shown = b""
        while True:
            try:
                part = os.read(here, 4096)
            except OSError:  # the other end is closed
                break
            if not part:
                break
            shown += part
    os.close(here)
    lines = shown.decode().replace("\r", "\n").splitlines()
    assert any(line.startswith("counting numbers:") and "%" in line and "<00:0" in line for line in lines)
    assert any(line.startswith("a long step: 00:01") for line in lines)
    assert {"a note", "the end"} <= {line.strip() for line in lines}
