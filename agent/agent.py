"""The agent: a request in, a reply with checked reasons out, by retrieval, a ranker and the explainer."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from agent.constraints import Constraint, State
from agent.diversity import diversify
from agent.duplicates import duplicates_of
from agent.explain.evidence import Ground
from agent.explain.explainer import explain
from agent.filters import Allowed, allowed_rows, columns_of
from agent.ranking import Ranking, rank_query
from agent.recommendation import Recommendation, Reply
from agent.request import Request
from agent.rerank.rankers import Ranker
from agent.soft_constraints import preference_boost
from agent.understanding import lexicon_of
from index.data.domain import Domain
from index.data.duplicates import Duplicates
from index.data.records import History, Item
from index.retrieval.query import Query
from index.retrieval.retriever import CANDIDATES, Retriever
from index.types import Floats, Rows

N_SUPPORT = 6  # history items that are offered to the explainer for each recommendation


@dataclass
class Clock:
    """Milliseconds by stage, counted from when it is made."""

    began: float = field(default_factory=time.perf_counter)
    stages: dict[str, float] = field(default_factory=dict)
    _since: float = field(default_factory=time.perf_counter)

    def end(self, stage: str) -> None:
        """Add the time since the end of the last stage to this one."""
        now = time.perf_counter()
        self.stages[stage] = self.stages.get(stage, 0.0) + 1000 * (now - self._since)
        self._since = now

    def read(self) -> dict[str, float]:
        """The stages and their total."""
        return {**self.stages, "total": 1000 * (time.perf_counter() - self.began)}


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

    def rank(self, request: Request) -> Rows:
        """Rows of the catalogue, best first: the list that `recommend` shows, then all other candidates by score."""
        clock = Clock()
        ranking, shown = self._rank(request, self._query(request, self._allowed(request)), clock)
        return np.concatenate([ranking.rows[shown], np.delete(ranking.rows, shown)])

    def _rank(self, request: Request, query: Query, clock: Clock) -> tuple[Ranking, Rows]:
        """All candidates in order of score, and the places of those that are shown, diversified."""
        ranking = rank_query(self.retriever, query, self.ranker, max(CANDIDATES, 3 * request.k), clock.end)
        shown = diversify(ranking.rows, ranking.scores, self.retriever.features.vectors, request.k)
        clock.end("rank")
        return ranking, shown

    @property
    def _duplicates(self) -> Duplicates:
        return duplicates_of(self.domain)

    def _allowed(self, request: Request) -> Allowed:
        """The rows that may be recommended: one row an item, no row of an item that is barred under another id."""
        state, duplicates = request.state, self._duplicates
        barred = np.concatenate([request.history.rows, self._rows([*request.shown, *state.judged_ids])])
        allowed = allowed_rows(state, self.domain.catalogue, duplicates.with_duplicates(barred), request.k)
        mask = allowed.mask.copy()
        given_up = {each.wish for each in allowed.relaxed}
        for wish in state.must_not:
            if wish not in given_up and isinstance(wish, Constraint) and wish.field == "title":
                rows = np.flatnonzero(columns_of(self.domain.catalogue).satisfying(wish))
                mask[duplicates.with_duplicates(rows)] = False
        return Allowed(duplicates.hide_repeats(mask), allowed.relaxed)

    def _query(self, request: Request, allowed: Allowed) -> Query:
        state = request.state
        return Query(
            self._history(request),
            self._rows(state.disliked),
            request.text,
            allowed.mask,
            preference_boost(self.domain.catalogue, state),
        )

    def _history(self, request: Request) -> History:
        """The events of the data, then the items liked in the talk, as if their events were the newest and best."""
        before, liked = request.history, self._rows(request.state.liked)
        liked = self._duplicates.distinct(liked)
        liked = liked[~np.isin(liked, self._duplicates.with_duplicates(before.rows))]
        if not len(liked):
            return before
        scale = self.domain.histories.scale
        best = scale[1] if scale else np.nan
        values = np.concatenate([before.values, np.full(len(liked), best, np.float32)])
        times = None
        every = self.domain.histories.times
        if every is not None and len(every) and (before.times is not None or not len(before)):
            own = before.times if before.times is not None else np.zeros(0, np.int64)
            now = own[-1] if len(own) else every.max()
            times = np.concatenate([own, np.full(len(liked), now, np.int64)])
        return History(np.concatenate([before.rows, liked]), values, times)

    def _explain(self, request: Request, query: Query, rows: Rows, scores: Floats) -> tuple[Recommendation, ...]:
        items = self.domain.catalogue.items
        ground = self._ground(request.state, query.history)
        return tuple(
            Recommendation(
                rank,
                items[row],
                float(score),
                explain(items[row], request.state, self._support(query, int(row)), ground),
            )
            for rank, (row, score) in enumerate(zip(rows, scores, strict=True), start=1)
        )

    def _ground(self, state: State, history: History) -> Ground:
        """What the reasons may rest on. What the talk says of an item counts for each of its ids."""
        ids, about = self.domain.catalogue.ids, self.domain.about or {}
        liked, disliked = (
            {ids[row] for row in self._duplicates.with_duplicates(self._rows(judged))}
            for judged in (state.liked, state.disliked)
        )
        return Ground(
            lexicon_of(self.domain),
            known=frozenset(ids[row] for row in history.rows),
            liked=frozenset(liked | (self._rated_well(history) - disliked)),
            enriched_fields=frozenset(about.get("enriched_fields", ())),
        )

    def _support(self, query: Query, row: int) -> Sequence[Item]:
        """The history items that speak most for an item, strongest first."""
        places = self.retriever.features.behaviour.support(query.history, row, N_SUPPORT)
        return [self.domain.catalogue.items[query.history.rows[place]] for place in places]

    def _rated_well(self, history: History) -> frozenset[str]:
        """Ids that the user rated at least 70 % of the way up the domain's scale; none where it has one value."""
        scale = self.domain.histories.scale
        if scale is None or scale[0] == scale[1]:
            return frozenset()
        bound = scale[0] + 0.7 * (scale[1] - scale[0])
        return frozenset(self.domain.catalogue.ids[row] for row in history.rows[history.values >= bound])

    def _rows(self, ids: Sequence[str]) -> Rows:
        row_of = self.domain.catalogue.row_of
        return np.array([row_of[item_id] for item_id in ids if item_id in row_of], np.int64)
