"""Progress on stderr: a bar with an estimate on a terminal, elsewhere a line for what lasts, then every ten seconds.

A loop over `progress(...)` counts what is done; a single long step stands in a block `with stage(...)`. What runs
inside another is told beside it. `--quiet` (`set_quiet`) silences both, never a note, a warning or an error.
"""

import contextlib
import os
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Sized
from dataclasses import dataclass, field
from typing import Any, Protocol, TextIO, TypeVar

from index.printable import printable, printable_line

T = TypeVar("T")
INTERVAL = 10.0  # seconds between two lines where stderr is no terminal
SHORT_SHARE = 0.2  # of the interval that a step may last without being told
REDRAWN = 1.0  # seconds between two drawings of a bar, so that its clock moves while nothing is counted
# How tqdm draws what is counted, what is known as a share only, and what has no end that is known.
COUNT = "{l_bar}{bar}| {n_fmt}/{total_fmt} [{elapsed}<{remaining}]{postfix}"
SHARE, CLOCK = "{l_bar}{bar}| {elapsed}<{remaining}{postfix}", "{desc}: {elapsed}"


@dataclass(eq=False)
class Step:
    """One loop or stage that runs: how much of `total` is done; a total of 0 has no end that is known."""

    what: str
    total: float = 0
    done: float = 0
    detail: str = ""  # figures beside the count, such as a loss
    began: float = field(default_factory=time.monotonic)
    resumed: float = 0  # what an earlier run had done, which tells nothing of the pace of this one
    on_change: "_Shown | None" = None

    def advance(self, n: float = 1) -> None:
        """So much more is done."""
        self.update(self.done + n)

    def resume(self, done: float) -> None:
        """So much was done by an earlier run."""
        self.began, self.resumed = time.monotonic(), done
        self.update(done)

    def update(self, done: float, detail: str = "") -> None:
        """So much is done by now."""
        self.done, self.detail = done, detail
        if self.on_change is not None:
            self.on_change.moved(self)

    def text(self) -> str:
        """`WHAT: 25 % (1 of 4), about 30 s left`, as far as that is known."""
        spent = time.monotonic() - self.began
        if not self.total:
            return f"{self.what}: {f'{self.done:,.0f} in ' if self.done else ''}{_duration(spent)}"
        share = min(self.done / self.total, 1.0)
        count = f" ({self.done:,.0f} of {self.total:,.0f})" if self.total > 1 else ""
        gained = share - self.resumed / self.total
        left = f", about {_duration(spent * (1 - share) / gained)} left" if gained > 0 else ""
        return f"{self.what}: {share:.0%}{count}{left}" + (f"; {self.detail}" if self.detail else "")


def set_quiet(quiet: bool) -> None:
    """Show no progress from now on, or show it again."""
    _state.quiet = quiet


def progress(items: Iterable[T], what: str, total: int | None = None, per_item: int = 1) -> Iterator[T]:
    """`items`, counted on stderr under the name `what`; `total` is needed where they have no length.

    `per_item`: how many of what is counted an item stands for (a batch of 512 users: 512).
    """
    n = total if total is not None else len(items) * per_item if isinstance(items, Sized) else 0
    with track(what, n) as step:
        for item in items:
            yield item
            step.update(min(step.done + per_item, n) if n else step.done + per_item)


@contextlib.contextmanager
def stage(what: str) -> Iterator[None]:
    """A single long step: announced when it begins, its seconds told while it lasts."""
    with track(what):
        yield


@contextlib.contextmanager
def track(what: str, total: float = 0) -> Iterator[Step]:
    """A step that the block counts itself, with `advance` or `update`."""
    step, shown = Step(printable_line(what), total), _state.shown()
    step.on_change = shown
    shown.open(step)
    try:
        yield step
    finally:
        shown.close(step)


def end_progress() -> None:
    """Take away what still is drawn, before a last line is printed."""
    for shown in (_state.lines, _state.bars):
        for step in tuple(shown.steps):
            shown.close(step)


def note(text: str) -> None:
    """A line for the user on stderr, so that stdout stays what was asked for; it stands above any bar."""
    if sys.stderr is None:
        return
    if _state.bars.drawn:
        from tqdm import tqdm

        tqdm.write(printable(text), file=sys.stderr)
    else:
        print(printable(text), file=sys.stderr, flush=True)


class _Shown(Protocol):
    """What shows steps."""

    def open(self, step: Step) -> None:
        """A step begins."""

    def moved(self, step: Step) -> None:
        """A step has another count."""

    def close(self, step: Step) -> None:
        """A step has ended, whole or not; nothing where it is not open."""


