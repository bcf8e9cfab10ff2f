"""Our own models as `eval` ranks with them: the channels, their fusion, and the tuned reranker over its candidates.

Text vectors come from the built index, since they know no events; everything that learns from events is fitted anew on
the training part of the split. The reranker's adapter must have been taught with the tested events held out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from agent.weak_cache import Kept
from eval.models.registry import NotInstalled, Setting, Training
from eval.predict.questions import Questions
from index.build.loading import load_text_index
from index.build.review_part import load_review_vectors
from index.command import progress
from index.data.domain import Domain, Histories, load_domain
from index.data.records import History
from index.data.splits import validating
from index.errors import MendableError
from index.retrieval.behaviour_signals import Behaviour as FittedBehaviour
from index.retrieval.features import PROFILE_LIVES, profiles
from index.retrieval.fusion_training import single_thread
from index.retrieval.query import Candidates, Query
from index.retrieval.retriever import CANDIDATES, Retriever
from index.retrieval.retriever import fitted_retriever as retriever_fitted_on
from index.retrieval.review_vectors import ReviewVectors
from index.types import Floats

PROFILE = PROFILE_LIVES.index(4.0)


class Text:
    """Likeness of item texts to the recency-weighted profile of a history."""

    settings: Mapping[str, Sequence[Setting]] = {}
    needs_index = True

    def fit(self, training: Training) -> None:
        """Nothing to learn: the vectors of the index, centred."""
        vectors = vectors_of(training)
        self._vectors = vectors - vectors.mean(0)

    def scores(self, histories: Histories) -> Floats:
        """(users, items): inner products."""
        return np.stack([profiles(history, self._vectors)[:, PROFILE] for history in histories])

    def prepare(self, domain: str) -> str:
        """The hash of the index's encoder."""
        return index_key(domain)


class Behaviour:
    """The linear mix of co-occurrence and EASE that finds candidates."""

    settings: Mapping[str, Sequence[Setting]] = {}
    needs_index = False

    def fit(self, training: Training) -> None:
        """Count and solve on the training events."""
        self._behaviour = FittedBehaviour.fit(training.histories, training.n_items)

    def scores(self, histories: Histories) -> Floats:
        """(users, items): the mix, popularity for an empty history."""
        return np.stack([self._one(history) for history in histories])

    def _one(self, history: History) -> Floats:
        return self._behaviour.mix(history) if len(history) else self._behaviour.popularity


class Fusion:
    """The learned fusion of all channels over the candidates that they propose."""

    settings: Mapping[str, Sequence[Setting]] = {}
    needs_index = True

    def fit(self, training: Training) -> None:
        """Behaviour and fusion, both on the training events."""
        self._retriever = fitted_retriever(training)

    def scores(self, histories: Histories) -> Floats:
        """(users, items): fused scores of the candidates, -inf for all others."""
        return np.stack([self._one(history) for history in histories])

    def prepare(self, domain: str) -> str:
        """The hash of the index's encoder."""
        return index_key(domain)

    def _one(self, history: History) -> Floats:
        found = np.full(len(self._retriever.catalogue), -np.inf, np.float32)
        query, candidates = asked(self._retriever, history)
        found[candidates.rows] = self.judged(query, candidates)
        return found

    def judged(self, query: Query, candidates: Candidates) -> Floats:
        """The scores that order the candidates."""
        return candidates.fused


class Bert(Fusion):
    """The fusion's candidates as the tuned reader orders them."""

    kind = "bert"

    def __init__(self, precision: str = "float32") -> None:
        self.precision = precision

    def fit(self, training: Training) -> None:
        """Retrieval as above; the adapter as it lies on disk."""
        from agent.open_agent import reading_ranker

        domain = load_domain(training.domain)
        folder = tested_adapter(domain, self.kind)
        refuse_taught(domain, training, folder)
        super().fit(training)
        shuffled = replace(domain, catalogue=training.catalogue)
        encoder = load_text_index(domain).manifest.encoder_sha256
        vectors = self._retriever.features.vectors
        self._ranker = reading_ranker(self.kind, folder, shuffled, vectors, encoder, self.precision)

    def judged(self, query: Query, candidates: Candidates) -> Floats:
        """Fused scores plus the reader's blended log odds."""
        return self._ranker.scores(query, candidates)

    def prepare(self, domain: str) -> str:
        """The hashes of the encoder and of the adapter. Raises MendableError where there is no adapter."""
        from index.embedding.model_files import file_sha256

        folder = tested_adapter(load_domain(domain), self.kind)
        hashes = [
            file_sha256(folder / name) for name in ("adapter_model.safetensors", "head.safetensors", "reader.json")
        ]
        return ":".join([index_key(domain), *hashes])


