"""Progress: what lasts is told with its share and an estimate, what is over at once is not, `--quiet` silences it."""

import io
import subprocess
import sys
import time

import pytest

from index.progress import Lines, Step, progress, set_quiet, stage
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
    lines = told(5 * INTERVAL)
    assert 3 <= len(lines) <= 8
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
