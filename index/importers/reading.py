"""What a reader of one format is, and what it fills: the same gathering of items, events, reviews for all."""

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from index.command import progress
from index.errors import MendableError
from index.importers.events import EventRows
from index.importers.items import ItemRows
from index.importers.reviews import ReviewRows
from index.importers.rows import Batch, Renaming
from index.importers.sources import Source
from index.importers.tally import Tally

B = TypeVar("B", bound=Batch)


@dataclass(frozen=True, slots=True)
class Claim:
    """A file that a reader takes for one of its tables; a table that is a folder of parts is several `part` claims."""

    table: str
    source: Source
    part: bool = False


@dataclass
class Gathering:
    """Everything that an import has read so far; `events` and `reviews` are None where no file had any."""

    tally: Tally
    renaming: Renaming = field(default_factory=Renaming)
    items: ItemRows | None = None
    events: EventRows | None = None
    reviews: ReviewRows | None = None

    @property
    def known(self) -> frozenset[str] | None:
        """The ids of the catalogue, None where no file described it."""
        return None if self.items is None else self.items.ids

    def take_items(self, claims: Sequence[Claim], batches: Callable[[Source], Iterator[B]]) -> ItemRows:
        """Read the items table; before the others, which are held against it."""
        self.items = ItemRows(self.tally)
        self._read(claims, batches, self.items.add)
        return self.items

    def take_events(self, claims: Sequence[Claim], batches: Callable[[Source], Iterator[B]]) -> None:
        """Read the interactions table."""
        self.events = EventRows(self.tally, self.known)
        self._read(claims, batches, self.events.add)

    def take_reviews(self, claims: Sequence[Claim], batches: Callable[[Source], Iterator[B]]) -> None:
        """Read the reviews table; after the interactions, in whose place it stands where there are none."""
        alone = self.events is None
        if alone:
            self.events = EventRows(self.tally, self.known)
        self.reviews = ReviewRows(self.tally, self.known, self.events if alone else None)
        self._read(claims, batches, self.reviews.add)

    def _read(
        self, claims: Sequence[Claim], batches: Callable[[Source], Iterator[B]], add: Callable[[B], None]
    ) -> None:
        for claim in claims:
            before = self.tally.read
            if claim.source.linked:
                self.tally.note("file reached through a link", claim.source, 1)
            with _no_collection():
                for batch in progress(batches(claim.source), f"reading {claim.source.name}"):
                    add(batch)
            if self.tally.read == before:
                raise MendableError("the file holds no rows", claim.source.shown, "Fill it, or leave it out")


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


class Reader(Protocol):
    """One format: which of some files it knows, and how they are read."""

    @property
    def name(self) -> str:
        """What `--format` calls it."""

    @property
    def files(self) -> str:
        """The names of its files, in words."""

    def claims(self, sources: Sequence[Source]) -> list[Claim]:
        """The files that it takes, none where it does not know the format."""

    def read(self, claims: Sequence[Claim], into: Gathering) -> None:
        """Read them all."""


def of_table(claims: Sequence[Claim], table: str) -> list[Claim]:
    """The claims for one table: one file, or the parts of one folder. Raises MendableError where it is there twice."""
    found = [claim for claim in claims if claim.table == table]
    if len(found) > 1 and not (
        all(claim.part for claim in found) and len({str(c.source.path.parent) for c in found}) == 1
    ):
        raise MendableError(
            f"the table {table!r} is there twice",
            f"{found[0].source.shown} and {found[1].source.shown}",
            "Keep one of them, or name the files one by one",
        )
    return found


def require(names: Sequence[str], needed: Sequence[str], source: Source) -> None:
    """Raises MendableError where a header lacks a column that its table needs."""
    missing = [name for name in needed if name not in names]
    if missing:
        there = ", ".join(name for name in names if name)[:200]
        raise MendableError(
            f"there is no column {missing[0]!r} (there are: {there})",
            source.at(1),
            f"Name it so in the header, or say which it is with --map {missing[0]}=COLUMN",
        )
