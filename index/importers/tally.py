"""What an import counts: rows read, used, rejected and repeated, and every rule; rejected rows are kept."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from index.errors import MendableError
from index.importers.sources import Source
from index.storage.home import mendable_writes
from index.storage.json_text import json_text

MAX_KEPT = 2000  # characters of a rejected row that are kept, so that a row of a gigabyte leaves a short line
MAX_EXAMPLE = 60  # characters of a cell that are shown
MAX_LEFT_OUT = 50  # columns that are left out by name; the others are counted as one kind
LEFT_OUT, FURTHER_LEFT_OUT = "column {!r} left out", "further column left out"


@dataclass(slots=True)
class Kind:
    """How often something happened, the `file:line` of the first, and the first cell where one is to blame."""

    n: int
    first: str
    rejects: bool = False
    example: str = ""

    def as_text(self, name: str) -> str:
        """The kind in one line."""
        return f"{self.n} x {name}, first {self.first}" + (f": {self.example}" if self.example else "")


@dataclass
class Tally:
    """Counts as it goes; rejected rows are written to `path` (nowhere where it is None) as they come."""

    path: Path | None = None
    read: int = 0
    rejected: int = 0
    duplicates: int = 0
    kinds: dict[str, Kind] = field(default_factory=dict)
    first_reject: str | None = None
    _left_out: set[str] = field(default_factory=set)
    _file: IO[str] | None = None

    @property
    def used(self) -> int:
        """Rows that are neither rejected nor repeated."""
        return self.read - self.rejected - self.duplicates

    def note(self, kind: str, source: Source, line: int, n: int = 1, example: Any = None) -> None:
        """Count a rule that was applied to `n` rows, the first of them at `line`; `example` is its cell."""
        if n and kind in self.kinds:
            self.kinds[kind].n += n
        elif n:
            self.kinds[kind] = Kind(n, source.at(line), example="" if example is None else _example(example))

    def leave_out(self, column: str, source: Source, line: int) -> None:
        """Name a column that is not kept, once; `line` is where it is seen first."""
        if column not in self._left_out:
            self._left_out.add(column)
            many = len(self._left_out) > MAX_LEFT_OUT
            self.note(FURTHER_LEFT_OUT if many else LEFT_OUT.format(column[:100]), source, line)

    def reject(self, kind: str, source: Source, line: int, row: Any) -> None:
        """Count and keep a row that cannot be used."""
        self.rejected += 1
        self.note(kind, source, line)
        self.kinds[kind].rejects = True
        self.first_reject = self.first_reject or f"{source.at(line)} ({kind})"
        if self.path is not None:
            self._keep({"file": source.shown, "line": line, "kind": kind, "row": _short(row)})

    def repeat(self, source: Source, line: int, n: int = 1) -> None:
        """Count rows that equal an earlier one."""
        self.duplicates += n
        self.note("row that repeats another", source, line, n)

    def has_too_many(self, max_bad: float) -> bool:
        """Whether more than `max_bad` percent of the rows read were rejected."""
        return self.rejected * 100 > max_bad * self.read

    def refusal(
        self, kept: Path | None, way_out: str = "Mend them, or allow more with --max-bad PERCENT"
    ) -> MendableError:
        """The error for rejected rows that are too many; `kept` is the file that holds them."""
        counts = ", ".join(f"{kind.n} x {name}" for name, kind in self.kinds.items() if kind.rejects)
        where = f"; all are in {kept}" if kept else ""
        return MendableError(
            f"{self.rejected} of {self.read} rows cannot be used ({counts}{where})",
            f"first {self.first_reject}",
            way_out,
        )

    def close(self) -> None:
        """Finish the file of rejects."""
        if self._file is not None:
            with mendable_writes(Path(self._file.name)):
                self._file.close()

    def _keep(self, reject: Mapping[str, Any]) -> None:
        if self.path is None:
            return
        with mendable_writes(self.path):
            if self._file is None:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                self._file = self.path.open("w", encoding="utf-8")
            self._file.write(json_text(reject) + "\n")


def _example(cell: Any) -> str:
    shown = repr(cell)
    return shown if len(shown) <= MAX_EXAMPLE else f"{shown[:MAX_EXAMPLE]}…"


def _short(row: Any) -> Any:
    """A row as it is kept: what JSON can hold, long texts cut."""
    if isinstance(row, str):
        return row[:MAX_KEPT]
    if isinstance(row, Mapping):
        return {str(name)[:100]: _short(value) for name, value in list(row.items())[:100]}
    if isinstance(row, list | tuple):
        return [_short(each) for each in row[:100]]
    if isinstance(row, float) and not math.isfinite(row):
        return str(row)
    return row if row is None or isinstance(row, bool | int | float) else str(row)[:MAX_KEPT]
