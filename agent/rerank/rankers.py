"""Rankers: each judges the candidates it is given, one judgement each in the order given; none sorts or drops."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

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


@dataclass(frozen=True)
class FusionRanker:
    """Retrieval's own order."""

    card: RankerCard

    def judge(self, query: Query, candidates: Candidates) -> tuple[Judgement, ...]:
        """The fused scores."""
        return judgements(candidates.fused)


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
        if not len(query.history) or not len(candidates):
            return candidates.fused
        log_odds = self.scorer.log_odds([query.history], [candidates.rows])[0]
        blend = self.scorer.loaded.settings.blend
        return blend.scores(candidates.fused, log_odds, candidates.features, candidates.columns)


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
