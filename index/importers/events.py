"""Events as they are read: a batch at once where all its rows are plain, row by row where any is not."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from index.data.tables import INTERACTIONS
from index.importers.columns import UNPLAIN, ids_at_once, numbers_at_once, times_at_once, words_at_once
from index.importers.rows import Batch
from index.importers.sources import Source
from index.importers.tally import Tally
from index.importers.times import DATES, DOUBTFUL, NO_TIME, OUT_OF_RANGE, UNTIMED, Clock, Mask, read_time
from index.importers.values import BadValue, read_id, read_number, read_text

UNKNOWN_ITEM = "unknown item"
# Times stay numbers until the whole column is known; `is_date` marks those that are Unix seconds already.
_KEPT = pa.schema(
    [
        ("user_id", pa.string()),
        ("item_id", pa.string()),
        ("time", pa.float64()),
        ("is_date", pa.bool_()),
        ("value", pa.float64()),
        ("event", pa.string()),
        ("line", pa.int64()),
        ("source", pa.int64()),
        ("rest", pa.int64()),
    ]
)
COLUMNS = tuple(_KEPT.names[:6])
Ints = npt.NDArray[np.int64]


class EventRows:
    """Gathers the interactions of an import; `known` are the ids of the catalogue, None where there is none."""

    def __init__(self, tally: Tally, known: frozenset[str] | None = None) -> None:
        self.tally, self.known = tally, known
        self._sources: list[Source] = []
        self._parts: list[pa.Table] = []
        self._kept = _KEPT.empty_table()

    def add(self, batch: Batch) -> None:
        """Take the rows of a batch with columns `user_id`, `item_id` and perhaps `timestamp`, `value`, `event`."""
        others = [name for name in batch.names() if name not in INTERACTIONS.names]
        for name in others:
            self.tally.leave_out(name, batch.source, batch.line_of(name))
        rest = _hashes(batch, others)
        part = self._at_once(batch, rest)
        if part is None:
            self._one_by_one(batch, rest)
        else:
            self._parts.append(part)

    def add_columns(self, source: Source, lines: Sequence[int], columns: Sequence[Sequence[Any]], rest: Ints) -> None:
        """Take rows that were read already, as COLUMNS."""
        arrays = [pa.array(column, kind.type) for column, kind in zip(columns, _KEPT, strict=False)]
        self._parts.append(self._part(source, lines, arrays, rest))

    def finish(self, clock: Clock | None = None) -> pa.Table:
        """The interactions without repeated rows; times are read by the clock given, else by that of the column."""
        table = pa.concat_tables(self._parts) if self._parts else self._kept
        self._parts = []
        table = self._with_seconds(table, clock)
        self._note_scale(table)
        firsts = _firsts_of_equals(table)
        if not firsts.all():
            again = table.select(["line", "source"]).filter(pa.array(~firsts)).slice(0, 1).to_pylist()[0]
            self.tally.repeat(self._sources[again["source"]], again["line"], int((~firsts).sum()))
            table = table.filter(pa.array(firsts))
        self._kept = table
        return table.select(INTERACTIONS.names).combine_chunks()

    def first_of_items(self) -> dict[str, tuple[Source, int]]:
        """Where the first event of each item stands, in that order; once all rows are finished."""
        ids = self._kept.column("item_id").combine_chunks().dictionary_encode()
        _, places = np.unique(ids.indices.to_numpy(), return_index=True)
        lines, sources = (self._kept.column(name).to_numpy()[places] for name in ("line", "source"))
        found = zip(ids.dictionary.to_pylist(), sources.tolist(), lines.tolist(), strict=True)
        return {item_id: (self._sources[source], line) for item_id, source, line in found}

    def _at_once(self, batch: Batch, rest: Ints) -> pa.Table | None:
        n = len(batch.lines)
        try:
            users, items = ids_at_once(batch.column("user_id")), ids_at_once(batch.column("item_id"))
            times = times_at_once(batch.column("timestamp"), n)
            values = numbers_at_once(batch.column("value"), n)
            events = words_at_once(batch.column("event"), n)
        except UNPLAIN:
            return None
        if self.known is not None and not self.known.issuperset(items.unique().to_pylist()):
            return None
        if times.are_dates:
            self.tally.note(DATES, batch.source, batch.lines[0], n)
        dates = pa.array(np.full(n, times.are_dates))
        return self._part(batch.source, batch.lines, [users, items, times.numbers, dates, values, events], rest)

    def _one_by_one(self, batch: Batch, rest: Ints) -> None:
        places: list[int] = []
        kept: list[tuple[Any, ...]] = []
        for n, row in enumerate(batch.rows()):
            try:
                kept.append(self._event(row, batch.source, batch.lines[n]))
                places.append(n)
            except BadValue as why:
                self.tally.reject(why.kind, batch.source, batch.lines[n], row)
        if kept:
            lines = [batch.lines[n] for n in places]
            self.add_columns(batch.source, lines, list(zip(*kept, strict=True)), rest[places])

    def _event(self, row: dict[str, Any], source: Source, line: int) -> tuple[Any, ...]:
        user, item = read_id(row.get("user_id"), "user"), read_id(row.get("item_id"), "item")
        if self.known is not None and item not in self.known:
            raise BadValue(UNKNOWN_ITEM)
        time = read_time(row.get("timestamp"))
        value, rule = read_number(row.get("value"), "value")
        event, _ = read_text(row.get("event"))
        for kind in (rule, DATES if time and time.is_date else None):
            if kind:
                self.tally.note(kind, source, line)
        return user, item, time and time.number, bool(time and time.is_date), value, event

    def _part(self, source: Source, lines: Sequence[int], arrays: Sequence[pa.Array], rest: Ints) -> pa.Table:
        if not self._sources or self._sources[-1] != source:
            self._sources.append(source)
        number = np.full(len(lines), len(self._sources) - 1, np.int64)
        return pa.table([*arrays, np.asarray(lines, np.int64), number, rest], schema=_KEPT)

    def _with_seconds(self, table: pa.Table, clock: Clock | None) -> pa.Table:
        """The rows with a column `timestamp` in place of `time`; those whose time cannot be used are rejected."""
        numbers, dates = table.column("time").to_numpy(), table.column("is_date").to_numpy()
        clock = clock or Clock.of(numbers, dates)
        seconds = clock.seconds(numbers, dates)
        self._note_rows(table, ~np.isnan(numbers) & ~dates, clock.unit.rule)
        self._note_rows(table, clock.doubtful(numbers, dates), DOUBTFUL)
        bad = {OUT_OF_RANGE: np.isinf(seconds), NO_TIME: np.isnan(seconds) if clock.timed else None}
        kept = np.ones(len(table), bool)
        for kind, rows in bad.items():
            if rows is not None and rows.any():
                self._reject(table, rows, kind)
                kept &= ~rows
        if not clock.timed:
            self._note_rows(table, kept & ~np.isnan(seconds), UNTIMED)
            seconds = np.full(len(table), np.nan)
        timestamps = pa.array(np.where(np.isnan(seconds) | ~kept, 0, seconds).astype(np.int64), mask=np.isnan(seconds))
        table = table.append_column("timestamp", timestamps)
        return table if kept.all() else table.filter(pa.array(kept))

    def _note_rows(self, table: pa.Table, rows: Mask, kind: str | None) -> None:
        """Count a rule that was applied to these rows."""
        if kind and rows.any():
            first = table.select(["line", "source"]).slice(int(rows.argmax()), 1).to_pylist()[0]
            self.tally.note(kind, self._sources[first["source"]], first["line"], int(np.count_nonzero(rows)))

    def _reject(self, table: pa.Table, rows: Mask, kind: str) -> None:
        for row in table.filter(pa.array(rows)).to_pylist():
            known = {**{name: row[name] for name in ("user_id", "item_id", "value", "event")}, "timestamp": row["time"]}
            self.tally.reject(kind, self._sources[row["source"]], row["line"], known)

    def _note_scale(self, table: pa.Table) -> None:
        """Count values that are no stars from 0 to 5."""
        values = table.column("value").to_numpy()
        beyond = (values < 0) | (values > 5)
        if beyond.any():
            scale = f"values from {np.nanmin(values):g} to {np.nanmax(values):g}, no stars from 0 to 5"
            self._note_rows(table, beyond, scale)


def _hashes(batch: Batch, others: Sequence[str]) -> Ints:
    """A hash of what a row has beyond the known columns, so that only rows equal in all of them count as equal."""
    if not others:
        return np.zeros(len(batch.lines), np.int64)
    columns = [batch.column(name) for name in others]
    values = zip(*(each.to_pylist() if isinstance(each, pa.Array) else each or () for each in columns), strict=True)
    return np.fromiter((hash(repr(row)) for row in values), np.int64, len(batch.lines))


def _firsts_of_equals(table: pa.Table) -> Mask:
    """By row: whether no row before it is equal to it."""
    kept = np.ones(table.num_rows, bool)
    if not table.num_rows:
        return kept
    user, item = (_codes(table.column(name)) for name in ("user_id", "item_id"))
    _, pair, sizes = np.unique(user * (item.max() + 1) + item, return_inverse=True, return_counts=True)
    again = np.flatnonzero(sizes[pair] > 1)
    if len(again):
        columns = [*INTERACTIONS.names, "rest"]
        some = table.select(columns).take(pa.array(again)).append_column("place", pa.array(again))
        firsts = some.group_by(columns, use_threads=False).aggregate([("place", "min")]).column("place_min")
        kept[again] = False
        kept[firsts.to_numpy()] = True
    return kept


def _codes(column: pa.ChunkedArray) -> Ints:
    return np.asarray(column.combine_chunks().dictionary_encode().indices.to_numpy(), np.int64)
