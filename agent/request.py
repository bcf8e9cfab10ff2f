"""One request for recommendations: who asks, their history, what they want, how many items."""

from dataclasses import dataclass

from agent.constraints import State
from index.data.records import History


@dataclass(frozen=True)
class Request:
    """`history` are the user's events in the data (empty for a new user); `shown` are ids that are not to be repeated.

    `text` are the free words of the talk, `k` is the number of recommendations.
    """

    user: str | None
    state: State
    history: History
    text: str = ""
    k: int = 10
    shown: frozenset[str] = frozenset()
