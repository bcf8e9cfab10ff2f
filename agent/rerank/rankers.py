"""Rankers: each judges the candidates it is given, one judgement each in the order given; none sorts or drops."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from agent.recommendation import RankerCard
from index.command_line import nearest
from index.errors import MendableError
from index.retrieval.query import Candidates, Query
from index.types import Floats

if TYPE_CHECKING:  # a reranker brings torch, which ranking by retrieval does not need
    from agent.rerank.sequence_scorer import SequenceScorer
    from agent.rerank.text_reranker import TextScorer

TUNED = ("bert", "gpt", "bert-words", "gpt-words")  # rankers that need an adapter
RANKERS = (*TUNED, "fusion", "behaviour", "text", "lexical")
DEFAULT = "bert"


@dataclass(frozen=True, slots=True)
class Judgement:
    """A ranker's score of one candidate, by which the list is ordered."""

    score: float


class Ranker(Protocol):
    """Anything that judges candidates."""

    @property
    def card(self) -> RankerCard:
        """What ran, as replies and reports name it."""

    def judge(self, query: Query, candidates: Candidates) -> tuple[Judgement, ...]:
        """One judgement a candidate, in the order given."""

    def judge_many(self, queries: Sequence[Query], candidates: Sequence[Candidates]) -> list[Floats]:
        """The scores of each query's own candidates: those of `judge`, one after another or in one batch."""


def judge_each(ranker: Ranker, queries: Sequence[Query], candidates: Sequence[Candidates]) -> list[Floats]:
    """The scores of several queries, one after another."""
    judged = (ranker.judge(query, own) for query, own in zip(queries, candidates, strict=True))
    return [np.array([each.score for each in one], np.float32) for one in judged]


@dataclass(frozen=True)
class FusionRanker:
    """Retrieval's own order."""

    card: RankerCard

    def judge(self, query: Query, candidates: Candidates) -> tuple[Judgement, ...]:
        """The fused scores."""
        return judgements(candidates.fused)

    def judge_many(self, queries: Sequence[Query], candidates: Sequence[Candidates]) -> list[Floats]:
        """The scores of several queries."""
        return judge_each(self, queries, candidates)


@dataclass(frozen=True)
class ChannelRanker:
    """The order of one channel alone, with the preference boost of the talk."""

    card: RankerCard

    def judge(self, query: Query, candidates: Candidates) -> tuple[Judgement, ...]:
        """The channel's scores."""
        scores = candidates.scores[:, candidates.channels.index(self.card.name)]
        return judgements(
            scores if query.preference_boost is None else scores + query.preference_boost[candidates.rows]
        )

    def judge_many(self, queries: Sequence[Query], candidates: Sequence[Candidates]) -> list[Floats]:
        """The scores of several queries."""
        return judge_each(self, queries, candidates)


@dataclass(frozen=True)
class TunedRanker:
    """The scores of a tuned language model, blended with those of retrieval."""

    scorer: "SequenceScorer | TextScorer"
    card: RankerCard

    def judge(self, query: Query, candidates: Candidates) -> tuple[Judgement, ...]:
        """Fused scores blended with the log odds of what comes next; without a history the fused scores alone."""
        return judgements(self.scores(query, candidates))

    def scores(self, query: Query, candidates: Candidates) -> Floats:
        """The same as an array."""
        return self.judge_many([query], [candidates])[0]

    def judge_many(self, queries: Sequence[Query], candidates: Sequence[Candidates]) -> list[Floats]:
        """The scores of several queries, whose histories are read in one batch."""
        asked = [n for n, query in enumerate(queries) if len(query.history) and len(candidates[n])]
        log_odds = self.scorer.log_odds([queries[n].history for n in asked], [candidates[n].rows for n in asked])
        blend = self.scorer.loaded.settings.blend
        found = [own.fused for own in candidates]
        for n, odds in zip(asked, log_odds, strict=True):
            found[n] = blend.scores(candidates[n].fused, odds, candidates[n].features, candidates[n].columns)
        return found


UNTUNED: Mapping[str, Ranker] = {
    "fusion": FusionRanker(RankerCard("fusion")),
    **{name: ChannelRanker(RankerCard(name)) for name in ("behaviour", "text", "lexical")},
}


def check_ranker(name: str) -> None:
    """Raises MendableError for a name that no ranker has."""
    if name not in RANKERS:
        raise MendableError(
            f"no ranker {name!r}", "--ranker", f"{nearest(name, RANKERS)}There are: {', '.join(RANKERS)}"
        )


def judgements(scores: Floats) -> tuple[Judgement, ...]:
    """Scores as judgements."""
    return tuple(map(Judgement, scores.tolist()))
