"""A domain in memory: its catalogue, and the histories of all users as columns."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from index.data.records import History, Item
from index.data.tables import items_of, read_table, table_path
from index.errors import MendableError
from index.storage.home import DOMAIN_NAME, domain_folder, home, restore_folder
from index.types import Floats, Rows

REMOVED = "removed.json"  # ids taken out by `index remove`; they stay in histories and are never candidates
ABOUT = "domain.json"  # source, licence, citation, format


@dataclass(frozen=True)
class Catalogue:
    """The items of a domain by row; `removed` are those that may no longer be recommended.

    `aspect_forms` are the words by which reviews name aspects, with the aspect's name, where an opened index tells.
    """

    items: tuple[Item, ...]
    removed: frozenset[str] = frozenset()
    aspect_forms: Mapping[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.items)

    @cached_property
    def row_of(self) -> dict[str, int]:
        """Row by item id."""
        return {item.item_id: row for row, item in enumerate(self.items)}

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """Item id by row."""
        return tuple(item.item_id for item in self.items)

    @cached_property
    def available(self) -> npt.NDArray[np.bool_]:
        """By row: whether the item may be recommended."""
        return np.array([item.item_id not in self.removed for item in self.items], bool)

    def rows_of(self, ids: Iterable[str]) -> Rows:
        """The rows of ids in their order, those that the catalogue lacks left out."""
        return np.array([self.row_of[item_id] for item_id in ids if item_id in self.row_of], np.int64)

    def item(self, item_id: str) -> Item:
        """The item of an id; KeyError where the catalogue lacks it."""
        return self.items[self.row_of[item_id]]


@dataclass(frozen=True)
class Histories:
    """All users' events in order of time (equal times by row number): user n has `rows[starts[n]:starts[n + 1]]`."""

    users: tuple[str, ...]
    starts: Rows
    rows: Rows
    values: Floats
    times: Rows | None = None

    def __len__(self) -> int:
        return len(self.users)

    def __getitem__(self, n: int) -> History:
        span = slice(int(self.starts[n]), int(self.starts[n + 1]))
        times = None if self.times is None else self.times[span]
        return History(self.rows[span], self.values[span], times, self.users[n])

    def __iter__(self) -> Iterator[History]:
        return (self[n] for n in range(len(self)))

    @cached_property
    def place_of(self) -> dict[str, int]:
        """Number of a user by id."""
        return {user: n for n, user in enumerate(self.users)}

    @property
    def lengths(self) -> Rows:
        """Number of events of each user."""
        return np.diff(self.starts)

    @cached_property
    def scale(self) -> tuple[float, float] | None:
        """The lowest and the highest value of any event, None where there are none."""
        known = self.values[~np.isnan(self.values)]
        return (float(known.min()), float(known.max())) if len(known) else None

    @property
    def owners(self) -> Rows:
        """The number of the user of each event."""
        return np.repeat(np.arange(len(self)), self.lengths)

    def select_users(self, numbers: npt.NDArray[np.integer]) -> "Histories":
        """The histories of these users, by number, in the order given."""
        lengths = self.lengths[numbers]
        starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        events = np.arange(starts[-1]) + np.repeat(self.starts[numbers] - starts[:-1], lengths)
        times = None if self.times is None else self.times[events]
        return Histories(tuple(self.users[n] for n in numbers), starts, self.rows[events], self.values[events], times)

    def select_events(self, events: npt.NDArray[np.bool_]) -> "Histories":
        """All users with those of their events that are marked."""
        lengths = np.bincount(self.owners[events], minlength=len(self))
        starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        times = None if self.times is None else self.times[events]
        return Histories(self.users, starts, self.rows[events], self.values[events], times)

    @classmethod
    def of(cls, users: Sequence[str], histories: Sequence[History]) -> "Histories":
        """Histories given one by one, in the order of `users`."""
        starts = np.concatenate([[0], np.cumsum([len(each) for each in histories])]).astype(np.int64)
        rows = _concatenate([each.rows for each in histories], np.int64)
        values = _concatenate([each.values for each in histories], np.float32)
        timed = [each.times for each in histories if each.times is not None]
        times = _concatenate(timed, np.int64) if histories and len(timed) == len(histories) else None
        return cls(tuple(users), starts, rows, values, times)

    def truncate(self, lengths: Rows) -> "Histories":
        """The first `lengths[n]` events of each user n."""
        lengths = np.minimum(lengths, self.lengths)
        kept = np.arange(len(self.rows)) - np.repeat(self.starts[:-1], self.lengths) < np.repeat(lengths, self.lengths)
        starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        times = None if self.times is None else self.times[kept]
        return Histories(self.users, starts, self.rows[kept], self.values[kept], times)


@dataclass(frozen=True)
class Domain:
    """A catalogue with its users' events; `sha256` is that of its tables, `order` says what orders the events."""

    name: str
    catalogue: Catalogue
    histories: Histories
    sha256: str
    order: str = "timestamp"
    about: Mapping[str, Any] | None = None
    n_unknown_items: int = 0  # events of items that the catalogue lacks: not in the histories

    def history(self, user: str) -> History | None:
        """The history of a user, None for one who is not in the data."""
        n = self.histories.place_of.get(user)
        return None if n is None else self.histories[n]


