"""Runs `python -m eval dialogue --simulate`: whether talking with the agent finds the item that a user took next.

Everything is fitted without the event that is looked for, as in leave-one-out; hits are matched by id. Two policies
answer the same simulated users: `agent`, a session as a user has it, and `retrieval`, one list paged through.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from agent.agent import Agent
from agent.rerank.open_ranker import tuned_ranker
from agent.rerank.rankers import DEFAULT, UNTUNED, Ranker
from eval.dialogue.policies import POLICIES, AgentPolicy, Policy, RetrievalPolicy
from eval.dialogue.sample import UserSample, draw_users
from eval.dialogue.settings import DialogueSettings, K
from eval.dialogue.simulator import SimulatedUser, UserProfile
from eval.dialogue.talks import Talk, run_talk
from eval.environment import code_version, machine
from eval.metrics.statistics import intervals, paired_tests
from eval.models.adapter_checks import adapter_under_test
from eval.models.served import FUSION, served_ranker
from index.assemble import fit_retriever
from index.build.loading import DomainIndex, open_index
from index.data.domain import Domain, load_domain
from index.data.records import History
from index.progress import note, progress
from index.storage.home import write_bytes, write_json
from index.storage.json_text import json_text


def run_dialogue(settings: DialogueSettings) -> dict[str, Any]:
    """Talk with every drawn user by both policies: how often each found the target; writes what was asked for."""
    index = open_index(load_domain(settings.domain))
    sample = draw_users(index.domain, settings.users, settings.seed)
    agent = agent_without(index, sample.domain, settings.ranker, settings.seed)
    every = progress(sample.profiles, "simulate conversations, users")
    talks = [talk for each in every for talk in _talks(each, agent, settings)]
    if settings.predictions is not None:
        lines = (json_text(talk.as_json()) + "\n" for talk in talks)
        write_bytes(settings.predictions, "".join(lines).encode())
    printed = {**_about(settings, index, sample, agent), **measure(talks, settings.turns, settings.seed)}
    if settings.report is not None:
        _write(settings.report, {**printed, "machine": machine()})
    return printed


def agent_without(index: DomainIndex, known: Domain, ranker: str | None, seed: int) -> Agent:
    """The agent of a domain fitted on the histories of `known` alone; vectors of texts depend on no event."""
    return Agent(known, fit_retriever(index, known.histories, seed), _ranker(index, ranker))


def measure(talks: Sequence[Talk], turns: int, seed: int) -> dict[str, Any]:
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


def _about(settings: DialogueSettings, index: DomainIndex, sample: UserSample, agent: Agent) -> dict[str, Any]:
    """What the figures are of."""
    return {
        "domain": index.domain.name,
        "n_users": len(sample.profiles),
        "n_users_left_out": sample.left_out,
        "user": "somebody new" if settings.newcomer else "known",
        "seed": settings.seed,
        "turns": settings.turns,
        "k": K,
        "ranker": agent.ranker.card.as_json(),
        "data_sha256": index.domain.sha256,
        "code_version": code_version(),
    }


def _talks(profile: UserProfile, agent: Agent, settings: DialogueSettings) -> list[Talk]:
    """The talks of one user, one with each policy."""

    def user() -> SimulatedUser:
        return SimulatedUser(profile, agent.domain.catalogue, settings.seed)

    history = _named_events(profile, user()) if settings.newcomer else profile.history
    policies: Mapping[str, Policy] = {
        "agent": AgentPolicy(agent, None if settings.newcomer else profile.user),
        "retrieval": RetrievalPolicy(agent.retriever, history, K * settings.turns),
    }
    return [run_talk(name, policies[name], user(), settings.turns) for name in POLICIES]


def _named_events(profile: UserProfile, user: SimulatedUser) -> History:
    """The events of which a new user tells in the opening: all that retrieval knows of them."""
    user.opening()
    places = np.flatnonzero(np.isin(profile.history.rows, list(user.named.values())))
    return profile.history.at(places)


def _ranker(index: DomainIndex, name: str | None) -> Ranker:
    """The ranker of this name, by default the one that the agent serves with; a note where that is retrieval alone."""
    chosen = name or served_ranker(index.domain)
    if chosen == FUSION:
        if name is None:
            note(f"no adapter for {index.domain.name}: the agent ranks by retrieval alone")
        return UNTUNED[FUSION]
    return tuned_ranker(DEFAULT, adapter_under_test(index.domain, DEFAULT), index)


def _write(folder: Path, report: Mapping[str, Any]) -> None:
    from eval.dialogue.page import dialogue_page  # brings Matplotlib

    write_bytes(folder / "dialogue.html", dialogue_page(report).encode())
    write_json(folder / "dialogue.json", report)
