"""What the page shows as HTML: everything that was given is text in it, and nothing that was given is markup."""

from html import unescape
from html.parser import HTMLParser
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.constraints import Constraint, Relaxed, State
from agent.explain.evidence import FromAttribute, FromConstraint, FromHistory, FromReview, Reason
from agent.interfaces import cards
from agent.interfaces.cards import Line
from agent.recommendation import AspectSentiment, RankerCard, Recommendation, Reply, Sentiment
from index.data.records import Item
from index.printable import printable

OWN_TAGS = {
    *("article", "b", "dd", "div", "dl", "dt", "h1", "h2", "h3", "header", "i", "li", "ol", "p", "path", "rect"),
    *("details", "section", "small", "span", "summary", "svg", "ul"),
}
OWN_ATTRIBUTES = {
    *("aria-hidden", "aria-label", "aria-live", "class", "d", "data-item", "height", "role", "rx", "style", "tabindex"),
    *("viewbox", "width"),
}
NASTY = "<script>alert(1)</script>\" onclick='alert(2)' <img src=x onerror=alert(3)> &lt;"


class Seen(HTMLParser):
    """What a browser would make of HTML: its tags, attributes and text."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.values: list[str] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.values += [value or "" for _, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data


def reply_of(text: str) -> Reply:
    """A reply that has a text in every place that others can write to."""
    item = Item(text, text, text, (text,), {"year": 1999, text: text})
    evidence = (FromHistory(text), FromAttribute(text, text), FromReview(text, text), FromConstraint(text))
    aspects = tuple(AspectSentiment(text, score, 2) for score in (-0.7, 0.1, 0.2, 0.3, 0.9))
    sentiment = Sentiment(0.2, 3, aspects, FromReview(text, text), FromReview(text, text))
    shown = Recommendation(1, item, 1.0, Reason(text, evidence), sentiment)
    wish = Constraint("text", "like", text)
    state = State((wish,), (wish,), (wish,), (wish,), (text,), (text,), (text,), {text: text})
    card = RankerCard(text, text, text, text)
    return Reply(text, text, card, state, (shown,), (Relaxed(wish, text),), text, {text: 1.0, "total": 2.0})


def everything(text: str) -> str:
    """All that the page shows of such a reply."""
    reply = reply_of(text)
    return "".join(
        (
            cards.masthead_html(text, 7),
            cards.conversation_html([Line("person", text), Line("button", text), Line("palate", text)], waiting=True),
            *(cards.card_html(each, lambda item_id: item_id) for each in reply.recommendations),
            cards.list_html(reply, text),
            cards.understood_html(reply.state, lambda item_id: item_id),
            cards.ranker_html(reply),
            cards.person_html(text, None),
        )
    )


@given(st.text())
def test_whatever_is_shown_adds_no_markup_of_its_own(text: str) -> None:
    seen = Seen(everything(text))
    assert seen.tags <= OWN_TAGS
    assert seen.attributes <= OWN_ATTRIBUTES


def test_nasty_text_is_read_as_it_was_written_in_every_place() -> None:
    seen = Seen(everything(NASTY))
    assert seen.tags <= OWN_TAGS and seen.attributes <= OWN_ATTRIBUTES
    assert seen.text.count(NASTY) >= 20
    assert NASTY in seen.values  # the label and the id of the card


@given(st.text())
def test_safe_text_is_the_readable_text_once_it_is_unescaped(text: str) -> None:
    safe = cards.safe(text)
    assert unescape(safe) == printable(text) or "&" in text  # "&amp" without its semicolon is read generously
    assert not set("<>\"'") & set(safe)


@pytest.mark.parametrize("disguise", ["\u202e", "\u2066", "\x00", "\x1b", "\ud800", "\r"])
def test_characters_that_disguise_text_are_shown_as_question_marks(disguise: str) -> None:
    assert cards.safe(f"a{disguise}b") == "a?b"


def test_letters_of_all_scripts_and_line_breaks_stay_as_they_are() -> None:
    text = "Amélie, 羅生門, Мир\nשלום 👩\u200d🚀"
    assert cards.safe(text) == text


def test_a_card_shows_the_title_as_it_is_said_with_its_year_apart() -> None:
    item = Item("1", "Matrix, The (1999)", None, ("Action", "Sci-Fi"), {"year": 1999.0})
    seen = Seen(cards.card_html(Recommendation(3, item, 1.0, Reason("Because.", ())), str))
    assert "The Matrix 1999" in seen.text and "Action · Sci-Fi" in seen.text and "Because." in seen.text
    assert "Rank 3" in seen.values


@pytest.mark.parametrize("title", ["", "(1999)", "1984"])
def test_a_title_that_is_empty_or_all_year_still_names_the_card(title: str) -> None:
    seen = Seen(cards.card_html(Recommendation(1, Item("i9", title), 1.0, Reason("So.", ())), str))
    assert (title or "i9") in seen.values
    assert (title or "i9") in seen.text


def test_evidence_is_shown_by_title_quotation_attribute_and_wish() -> None:
    evidence = (
        FromHistory("7"),
        FromAttribute("cast", ("Keanu Reeves", "Carrie-Anne Moss")),
        FromAttribute("runtime", 136.0),
        FromReview("r1", "a joy"),
        FromConstraint("newer than 1990"),
    )
    shown = Recommendation(1, Item("1", "Matrix, The (1999)"), 1.0, Reason("Because.", evidence))
    text = Seen(cards.card_html(shown, {"7": "Alien (1979)"}.__getitem__)).text
    for part in ("Alien (1979)", "cast Keanu Reeves or Carrie-Anne Moss", "runtime 136", "“a joy”", "newer than 1990"):
        assert part in text


def test_sentiment_says_how_many_reviews_and_what_of() -> None:
    sentiment = Sentiment(0.7, 1, (AspectSentiment("sound", -0.2, 1200),))
    shown = Recommendation(1, Item("1", "A"), 1.0, Reason("Because.", ()), sentiment)
    html = cards.card_html(shown, str)
    text = Seen(html).text
    assert "1 review: very good" in text and "soundpoor, 1,200 reviews" in text
    assert "details" not in Seen(html).tags


def test_quotes_stand_behind_a_click_with_the_aspects_that_are_not_shown_at_once() -> None:
    aspects = tuple(AspectSentiment(f"aspect{n}", 0.4, 9 - n) for n in range(6))
    sentiment = Sentiment(0.1, 9, aspects, FromReview("r1", "A joy."), FromReview("r2", "It broke."))
    html = cards.card_html(Recommendation(1, Item("1", "A"), 1.0, Reason("Because.", ()), sentiment), str)
    before, _, behind = html.partition("<details>")
    assert "aspect3" in before and "aspect4" not in before and "A joy" not in before
    assert all(words in behind for words in ("aspect4", "aspect5", "Best", "A joy.", "Worst", "It broke."))


@pytest.mark.parametrize(("score", "side"), [(0.5, "left:50%;width:25%"), (-1.0, "right:50%;width:50%")])
def test_a_bar_goes_to_the_right_for_praise_and_to_the_left_for_blame(score: float, side: str) -> None:
    sentiment = Sentiment(score, 2, (AspectSentiment("sound", score, 2),))
    assert side in cards.card_html(Recommendation(1, Item("1", "A"), 1.0, Reason("Because.", ()), sentiment), str)


def test_a_list_without_items_says_so_and_names_what_was_given_up() -> None:
    wish = Constraint("year", ">", 2020)
    reply = Reply("d", None, RankerCard("bert"), State(must=(wish,)), (), (Relaxed(wish, "Nothing is that new."),))
    text = Seen(cards.list_html(reply, "Ada")).text
    assert "For Ada" in text and "Nothing to show" in text and "newer than 2020 (Nothing is that new)" in text


def test_long_groups_of_chips_say_how_many_came_earlier() -> None:
    state = State(liked=tuple(str(n) for n in range(40)))
    text = Seen(cards.understood_html(state, lambda item_id: f"film {item_id}")).text
    assert "28 earlier" in text and "film 39" in text and "film 27" not in text


def test_nothing_understood_shows_no_group() -> None:
    assert Seen(cards.understood_html(State(), str)).text == "What I understood"


def test_a_ranker_without_an_adapter_says_none_and_times_are_added_up() -> None:
    reply = Reply("d", None, RankerCard("fusion"), State(), (), timing_ms={"rank": 2.0, "explain": 3.0})
    text = Seen(cards.ranker_html(reply)).text
    assert "Adapternone" in text and "Modelnone" in text and "5 ms in all" in text
    assert cards.ranker_html(None) == ""


@given(st.text(), st.integers(1, 50))
def test_a_shortened_text_is_whole_or_says_how_long_it_was(text: str, longest: int) -> None:
    short = cards.shorten(text, longest)
    assert short == text if len(text) <= longest else short.endswith(f"… ({len(text):,} characters)")


@pytest.mark.parametrize("who", ["model", "template"])
def test_a_card_says_where_a_model_wrote_its_reason(who: Literal["model", "template"]) -> None:
    reason = Reason("Because.", (FromHistory("1"),), who)
    html = cards.card_html(Recommendation(1, Item("2", "Alien"), 1.0, reason), str)
    assert ("written by model" in Seen(html).text) == (who == "model")
