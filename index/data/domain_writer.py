"""Puts the tables of a domain in place as a whole: written aside, then renamed, so that a kill leaves the old ones."""

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from index.data.domain import ABOUT
from index.data.records import Item
from index.data.tables import items_table, table_path, write_table
from index.storage.home import domain_folder, home, mendable_writes, replace_folder, restore_folder, write_json


@dataclass(frozen=True)
class DomainTables:
    """The tables of a domain before they are written; None where there is no such table."""

    items: Sequence[Item]
    interactions: pa.Table | None = None
    reviews: pa.Table | None = None


@contextmanager
def unfinished_folder(domain: str, nowhere: bool = False) -> Iterator[Path | None]:
    """A folder below the home for what is not finished, gone in the end; None where nothing is to be written."""
    if nowhere:
        yield None
        return
    folder = home() / "unfinished" / f"{domain}.{os.getpid()}"
    with mendable_writes(folder):
        _sweep(folder.parent)
        folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def write_domain(aside: Path, domain: str, tables: DomainTables, about: Mapping[str, Any]) -> None:
    """Write tables aside, then put the folder in the place of the domain as one step."""
    target = domain_folder(domain)
    with mendable_writes(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        restore_folder(target)
    write_table(items_table(tables.items), table_path(aside, "items"))
    for name, table in (("interactions", tables.interactions), ("reviews", tables.reviews)):
        if table is not None:
            write_table(table, table_path(aside, name))
    write_json(aside / ABOUT, about)
    replace_folder(aside, target)


def _sweep(folder: Path) -> None:
    """Remove what imports left that were killed."""
    for left in folder.glob("*.*"):
        owner = left.name.rpartition(".")[2]
        if owner.isdigit() and not _runs(int(owner)):
            shutil.rmtree(left, ignore_errors=True)


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
