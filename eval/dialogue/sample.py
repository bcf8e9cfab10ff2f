"""Draws the users who are simulated, and holds their last events out."""

from dataclasses import dataclass, replace

import numpy as np

from eval.dialogue.simulator import UserProfile
from eval.rank.protocols import leave_one_out
from index.data.domain import Domain
from index.data.splits import first_events
from index.errors import MendableError


@dataclass(frozen=True)
class UserSample:
    """The drawn users, the domain without any user's last event, and the number of users who could not be drawn."""

    domain: Domain
    profiles: tuple[UserProfile, ...]
    left_out: int


def draw_users(domain: Domain, n_users: int | None, seed: int) -> UserSample:
    """Draw users whose last event is with an item that is new to them, of three events at least; None draws all.

    Left out (and counted) are the others, and those whose item was removed. Raises MendableError where none is left.
    """
    histories, _ = first_events(domain.histories, len(domain.catalogue))
    parts = leave_one_out(histories)
    profiles = []
    for number, user in enumerate(parts.test.histories.users):
        last = int(domain.histories[domain.histories.place_of[user]].rows[-1])
        target = int(parts.test.relevant[number].rows[0])
        if target == last and domain.catalogue.available[target]:
            profiles.append(UserProfile(user, parts.test.histories[number], domain.catalogue.items[target]))
    if not profiles:
        raise MendableError("no user took something new last", f"--domain {domain.name}", "Import more interactions")
    n = len(profiles) if n_users is None else min(n_users, len(profiles))
    drawn = np.sort(np.random.default_rng(seed).choice(len(profiles), n, replace=False))
    training = replace(domain, histories=parts.training)
    return UserSample(training, tuple(profiles[place] for place in drawn), len(domain.histories) - len(profiles))
