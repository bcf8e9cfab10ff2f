"""A small domain of red and blue films and people with a taste for one of the two, for the tests of `eval predict`."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from index.data.domain import Domain, load_domain
from index.data.records import Item
from index.data.tables import INTERACTIONS, items_table, table_path, write_table
from index.storage.home import domain_folder

PEOPLE, FILMS = 40, 30
HOUR, DAY = 3600, 86_400


def films(n: int = FILMS) -> list[Item]:
    """Even ones are red, odd ones blue."""
    return [Item(f"i{k}", f"Film {k}", None, (("Red", "Blue")[k % 2],), {"year": 1980 + k % 5}) for k in range(n)]


def write_films(
    events: Sequence[tuple[str, str, int, float | None]], n_items: int = FILMS, name: str = "films"
) -> Domain:
    """A domain in PALATE_HOME of (user, item, time, value)."""
    users, items, times, values = (list(column) for column in zip(*events, strict=True))
    columns: dict[str, Any] = {"user_id": users, "item_id": items, "timestamp": times, "value": values}
    schema = pa.schema([field for field in INTERACTIONS if field.name in columns])
    write_table(items_table(films(n_items)), table_path(domain_folder(name), "items"))
    write_table(pa.table(columns, schema=schema), table_path(domain_folder(name), "interactions"))
    return load_domain(name)


def tastes(seed: int = 0, valued: bool = True) -> list[tuple[str, str, int, float | None]]:
    """Even people like red films, odd ones blue, with some noise; without values they have only what they like."""
    random = np.random.default_rng(seed)
    found: list[tuple[str, str, int, float | None]] = []
    for user in range(PEOPLE):
        for nth, film in enumerate(random.permutation(FILMS)[:20].tolist()):
            liked = (film % 2 == user % 2) != (random.random() < 0.1)
            if valued:
                found.append((f"u{user}", f"i{film}", nth * HOUR, 5.0 if liked else 1.0))
            elif liked:
                found.append((f"u{user}", f"i{film}", nth * HOUR, None))
    return found
