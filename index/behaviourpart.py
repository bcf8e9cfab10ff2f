"""The behaviour part of an index: item-to-item matrices from histories, and the fusion that was learned with them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from index.arrays import read_array
from index.behaviour import Behaviour
from index.counts import DENSE_ITEMS, Matrix
from index.kept_models import load_behaviour, save_behaviour, save_fusion
from index.learning import learn_fusion
from index.parts import Extending, Making
from index.store import VECTORS
from index.textpart import FOLDER as TEXT

FOLDER = "behaviour"
SEED = 1  # of the fusion: which events it learns from, and its first weights


@dataclass(frozen=True)
class BehaviourPart:
    """Behaviour matrices and fusion of a domain's histories; needs the vectors of the text part."""

    name: str = FOLDER
    version: int = 1

    def build(self, making: Making) -> Mapping[str, Any]:
        """Fit on all events; the fusion learns from events that its matrices were fitted without."""
        domain = making.domain
        folder = making.folder / FOLDER
        vectors = np.asarray(read_array(making.folder / TEXT / VECTORS))
        fusion, n_lists = learn_fusion(domain.histories, domain.catalogue, vectors, SEED)
        save_fusion(folder, fusion, n_lists)
        save_behaviour(folder, Behaviour.fit(domain.histories, len(domain.catalogue)))
        return {"n_events": len(domain.histories.rows), "fusion_lists": n_lists, "fusion_columns": list(fusion.columns)}

    def extend(self, making: Making, old: Extending) -> Mapping[str, Any]:
        """New items have no events yet: the matrices grow by empty rows, the fusion stays."""
        before = old.folder / FOLDER
        n_items = len(making.domain.catalogue)
        behaviour = load_behaviour(before)
        grown = {name: _grown(matrix, n_items) for name, matrix in behaviour.matrices.items()}
        popularity = np.pad(behaviour.popularity, (0, n_items - behaviour.n_items))
        folder = making.folder / FOLDER
        save_behaviour(folder, Behaviour(grown, popularity))
        (folder / "fusion.json").write_bytes((before / "fusion.json").read_bytes())
        return {name: value for name, value in old.manifest.parts[FOLDER].items() if name != "version"}


def _grown(matrix: Matrix, n_items: int) -> Matrix:
    if isinstance(matrix, np.ndarray) and n_items <= DENSE_ITEMS:
        spare = n_items - len(matrix)
        return np.pad(matrix, ((0, spare), (0, spare)))
    grown = sparse.csr_matrix(matrix)
    grown.resize((n_items, n_items))
    return grown
