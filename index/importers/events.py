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
from index.importers.values import BadValue, read_id, read_number, read_text, read_time

UNKNOWN_ITEM, LEFT_OUT, UNTIMED = "unknown item", "column left out", "time left out: rows before have none"
_KEPT = pa.schema([*INTERACTIONS, ("line", pa.int64()), ("source", pa.int64()), ("rest", pa.int64())])
Ints = npt.NDArray[np.int64]


class EventRows:
    """Gathers the interactions of an import; `known` are the ids of the catalogue, None where there is none."""

    def __init__(self, tally: Tally, known: frozenset[str] | None = None) -> None:
        self.tally, self.known = tally, known
        self.left_out: dict[str, None] = {}
        self._timed: bool | None = None
        self._sources: list[Source] = []
        self._parts: list[pa.Table] = []

    def add(self, batch: Batch) -> None:
        """Take the rows of a batch with columns `user_id`, `item_id` and perhaps `timestamp`, `value`, `event`."""
        others = [name for name in batch.names() if name not in INTERACTIONS.names]
        if others:
            self.left_out.update(dict.fromkeys(others[:20]))
            self.tally.note(LEFT_OUT, batch.source, 1, len(batch.lines))
        rest = _hashes(batch, others)
        part = self._at_once(batch, rest)
        if part is None:
            self._one_by_one(batch, rest)
        else:
            self._parts.append(part)

    def add_columns(self, source: Source, lines: Sequence[int], columns: Sequence[Sequence[Any]], rest: Ints) -> None:
        """Take rows that were read already: users, items, times, values and events as columns."""
        arrays = [pa.array(column, kind.type) for column, kind in zip(columns, INTERACTIONS, strict=True)]
        self._parts.append(self._part(source, lines, arrays, rest))

    def time(self, seconds: int | None, source: Source, line: int) -> int | None:
        """The time that a row is kept with: all events of an import have one, or none has. Raises BadValue."""
        if seconds is None and self._timed:
            raise BadValue("no time")
        if seconds is not None and not self._timed:
            self.tally.note(UNTIMED, source, line)
            return None
        return seconds

    def expect_times(self, times: Sequence[Any]) -> None:
        """Decide by the first rows whether events have times."""
        if self._timed is None:
            self._timed = any(time is not None and time != "" for time in times)

    def finish(self) -> pa.Table:
        """The interactions without repeated rows, and with them `line` and `source` no more."""
        table = pa.concat_tables(self._parts) if self._parts else _KEPT.empty_table()
        self._note_scale(table)
        kept = _firsts_of_equals(table)
        if not kept.all():
            again = table.select(["line", "source"]).filter(pa.array(~kept)).slice(0, 1).to_pylist()[0]
            self.tally.repeat(self._sources[again["source"]], again["line"], int((~kept).sum()))
            table = table.filter(pa.array(kept))
        return table.select(INTERACTIONS.names).combine_chunks()

    def first_of_items(self) -> dict[str, tuple[Source, int]]:
        """Where the first event of each item stands, in that order."""
        first: dict[str, tuple[Source, int]] = {}
        for part in self._parts:
            ids = part.column("item_id").combine_chunks().dictionary_encode()
            _, places = np.unique(ids.indices.to_numpy(), return_index=True)
            lines, source = part.column("line").to_numpy(), self._sources[part.column("source")[0].as_py()]
            for item_id, place in zip(ids.dictionary.to_pylist(), places.tolist(), strict=True):
                first.setdefault(item_id, (source, int(lines[place])))
        return first

    def _at_once(self, batch: Batch, rest: Ints) -> pa.Table | None:
        n = len(batch.lines)
        try:
            users, items = ids_at_once(batch.column("user_id")), ids_at_once(batch.column("item_id"))
            given = batch.column("timestamp")
            times, kind = (pa.nulls(n, pa.int64()), None) if given is None else times_at_once(given)
            values = numbers_at_once(batch.column("value"), n)
            events = words_at_once(batch.column("event"), n)
        except UNPLAIN:
            return None
        if self.known is not None and not self.known.issuperset(items.unique().to_pylist()):
            return None
        if self._timed is None and times.null_count in (0, n):
            self._timed = times.null_count == 0
        if times.null_count != (0 if self._timed else n):
            return None
        if kind:
            self.tally.note(kind, batch.source, batch.lines[0], n)
        return self._part(batch.source, batch.lines, [users, items, times, values, events], rest)

    def _one_by_one(self, batch: Batch, rest: Ints) -> None:
        rows = batch.rows()
        self.expect_times([row.get("timestamp") for row in rows])
        places: list[int] = []
        kept: list[tuple[Any, ...]] = []
        for n, row in enumerate(rows):
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
        seconds, time_kind = read_time(row.get("timestamp"))
        value, value_kind = read_number(row.get("value"), "value")
        event, _ = read_text(row.get("event"))
        time = self.time(seconds, source, line)
        for kind in (time_kind, value_kind):
            if kind:
                self.tally.note(kind, source, line)
        return user, item, time, value, event

    def _part(self, source: Source, lines: Sequence[int], arrays: Sequence[pa.Array], rest: Ints) -> pa.Table:
        if not self._sources or self._sources[-1] != source:
            self._sources.append(source)
        number = np.full(len(lines), len(self._sources) - 1, np.int64)
        return pa.table([*arrays, np.asarray(lines, np.int64), number, rest], schema=_KEPT)

    def _note_scale(self, table: pa.Table) -> None:
        """Count values that are no stars from 0 to 5."""
        values = table.column("value").to_numpy()
        beyond = np.flatnonzero((values < 0) | (values > 5))
        if len(beyond):
            first = table.select(["line", "source"]).slice(int(beyond[0]), 1).to_pylist()[0]
            scale = f"values from {np.nanmin(values):g} to {np.nanmax(values):g}, no stars from 0 to 5"
            self.tally.note(scale, self._sources[first["source"]], first["line"], len(beyond))


def _hashes(batch: Batch, others: Sequence[str]) -> Ints:
    """A hash of what a row has beyond the known columns, so that only rows equal in all of them count as equal."""
    if not others:
        return np.zeros(len(batch.lines), np.int64)
    columns = [batch.column(name) for name in others]
    values = zip(*(each.to_pylist() if isinstance(each, pa.Array) else each or () for each in columns), strict=True)
    return np.fromiter((hash(repr(row)) for row in values), np.int64, len(batch.lines))


def _firsts_of_equals(table: pa.Table) -> npt.NDArray[np.bool_]:
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
