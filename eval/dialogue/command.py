"""`python -m eval dialogue --simulate`: whether talking with the agent finds what somebody really took next.

Everything is fitted without the event that is looked for, as in leave-one-out; hits are matched by id. Two policies
answer the same simulated users: `agent`, a session as a person has it, and `retrieval`, one list paged through.
"""

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from agent.agent import Agent
from agent.dialogue.session import Say, Session
from agent.ranking import history_query, rank_query
from agent.rerank.open_ranker import tuned_ranker
from agent.rerank.rankers import DEFAULT, UNTUNED, Ranker
from eval.dialogue.simulator import Mind, SimulatedUser
from eval.environment import code_version
from eval.metrics.statistics import intervals, paired_tests
from eval.models.adapter_checks import adapter_under_test, has_adapter
from eval.rank.protocols import leave_one_out
from index.assemble import fit_retriever
from index.build.loading import DomainIndex, open_index
from index.command import note, progress
from index.data.domain import Domain, load_domain
from index.data.records import History
from index.data.splits import first_events
from index.errors import MendableError
from index.retrieval.retriever import Retriever
from index.storage.home import write_bytes
from index.storage.json_text import json_text

K = 10  # items a turn
POLICIES = ("agent", "retrieval")


@dataclass(frozen=True)
class DialogueSettings:
    """What the command was asked; `users` None are all, `ranker` None the reader where there is an adapter."""

    domain: str
    users: int | None
    seed: int
    turns: int
    ranker: str | None
    newcomer: bool
    predictions: Path | None

    @classmethod
    def of(cls, options: argparse.Namespace) -> "DialogueSettings":
        """The settings of parsed options."""
        names = ("domain", "users", "seed", "turns", "ranker", "newcomer", "predictions")
        return cls(**{name: getattr(options, name) for name in names})


class Policy(Protocol):
    """Something that answers a message with ids, best first."""

    def hear(self, said: str) -> Sequence[str]:
        """The list that is shown after a message."""


@dataclass(frozen=True)
class Exchange:
    """One turn: what was said, and the ids that were shown then."""

    said: str
    shown: tuple[str, ...]


@dataclass(frozen=True)
class Talk:
    """One talk, ended when the target was shown."""

    policy: str
    user: str
    target: str
    turns: tuple[Exchange, ...]

    def found_by(self, turn: int) -> bool:
        """Whether the target was among what was shown in the first `turn` turns."""
        return any(self.target in each.shown for each in self.turns[:turn])

    def as_json(self) -> dict[str, Any]:
        """The contract's line."""
        turns = [{"said": each.said, "shown": list(each.shown)} for each in self.turns]
        return {"policy": self.policy, "user": self.user, "target": self.target, "turns": turns}


@dataclass(frozen=True)
class Cast:
    """Who talks: the domain without anybody's last event, what each of the drawn users took last, who was left out."""

    domain: Domain
    minds: tuple[Mind, ...]
    left_out: int


class AgentPolicy:
    """A session with the agent, of a user that it knows or of nobody."""

    def __init__(self, agent: Agent, user: str | None) -> None:
        self._session = Session(agent, user, K)

    def hear(self, said: str) -> Sequence[str]:
        """The agent's recommendations."""
        return [each.item.item_id for each in self._session.turn(Say(said)).recommendations]


class RetrievalPolicy:
    """One list of the retriever for a history, paged `K` by `K` whatever is said."""

    def __init__(self, retriever: Retriever, history: History, n: int) -> None:
        ranking = rank_query(retriever, history_query(retriever.catalogue, history), n=n)
        self._ids = [retriever.catalogue.ids[row] for row in ranking.rows]

    def hear(self, said: str) -> Sequence[str]:
        """The next page."""
        page, self._ids = self._ids[:K], self._ids[K:]
        return page


def run_dialogue(settings: DialogueSettings) -> dict[str, Any]:
    """Talk with every drawn user by both policies, write the talks, and return how often each found the target."""
    index = open_index(load_domain(settings.domain))
    domain = index.domain
    cast = cast_of(domain, settings.users, settings.seed)
    agent = agent_without(index, cast.domain, settings.ranker, settings.seed)
    talks = [talk for mind in progress(cast.minds, "talking") for talk in _talks(mind, agent, settings)]
    if settings.predictions is not None:
        lines = (json_text(talk.as_json()) + "\n" for talk in talks)
        write_bytes(settings.predictions, "".join(lines).encode())
    about = {
        "domain": domain.name,
        "n_users": len(cast.minds),
        "n_users_left_out": cast.left_out,
        "user": "somebody new" if settings.newcomer else "known",
        "seed": settings.seed,
        "turns": settings.turns,
        "k": K,
        "ranker": agent.ranker.card.as_json(),
        "data_sha256": domain.sha256,
        "code_version": code_version(),
    }
    return {**about, **measured(talks, settings.turns, settings.seed)}


