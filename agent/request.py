"""One request for recommendations: who asks, what they had, what they want, how many."""

from dataclasses import dataclass

from agent.constraints import State
from index.data.records import History


@dataclass(frozen=True)
class Request:
    """`history` are the person's events in the data (empty for somebody new); `shown` are ids not to be repeated."""

    user: str | None
    state: State
    history: History
    text: str = ""
    k: int = 10
    shown: frozenset[str] = frozenset()
