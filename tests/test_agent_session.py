"""A talk turn by turn: what is held, what is shown, undo of any depth, forgetting, and words for everything."""

import time

import pytest

from agent.constraints import State
from agent.dialogue.session import Feedback, Forget, Say, Session, Turn, Undo
from agent.memory.store import ProcessStore
from agent.recommendation import Reply
from index.errors import MendableError
from tests.helpers_talk import FirstAllowed


def ids(reply: Reply) -> list[str]:
    return [each.item.item_id for each in reply.recommendations]


def talk(*turns: Turn | str, user: str | None = None, k: int = 5) -> list[Reply]:
    """The replies of one talk; plain texts are messages."""
    session = Session(FirstAllowed(), user, k)
    return [session.turn(Say(turn) if isinstance(turn, str) else turn) for turn in turns]


def test_what_was_understood_is_said_and_obeyed() -> None:
    (reply,) = talk("I loved Star Wars and Alien; newer than 1990 please")
    assert reply.text.startswith("You liked Star Wars (1977) and Alien (1979); newer than 1990.")
    assert reply.recommendations
    assert all(each.item.value("year") > 1990 for each in reply.recommendations)  # type: ignore[operator]  # numbers here
    assert reply.state.liked == ("1", "2")


def test_more_keeps_the_wishes_and_repeats_nothing() -> None:
    first, second, third = talk("only sci-fi", "more", "something else", k=3)
    assert not set(ids(first)) & set(ids(second))
    assert len(ids(second)) == 3
    assert second.state == third.state == first.state
    assert ids(third) == []
    assert "Nothing further" in third.text
    assert third.relaxed == ()


def test_more_after_undo_still_repeats_nothing() -> None:
    first, second, _, again = talk("only sci-fi", "more", Undo(), "more", k=2)
    assert ids(again)
    assert not set(ids(again)) & {*ids(first), *ids(second)}


def test_undo_brings_back_state_and_list_to_any_depth() -> None:
    turns: list[Turn | str] = [
        "I liked Heat",
        "only thrillers",
        Feedback("18", "dislike"),
        "no horror",
        Forget("thrillers"),
    ]
    session = Session(FirstAllowed(), None, 4)
    replies = [session.turn(Say(turn) if isinstance(turn, str) else turn) for turn in turns]
    for before in reversed(replies[:-1]):
        undone = session.turn(Undo())
        assert (undone.state, ids(undone)) == (before.state, ids(before))
    undone = session.turn(Undo())
    assert (undone.state, ids(undone)) == (State(), [])


def test_undo_can_be_said_and_a_question_is_a_turn_too() -> None:
    first, _, _, undone, again = talk(
        "a western", "no western, a comedy", "What year is Heat from?", "undo that", Undo()
    )
    assert undone.state.must_not != ()
    assert (again.state, ids(again)) == (first.state, ids(first))


def test_undo_without_a_turn_is_answered_in_words() -> None:
    (reply,) = talk(Undo())
    assert "nothing to undo" in reply.text


@pytest.mark.parametrize(("value", "kept"), [("like", "liked"), ("dislike", "disliked"), ("seen", "seen")])
def test_feedback_is_held_and_changes_the_list_at_once(value: str, kept: str) -> None:
    first, second = talk("a western", Feedback("10", value))  # type: ignore[arg-type]  # a literal by parameter
    assert getattr(second.state, kept) == ("10",)
    assert "10" in ids(first)
    assert "10" not in ids(second)


def test_last_judgement_of_an_item_counts() -> None:
    replies = talk(Feedback("10", "like"), Feedback("10", "dislike"))
    assert (replies[1].state.liked, replies[1].state.disliked) == ((), ("10",))


def test_unknown_item_is_answered_in_words_and_leaves_the_list() -> None:
    first, second, third = talk("a western", Feedback("4711", "like"), Undo())
    assert "4711" in second.text
    assert (second.state, ids(second)) == (first.state, ids(first)) == (third.state, ids(third))
    assert talk(Feedback("4711", "like"))[0].text


@pytest.mark.parametrize(
    ("said", "named", "left"),
    [
        ("I like Heat. And no thrillers", "no thrillers", State(liked=("6",))),
        ("I like Heat. And no thrillers", "thrillers", State(liked=("6",))),
        ("I like Heat and Alien", "Heat", State(liked=("2",))),
        ("I like Heat, only films from the 90s", "the 90s", State(liked=("6",))),
        ("only westerns newer than 1980", "everything", State()),
        ("I like Heat. A film about trains", "trains", State(liked=("6",))),
    ],
)
def test_forgetting_drops_what_is_named_and_nothing_else(said: str, named: str, left: State) -> None:
    for turn in (Forget(named), Say(f"forget {named}")):
        before, after, undone = talk(said, turn, Undo())
        assert after.state == left != before.state
        assert undone.state == before.state


def test_forgetting_what_is_not_held_is_answered_in_words() -> None:
    first, second = talk("a western", Forget("the moon"))
    assert "the moon" in second.text
    assert ids(first) == ids(second)


def test_wish_that_nothing_meets_is_said() -> None:
    (reply,) = talk("An animated western, please")
    assert reply.relaxed
    assert "no item is both western and animation" in reply.text


def test_unknown_title_is_said() -> None:
    assert "Inception" in talk("I loved Inception")[0].text


