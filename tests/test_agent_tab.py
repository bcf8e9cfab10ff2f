"""One tab's talk without a page: what becomes a turn, what is said, and what stays when something fails."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import pytest

from agent.constraints import State
from agent.dialogue.session import Session
from agent.dialogue.turns import Feedback, Say, Turn, Undo
from agent.explain.writing import WriterCard
from agent.interfaces import cards, greeting, tab
from agent.interfaces.tab import Tab, UserAction
from agent.recommendation import Reply
from index.data.domain import Catalogue, Domain, Histories
from index.errors import MendableError
from tests.helpers_page import FakeAgent, small_domain
from tests.helpers_small import history


@dataclass
class Recorder:
    """A session that remembers its turns."""

    inner: Session
    turns: list[Turn] = field(default_factory=list)

    @property
    def state(self) -> State:
        """What the session within holds."""
        return self.inner.state

    def turn(self, turn: Turn) -> Reply:
        """The answer of the session within."""
        self.turns.append(turn)
        return self.inner.turn(turn)

    def reword(self) -> Iterator[Reply]:
        """Those of the session within."""
        return self.inner.reword()


def opened(user: str | None = None) -> Tab:
    """A fresh tab of the small domain."""
    domain = small_domain()
    return tab.open_tab(domain, lambda who: Session(FakeAgent(domain), who), user)


@pytest.mark.parametrize(
    ("action", "turn", "line"),
    [
        (tab.say("something funny"), Say("something funny"), "something funny"),
        (tab.say(" \n "), Say(" \n "), None),
        (tab.say("half \ud83d"), Say("half ?"), "half ?"),
        (tab.judge_item("3", "like", "Alien (1979)"), Feedback("3", "like"), "I like Alien (1979)"),
        (tab.judge_item("3", "dislike", "Alien (1979)"), Feedback("3", "dislike"), "Not for me: Alien (1979)"),
        (tab.judge_item("3", "seen", "Alien (1979)"), Feedback("3", "seen"), "I have seen Alien (1979)"),
        (tab.ask_for_similar("Alien (1979)"), Say("Something like Alien (1979)"), "Something like Alien (1979)"),
        (tab.undo(), Undo(), "Undo"),
    ],
)
def test_each_action_is_one_turn_and_one_line(action: UserAction, turn: Turn, line: str | None) -> None:
    domain = small_domain()
    recorder = Recorder(Session(FakeAgent(domain), None))
    before = tab.open_tab(domain, lambda _: recorder, None)
    after = tab.answer(before, action)
    assert recorder.turns == [turn]
    assert [each.text for each in after.lines[1:-1]] == ([line] if line else [])
    assert after.lines[-1].by == "palate" and after.reply is not None


def test_only_what_was_typed_empties_the_message_box() -> None:
    assert tab.say("x").typed
    assert not any(action.typed for action in (tab.undo(), tab.ask_for_similar("A"), tab.judge_item("1", "seen", "A")))


@dataclass
class FullDisk:
    """A session that cannot write."""

    state: State = field(default_factory=State)

    def turn(self, turn: Turn) -> Reply:
        """Always refused."""
        raise MendableError("cannot write (No space left on device)", "/var", "Free some space")

    def reword(self) -> Iterator[Reply]:
        """There is no list."""
        return iter(())


def test_a_failure_that_can_be_mended_is_said_and_keeps_the_last_list() -> None:
    one = tab.answer(opened(), tab.say("newer than 1990"))
    other = tab.answer(replace(one, session=FullDisk()), tab.say("newer than 1995"))
    assert other.reply is one.reply
    assert other.lines[-1].text == "I could not do that: cannot write (No space left on device), /var. Free some space."


def test_a_long_talk_keeps_its_last_lines_and_long_messages_are_cut() -> None:
    now = opened()
    for n in range(80):
        now = tab.answer(now, tab.say(f"message {n} " + "x" * 100_000))
    assert len(now.lines) == 60
    assert "message 79" in now.lines[-2].text and max(len(line.text) for line in now.lines) < 1300


def test_a_person_of_the_data_is_greeted_with_what_is_known_of_them() -> None:
    assert "I know 2 of your choices" in opened("42").lines[0].text
    assert opened("Ada").lines[0].text.startswith("Hello, Ada. ")
    assert opened().lines[0].text.startswith("Hello. ")


@pytest.mark.parametrize(
    ("name", "user"), [("42", "42"), ("  Ada\n Lovelace ", "Ada Lovelace"), ("", None), ("  ", None)]
)
def test_a_name_begins_that_persons_own_session(name: str, user: str | None) -> None:
    domain = small_domain()
    begun: list[str | None] = []

    def begin(who: str | None) -> Session:
        begun.append(who)
        return Session(FakeAgent(domain), who)

    now = tab.switch_user(domain, begin, tab.answer(opened("7"), tab.say("newer than 1990")), name)
    assert begun == [user] and now.user == user
    assert now.reply is None and len(now.lines) == 1


def test_a_name_that_is_far_too_long_changes_nothing() -> None:
    domain = small_domain()
    now = tab.switch_user(domain, lambda who: Session(FakeAgent(domain), who), opened("42"), "x" * 201)
    assert now.user == "42" and "201 characters" in now.lines[-1].text


def test_a_person_whose_session_cannot_be_opened_is_told_so_as_somebody_new() -> None:
    domain = small_domain()

    def begin(who: str | None) -> Session:
        if who is not None:
            raise MendableError("cannot read the memory", "ada.json", "Restore it")
        return Session(FakeAgent(domain), who)

    now = tab.open_tab(domain, begin, "ada")
    assert now.user is None and "cannot read the memory, ada.json. Restore it." in now.lines[-1].text


def test_suggestions_name_what_most_people_had() -> None:
    assert greeting.suggest_messages(small_domain())[1] == "I loved Star Wars (1977) and Alien (1979)"


def test_suggestions_name_an_item_of_two_ids_once() -> None:
    whole = small_domain()
    items = (*whole.catalogue.items, replace(whole.catalogue.items[0], item_id="again"))
    histories = Histories.of(("a", "b"), [history(0, 1, len(items) - 1), history(0, len(items) - 1)])
    first, second = greeting.suggest_messages(Domain("d", Catalogue(items), histories, "0" * 64))[1:]
    assert f"{first} {second}".count("Star Wars (1977)") == 1


@pytest.mark.parametrize("n", [0, 2])
def test_a_catalogue_too_small_for_suggestions_has_none(n: int) -> None:
    items = small_domain().catalogue.items[:n]
    assert greeting.suggest_messages(Domain("d", Catalogue(items), Histories.of((), ()), "0" * 64)) == ()


def test_removed_items_are_never_suggested() -> None:
    whole = small_domain()
    domain = Domain("d", Catalogue(whole.catalogue.items, frozenset({"1"})), whole.histories, "0" * 64)
    assert not any("Star Wars" in text for text in greeting.suggest_messages(domain))


def test_a_tab_is_fresh_until_a_list_is_shown_and_again_once_it_is_undone() -> None:
    one = opened()
    other = tab.answer(one, tab.say("newer than 1990"))
    assert one.is_fresh and not other.is_fresh
    assert tab.answer(other, tab.undo()).is_fresh


def test_what_is_remembered_of_a_person_is_understood_before_they_say_a_word() -> None:
    domain = small_domain()

    @dataclass
    class Memory:
        """Holds one liked film."""

        def recall(self, user: str) -> State:
            """The film."""
            return State(liked=("3",))

        def keep(self, user: str, state: State) -> None:
            """Not needed here."""

    now = tab.open_tab(domain, lambda who: Session(FakeAgent(domain), who, store=Memory()), "Ada")
    assert now.state == State(liked=("3",))


# --- reasons by a language model --------------------------------------------


class Rewords(FakeAgent):
    """Words the reasons of a list anew, one after another."""

    def reword(self, reply: Reply) -> Iterator[Reply]:
        """The reply after each reason."""
        for n in range(len(reply.recommendations)):
            worded = (
                replace(each, reason=replace(each.reason, text="Anew.", written_by="model")) if place <= n else each
                for place, each in enumerate(reply.recommendations)
            )
            yield replace(reply, recommendations=tuple(worded), writer=WriterCard("fake"))


def test_reasons_come_one_after_another_behind_a_list_that_stays() -> None:
    session = Session(Rewords(small_domain()), None)
    shown = tab.answer(replace(opened(), session=session), tab.say("a comedy"))
    assert shown.reply is not None
    ids = [each.item.item_id for each in shown.reply.recommendations]
    steps = [step.reply for step in tab.reword(shown)]
    assert len(steps) == len(ids) > 1
    for n, reply in enumerate(steps, 1):
        assert reply is not None
        assert [each.item.item_id for each in reply.recommendations] == ids
        assert [each.reason.text == "Anew." for each in reply.recommendations].count(True) == n


def test_a_list_that_a_turn_keeps_is_not_worded_again() -> None:
    session = Session(Rewords(small_domain()), None)
    first = session.finished(session.turn(Say("a comedy")))
    kept = session.finished(session.turn(Say("why the first one?")))
    assert [each.reason.text for each in kept.recommendations] == [each.reason.text for each in first.recommendations]
    assert "Anew." in kept.text
    assert list(session.reword()) == []


def test_a_fallback_of_the_writer_stands_on_the_page_escaped() -> None:
    reply = replace(opened().session.turn(Say("a comedy")), writer=WriterCard("openai:x#m", "<b>gone</b>"))
    html = cards.ranker_html(reply)
    assert "&lt;b&gt;gone&lt;/b&gt;" in html
    assert "<b>gone" not in html
