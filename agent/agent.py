"""The agent: a request in, a reply with checked reasons out, by retrieval, a ranker and the explainer."""

from dataclasses import dataclass

import numpy as np

from agent.diversity import diversify
from agent.duplicates import duplicates_of
from agent.explain.explainer import explain
from agent.explain.ground import ground_of, supporting_items
from agent.filters import Allowed, allowed_for
from agent.liked_in_talk import with_liked
from agent.ranking import Ranking, rank_candidates, rank_query
from agent.recommendation import Recommendation, Reply
from agent.request import Request
from agent.rerank.rankers import Ranker
from agent.soft_constraints import preference_boost
from agent.timing import Clock
from index.data.domain import Domain
from index.data.duplicates import Duplicates
from index.retrieval.candidate_pool import CANDIDATES
from index.retrieval.query import Candidates, Query
from index.retrieval.retriever import Retriever
from index.types import Floats, Rows


@dataclass(frozen=True)
class Agent:
    """A domain with what retrieves, ranks and explains in it; it holds no state of any talk."""

    domain: Domain
    retriever: Retriever
    ranker: Ranker
    notice: str | None = None  # what a user should know of how it ranks

    def recommend(self, request: Request) -> Reply:
        """The `k` best items that satisfy the hard constraints, none of the history, judged or barred, with reasons."""
        clock = Clock()
        allowed = self._allowed(request)
        query = self._query(request, allowed)
        clock.end("understand")
        ranking, shown = self._rank(request, query, clock)
        found = self._explain(request, query, ranking.rows[shown], ranking.scores[shown])
        clock.end("explain")
        return Reply(
            domain=self.domain.name,
            user=request.user,
            ranker=self.ranker.card,
            state=request.state,
            recommendations=found,
            relaxed=allowed.relaxed,
            timing_ms=clock.read(),
            notice=self.notice,
        )

    def retrieve(self, request: Request) -> tuple[Query, Candidates]:
        """What retrieval is asked for a request, and what it finds."""
        query = self._query(request, self._allowed(request))
        return query, self.retriever.retrieve(query, _depth(request.k))

    def rank(self, query: Query, candidates: Candidates, k: int) -> Rows:
        """Rows of the catalogue, best first: the `k` that `recommend` shows, then all other candidates by score."""
        ranking = rank_candidates(query, candidates, self.ranker)
        shown = self._diversify(ranking, k)
        return np.concatenate([ranking.rows[shown], np.delete(ranking.rows, shown)])

    def _rank(self, request: Request, query: Query, clock: Clock) -> tuple[Ranking, Rows]:
        """All candidates in order of score, and the places of those that are shown, diversified."""
        ranking = rank_query(self.retriever, query, self.ranker, _depth(request.k), clock.end)
        shown = self._diversify(ranking, request.k)
        clock.end("rank")
        return ranking, shown

    def _diversify(self, ranking: Ranking, k: int) -> Rows:
        return diversify(ranking.rows, ranking.scores, self.retriever.features.vectors, k)

    @property
    def _duplicates(self) -> Duplicates:
        return duplicates_of(self.domain)

    def _allowed(self, request: Request) -> Allowed:
        return allowed_for(request, self.domain.catalogue, self._duplicates)

    def _query(self, request: Request, allowed: Allowed) -> Query:
        state = request.state
        return Query(
            with_liked(request, self.domain, self._duplicates),
            self.domain.catalogue.rows_of(state.disliked),
            request.text,
            allowed.mask,
            preference_boost(self.domain.catalogue, state),
        )

    def _explain(self, request: Request, query: Query, rows: Rows, scores: Floats) -> tuple[Recommendation, ...]:
        items = self.domain.catalogue.items
        ground = ground_of(self.domain, request.state, query.history)
        return tuple(
            Recommendation(
                rank,
                items[row],
                float(score),
                explain(
                    items[row],
                    request.state,
                    supporting_items(self.retriever, self.domain, query.history, int(row)),
                    ground,
                ),
            )
            for rank, (row, score) in enumerate(zip(rows, scores, strict=True), start=1)
        )


def _depth(k: int) -> int:
    """How many candidates are ranked where `k` are shown: more, so that the list can be diversified."""
    return max(CANDIDATES, 3 * k)
