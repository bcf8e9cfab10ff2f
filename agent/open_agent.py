"""Opens an agent on a domain: tables, index, retrieval, and the ranker that was asked for."""

from pathlib import Path

import numpy as np

from agent.agent import Agent
from agent.recommendation import RankerCard
from agent.rerank.adapter_folders import find_adapter
from agent.rerank.precision import DEFAULT as FLOAT
from agent.rerank.rankers import DEFAULT, PLAIN, RANKERS, TUNED, ByReading
from index.build.behaviour_part import FOLDER as BEHAVIOUR
from index.build.loading import TextIndex, load_text_index
from index.build.review_part import load_review_index
from index.build.saved_retrieval import load_behaviour, load_fusion, load_item_store
from index.data.domain import Domain, load_domain
from index.errors import MendableError
from index.retrieval.assemble import listening
from index.retrieval.channels.reviews import ReviewChannel
from index.retrieval.features import Features
from index.retrieval.retriever import BehaviourChannel, Retriever
from index.types import Floats


def open_agent(name: str, ranker: str = DEFAULT, precision: str = FLOAT) -> Agent:
    """The agent of a domain. Raises MendableError for an unknown ranker or domain, or an index that does not fit."""
    if ranker not in RANKERS:
        raise MendableError(f"no ranker {ranker!r}", "--ranker", f"There are: {', '.join(RANKERS)}")
    domain = load_domain(name)
    index = load_text_index(domain)
    retriever = retriever_of(domain, index)
    folder = find_adapter(name, ranker) if ranker in TUNED else None
    if folder is not None:
        encoder = index.manifest.encoder_sha256
        reading = reading_ranker(ranker, folder, domain, retriever.features.vectors, encoder, precision)
        return Agent(domain, retriever, reading)
    if ranker not in TUNED:
        return Agent(domain, retriever, PLAIN[ranker])
    way = f"python -m finetune rank --domain {name}" + _options_for(ranker)
    notice = f"no {ranker} adapter for {name}: ranking by retrieval alone (`{way}` makes one)"
    return Agent(domain, retriever, PLAIN["fusion"], notice)


def retriever_of(domain: Domain, index: TextIndex) -> Retriever:
    """Retrieval by the index's own behaviour and fusion."""
    folder = index.folder / BEHAVIOUR
    behaviour = load_behaviour(folder)
    reviews = load_review_index(index)
    means = None if reviews is None else reviews.found.means(len(domain.catalogue))
    features = Features(behaviour, np.asarray(index.vectors), domain.catalogue, means)
    written = None
    if reviews is not None and means is not None:
        written = ReviewChannel(reviews.found, means, reviews.store, index.encoded)
    fitted = Retriever(domain.catalogue, features, load_fusion(folder, features.columns), ())
    return listening(fitted, index, BehaviourChannel(behaviour, load_item_store(folder)), written)


def reading_ranker(
    name: str, folder: Path, domain: Domain, vectors: Floats, encoder_sha256: str, precision: str = FLOAT
) -> ByReading:
    """The tuned ranker of an adapter. Raises MendableError where it was taught with another encoder's vectors."""
    from agent.rerank.adapters import load_reader
    from agent.rerank.sequence_scorer import Reading
    from agent.rerank.text_reranker import WordReading, load_word_reader

    if name.endswith("-words"):
        if precision != FLOAT:
            raise MendableError("readers of words compute in float32", f"--precision {precision}", "Leave it out")
        words = load_word_reader(folder)
        return ByReading(
            WordReading(words, domain.catalogue),
            RankerCard(name, words.settings.base_model, folder.name, words.sha256),
        )

    loaded = load_reader(folder, precision)
    if loaded.settings.encoder_sha256 != encoder_sha256:
        raise MendableError(
            f"the adapter reads vectors of {loaded.settings.encoder_sha256[:12]}, the index has {encoder_sha256[:12]}",
            str(folder),
            f"Train it again with `python -m finetune rank --domain {domain.name}`",
        )
    card = RankerCard(name, loaded.settings.base_model, folder.name, loaded.sha256)
    return ByReading(Reading(loaded, domain.catalogue, vectors), card)


def _options_for(ranker: str) -> str:
    """What `finetune rank` is told to make this ranker's adapter, beside the domain."""
    backbone, _, prompt = ranker.partition("-")
    return (f" --backbone {backbone}" if backbone != DEFAULT else "") + (f" --prompt {prompt}" if prompt else "")
