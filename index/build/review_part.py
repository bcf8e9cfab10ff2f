"""The review part of an index: embeddings of passages of each item's reviews in FAISS."""

import json
from array import array
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from index.build.manifest import NAME, Manifest, refuse_index
from index.build.parts import BuildContext, PreviousIndex
from index.build.review_selection import Passage, select_passages
from index.build.staging import link_or_copy
from index.build.text_part import embed_texts
from index.data.domain import Catalogue
from index.data.known_reviews import UNKNOWN_TIME
from index.data.records import Review
from index.data.reviews import has_reviews, stream_reviews
from index.errors import MendableError
from index.progress import Step, track
from index.retrieval.review_vectors import ReviewVectors
from index.retrieval.vector_store import VECTORS, VectorStore
from index.storage.arrays import read_array, write_array, write_blocks
from index.storage.home import write_json
from index.types import Rows

FOLDER, ROWS, SPANS, ABOUT = "reviews", "rows.npy", "spans.npy", "reviews.json"
SELECTED_BY = ("item_id", "text")  # the columns by which passages are selected: neither stars nor times


@dataclass(frozen=True)
class ReviewPart:
    """Vectors of passages of reviews, some of each item, and their vector store."""

    name: str = FOLDER
    version: int = 3

    def is_needed(self, domain: str) -> bool:
        """Only where the domain has reviews."""
        return has_reviews(domain)

    def made_with(self, domain: str) -> Mapping[str, Any]:
        """Nothing but the encoder, which the whole index is made with."""
        return {}

    def build(self, context: BuildContext) -> Mapping[str, Any]:
        """Embed some passages of each item, in shards that a killed build finds again; the table is read twice."""
        catalogue, name = context.domain.catalogue, context.domain.name
        with track("reading reviews") as step:
            found = select_passages(_counted(stream_reviews(name, SELECTED_BY), step), catalogue)
        folder, n = context.folder / FOLDER, len(found.places)
        about = _Gathered(catalogue)
        texts = map(about.note, found.read(stream_reviews(name)))
        paths = embed_texts(context, texts, n, f"embedding {n:,} passages of reviews")
        write_blocks(folder / VECTORS, (n, context.encoder.dim), np.float32, map(read_array, paths))
        store = VectorStore.build(read_array(folder / VECTORS))
        store.save(folder)
        about.write(folder)
        return {"n_passages": n, "n_known": found.n_known, "store": asdict(store.settings)}

    def extend(self, context: BuildContext, old: PreviousIndex) -> Mapping[str, Any]:
        """New items have no reviews yet: the files stay as they are."""
        folder = context.folder / FOLDER
        folder.mkdir(parents=True, exist_ok=True)
        for path in sorted((old.folder / FOLDER).iterdir()):
            link_or_copy(path, folder / path.name)
        return {name: value for name, value in old.manifest.parts[FOLDER].items() if name != "version"}


class _Gathered:
    """What is kept of passages beside their vectors, in their order."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.rows, self.spans = array("q"), array("q")
        self.review_ids: list[str] = []
        self.writers: list[str] = []
        self.times: list[int | None] = []

    def note(self, passage: Passage) -> str:
        """Keep what is known of a passage; its text."""
        review = passage.review
        self.rows.append(self.catalogue.row_of[review.item_id])
        self.spans.extend((passage.span.start, passage.span.end))
        self.review_ids.append(review.review_id)
        self.writers.append(review.user_id or "")
        self.times.append(review.timestamp)
        return passage.text

    def write(self, folder: Path) -> None:
        """Write arrays and JSON."""
        write_array(folder / ROWS, np.array(self.rows, np.int64))
        write_array(folder / SPANS, np.array(self.spans, np.int64).reshape(-1, 2))
        about = {"review_ids": self.review_ids, "writers": self.writers, "times": self.times}
        write_json(folder / ABOUT, about)


@dataclass(frozen=True)
class ReviewIndex:
    """The review part of an opened index: vectors of passages with their items, and the store in the same order.

    The n-th passage is the characters from `spans[n, 0]` to before `spans[n, 1]` of the words of `review_ids[n]`.
    """

    vectors: ReviewVectors
    store: VectorStore
    review_ids: tuple[str, ...]
    spans: Rows


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
    spans = np.asarray(read_array(folder / SPANS))
    if (vectors.rows >= manifest.n_items).any() or spans.shape != (len(vectors), 2):
        raise _damaged(folder / ROWS)
    return ReviewIndex(vectors, store, ids, spans)


def read_reviews(generation: Path) -> ReviewVectors | None:
    """The vectors of a generation that may still be in the context, None where it has no review part."""
    return _read(generation / FOLDER)[0] if (generation / FOLDER).is_dir() else None


def _counted(reviews: Iterable[Review], step: Step) -> Iterator[Review]:
    for number, review in enumerate(reviews, start=1):
        yield review
        if number % 1000 == 0:
            step.update(number)


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
