"""The first line of a conversation, and messages that a user could begin with."""

import numpy as np

from agent.duplicates import duplicates_of
from index.data.domain import Domain


def greet(domain: Domain, user: str | None) -> str:
    """The first line of a conversation."""
    history = domain.history(user) if user is not None else None
    ask = "Tell me what you like, what you would rather not have, or name a few titles."
    if history is None:
        return f"Hello{'' if user is None else f', {user}'}. {ask}"
    return f"Hello, {user}. I know {len(history):,} of your choices. {ask}"


def suggest_messages(domain: Domain) -> tuple[str, ...]:
    """Messages to begin with, about the domain's most popular items; none for a catalogue of fewer than three."""
    catalogue = domain.catalogue
    counts = np.bincount(domain.histories.rows, minlength=len(catalogue))
    popular = duplicates_of(domain).distinct(np.argsort(-counts, kind="stable"))
    names = [catalogue.items[row].name for row in popular[catalogue.available[popular]][:3]]
    if len(names) < 3:
        return ()
    return "What do you recommend?", f"I loved {names[0]} and {names[1]}", f"Something like {names[2]}"
