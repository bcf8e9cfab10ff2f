"""What a store remembers of a user between sessions."""

from agent.constraints import Constraint, State
from agent.memory.store import ProcessStore


def test_verdicts_of_each_user_are_kept_and_wishes_are_not() -> None:
    store = ProcessStore()
    wishes = (Constraint("year", ">", 1990),)
    store.keep("eve", State(must=wishes, liked=("6",), disliked=("2",), seen=("1",), context={"occasion": "date"}))
    assert store.recall("eve") == State(liked=("6",), disliked=("2",), seen=("1",))
    assert store.recall("ann") == State()


def test_the_latest_state_replaces_the_one_before() -> None:
    store = ProcessStore()
    store.keep("eve", State(liked=("6",)))
    store.keep("eve", State())
    assert store.recall("eve") == State()
