"""A small world: things that come one after another, people who had some of them, and what is made of that."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from index.build.builder import Builder
from index.build.loading import DomainIndex
from index.build.manifest import Manifest
from index.build.review_part import ReviewIndex
from index.data.domain import Catalogue, Domain, Histories, load_domain
from index.data.item_text import item_text, item_title
from index.data.records import History, Item
from index.data.tables import INTERACTIONS, items_table, table_path, write_table
from index.retrieval.behaviour_signals import Behaviour
from index.retrieval.bm25 import LexicalIndex
from index.retrieval.fusion import untrained_fusion
from index.retrieval.fusion_features import COLUMNS, Features
from index.retrieval.fusion_training_lists import UNTRAINED_WEIGHTS
from index.retrieval.query import Channel
from index.retrieval.retriever import Retriever
from index.retrieval.review_vectors import ReviewVectors
from index.retrieval.text_index import TextIndex
from index.retrieval.vector_store import VectorStore
from index.storage.home import domain_folder
from index.types import Floats, Rows
from tests.helpers_index import HashingEncoder

N_ITEMS, N_USERS = 40, 25
KINDS = ("Comedy", "Drama", "War")
SECOND = 1_400_000_000
WORDS = ("wars", "film", "space", "dogs")
LACKING = ("nothing", "times", "values", "categories", "events")  # what a domain may be without


@dataclass(frozen=True)
class Small:
    """A domain on disk that is built and tuned, the home it lies in, and the encoder that made it."""

    home: Path
    name: str
    encoder: Path


def things(n: int = N_ITEMS, categories: bool = True) -> tuple[Item, ...]:
    """Items with a title, a description, a category and a year each."""
    return tuple(
        Item(
            f"i{row}",
            f"Star number {row} ({1950 + row % 60})",
            f"a {WORDS[row % 4]} about {WORDS[row % 3]}",
            (KINDS[row % 3],) if categories else (),
            {"year": 1950 + row % 60},
        )
        for row in range(n)
    )


def history(*rows: int, values: Sequence[float] | None = None, times: Sequence[int] | None = None) -> History:
    """One person's events; without values NaN, without times None."""
    return History(
        np.array(rows, np.int64),
        np.full(len(rows), np.nan, np.float32) if values is None else np.array(values, np.float32),
        None if times is None else np.array(times, np.int64),
    )


def walks(n_users: int = N_USERS, n_items: int = N_ITEMS, length: int = 10, seed: int = 0) -> Histories:
    """People who go through the items in steps of one or two, and now and then jump: what comes next can be learned."""
    random = np.random.default_rng(seed)
    found = []
    for _ in range(n_users):
        steps = np.where(
            random.random(length) < 0.1, random.integers(3, n_items, length), random.integers(1, 3, length)
        )
        rows = np.cumsum(steps) % n_items
        times = SECOND + np.cumsum(random.integers(0, 5_000, length))
        found.append(history(*rows, values=random.integers(1, 6, length).tolist(), times=times.tolist()))
    return Histories.of([f"u{n}" for n in range(n_users)], found)


def without(histories: Histories, lacking: str) -> Histories:
    """The same histories without times, values or any event."""
    if lacking == "events":
        return Histories.of((), ())
    if lacking == "times":
        return replace(histories, times=None)
    return replace(histories, values=np.full_like(histories.values, np.nan)) if lacking == "values" else histories


def domain_of(histories: Histories, items: Sequence[Item] | None = None, name: str = "small") -> Domain:
    """A domain in memory."""
    return Domain(name, Catalogue(tuple(things() if items is None else items)), histories, "0" * 64)


def write_domain(histories: Histories, items: Sequence[Item] | None = None, name: str = "small") -> Domain:
    """The same on disk, in PALATE_HOME; columns that nobody has are left out."""
    domain = domain_of(histories, items, name)
    folder, ids = domain_folder(name), domain.catalogue.ids
    write_table(items_table(domain.catalogue.items), table_path(folder, "items"))
    columns = {
        "user_id": np.repeat(np.array(histories.users, object), histories.lengths).tolist(),
        "item_id": [ids[row] for row in histories.rows],
    }
    if histories.times is not None:
        columns["timestamp"] = histories.times.tolist()
    if not np.isnan(histories.values).all():
        columns["value"] = [None if np.isnan(value) else float(value) for value in histories.values]
    schema = pa.schema([field for field in INTERACTIONS if field.name in columns])
    if len(histories.rows):
        write_table(pa.table(columns, schema=schema), table_path(folder, "interactions"))
    return load_domain(name)


def lacking_domain(lacking: str) -> Domain:
    """A domain on disk that lacks something."""
    return write_domain(without(walks(), lacking), things(categories=lacking != "categories"))


def builder() -> Builder:
    """Builds all parts of an index, with an encoder that needs no model."""
    return Builder(HashingEncoder(), "the tests")


def unit_vectors(n: int = N_ITEMS, dim: int = 16, seed: int = 3) -> Floats:
    """Random vectors of length one."""
    drawn = np.random.default_rng(seed).standard_normal((n, dim))
    return np.asarray(drawn / np.linalg.norm(drawn, axis=1, keepdims=True), np.float32)


def retriever_over(domain: Domain, channels: Sequence[Channel] = (), vectors: Floats | None = None) -> Retriever:
    """Retrieval with a plain sum as its fusion."""
    n_items = len(domain.catalogue)
    behaviour = Behaviour.fit(domain.histories, n_items)
    features = Features(behaviour, unit_vectors(n_items) if vectors is None else vectors, domain.catalogue)
    return Retriever(domain.catalogue, features, untrained_fusion(COLUMNS, UNTRAINED_WEIGHTS), channels)


def index_over(domain: Domain, vectors: Floats | None = None, reviews: ReviewVectors | None = None) -> DomainIndex:
    """An index in memory of a domain, with these vectors of its texts and these reviews, which nothing has judged."""
    n_items = len(domain.catalogue)
    vectors = unit_vectors(n_items) if vectors is None else vectors
    items = domain.catalogue.items
    words = LexicalIndex.build([item_title(item) for item in items], [item_text(item) for item in items])
    text = TextIndex(HashingEncoder(dim=vectors.shape[1]), VectorStore.build(vectors), vectors.mean(0), words)
    n_users, dim = len(domain.histories), vectors.shape[1]
    manifest = Manifest(domain.name, "", "hashing", "a" * 64, "", dim, n_items, n_users, "", {}, {})
    index = DomainIndex(domain, text, manifest, Path())
    found = (
        None
        if reviews is None
        else ReviewIndex(reviews, VectorStore.build(reviews.vectors), (), np.zeros((len(reviews), 2), np.int64))
    )
    index.__dict__.update(reviews=found, opinions=None)  # what it would read from disk
    return index


def marked(n: int, *rows: int) -> np.ndarray:
    """A mask of `n` rows that marks these."""
    return np.isin(np.arange(n), rows)


def rows_of(*rows: int) -> Rows:
    """Rows as an array."""
    return np.array(rows, np.int64)
