"""A small domain on disk and histories for the tests of the evaluation."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from index.data.domain import Histories
from index.data.records import History, Item
from index.data.tables import INTERACTIONS, items_table, table_path, write_table
from index.storage.home import domain_folder
from index.types import Floats


def histories(events: Mapping[str, Sequence[int]], times: Mapping[str, Sequence[int]] | None = None) -> Histories:
    """Histories from rows by user."""
    return Histories.of(
        list(events),
        [
            History(
                np.array(rows, np.int64),
                np.ones(len(rows), np.float32),
                None if times is None else np.array(times[user], np.int64),
            )
            for user, rows in events.items()
        ],
    )


def write_domain(
    name: str, events: Sequence[tuple[str, str]], n_items: int, times: Sequence[int] | None = None
) -> Path:
    """Tables of a domain with items `i0`, `i1`, … and these events, in PALATE_HOME."""
    folder = domain_folder(name)
    items = [Item(f"i{n}", f"Thing {n}") for n in range(n_items)]
    columns: dict[str, list[str] | Sequence[int] | None] = {
        "user_id": [user for user, _ in events],
        "item_id": [item for _, item in events],
    }
    if times is not None:
        columns["timestamp"] = times
    schema = pa.schema([field for field in INTERACTIONS if field.name in columns])
    write_table(items_table(items), table_path(folder, "items"))
    write_table(pa.table(columns, schema=schema), table_path(folder, "interactions"))
    return folder


def random_events(n_users: int, n_items: int, seed: int, shortest: int = 3, longest: int = 12) -> list[tuple[str, str]]:
    """Events of users `u0`, `u1`, …, no item twice, low item numbers liked more."""
    random = np.random.default_rng(seed)
    weights = 1 / (np.arange(n_items) + 3.0)
    found: list[tuple[str, str]] = []
    for user in range(n_users):
        n = int(random.integers(shortest, longest))
        drawn = random.choice(n_items, n, replace=False, p=weights / weights.sum())
        found.extend((f"u{user}", f"i{item}") for item in drawn)
    return found


def mean_rank(scores: Floats, row: int) -> float:
    """How many items score higher than one, ties by half; inf where it has no score."""
    if np.isneginf(scores[row]):
        return np.inf
    return float((scores > scores[row]).sum() + ((scores == scores[row]).sum() - 1) / 2)
