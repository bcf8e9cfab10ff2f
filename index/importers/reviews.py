"""Reviews as they are read; where a source has no interactions of its own, each review row is an event too."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from index.data.tables import REVIEWS
from index.importers.events import UNKNOWN_ITEM, EventRows
from index.importers.rows import Batch
from index.importers.sources import Source
from index.importers.tally import Tally
from index.importers.times import DATES, DOUBTFUL, OUT_OF_RANGE, Clock, Mask, Numbers, Time, read_time
from index.importers.values import ENTITIES, BadValue, is_missing, read_id, read_number, read_text

NO_TEXT, SAME_ID = "review without a text", "review id that another row has"


@dataclass(frozen=True, slots=True)
class ReviewRow:
    """One review as it was read, its time in the unit of its column, and where it stands."""

    review_id: str
    item: str
    text: str | None
    user: str | None
    rating: float | None
    time: Time | None
    title: str | None
    source: Source
    line: int

    def as_json(self) -> dict[str, Any]:
        """The row as it is kept where it is rejected."""
        time = self.time.number if self.time else None
        row = (self.review_id, self.item, self.text, self.user, self.rating, time, self.title)
        return dict(zip(REVIEWS.names, row, strict=True))


class ReviewRows:
    """Gathers the reviews of an import, and their events into `events` where that is given."""

    def __init__(self, tally: Tally, known: frozenset[str] | None = None, events: EventRows | None = None) -> None:
        self.tally, self.known, self.events = tally, known, events
        self._kept: list[ReviewRow] = []
        self._seen: set[int] = set()
        self._ids: set[str] = set()

    def add(self, batch: Batch) -> None:
        """Take the rows of a batch with columns `item_id`, `text` and perhaps the others of the reviews table."""
        for name in batch.names():
            if name not in REVIEWS.names:
                self.tally.leave_out(name, batch.source, batch.line_of(name))
        events: list[tuple[Any, ...]] = []
        for line, row in zip(batch.lines, batch.rows(), strict=True):
            try:
                review = self._review(row, batch.source, line)
            except BadValue as why:
                self.tally.reject(why.kind, batch.source, line, row)
                continue
            same = hash((review.user, review.item, review.time, review.text))
            if same in self._seen:
                self.tally.repeat(batch.source, line)
                continue
            if review.review_id in self._ids:
                self.tally.reject(SAME_ID, batch.source, line, row)
                continue
            self._seen.add(same)
            self._ids.add(review.review_id)
            self._kept.append(review)
            if self.events is not None and review.user is not None:
                time = review.time or Time(np.nan)
                events.append((line, same, review.user, review.item, time.number, time.is_date, review.rating, None))
        if self.events is not None and events:
            lines, same_rows, *columns = zip(*events, strict=True)
            self.events.add_columns(batch.source, lines, columns, np.array(same_rows, np.int64))

    def clock(self) -> Clock:
        """How the times of all rows are read."""
        return Clock.of(*self._times())

    def finish(self) -> pa.Table | None:
        """The reviews, None where there are none. Rows that are events too are counted and rejected as events."""
        clock, (numbers, dates) = self.clock(), self._times()
        seconds = clock.seconds(numbers, dates)
        events = np.array([self.events is not None and each.user is not None for each in self._kept], bool)
        self._note(~events & ~np.isnan(numbers) & ~dates, clock.unit.rule)
        self._note(~events & clock.doubtful(numbers, dates), DOUBTFUL)
        bad = np.isinf(seconds)
        for n in np.flatnonzero(bad & ~events).tolist():
            self.tally.reject(OUT_OF_RANGE, self._kept[n].source, self._kept[n].line, self._kept[n].as_json())
        if clock.timed:
            bad |= events & np.isnan(seconds)
        times = [None if np.isnan(each) else int(each) for each in np.where(bad, np.nan, seconds).tolist()]
        rows = [
            (each.review_id, each.item, each.text, each.user, each.rating, time, each.title)
            for each, time, is_bad in zip(self._kept, times, bad.tolist(), strict=True)
            if each.text is not None and not is_bad
        ]
        self._kept = [each for each, is_bad in zip(self._kept, bad.tolist(), strict=True) if not is_bad]
        if not rows:
            return None
        columns = zip(*rows, strict=True)
        return pa.table([pa.array(c, kind.type) for c, kind in zip(columns, REVIEWS, strict=True)], schema=REVIEWS)

    def first_of_items(self) -> dict[str, tuple[Source, int]]:
        """Where the first review of each item stands, in that order."""
        first: dict[str, tuple[Source, int]] = {}
        for each in self._kept:
            first.setdefault(each.item, (each.source, each.line))
        return first

    def _times(self) -> tuple[Numbers, Mask]:
        """The time of each row, NaN where it has none, and whether that is Unix seconds already."""
        times = [each.time for each in self._kept]
        numbers = np.array([time.number if time else np.nan for time in times], np.float64)
        return numbers, np.array([time is not None and time.is_date for time in times], bool)

    def _note(self, rows: Mask, kind: str | None) -> None:
        if kind and rows.any():
            first = self._kept[int(rows.argmax())]
            self.tally.note(kind, first.source, first.line, int(np.count_nonzero(rows)))

    def _review(self, row: dict[str, Any], source: Source, line: int) -> ReviewRow:
        item = read_id(row.get("item_id"), "item")
        if self.known is not None and item not in self.known:
            raise BadValue(UNKNOWN_ITEM)
        user = None if is_missing(row.get("user_id")) else read_id(row["user_id"], "user")
        text, resolved = read_text(row.get("text"))
        if text is None and (self.events is None or user is None):
            raise BadValue(NO_TEXT)
        rating, rule = read_number(row.get("rating"), "rating")
        time = read_time(row.get("timestamp"))
        title, title_resolved = read_text(row.get("title"))
        given = row.get("review_id")
        review_id = f"r{len(self._seen) + 1}" if is_missing(given) else read_id(given, "review")
        is_date = time is not None and time.is_date
        for kind in (rule, DATES if is_date else None, ENTITIES if resolved or title_resolved else None):
            if kind:
                self.tally.note(kind, source, line)
        return ReviewRow(review_id, item, text, user, rating, time, title, source, line)
