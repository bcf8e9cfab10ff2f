"""Assembles the retriever of a domain: the one place where its channels, features and fusion come together.

`saved_retriever` takes what the index holds, `fit_retriever` fits behaviour and fusion on other histories. Both give
the same channels, so that what is evaluated and trained on is what is served.
"""

import numpy as np

from index.build.behaviour_part import FOLDER as BEHAVIOUR
from index.build.loading import DomainIndex
from index.build.saved_retrieval import load_behaviour, load_fusion, load_item_store
from index.data.domain import Histories
from index.retrieval.behaviour_signals import Behaviour
from index.retrieval.channels.behaviour import BehaviourChannel
from index.retrieval.channels.registry import make_channels
from index.retrieval.channels.reviews import ReviewChannel
from index.retrieval.fusion import Fusion
from index.retrieval.fusion_features import Features, feature_columns
from index.retrieval.fusion_training_lists import learn_fusion
from index.retrieval.retriever import Retriever


def saved_retriever(index: DomainIndex) -> Retriever:
    """The retriever with the behaviour and fusion that the index holds."""
    folder = index.folder / BEHAVIOUR
    behaviour = BehaviourChannel(load_behaviour(folder), load_item_store(folder))
    saved, reviews = index.reviews, None
    if saved is not None:
        means = saved.vectors.item_means(len(index.domain.catalogue))
        reviews = ReviewChannel(saved.vectors, means, saved.store, index.text.encode)
    return _assemble(index, behaviour, reviews, load_fusion(folder, feature_columns(reviews is not None)))


def fit_retriever(
    index: DomainIndex,
    histories: Histories,
    seed: int,
    before: int | None = None,
    share: float = 1.0,
    fitted: Behaviour | None = None,
) -> Retriever:
    """The retriever fitted to these histories alone, and to reviews that tell nothing of the domain's other events.

    Rows are those of the index's catalogue; `seed` draws the fusion's training lists and first weights; `before` is the
    instant (Unix seconds) from which everything is held out, None where only the last events of each user are. `share`
    of the fusion's training lists are made; `fitted` is the behaviour of these histories where it was fitted already.
    """
    n_items, known = len(index.domain.catalogue), None
    if index.reviews is not None:
        known = index.reviews.vectors.known_from(histories, n_items, before, index.domain.histories)
    fusion, _ = learn_fusion(histories, index.domain.catalogue, np.asarray(index.vectors), seed, known, share)
    behaviour = BehaviourChannel.of(fitted or Behaviour.fit(histories, n_items))
    reviews = None if known is None else ReviewChannel.of(known, n_items, index.text.encode)
    return _assemble(index, behaviour, reviews, fusion)


def _assemble(
    index: DomainIndex, behaviour: BehaviourChannel, reviews: ReviewChannel | None, fusion: Fusion
) -> Retriever:
    catalogue = index.domain.catalogue
    channels, matchers = make_channels(index.text, catalogue, behaviour, reviews)
    means = None if reviews is None else reviews.means
    features = Features(behaviour.behaviour, np.asarray(index.vectors), catalogue, means)
    return Retriever(catalogue, features, fusion, channels, matchers)
