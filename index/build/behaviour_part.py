"""The behaviour part of an index: item-to-item matrices of all histories, and the fusion trained with them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from index.build.parts import BuildContext, PreviousIndex
from index.build.review_part import read_reviews
from index.build.saved_retrieval import FUSION, load_behaviour, save_behaviour, save_fusion
from index.build.sentiment_files import FOLDER as SENTIMENT
from index.build.sentiment_files import read_opinions
from index.build.text_part import FOLDER as TEXT
from index.retrieval.behaviour_signals import Behaviour
from index.retrieval.fusion_training_lists import learn_fusion
from index.retrieval.item_matrices import DENSE_ITEMS, Factors, Matrix
from index.retrieval.review_sources import ReviewSources
from index.retrieval.vector_store import VECTORS
from index.storage.arrays import read_array
from index.storage.home import write_bytes

FOLDER = "behaviour"
SEED = 1  # of the fusion: which events it is trained on, and its first weights


@dataclass(frozen=True)
class BehaviourPart:
    """Behaviour matrices and fusion of a domain's histories; needs the vectors of the other parts."""

    name: str = FOLDER
    version: int = 7

    def is_needed(self, domain: str) -> bool:
        """Always: without events the matrices are zero."""
        return True

    def made_with(self, domain: str) -> Mapping[str, Any]:
        """Nothing but the encoder, which the whole index is made with."""
        return {}

    def build(self, context: BuildContext) -> Mapping[str, Any]:
        """Fit to all events; the fusion is trained on events that its matrices were fitted without."""
        domain = context.domain
        folder = context.folder / FOLDER
        vectors = np.asarray(read_array(context.folder / TEXT / VECTORS))
        reviews = _review_sources(context.folder)
        fusion, n_lists = learn_fusion(domain.histories, domain.catalogue, vectors, SEED, reviews)
        save_fusion(folder, fusion, n_lists)
        save_behaviour(folder, Behaviour.fit(domain.histories, len(domain.catalogue)))
        return {"n_events": len(domain.histories.rows), "fusion_lists": n_lists, "fusion_columns": list(fusion.columns)}

    def extend(self, context: BuildContext, old: PreviousIndex) -> Mapping[str, Any]:
        """New items have no events yet: the matrices get empty rows, the fusion stays."""
        before = old.folder / FOLDER
        n_items = len(context.domain.catalogue)
        behaviour = load_behaviour(before)
        matrices = {name: pad_matrix(matrix, n_items) for name, matrix in behaviour.matrices.items()}
        popularity = np.pad(behaviour.popularity, (0, n_items - behaviour.n_items))
        folder = context.folder / FOLDER
        save_behaviour(folder, Behaviour(matrices, popularity))
        write_bytes(folder / FUSION, (before / FUSION).read_bytes())
        return {name: value for name, value in old.manifest.parts[FOLDER].items() if name != "version"}


def _review_sources(folder: Path) -> ReviewSources | None:
    """What the parts that were built before tell of reviews, None where the domain has none."""
    vectors = read_reviews(folder)
    judged = read_opinions(folder / SENTIMENT) if (folder / SENTIMENT).is_dir() else None
    return None if vectors is None else ReviewSources(vectors, judged)


def pad_matrix(matrix: Matrix, n_items: int, dense_items: int = DENSE_ITEMS) -> Matrix:
    """A matrix with empty rows and columns for items beyond its own; sparse from more than `dense_items` on."""
    spare = n_items - matrix.shape[0]
    if isinstance(matrix, Factors):
        return Factors(*(np.pad(part, ((0, spare), (0, 0))) for part in (matrix.before, matrix.after)))
    if isinstance(matrix, np.ndarray) and n_items <= dense_items:
        return np.pad(matrix, ((0, spare), (0, spare)))
    from scipy import sparse

    from index.retrieval.item_similarity import keep_strongest

    padded = keep_strongest(sparse.csr_matrix(matrix)) if isinstance(matrix, np.ndarray) else matrix.copy()
    padded.resize((n_items, n_items))
    return padded
