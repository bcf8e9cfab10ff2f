"""What the reasons of one request may rest on, and which history items speak for a recommended one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from agent.constraints import State
from agent.duplicates import duplicates_of
from agent.understanding import Lexicon, lexicon_of
from index.data.domain import Catalogue, Domain
from index.data.records import History, Item, Review
from index.retrieval.retriever import Retriever
from index.types import Rows

N_SUPPORT = 6  # history items that are offered to the explainer for each recommendation
RATED_WELL = 0.7  # of the way up the domain's scale: from there on a rating says that the item is liked


@dataclass(frozen=True)
class Ground:
    """What the reasons of one request may rest on.

    `known` are the ids of the history and of what was liked in the talk; `liked` those of them that are known to be
    liked; `enriched_fields` the fields that the domain's source does not state itself; `reviews` what may be quoted,
    by id.
    """

    lexicon: Lexicon
    known: frozenset[str] = frozenset()
    liked: frozenset[str] = frozenset()
    enriched_fields: frozenset[str] = frozenset()
    reviews: Mapping[str, Review] = field(default_factory=dict)

    def item(self, item_id: str) -> Item | None:
        """The item of an id, None where the catalogue lacks it."""
        row = self.lexicon.catalogue.row_of.get(item_id)
        return None if row is None else self.lexicon.catalogue.items[row]


def ground_of(domain: Domain, state: State, history: History) -> Ground:
    """What the reasons may rest on. What the talk says of an item counts for each of its ids."""
    ids, about = domain.catalogue.ids, domain.about or {}
    liked, disliked = (
        {ids[row] for row in duplicates_of(domain).with_duplicates(_rows(domain, judged))}
        for judged in (state.liked, state.disliked)
    )
    return Ground(
        lexicon_of(domain),
        known=frozenset(ids[row] for row in history.rows),
        liked=frozenset(liked | (_rated_well(domain, history) - disliked)),
        enriched_fields=frozenset(about.get("enriched_fields", ())),
    )


def support_of(retriever: Retriever, catalogue: Catalogue, history: History, row: int) -> Sequence[Item]:
    """The history items that speak most for an item, strongest first."""
    places = retriever.features.behaviour.support(history, row, N_SUPPORT)
    return [catalogue.items[history.rows[place]] for place in places]


def _rated_well(domain: Domain, history: History) -> frozenset[str]:
    """Ids that the user rated well, RATED_WELL of the way up the domain's scale; none where it has one value."""
    scale = domain.histories.scale
    if scale is None or scale[0] == scale[1]:
        return frozenset()
    bound = scale[0] + RATED_WELL * (scale[1] - scale[0])
    return frozenset(domain.catalogue.ids[row] for row in history.rows[history.values >= bound])


def _rows(domain: Domain, ids: Sequence[str]) -> Rows:
    row_of = domain.catalogue.row_of
    return np.array([row_of[item_id] for item_id in ids if item_id in row_of], np.int64)
