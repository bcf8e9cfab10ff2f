"""Policies that answer a simulated user: a session with the agent, and one list of retrieval paged through."""

from collections.abc import Sequence
from typing import Protocol

from agent.agent import Agent
from agent.dialogue.session import Say, Session
from agent.ranking import history_query, rank_query
from eval.dialogue.settings import K
from index.data.records import History
from index.retrieval.retriever import Retriever

POLICIES = ("agent", "retrieval")


class Policy(Protocol):
    """Answers an utterance with ids, best first."""

    def answer(self, utterance: str) -> Sequence[str]:
        """The list that is shown after an utterance."""


class AgentPolicy:
    """A session with the agent, of a user of the data or of a new one."""

    def __init__(self, agent: Agent, user: str | None) -> None:
        self._session = Session(agent, user, K)

    def answer(self, utterance: str) -> Sequence[str]:
        """The agent's recommendations."""
        return [each.item.item_id for each in self._session.turn(Say(utterance)).recommendations]


class RetrievalPolicy:
    """The `n` best items of the retriever for a history, paged `K` by `K` whatever the user says."""

    def __init__(self, retriever: Retriever, history: History, n: int) -> None:
        ranking = rank_query(retriever, history_query(retriever.catalogue, history), n=n)
        self._ids = [retriever.catalogue.ids[row] for row in ranking.rows]

    def answer(self, utterance: str) -> Sequence[str]:
        """The next page."""
        page, self._ids = self._ids[:K], self._ids[K:]
        return page
