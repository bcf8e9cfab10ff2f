"""Reviews as they are read; where a source has no interactions of its own, each review row is an event too."""

from typing import Any

import numpy as np
import pyarrow as pa

from index.data.tables import REVIEWS
from index.importers.events import UNKNOWN_ITEM, EventRows
from index.importers.rows import Batch
from index.importers.sources import Source
from index.importers.tally import Tally
from index.importers.values import ENTITIES, BadValue, read_id, read_number, read_text, read_time

NO_TEXT, SAME_ID = "review without a text", "review id that another row has"


class ReviewRows:
    """Gathers the reviews of an import, and their events into `events` where that is given."""

    def __init__(self, tally: Tally, known: frozenset[str] | None = None, events: EventRows | None = None) -> None:
        self.tally, self.known, self.events = tally, known, events
        self._kept: list[tuple[Any, ...]] = []
        self._seen: set[int] = set()
        self._ids: set[str] = set()
        self._first: dict[str, tuple[Source, int]] = {}

    def add(self, batch: Batch) -> None:
        """Take the rows of a batch with columns `item_id`, `text` and perhaps the others of the reviews table."""
        events: list[tuple[Any, ...]] = []
        rows = batch.rows()
        if self.events is not None:
            self.events.expect_times([row.get("timestamp") for row in rows])
        for line, row in zip(batch.lines, rows, strict=True):
            try:
                review = self._review(row, batch.source, line)
            except BadValue as why:
                self.tally.reject(why.kind, batch.source, line, row)
                continue
            _, item, text, user, rating, time, _ = review
            same = hash((user, item, time, text))
            if same in self._seen:
                self.tally.repeat(batch.source, line)
                continue
            if review[0] in self._ids:
                self.tally.reject(SAME_ID, batch.source, line, row)
                continue
            self._seen.add(same)
            self._ids.add(review[0])
            if text is not None:
                self._kept.append(review)
                self._first.setdefault(item, (batch.source, line))
            if self.events is not None and user is not None:
                events.append((line, user, item, time, rating, None, same))
        if self.events is not None and events:
            lines, *columns, rest = zip(*events, strict=True)
            self.events.add_columns(batch.source, lines, columns, np.array(rest, np.int64))

    def first_of_items(self) -> dict[str, tuple[Source, int]]:
        """Where the first review of each item stands, in that order."""
        return dict(self._first)

    def finish(self) -> pa.Table | None:
        """The reviews, None where there are none."""
        if not self._kept:
            return None
        columns = zip(*self._kept, strict=True)
        return pa.table([pa.array(c, kind.type) for c, kind in zip(columns, REVIEWS, strict=True)], schema=REVIEWS)

    def _review(self, row: dict[str, Any], source: Source, line: int) -> tuple[Any, ...]:
        item = read_id(row.get("item_id"), "item")
        if self.known is not None and item not in self.known:
            raise BadValue(UNKNOWN_ITEM)
        user = read_id(row["user_id"], "user") if row.get("user_id") not in (None, "") else None
        text, resolved = read_text(row.get("text"))
        if text is None and (self.events is None or user is None):
            raise BadValue(NO_TEXT)
        rating, rating_kind = read_number(row.get("rating"), "rating")
        time, time_kind = read_time(row.get("timestamp"))
        if self.events is not None and user is not None:
            time = self.events.time(time, source, line)
        title, title_resolved = read_text(row.get("title"))
        given = row.get("review_id") not in (None, "")
        review_id = read_id(row["review_id"], "review") if given else f"r{len(self._seen) + 1}"
        for kind in (rating_kind, time_kind, ENTITIES if resolved or title_resolved else None):
            if kind:
                self.tally.note(kind, source, line)
        return review_id, item, text, user, rating, time, title
