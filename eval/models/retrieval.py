"""Retrieval as a model of `eval`: two channels alone, and the fusion of all channels, as the agent serves it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import ClassVar

import numpy as np

from agent.ranking import history_query, rank_candidates
from agent.rerank.rankers import UNTUNED, Ranker
from agent.weak_cache import WeakCache
from eval.models.registry import Setting, Training, Unavailable, index_key
from index.assemble import fit_retriever
from index.build.loading import DomainIndex, OpenedDomain
from index.data.domain import Histories
from index.data.records import History
from index.parallel import map_in_order
from index.progress import progress
from index.retrieval.behaviour_signals import Behaviour as FittedBehaviour
from index.retrieval.candidate_pool import CANDIDATES
from index.retrieval.decay import PROFILE_DECAYS
from index.retrieval.fusion_features import profiles
from index.retrieval.query import Candidates, Query
from index.retrieval.retriever import Retriever
from index.types import Floats

PROFILE = PROFILE_DECAYS.index(4.0)


class Text:
    """Similarity of item texts to the recency-weighted profile of a history."""

    search_space: Mapping[str, Sequence[Setting]] = {}
    needs_index = True

    def fit(self, training: Training) -> None:
        """Centre the vectors of the index; nothing is learned."""
        vectors = np.asarray(training.index.vectors)[training.original]
        self._vectors = vectors - vectors.mean(0)

    def scores(self, histories: Histories) -> Floats:
        """(users, items): inner products."""
        return np.stack([profiles(history, self._vectors)[:, PROFILE] for history in histories])

    def prepare(self, opened: OpenedDomain) -> str:
        """The hashes of the index's encoder and tables."""
        return index_key(opened)


class Behaviour:
    """The linear mix of transition counts and EASE that finds candidates."""

    search_space: Mapping[str, Sequence[Setting]] = {}
    needs_index = False

    def fit(self, training: Training) -> None:
        """Count and solve on the training events."""
        self._behaviour = FittedBehaviour.fit(training.histories, training.n_items)

    def scores(self, histories: Histories) -> Floats:
        """(users, items): the mix, popularity for an empty history."""
        return np.stack([self._one(history) for history in histories])

    def _one(self, history: History) -> Floats:
        return self._behaviour.candidate_scores(history) if len(history) else self._behaviour.popularity


class Fusion:
    """The learned fusion of all channels over the candidates that they propose."""

    search_space: Mapping[str, Sequence[Setting]] = {}
    needs_index = True

    def fit(self, training: Training) -> None:
        """Fit behaviour and fusion on the training events."""
        self.training, self.retriever, self.ranker = training, fitted_retriever(training), self.ranker_for(training)

    def ranker_for(self, training: Training) -> Ranker:
        """What orders the candidates."""
        return UNTUNED["fusion"]

    def scores(self, histories: Histories) -> Floats:
        """(users, items): the ranker's scores of the candidates, -inf for all others."""
        own = self.training.unshuffled(histories)

        def retrieve(n: int) -> tuple[Query, Candidates]:
            query = history_query(self.retriever.catalogue, own[n])
            return query, self.retriever.retrieve(query, CANDIDATES)

        retrieved = progress(retrieve_all(retrieve, len(own)), "ranking of these users")
        return np.stack([self._rank(*each) for each in retrieved])

    def prepare(self, opened: OpenedDomain) -> str:
        """The hashes of the index's encoder and tables."""
        return index_key(opened)

    def _rank(self, query: Query, candidates: Candidates) -> Floats:
        ranking = rank_candidates(query, candidates, self.ranker)
        return self.training.shuffled_scores(ranking.rows, ranking.scores)


class FusionNoSentiment(Fusion):
    """The fusion fitted without what reviews say: what sentiment adds is the difference to it."""

    needed: ClassVar[str] = "sentiment"

    def fit(self, training: Training) -> None:
        """Fit to the training events, and to an index that leaves this out."""
        self.training, self.ranker = training, self.ranker_for(training)
        self.retriever = _fit(training, self._index(training.index))

    def prepare(self, opened: OpenedDomain) -> str:
        """As of the fusion. Raises NotInstalled where the index has nothing to leave out: its row would be the same."""
        if self.needed not in opened.index.manifest.parts:
            raise Unavailable(f"the index of {opened.name} has no {self.needed} to leave out")
        return super().prepare(opened)

    def _index(self, index: DomainIndex) -> DomainIndex:
        return replace(index, with_sentiment=False)


class FusionNoReviews(FusionNoSentiment):
    """The fusion fitted without reviews, their vectors and what they say."""

    needed = "reviews"

    def _index(self, index: DomainIndex) -> DomainIndex:
        return replace(index, with_reviews=False)


def retrieve_all(retrieve: Callable[[int], tuple[Query, Candidates]], n_users: int) -> list[tuple[Query, Candidates]]:
    """What retrieval is asked for each user, and what it finds, on all cores; a reranker has them afterwards."""
    return list(progress(map_in_order(retrieve, range(n_users)), "retrieving for these users", n_users))


def _fit(training: Training, index: DomainIndex | None = None) -> Retriever:
    histories = training.unshuffled(training.histories)
    return fit_retriever(index or training.index, histories, training.seed, training.before)


fitted_retriever: WeakCache[Training, Retriever] = WeakCache(_fit)  # one for the fusion and all rerankers over it
