"""The model `agent`: the lists that `recommend --user` serves, diversified, as a model of `eval`."""

from dataclasses import replace

import numpy as np

from agent.agent import Agent
from agent.constraints import State
from agent.request import Request
from agent.rerank.rankers import DEFAULT, UNTUNED, Ranker
from eval.models.adapter_checks import is_served
from eval.models.registry import Training, index_key
from eval.models.reranked import Bert
from eval.models.retrieval import retrieve_all
from index.build.loading import OpenedDomain
from index.data.domain import Domain, Histories
from index.progress import note, progress
from index.retrieval.query import Candidates, Query
from index.types import Floats

AGENT = "agent"  # the name of this model
FUSION = "fusion"  # retrieval alone
SHOWN = 10  # items that `recommend` shows where -k is not given
STATEMENT = (
    f"The first {SHOWN} places of {AGENT} are the list that recommend --user shows: the candidates of its ranker, "
    "diversified (maximal marginal relevance on text vectors, Carbonell and Goldstein 1998). The places below are by "
    "the ranker's score. Only the history is given: no words, wishes, likes or dislikes. "
    "An adapter that learned from all events as a last step is taken as it was before."
)


def served_ranker(domain: Domain) -> str:
    """The model whose ranking the agent of a domain diversifies: the default ranker, retrieval without an adapter."""
    return DEFAULT if is_served(domain, DEFAULT) else FUSION


class Served(Bert):
    """The agent on the training events: its first `SHOWN` places are what it shows, the places below are by score.

    It ranks by the default ranker, as `recommend` does: by retrieval alone where the domain has no adapter.
    """

    kind = DEFAULT

    def ranker_for(self, training: Training) -> Ranker:
        """The default ranker, refused where its adapter has learned from a tested event."""
        if served_ranker(training.opened.domain) == FUSION:
            note(f"no {self.kind} adapter serves {training.opened.name}: the agent ranks by retrieval alone")
            return UNTUNED[FUSION]
        return super().ranker_for(training)

    def fit(self, training: Training) -> None:
        """Assemble the agent on the training events."""
        super().fit(training)
        domain = training.opened.domain
        known = replace(domain, histories=training.unshuffled(training.histories))
        self.agent = Agent(known, self.retriever, self.ranker)

    def scores(self, histories: Histories) -> Floats:
        """(users, items): minus the place in the list, -inf for what is not in it."""
        own = self.training.unshuffled(histories)

        def retrieve(n: int) -> tuple[Query, Candidates]:
            return self.agent.retrieve(Request(own.users[n], State(), own[n], k=SHOWN))

        retrieved = retrieve_all(retrieve, len(own))
        ranked = (self.agent.rank(*each, SHOWN) for each in progress(retrieved, "ranking of these users"))
        found = np.empty((len(own), self.training.n_items), np.float32)
        for n, rows in enumerate(ranked):
            found[n] = self.training.shuffled_scores(rows, -np.arange(len(rows), dtype=np.float32))
        return found

    def prepare(self, opened: OpenedDomain) -> str:
        """The hashes of the index and, where there is one, of the adapter's files."""
        return index_key(opened) if served_ranker(opened.domain) == FUSION else super().prepare(opened)