@pytest.mark.parametrize("message", ["hi", "", "   ", "thanks", "Order me a pizza", '"only westerns"', "not really"])
def test_every_message_is_answered_with_words_and_a_list(message: str) -> None:
    (reply,) = talk(message)
    assert "?" in reply.text
    assert len(ids(reply)) == 5
    assert reply.state == State()


def test_somebody_of_whom_nothing_is_known_is_asked() -> None:
    assert "?" in talk("what should I watch?")[0].text
    assert "?" not in talk("what should I watch?", user="ann")[0].text


def test_question_is_answered_and_the_list_stays() -> None:
    first, second = talk("a western", "What year is Alien from?")
    assert "1979" in second.text
    assert ids(first) == ids(second)
    assert second.state.liked == ()


def test_why_and_compare_name_the_items() -> None:
    first, why, compared = talk("a western", "Why the first one?", "Compare 1 and 2")
    assert first.recommendations[0].item.name in why.text
    assert first.recommendations[0].reason.text in why.text
    assert len(first.recommendations) > 1
    assert all(each.item.name in compared.text for each in first.recommendations[:2])


def test_starting_over_forgets_the_talk() -> None:
    assert talk("only westerns, I liked Heat", "start over")[1].state == State()


def test_somebody_of_the_data_has_their_history_and_others_none() -> None:
    agent = FirstAllowed()
    for user, had in (("ann", 3), ("nobody at all", 0), (None, 0)):
        reply = Session(agent, user).turn(Say("hi"))
        assert len(agent.requests[-1].history) == had
        assert reply.user == user
    shown = ids(Session(agent, "ann").turn(Say("hi")))
    assert shown
    assert not {"1", "2", "8"} & set(shown)


def test_history_is_not_told_in_the_reply() -> None:
    reply = Session(FirstAllowed(), "ann").turn(Say("what did I watch before?"))
    assert "Star Wars" not in reply.text


def test_free_words_are_searched_for_until_they_are_replaced() -> None:
    agent = FirstAllowed()
    session = Session(agent, None)
    for turn in (Say("a film about trains"), Feedback("6", "like"), Say("more")):
        session.turn(turn)
    assert [request.text for request in agent.requests] == ["trains"] * 3


def test_stages_of_a_turn_make_up_its_total() -> None:
    """The agent of these tests says that it takes a millisecond for each of its stages; a question asks it nothing."""
    began = time.perf_counter()
    replies = talk("a western", "What year is Alien from?", Feedback("6", "like"), Undo())
    spent = 1000 * (time.perf_counter() - began)
    for reply, own in zip(replies, (1.0, 0.0, 1.0, 0.0), strict=True):
        times = dict(reply.timing_ms)
        total = times.pop("total")
        assert [times.pop(stage) for stage in ("retrieve", "rank", "explain")] == [own] * 3
        assert list(times) == ["understand"]
        assert total == pytest.approx(times["understand"] + 3 * own)
        assert 0 < times["understand"] < spent


def test_two_sessions_of_one_agent_do_not_mix() -> None:
    agent = FirstAllowed()
    one, other = Session(agent, "x"), Session(agent, "x")
    one.turn(Say("only westerns"))
    assert other.turn(Say("only comedies")).state.must != one.state.must


def test_store_is_asked_first_and_told_after_every_turn() -> None:
    store, agent = ProcessStore(), FirstAllowed()
    Session(agent, "eve", store=store).turn(Say("I liked Heat, only westerns"))
    assert store.recall("eve") == State(liked=("6",))
    again = Session(agent, "eve", store=store)
    assert again.turn(Say("hello")).state == State(liked=("6",))
    again.turn(Feedback("6", "dislike"))
    assert store.recall("eve") == State(disliked=("6",))
    again.turn(Undo())
    assert store.recall("eve") == State(liked=("6",))


def test_a_turn_that_changes_nothing_does_not_overwrite_what_another_session_keeps() -> None:
    store, agent = ProcessStore(), FirstAllowed()
    one, other = Session(agent, "eve", store=store), Session(agent, "eve", store=store)
    one.turn(Feedback("6", "like"))
    other.turn(Say("hello"))
    other.turn(Say("What year is Alien from?"))
    assert store.recall("eve") == State(liked=("6",))


class FullStore(ProcessStore):
    """A store that cannot write while it is full."""

    is_full = False

    def keep(self, user: str, state: State) -> None:
        """Hold a state, unless the store is full."""
        if self.is_full:
            raise MendableError("cannot write (No space left on device)", "the memory", "Free some space")
        super().keep(user, state)


@pytest.mark.parametrize("turn", [Feedback("18", "dislike"), Say("I loved Alien"), Forget("Heat"), Undo()])
def test_a_turn_that_cannot_be_remembered_leaves_the_talk_as_it_was(turn: Turn) -> None:
    store = FullStore()
    session = Session(FirstAllowed(), "eve", store=store)
    before = session.turn(Feedback("6", "like"))
    store.is_full = True
    with pytest.raises(MendableError, match="No space left"):
        session.turn(turn)
    store.is_full = False
    after = session.turn(Say("What year is Alien from?"))
    assert (after.state, ids(after)) == (before.state, ids(before))
    session.turn(Undo())
    assert session.turn(Undo()).state == State()  # the refused turn is none that has to be undone
