"""The agent: a request in, a reply with checked reasons out, by retrieval, a ranker and the explainer."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from agent.attribution import attribute
from agent.diversity import diversify
from agent.duplicates import duplicates_of
from agent.explain.aspect_points import PointChooser
from agent.explain.aspect_relevance import relevance_of
from agent.explain.explainer import explain_list
from agent.explain.ground import ground_of
from agent.explain.plan import N_STRONGEST, Asked
from agent.explain.writing import ListReasons, ReasonWriter, reword
from agent.filters import Allowed, allowed_for
from agent.liked_in_talk import with_liked
from agent.ranking import Ranking, rank_candidates, rank_query
from agent.recommendation import Recommendation, Reply, Sentiment
from agent.request import Request
from agent.rerank.rankers import Ranker
from agent.soft_constraints import preference_boost
from agent.timing import Clock
from index.data.domain import Domain
from index.data.duplicates import Duplicates
from index.retrieval.candidate_pool import CANDIDATES
from index.retrieval.query import Candidates, Query
from index.retrieval.retriever import Retriever
from index.sentiment.item_sentiment import ItemSentiments
from index.types import Rows


@dataclass(frozen=True)
class Agent:
    """A domain with what retrieves, ranks and explains in it; it holds no state of any talk."""

    domain: Domain
    retriever: Retriever
    ranker: Ranker
    sentiments: ItemSentiments | None = None  # what the reviews of each item say
    notice: str | None = None  # what a user should know of how it ranks
    writer: ReasonWriter | None = None  # a language model that words the reasons anew, None: templates

    def recommend(self, request: Request) -> Reply:
        """The `k` best items that satisfy the hard constraints, none of the history, judged or barred, with reasons."""
        clock = Clock()
        allowed = self._allowed(request)
        query = self._query(request, allowed)
        clock.end("understand")
        ranking, shown = self._rank(request, query, clock)
        scores = ranking.scores[shown]
        reasons = self._explain(request, query, ranking.rows[shown])
        found = tuple(
            Recommendation(rank, item, float(score), explained.reason, self._sentiment(int(row)))
            for rank, (row, item, score, explained) in enumerate(
                zip(ranking.rows[shown], reasons.items, scores, reasons.explained, strict=True), start=1
            )
        )
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
            reasons=reasons,
        )

    def reword(self, reply: Reply) -> Iterator[Reply]:
        """The reply after each reason that the writer worded; none where templates write. The list stays as it is."""
        if self.writer is None or reply.reasons is None or not reply.recommendations:
            return
        clock = Clock()
        for worded in reword(reply.reasons, self.writer):
            clock.end("explain")
            yield reply.with_reasons(worded, clock.read())

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

    def _explain(self, request: Request, query: Query, rows: Rows) -> ListReasons:
        """Reasons from templates; what speaks for each item is measured on the ranker that ordered them."""
        items, history = self.domain.catalogue.items, query.history
        ground = ground_of(self.domain, request.state, history, self.sentiments)
        found = attribute(self.retriever, self.ranker, history, rows)
        asked = [
            Asked(items[row], [items[source] for source in found.strongest(n, N_STRONGEST)])
            for n, row in enumerate(rows)
        ]
        explained = explain_list(asked, request.state, ground, self._points(request.user))
        return ListReasons(tuple(each.item for each in asked), explained, request.state, ground)

    def _points(self, user: str | None) -> PointChooser | None:
        """What chooses what is told of reviews, None where none was judged."""
        return None if self.sentiments is None else PointChooser(self.sentiments, user, relevance_of(self.sentiments))

    def _sentiment(self, row: int) -> Sentiment | None:
        """What the reviews of an item say, None where none of it was judged."""
        found = None if self.sentiments is None else self.sentiments.of_item(row)
        return None if found is None else Sentiment.of(found)


def _depth(k: int) -> int:
    """How many candidates are ranked where `k` are shown: more, so that the list can be diversified."""
    return max(CANDIDATES, 3 * k)
