"""The generations of a domain's index: each a folder that is complete once its manifest is there, and never changes.

A command opens the newest whose manifest names the domain's tables. So tables and index change at one moment, when the
table is renamed, and a kill before or after it leaves a pair that matches.
"""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from index.build.manifest import NAME, Manifest, read_manifest, refuse_index
from index.errors import MendableError
from index.storage.home import index_folder, mendable_writes, sync

GENERATION = re.compile(r"g(\d{6})")
SHARDS = ".building"  # vectors of texts, which a killed build finds again
STAGING = ".staging"  # tables as they will be after a change


@dataclass(frozen=True)
class Generation:
    """One index on disk: its folder and its manifest."""

    folder: Path
    manifest: Manifest


def generation_folders(name: str) -> list[Path]:
    """The folders of a domain's complete generations, newest first."""
    return sorted((folder for folder in _all(name) if (folder / NAME).is_file()), reverse=True)


def matching_generation(name: str, tables_sha256: str) -> Generation:
    """The newest generation made of these tables. Raises MendableError, naming both hashes, where none is."""
    folders = generation_folders(name)
    if not folders:
        way_out = f"Run `python -m index build --domain {name}`"
        raise MendableError(f"domain {name!r} has no index", str(index_folder(name)), way_out)
    generations = [Generation(folder, read_manifest(folder)) for folder in folders]
    for generation in generations:
        if generation.manifest.tables_sha256 == tables_sha256:
            return generation
    made_of = generations[0].manifest.tables_sha256
    why = f"it was made of tables {made_of[:12]}, those of the domain are {tables_sha256[:12]}"
    raise refuse_index(why, folders[0] / NAME, name)


@contextmanager
def new_generation(name: str) -> Iterator[Path]:
    """An empty folder for the next generation, removed again where something fails before its manifest is written."""
    numbers = [int(folder.name[1:]) for folder in _all(name)]
    for unfinished in set(_all(name)) - set(generation_folders(name)):  # of a killed run: the lock is held
        shutil.rmtree(unfinished, ignore_errors=True)
    folder = index_folder(name) / f"g{max(numbers, default=0) + 1:06}"
    with mendable_writes(folder):
        folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        if not (folder / NAME).is_file():
            shutil.rmtree(folder, ignore_errors=True)


def seal(folder: Path, manifest: Manifest) -> None:
    """Bring all files to the disk, then write the manifest, which completes the generation."""
    with mendable_writes(folder):
        for path in sorted(folder.rglob("*")):
            sync(path)
        sync(folder)
    manifest.write(folder)
    sync(folder.parent)


def remove_others(name: str, kept: Path) -> None:
    """Remove all generations but one, and the files that builds and changes had put aside."""
    for folder in _all(name):
        if folder != kept:
            (folder / NAME).unlink(missing_ok=True)  # first: a half-removed folder is not complete
            shutil.rmtree(folder, ignore_errors=True)
    for aside in (SHARDS, STAGING):
        shutil.rmtree(index_folder(name) / aside, ignore_errors=True)


def _all(name: str) -> list[Path]:
    folder = index_folder(name)
    return [path for path in folder.iterdir() if GENERATION.fullmatch(path.name)] if folder.is_dir() else []
