"""The protocol of a store of users' verdicts, and a store that lives as long as the process."""

from typing import Protocol

from agent.constraints import State


class Store(Protocol):
    """Where a user's likes, dislikes and seen items are kept between sessions."""

    def recall(self, user: str) -> State:
        """What is held of a user; an empty state for a new one."""

    def keep(self, user: str, state: State) -> None:
        """Hold what outlasts the session; returns when it is durable."""


class ProcessStore:
    """Keeps verdicts in memory; wishes and context belong to one talk and are not kept."""

    def __init__(self) -> None:
        self._held: dict[str, State] = {}

    def recall(self, user: str) -> State:
        """What is held of a user; an empty state for a new one."""
        return self._held.get(user, State())

    def keep(self, user: str, state: State) -> None:
        """Hold the verdicts of a state."""
        self._held[user] = State(liked=state.liked, disliked=state.disliked, seen=state.seen)
