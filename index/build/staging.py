"""A domain's tables as they will be after a change, written aside, so that the index is ready before they change."""

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from index.build.generations import STAGING
from index.data.domain import REMOVED, Catalogue, Domain, tables_sha256
from index.data.records import Item
from index.data.tables import items_of, items_table, read_table, table_path, write_table
from index.errors import MendableError
from index.storage.home import domain_folder, index_folder, mendable_writes, write_bytes, write_file
from index.storage.json_text import json_text

ADDED = "zz-added"  # name of a part with added items: it is read after the others


@dataclass(frozen=True)
class Staged:
    """A domain as it will be, and the one file that must be put in place for it."""

    domain: Domain
    source: Path
    target: Path

    def put_in_place(self) -> None:
        """Change the domain on disk, as one step."""
        write_file(self.target, lambda aside: shutil.copyfile(self.source, aside))


def stage_items(domain: Domain, items: Sequence[Item]) -> Staged:
    """A domain with these items behind its own. Raises MendableError where a value does not fit its column."""
    stage = _stage(domain.name)
    table = table_path(stage, "items")
    old = read_table(table)
    if table.is_dir():
        changed = table / f"{ADDED}-{len(old):012}.parquet"
        write_table(_fit_columns(items_table(items), old.schema, widens=False), changed)
    else:
        changed = table
        write_table(_append(old, items_table(items)), changed)
    found = items_of(read_table(table))
    wanted = [*domain.catalogue.ids, *(item.item_id for item in items)]
    if [item.item_id for item in found] != wanted:
        raise MendableError("the table's parts are not in the order of their names", str(table), "Import it again")
    return _staged(domain, Catalogue(found, domain.catalogue.removed), stage, changed)


def stage_removal(domain: Domain, ids: Sequence[str]) -> Staged:
    """A domain in which these items may no longer be recommended."""
    stage = _stage(domain.name)
    removed = domain.catalogue.removed | set(ids)
    write_bytes(stage / REMOVED, (json_text(sorted(removed)) + "\n").encode())
    return _staged(domain, Catalogue(domain.catalogue.items, frozenset(removed)), stage, stage / REMOVED)


def link_or_copy(source: Path, target: Path) -> None:
    """The same content under a second name, without a second copy where the disk can do that."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _staged(domain: Domain, catalogue: Catalogue, stage: Path, changed: Path) -> Staged:
    new = replace(domain, catalogue=catalogue, sha256=tables_sha256(stage))
    return Staged(new, changed, domain_folder(domain.name) / changed.relative_to(stage))


def _stage(name: str) -> Path:
    """A folder with the domain's tables and removed ids as they are."""
    stage, folder = index_folder(name) / STAGING, domain_folder(name)
    shutil.rmtree(stage, ignore_errors=True)
    with mendable_writes(stage):
        stage.mkdir(parents=True)
        tables = [path for table in ("items", "interactions", "reviews") for path in _files(table_path(folder, table))]
        for path in (*tables, *_files(folder / REMOVED)):
            target = stage / path.relative_to(folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            link_or_copy(path, target)
    return stage


def _files(path: Path) -> list[Path]:
    return [each for each in path.rglob("*") if each.is_file()] if path.is_dir() else [path] if path.is_file() else []


def _append(old: pa.Table, new: pa.Table) -> pa.Table:
    """The rows of both; a column of whole numbers becomes one of decimals where the new rows need it."""
    new = _fit_columns(new, old.schema, widens=True)
    for n, field in enumerate(old.schema):
        if field.name in new.column_names and new.schema.field(field.name).type != field.type:
            old = old.set_column(n, field.name, old.column(n).cast(new.schema.field(field.name).type))
    return pa.concat_tables([old, new], promote_options="default")


def _fit_columns(new: pa.Table, schema: pa.Schema, widens: bool) -> pa.Table:
    """The new rows with columns of the types that the table has; text that is a number becomes one, and so on."""
    for n, name in enumerate(new.column_names):
        if name in schema.names and new.schema.field(name).type != schema.field(name).type:
            new = new.set_column(n, name, _cast(new.column(n), schema.field(name).type, name, widens))
    return new


def _cast(column: Any, kind: Any, name: str, widens: bool) -> Any:
    if column.null_count == len(column):
        return pa.nulls(len(column), kind)
    if pa.types.is_null(kind):
        return column
    if pa.types.is_list(kind) and not pa.types.is_list(column.type):
        return pa.array([None if each is None else [str(each)] for each in column.to_pylist()], kind)
    try:
        return column.cast(kind)
    except pa.ArrowException as why:
        if widens and pa.types.is_integer(kind) and pa.types.is_floating(column.type):
            return column
        shown = next(str(each) for each in column.to_pylist() if each is not None and not _fits(each, kind))
        raise MendableError(
            f"column {name!r} holds {kind}, an added item has {shown[:60]!r}", "--items", "Mend the value"
        ) from why


def _fits(value: Any, kind: Any) -> bool:
    try:
        pa.array([value]).cast(kind)
    except pa.ArrowException:
        return False
    return True