def load_domain(name: str) -> Domain:
    """Read a domain's tables. Raises MendableError where there is no such domain or a table cannot be read."""
    folder = existing_folder(name)
    removed = folder / REMOVED
    gone = frozenset(json.loads(removed.read_text())) if removed.is_file() else frozenset()
    catalogue = Catalogue(items_of(read_table(table_path(folder, "items"))), gone)
    path = table_path(folder, "interactions")
    events = (
        read_table(path)
        if path.exists()
        else pa.table({"user_id": pa.array([], pa.string()), "item_id": pa.array([], pa.string())})
    )
    histories, unknown = histories_of(events, catalogue)
    about = folder / ABOUT
    return Domain(
        name,
        catalogue,
        histories,
        tables_sha256(folder),
        "row number" if histories.times is None else "timestamp",
        json.loads(about.read_text()) if about.is_file() else {},
        unknown,
    )


def existing_folder(name: str) -> Path:
    """The folder of a domain that is there. Raises MendableError, naming those that are."""
    folder = domain_folder(name)
    restore_folder(folder)
    if not table_path(folder, "items").exists():
        folders = (path.parent.name for path in (home() / "domains").glob("*/items.parquet"))
        known = sorted(filter(DOMAIN_NAME.fullmatch, folders))  # a backup is none
        there = f"There are: {', '.join(known)}" if known else "There is none yet"
        raise MendableError(
            f"no domain {name!r}",
            "--domain",
            f"{there}; `python -m index fetch movielens-100k` or `index import` makes one",
        )
    return folder


def tables_sha256(folder: Path) -> str:
    """One hash over the tables of a domain's folder and its removed ids, in a fixed order."""
    digest = hashlib.sha256()
    for name in ("items", "interactions", "reviews"):
        path = table_path(folder, name)
        for part in sorted(path.rglob("*.parquet")) if path.is_dir() else [path]:
            if part.is_file():
                digest.update(f"{name}:{part.stat().st_size}:".encode())
                with part.open("rb") as file:
                    while block := file.read(1 << 20):
                        digest.update(block)
    removed = folder / REMOVED
    digest.update(removed.read_bytes() if removed.is_file() else b"")
    return digest.hexdigest()


def histories_of(events: pa.Table, catalogue: Catalogue) -> tuple[Histories, int]:
    """Histories by user in order of first appearance, and how many events name an item that the catalogue lacks."""
    row_of = catalogue.row_of
    ids = events.column("item_id").combine_chunks().dictionary_encode()
    rows_of_ids = np.array([row_of.get(i, -1) for i in ids.dictionary.to_pylist()], np.int64)
    rows = rows_of_ids[np.from_dlpack(ids.indices)] if len(ids) else np.zeros(0, np.int64)
    coded = events.column("user_id").combine_chunks().dictionary_encode()
    users, user = coded.dictionary.to_pylist(), np.from_dlpack(coded.indices).astype(np.int64)
    times = _column(events, "timestamp", np.int64)
    values = _column(events, "value", np.float32)
    known = rows >= 0
    order = np.lexsort((np.arange(len(rows)), *(() if times is None else (times,)), user))
    order = order[known[order]]
    starts = np.concatenate([[0], np.cumsum(np.bincount(user[order], minlength=len(users)))]).astype(np.int64)
    ordered_values = np.full(len(order), np.nan, np.float32) if values is None else values[order]
    histories = Histories(tuple(users), starts, rows[order], ordered_values, None if times is None else times[order])
    return histories, int((~known).sum())


def _column(events: pa.Table, name: str, kind: Any) -> npt.NDArray[Any] | None:
    """A numeric column, None where the table lacks it; times must be whole, values may be missing (NaN)."""
    if name not in events.column_names or events.column(name).null_count == events.num_rows:
        return None
    column = events.column(name).combine_chunks()
    if name == "timestamp" and column.null_count:
        return None  # an order that some events lack is no order: rows decide
    return _numbers(column, kind)


def _numbers(column: pa.Array, kind: Any) -> npt.NDArray[Any]:
    """A numeric column as a new array, NaN where it has no value. `to_numpy` of Arrow would load pandas for this."""
    if not pa.types.is_integer(column.type) and not pa.types.is_floating(column.type):
        column = column.cast(pa.float64())
    width = np.dtype(column.type.to_pandas_dtype())
    start = column.offset * width.itemsize
    found = np.frombuffer(column.buffers()[1], width, len(column), start).astype(kind)
    if column.null_count:
        found[np.from_dlpack(column.is_null().cast(pa.int8())).astype(bool)] = np.nan
    return found


def _concatenate(parts: Sequence[npt.NDArray[Any]], kind: Any) -> npt.NDArray[Any]:
    return np.concatenate(parts).astype(kind) if parts else np.zeros(0, kind)
