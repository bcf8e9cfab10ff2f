"""Gathers what an importer reads: items, then events and reviews that are held against them; the tables in the end."""

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from index.data.domain_writer import DomainTables
from index.data.records import Item
from index.errors import MendableError
from index.importers.events import EventRows
from index.importers.items import ItemRows
from index.importers.reviews import ReviewRows
from index.importers.rows import Batch, Renaming
from index.importers.sources import Source
from index.importers.tally import Tally
from index.progress import stage

B = TypeVar("B", bound=Batch)


@dataclass
class DatasetBuilder:
    """Everything that an import has read so far; each part is None where no file had any."""

    tally: Tally
    renaming: Renaming = field(default_factory=Renaming)
    items: ItemRows | None = None
    events: EventRows | None = None
    reviews: ReviewRows | None = None

    @property
    def known(self) -> frozenset[str] | None:
        """The ids of the catalogue, None where no file described it."""
        return None if self.items is None else self.items.ids

    def add_items(self, sources: Sequence[Source], batches: Callable[[Source], Iterator[B]]) -> ItemRows:
        """Read the items table; before the others, which are held against it."""
        self.items = ItemRows(self.tally)
        self._read(sources, batches, self.items.add)
        return self.items

    def add_events(self, sources: Sequence[Source], batches: Callable[[Source], Iterator[B]]) -> None:
        """Read the interactions table."""
        self.events = EventRows(self.tally, self.known)
        self._read(sources, batches, self.events.add)

    def add_reviews(self, sources: Sequence[Source], batches: Callable[[Source], Iterator[B]]) -> None:
        """Read the reviews table; after the interactions, in whose place it stands where there are none."""
        alone = self.events is None
        if alone:
            self.events = EventRows(self.tally, self.known)
        self.reviews = ReviewRows(self.tally, self.known, self.events if alone else None)
        self._read(sources, batches, self.reviews.add)

    def finish(self) -> DomainTables:
        """The tables of all that was read. Raises MendableError where no item is left."""
        reviews = self.reviews
        clock = reviews.clock() if reviews is not None and reviews.events is not None else None
        events = None if self.events is None else self.events.finish(clock)
        written = None if reviews is None else reviews.finish()
        items = self._items_without_a_table() if self.items is None else self.items.finish()
        if not items:
            raise MendableError("no item is left to recommend", self.tally.first_reject or "the files", "Mend the rows")
        return DomainTables(items, events, written)

    def _items_without_a_table(self) -> list[Item]:
        """The items of events and reviews, in the order of the first of each, with their ids for titles."""
        first: dict[str, tuple[Source, int]] = {}
        for rows in (self.events, self.reviews):
            for item_id, place in rows.first_of_items().items() if rows is not None else ():
                first.setdefault(item_id, place)
        for source, line in first.values():
            self.tally.note("item known only from its events", source, line)
        return [Item(item_id, item_id) for item_id in first]

    def _read(
        self, sources: Sequence[Source], batches: Callable[[Source], Iterator[B]], add: Callable[[B], None]
    ) -> None:
        for source in sources:
            before = self.tally.read
            if source.linked:
                self.tally.note("file reached through a link", source, 1)
            with _no_collection(), stage(f"reading {source.name}"):
                for batch in batches(source):
                    add(batch)
            if self.tally.read == before:
                raise MendableError("the file holds no rows", source.shown, "Fill it, or leave it out")


@contextmanager
def _no_collection() -> Iterator[None]:
    """No search for cyclic garbage: rows make none, and looking through millions of them took 40 % of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
