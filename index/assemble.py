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
from index.retrieval.review_sources import ReviewFeatures


def saved_retriever(index: DomainIndex) -> Retriever:
    """The retriever with the behaviour and fusion that the index holds."""
    folder = index.folder / BEHAVIOUR
    behaviour = BehaviourChannel(load_behaviour(folder), load_item_store(folder))
    saved, sources = index.reviews, index.review_sources
    if saved is None or sources is None:
        return _assemble(index, behaviour, load_fusion(folder, feature_columns(None)), None, None)
    read = sources.features(len(index.domain.catalogue))
    channel = ReviewChannel(saved.vectors, read.means, saved.store, index.text.encode)
    fusion = load_fusion(folder, feature_columns(read))
    return _assemble(index, behaviour, fusion, read, channel)


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
    if index.review_sources is not None:
        known = index.review_sources.known_from(histories, n_items, before, index.domain.histories)
    fusion, _ = learn_fusion(histories, index.domain.catalogue, np.asarray(index.vectors), seed, known, share)
    behaviour = BehaviourChannel.of(fitted or Behaviour.fit(histories, n_items))
    if known is None:
        return _assemble(index, behaviour, fusion, None, None)
    read = known.features(n_items)
    channel = ReviewChannel.of(known.vectors, read.means, index.text.encode)
    return _assemble(index, behaviour, fusion, read, channel)


def _assemble(
    index: DomainIndex,
    behaviour: BehaviourChannel,
    fusion: Fusion,
    read: ReviewFeatures | None,
    channel: ReviewChannel | None,
) -> Retriever:
    catalogue = index.domain.catalogue
    channels, matchers = make_channels(index.text, catalogue, behaviour, channel)
    features = Features(behaviour.behaviour, np.asarray(index.vectors), catalogue, read)
    return Retriever(catalogue, features, fusion, channels, matchers)
