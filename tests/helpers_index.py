"""Small things to index: an encoder that hashes words, a catalogue of films, a domain on disk, a disk that is full."""

import resource
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa

from index.build.builder import Builder, build_with
from index.build.loading import DomainIndex, open_index
from index.build.text_part import TextPart
from index.data.domain import Domain, load_domain
from index.data.records import Item
from index.data.tables import INTERACTIONS, items_table, table_path, write_table
from index.retrieval.bm25 import tokenize
from index.search import Hit, find
from index.storage.home import domain_folder, index_folder
from index.types import Floats

FILMS = (
    Item("1", "Star Wars (1977)", "A farm boy fights an empire.", ("Sci-Fi", "Action"), {"year": 1977}),
    Item("2", "Alien (1979)", "A crew is hunted aboard a spaceship.", ("Sci-Fi", "Horror"), {"year": 1979}),
    Item("3", "Matrix, The (1999)", "A hacker learns what the world is.", ("Sci-Fi",), {"year": 1999}),
    Item("4", "Clueless (1995)", "Pupils of Beverly Hills play matchmaker.", ("Comedy",), {"year": 1995}),
    Item("5", "Amélie (2001)", "A waitress in Paris does good in secret.", ("Comedy", "Romance"), {"year": 2001}),
    Item("6", "War Room, The (1993)", None, ("Documentary",), {"year": 1993}),
)
NEW = Item("7", "The Quantum Lighthouse (2031)", "A keeper guides ships between worlds.", ("Sci-Fi",), {"year": 2031})


@dataclass
class HashingEncoder:
    """Counts of hashed words as a vector of length one; remembers which texts it was given."""

    name: str = "hashing"
    sha256: str = "a" * 64
    dim: int = 256
    precision: str = "float32"
    seen: list[str] = field(default_factory=list)

    def encode(self, texts: Sequence[str], what: str = "") -> Floats:
        """Vectors of length one, (n, dim)."""
        self.seen.extend(texts)
        vectors = np.zeros((len(texts), self.dim), np.float32)
        for row, text in enumerate(texts):
            for word in tokenize(text) or [""]:
                vectors[row, zlib.crc32(word.encode()) % self.dim] += 1
        return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def write_domain(name: str = "films", items: Sequence[Item] = FILMS) -> Domain:
    """A domain of these items in which one person had the first two."""
    folder = domain_folder(name)
    write_table(items_table(items), table_path(folder, "items"))
    ids = [item.item_id for item in items[:2]]
    rows = {"user_id": ["u"] * len(ids), "item_id": ids, "timestamp": list(range(len(ids)))}
    filled = {**rows, "value": [4.0] * len(ids), "event": ["rating"] * len(ids)}
    write_table(pa.table(filled, schema=INTERACTIONS), table_path(folder, "interactions"))
    return load_domain(name)


def text_builder(encoder: HashingEncoder | None = None) -> Builder:
    """A builder of the text part alone."""
    return Builder(encoder or HashingEncoder(), "the tests", (TextPart(),))


def built_domain(name: str = "films", items: Sequence[Item] = FILMS) -> Domain:
    """A domain with its index."""
    domain = write_domain(name, items)
    build_with(text_builder(), name)
    return domain


def opened(domain: Domain | None = None) -> DomainIndex:
    """The index of `films`."""
    return open_index(domain or load_domain("films"), HashingEncoder())


def found(text: str, k: int = 10) -> list[Hit]:
    """What a search in `films` finds."""
    return find(opened(), text, k)


def generations() -> list[Path]:
    """The folders of the index of `films`, oldest first."""
    return sorted(path for path in index_folder("films").iterdir() if path.name.startswith("g"))


def many(n: int) -> list[Item]:
    """Items without meaning."""
    return [Item(str(row), f"Film {row}", f"word{row} word{row % 7}") for row in range(n)]


def files_below(folder: Path) -> dict[str, tuple[int, int]]:
    """Size and time of change of every file, by path."""
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): (path.stat().st_size, path.stat().st_mtime_ns) for path in found}


@contextmanager
def full_disk(most: int) -> Iterator[None]:
    """No file may grow beyond `most` bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