class Gpt(Bert):
    """The same by a tuned GPT."""

    kind = "gpt"

    def prepare(self, domain: str) -> str:
        """The hashes of the encoder and of the adapter. Raises NotInstalled where there is none: it gets a row."""
        from agent.rerank.adapter_folders import find_adapter

        if find_adapter(domain, self.kind) is None:
            raise NoAdapter(f"not installed: no {self.kind} adapter for {domain}")
        return super().prepare(domain)


class NoAdapter(NotInstalled):
    """A tuned model that nobody has trained for the domain."""

    def __init__(self, why: str) -> None:
        Exception.__init__(self, why)


def vectors_of(training: Training) -> Floats:
    """The index's text vectors in the order of the training's catalogue."""
    index = load_text_index(load_domain(training.domain))
    return np.asarray(index.vectors)[training.original]


def reviews_of(training: Training) -> ReviewVectors | None:
    """The index's vectors of reviews, their items numbered as in the training's catalogue."""
    found = load_review_vectors(load_text_index(load_domain(training.domain)))
    return None if found is None else found.renumbered(training.original)


def _fitted(training: Training) -> Retriever:
    """Retrieval whose behaviour and fusion were learned from the training events alone."""
    vectors, reviews = vectors_of(training), reviews_of(training)
    return retriever_fitted_on(training.histories, training.catalogue, vectors, training.seed, reviews)


fitted_retriever: Kept[Training, Retriever] = Kept(_fitted)  # one for the fusion and all readers over it


def asked(retriever: Retriever, history: History) -> tuple[Query, Candidates]:
    """The candidates of a history, nothing of it among them, and the query that found them."""
    allowed = np.ones(len(retriever.catalogue), bool)
    allowed[history.rows] = False
    query = Query(history, allowed=allowed)
    return query, retriever.retrieve(query, CANDIDATES)


def tested_adapter(domain: Domain, kind: str) -> Path:
    """The adapter to test. Raises MendableError where there is none, or where it was taught with other events."""
    from agent.rerank.adapter_folders import find_adapter
    from agent.rerank.adapters import events_sha256, read_settings

    way_out = f"Run `python -m finetune rank --domain {domain.name} --backbone {kind}`"
    folder = find_adapter(domain.name, kind)
    if folder is None:
        raise MendableError(f"no {kind} adapter for {domain.name}", f"--models {kind}", way_out)
    histories = domain.histories
    own = events_sha256(histories.users, histories.starts, domain.catalogue.ids, histories.rows)
    taught = read_settings(folder).events_sha256
    if taught != own:
        raise MendableError(
            f"the adapter was taught with other events ({taught[:12]}, here {own[:12]}): it may know the answers",
            str(folder),
            way_out,
        )
    return folder


def refuse_taught(domain: Domain, training: Training, folder: Path) -> None:
    """Raise MendableError where the adapter learned from an event that is held out here, as by one instant for all."""
    from agent.rerank.adapters import read_settings

    made, histories, n_items = read_settings(folder), domain.histories, len(domain.catalogue)
    most = made.validated_users or len(histories)
    taught = validating(histories, n_items, most, made.seed).training
    fitted = dict(zip(training.histories.users, training.histories.lengths.tolist(), strict=True))
    own = np.array([fitted.get(user, 0) for user in taught.users], np.int64)
    if (taught.lengths > own).any():
        raise MendableError(
            f"the adapter was taught with {int(np.maximum(taught.lengths - own, 0).sum())} events that are held "
            "out here: it may know the answers",
            str(folder),
            "Use --protocol leave-one-out, or leave the model out of --models",
        )


def predict_scores(training: Training, asked: Questions) -> Floats:
    """The fused score of each question's item after the history before it; what is fitted saw nothing of its user.

    Retrieval's own score, not the reranker's: its adapter was taught with the events of these very people.
    """
    retriever = fitted_retriever(training)
    found = np.empty(len(asked), np.float32)
    with single_thread():
        for n in progress(range(len(asked)), "the agent's scores"):
            history = asked.histories[int(asked.owners[n])].before(int(asked.places[n]))
            features = retriever.features.of(history)
            found[n] = retriever.fused(Query(history), features, asked.rows[n : n + 1])[0]
    return found


def index_key(domain: str) -> str:
    """What of the index the result depends on: its encoder and the texts that it embedded."""
    manifest = load_text_index(load_domain(domain)).manifest
    return f"{manifest.encoder_sha256}:{manifest.tables_sha256}"
