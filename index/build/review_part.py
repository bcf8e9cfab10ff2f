"""The review part of an index: embeddings of reviews of each item in FAISS."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from index.build.manifest import NAME, Manifest, refuse_index
from index.build.parts import BuildContext, PreviousIndex
from index.build.review_selection import select_reviews
from index.build.staging import link_or_copy
from index.build.text_part import embed_texts
from index.data.reviews import has_reviews, load_reviews, review_text
from index.errors import MendableError
from index.retrieval.review_vectors import UNKNOWN_TIME, ReviewVectors
from index.retrieval.vector_store import VECTORS, VectorStore
from index.storage.arrays import read_array, write_array, write_blocks
from index.storage.home import write_json

FOLDER, ROWS, ABOUT = "reviews", "rows.npy", "reviews.json"


@dataclass(frozen=True)
class ReviewPart:
    """Vectors of reviews, some of each item, and their vector store."""

    name: str = FOLDER
    version: int = 2

    def is_needed(self, domain: str) -> bool:
        """Only where the domain has reviews."""
        return has_reviews(domain)

    def build(self, context: BuildContext) -> Mapping[str, Any]:
        """Embed some reviews of each item, in shards that a killed build finds again."""
        catalogue = context.domain.catalogue
        found = select_reviews(load_reviews(context.domain.name), catalogue)
        folder = context.folder / FOLDER
        texts = [review_text(review) for review in found.reviews]
        paths = embed_texts(context, texts, f"embedding {len(texts):,} reviews")
        write_blocks(folder / VECTORS, (len(texts), context.encoder.dim), np.float32, map(read_array, paths))
        store = VectorStore.build(read_array(folder / VECTORS))
        store.save(folder)
        write_array(folder / ROWS, np.array([catalogue.row_of[each.item_id] for each in found.reviews], np.int64))
        writers = [review.user_id or "" for review in found.reviews]
        about = {"review_ids": [each.review_id for each in found.reviews], "writers": writers}
        write_json(folder / ABOUT, {**about, "times": [each.timestamp for each in found.reviews]})
        return {"n_reviews": len(texts), "n_known": found.n_known, "store": asdict(store.settings)}

    def extend(self, context: BuildContext, old: PreviousIndex) -> Mapping[str, Any]:
        """New items have no reviews yet: the files stay as they are."""
        folder = context.folder / FOLDER
        folder.mkdir(parents=True, exist_ok=True)
        for path in sorted((old.folder / FOLDER).iterdir()):
            link_or_copy(path, folder / path.name)
        return {name: value for name, value in old.manifest.parts[FOLDER].items() if name != "version"}


@dataclass(frozen=True)
class ReviewIndex:
    """The review part of an opened index: vectors with their items, the store, the ids of the reviews in its order."""

    vectors: ReviewVectors
    store: VectorStore
    review_ids: tuple[str, ...]


def load_review_index(generation: Path, manifest: Manifest) -> ReviewIndex | None:
    """The files of `ReviewPart`, None where the domain has no reviews.

    Raises MendableError where a file is damaged, or the index was made without the reviews that are there.
    """
    if FOLDER not in manifest.parts:
        if has_reviews(manifest.domain):
            raise refuse_index("it was made without the domain's reviews", generation / NAME, manifest.domain)
        return None
    folder = generation / FOLDER
    store = VectorStore.load(folder)
    vectors, ids = _read(folder)
    if (vectors.rows >= manifest.n_items).any():
        raise _damaged(folder / ROWS)
    return ReviewIndex(vectors, store, ids)


def read_reviews(generation: Path) -> ReviewVectors | None:
    """The vectors of a generation that may still be in the context, None where it has no review part."""
    return _read(generation / FOLDER)[0] if (generation / FOLDER).is_dir() else None


def _read(folder: Path) -> tuple[ReviewVectors, tuple[str, ...]]:
    vectors, rows = read_array(folder / VECTORS), np.asarray(read_array(folder / ROWS))
    about = _about(folder / ABOUT)
    if not len(about.review_ids) == len(about.writers) == len(about.times) == len(rows) == len(vectors):
        raise _damaged(folder / ABOUT)
    return ReviewVectors(vectors, rows, about.writers, about.times), about.review_ids


@dataclass(frozen=True)
class _About:
    """What is known of the reviews beside their vectors, in their order."""

    review_ids: tuple[str, ...]
    writers: tuple[str, ...]
    times: npt.NDArray[np.float64]


def _about(path: Path) -> _About:
    try:
        content = json.loads(path.read_text())
        times = np.array([UNKNOWN_TIME if time is None else time for time in content["times"]], np.float64)
        return _About(tuple(content["review_ids"]), tuple(content["writers"]), times)
    except (OSError, ValueError, LookupError, TypeError) as why:
        raise _damaged(path) from why


def _damaged(path: Path) -> MendableError:
    return MendableError("the reviews of the index are damaged", str(path), "Run `python -m index build --force`")