class Nothing:
    """Shows no step."""

    def open(self, step: Step) -> None:
        """Nothing."""

    moved = close = open


class _Ticker:
    """Calls `tick` from a thread while any step is open: a step may count nothing for minutes."""

    def __init__(self, seconds: float) -> None:
        self.steps: list[Step] = []
        self._seconds = seconds
        self._stop = threading.Event()

    def open(self, step: Step) -> None:
        """A step begins, inside those that are open."""
        self.steps.append(step)
        if len(self.steps) == 1:
            self._stop = threading.Event()
            threading.Thread(target=self._run, args=(self._stop,), name="progress", daemon=True).start()

    def moved(self, step: Step) -> None:
        """A step has another count."""

    def close(self, step: Step) -> None:
        """A step has ended, whole or not; nothing where it is not open."""
        if step in self.steps:
            self.steps.remove(step)
        if not self.steps:
            self._stop.set()

    def tick(self) -> None:
        """Show where the steps are by now."""

    def _run(self, stop: threading.Event) -> None:
        with contextlib.suppress(OSError, ValueError):  # stderr was closed meanwhile
            while not stop.wait(self._seconds):
                self.tick()


class Lines(_Ticker):
    """Lines for a log: all steps that run, the first time after a fifth of `interval` seconds, then every `interval`.

    A step that ends sooner is not shown: the line of an error that comes at once stands alone.
    """

    def __init__(self, interval: float = INTERVAL, stream: TextIO | None = None) -> None:
        super().__init__(interval / 20)
        self._interval, self._stream = interval, stream
        self._next = 0.0  # when the next line is due

    def open(self, step: Step) -> None:
        """A step begins."""
        if not self.steps:
            self._next = time.monotonic() + SHORT_SHARE * self._interval
        super().open(step)

    def tick(self) -> None:
        """A line, where it is due."""
        if time.monotonic() >= self._next:
            self._print("; ".join(step.text() for step in tuple(self.steps)))

    def _print(self, line: str) -> None:
        self._next = time.monotonic() + self._interval
        with contextlib.suppress(OSError, ValueError):
            print(line, file=self._stream or sys.stderr, flush=True)


class Bars(_Ticker):
    """Bars on a terminal, one below the other, gone when they end."""

    def __init__(self, stream: TextIO | None = None) -> None:
        super().__init__(REDRAWN)
        self._stream = stream
        self.drawn: dict[Step, Any] = {}

    def open(self, step: Step) -> None:
        """Draw a bar, of a step without a known end its clock."""
        from tqdm import tqdm

        stream = self._stream or sys.stderr
        self.drawn[step] = tqdm(
            desc=step.what,
            total=step.total or None,
            bar_format=COUNT if step.total > 1 else SHARE if step.total else CLOCK,
            file=stream,
            mininterval=0.2,
            leave=False,
            **({"dynamic_ncols": True} if _has_width(stream) else {"ncols": 80, "nrows": 24}),
        )
        super().open(step)

    def moved(self, step: Step) -> None:
        """Move its bar."""
        bar = self.drawn.get(step)
        if bar is not None:
            bar.set_postfix_str(step.detail, refresh=False)
            bar.update(step.done - bar.n)

    def close(self, step: Step) -> None:
        """Take its bar away."""
        super().close(step)
        bar = self.drawn.pop(step, None)
        if bar is not None:
            bar.close()

    def tick(self) -> None:
        """Draw every bar again."""
        for bar in tuple(self.drawn.values()):
            bar.refresh()


class _State:
    """How this process shows progress."""

    def __init__(self) -> None:
        self.quiet = False
        self.nothing, self.lines, self.bars = Nothing(), Lines(), Bars()

    def shown(self) -> _Shown:
        """What shows a step that begins now."""
        if self.quiet or sys.stderr is None:
            return self.nothing
        return self.bars if sys.stderr.isatty() else self.lines


_state = _State()


def _has_width(stream: TextIO) -> bool:
    """Whether a terminal tells its width; tqdm draws nothing where it says 0."""
    try:
        return os.get_terminal_size(stream.fileno()).columns > 0
    except (OSError, ValueError):
        return False


def _duration(seconds: float) -> str:
    """`12 s`, `3 min 10 s`, `25 min`, `1 h 20 min`."""
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    tens = round(seconds / 10)
    if tens < 60:
        return f"{tens // 6} min" + (f" {tens % 6}0 s" if tens % 6 else "")
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