def cast_of(domain: Domain, users: int | None, seed: int) -> Cast:
    """Draw users whose last event is with an item that they had not had before; three events at least.

    Left out (and counted) are the others, and those whose item was removed. Raises MendableError where nobody is left.
    """
    histories, _ = first_events(domain.histories, len(domain.catalogue))
    parts = leave_one_out(histories)
    minds = []
    for number, user in enumerate(parts.test.histories.users):
        last = int(domain.histories[domain.histories.place_of[user]].rows[-1])
        target = int(parts.test.relevant[number].rows[0])
        if target == last and domain.catalogue.available[target]:
            minds.append(Mind(user, parts.test.histories[number], domain.catalogue.items[target]))
    if not minds:
        raise MendableError("no user took something new last", f"--domain {domain.name}", "Import more interactions")
    n = len(minds) if users is None else min(users, len(minds))
    drawn = np.sort(np.random.default_rng(seed).choice(len(minds), n, replace=False))
    known = replace(domain, histories=parts.training)
    return Cast(known, tuple(minds[place] for place in drawn), len(domain.histories) - len(minds))


def agent_without(index: DomainIndex, known: Domain, ranker: str | None, seed: int) -> Agent:
    """The agent of a domain as it would be had it only seen the histories of `known`; text vectors know no events."""
    return Agent(known, fit_retriever(index, known.histories, seed), _ranker(index, ranker))


def talk(name: str, policy: Policy, person: SimulatedUser, turns: int) -> Talk:
    """Let a simulated user talk with a policy until the target is shown, for at most so many turns."""
    target = person.mind.target.item_id
    exchanges: list[Exchange] = []
    said = person.opening()
    for _ in range(turns):
        shown = tuple(policy.hear(said))
        exchanges.append(Exchange(said, shown))
        if target in shown:
            break
        said = person.answer(shown)
    return Talk(name, person.mind.user, target, tuple(exchanges))


def measured(talks: Sequence[Talk], turns: int, seed: int) -> dict[str, Any]:
    """For each policy the share of users whose target was shown by each turn, and the difference of the policies."""
    found = {
        name: np.array([[each.found_by(n + 1) for n in range(turns)] for each in talks if each.policy == name], float)
        for name in POLICIES
    }
    by_turn = [f"success@{n + 1}" for n in range(turns)]
    rates = {
        name: {turn: each.as_json() for turn, each in zip(by_turn, intervals(values, seed), strict=True)}
        for name, values in found.items()
    }
    last = np.stack([found[name][:, -1] for name in POLICIES], axis=1)
    return {"policies": rates, "paired": [each.as_json() for each in paired_tests(POLICIES, last, by_turn[-1], seed)]}


def table(printed: Mapping[str, Any]) -> str:
    """The figures as text for a terminal."""
    lines = [f"{printed['domain']}, {printed['n_users']} users ({printed['user']}), ranker {printed['ranker']['name']}"]
    for name, rates in printed["policies"].items():
        shares = (f"{rate['mean']:.3f} [{rate['ci95'][0]:.3f}, {rate['ci95'][1]:.3f}]" for rate in rates.values())
        lines.append(f"{name:<10} found by turn 1, 2, …: {'  '.join(shares)}")
    for pair in printed["paired"]:
        low, high = pair["ci95"]
        lines.append(
            f"difference {pair['difference']:.3f} [{low:.3f}, {high:.3f}] at {pair['metric']}, p {pair['p']:.4f}"
        )
    return "\n".join(lines)


def _talks(mind: Mind, agent: Agent, settings: DialogueSettings) -> list[Talk]:
    """The talks of one user, by each policy."""
    catalogue = agent.domain.catalogue

    def person() -> SimulatedUser:
        return SimulatedUser(mind, catalogue, settings.seed)

    def by_retrieval() -> Policy:
        history = _named(mind, person()) if settings.newcomer else mind.history
        return RetrievalPolicy(agent.retriever, history, K * settings.turns)

    made: Mapping[str, Callable[[], Policy]] = {
        "agent": lambda: AgentPolicy(agent, None if settings.newcomer else mind.user),
        "retrieval": by_retrieval,
    }
    return [talk(name, made[name](), person(), settings.turns) for name in POLICIES]


def _named(mind: Mind, person: SimulatedUser) -> History:
    """The events that somebody new tells of in their first message: all that retrieval knows of them."""
    person.opening()
    places = np.flatnonzero(np.isin(mind.history.rows, list(person.named.values())))
    times = None if mind.history.times is None else mind.history.times[places]
    return History(mind.history.rows[places], mind.history.values[places], times)


def _ranker(index: DomainIndex, name: str | None) -> Ranker:
    """The ranker of this name; else the reranker, or the fusion where there is no adapter, which is said."""
    domain = index.domain
    if name == "fusion" or (name is None and not has_adapter(domain, DEFAULT)):
        if name is None:
            note(f"no adapter for {domain.name}: the agent ranks by retrieval alone")
        return UNTUNED["fusion"]
    return tuned_ranker(DEFAULT, adapter_under_test(domain, DEFAULT), index)
