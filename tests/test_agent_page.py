"""The chat page in Chromium: what somebody does on it, and what they see."""

import os
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import pytest

from agent.dialogue.session import Session
from agent.interfaces.page import build_page, serve_page
from index.errors import MendableError
from tests.helpers_browser import Watch, chromium
from tests.helpers_chat import FILM, answered, become, free_port, press, say, talk, titles
from tests.helpers_page import HOSTILE, FakeAgent, small_domain

pytestmark = pytest.mark.browser

Open = Callable[..., tuple[Any, Watch]]
SHOTS = os.environ.get("PALATE_SHOTS")
LOVED = "I loved Star Wars and Alien, something newer than 1980 please"


@pytest.fixture(scope="module")
def blocks() -> Any:
    """The page of the small domain."""
    domain = small_domain()
    return build_page(lambda user: Session(FakeAgent(domain), user), domain)


@pytest.fixture(scope="module")
def address(blocks: Any) -> Iterator[str]:
    """Where the page is served."""
    with serve_page(blocks, "127.0.0.1", free_port()) as url:
        yield url


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """One Chromium for the whole file."""
    with chromium() as one:
        yield one


@pytest.fixture(scope="module")
def open_page(address: str, browser: Any) -> Iterator[Open]:
    """Opens a tab with its own watch, in a context of its own."""
    contexts = []

    def opened(width: int = 1280, height: int = 900, scheme: str = "light") -> tuple[Any, Watch]:
        context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
        contexts.append(context)
        context.set_default_timeout(15_000)
        page, watch = context.new_page(), Watch()
        watch.over(page)
        page.goto(address)
        page.locator(".line").first.wait_for()
        answered(page)
        return page, watch

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def wide(open_page: Open) -> tuple[Any, Watch]:
    """One tab for all tests that need no other: to load a page takes longer than to use it."""
    return open_page()


@pytest.fixture
def page(wide: tuple[Any, Watch]) -> Iterator[Any]:
    """A fresh talk of somebody new. Afterwards: no complaint, no dialog, no request to another host."""
    page, watch = wide
    page.get_by_role("button", name="Somebody new").click()
    page.wait_for_function(
        "() => document.querySelectorAll('.line').length === 1 && !document.querySelector('.film h3')"
    )
    answered(page, at_once=True)
    yield page
    assert watch == Watch()


def test_a_message_brings_ten_cards_with_their_reason_and_what_it_stands_on(page: Any) -> None:
    say(page, LOVED)
    assert len(titles(page)) == 10
    first = page.locator(FILM).first
    assert titles(page)[0] == "Men in Black 1997"
    assert first.locator(".kinds").inner_text() == "Action · Adventure · Comedy · Sci-Fi"
    assert "It is close to" in first.locator(".why").inner_text()
    proof = first.get_by_role("list", name="What this stands on").inner_text()
    assert "Star Wars (1977)" in proof and "Sci-Fi" in proof and "newer than 1980" in proof
    assert LOVED in talk(page) and "You liked Star Wars (1977) and Alien (1979)" in talk(page)


def test_the_page_says_what_was_understood_and_how_the_list_was_made(page: Any) -> None:
    say(page, LOVED)
    understood = page.get_by_role("region", name="What I understood")
    assert understood.get_by_role("list", name="Must", exact=True).inner_text() == "newer than 1980"
    assert understood.get_by_role("list", name="Liked").inner_text().split("\n") == ["Star Wars (1977)", "Alien (1979)"]
    made = page.get_by_role("region", name="How this list was made").inner_text()
    for fact in ("bert", "all-MiniLM-L6-v2", "movielens-100k-bert", "(0123456789ab)", "rank 21 ms", "ms in all"):
        assert fact in made


def test_a_like_changes_the_list_and_undo_brings_the_earlier_one_back(page: Any) -> None:
    say(page, LOVED)
    before = titles(page)
    press(page, f"Like: {page.locator(FILM).nth(1).locator('article').get_attribute('aria-label')}")
    after = titles(page)
    assert before[1] not in after and after != before
    assert "I like " in talk(page)
    press(page, "Undo")
    assert titles(page) == before


@pytest.mark.parametrize(("button", "group"), [("Like", "Liked"), ("Dislike", "Disliked"), ("Seen", "Seen")])
def test_each_button_of_a_card_is_understood_as_what_it_says(page: Any, button: str, group: str) -> None:
    say(page, "newer than 1990")
    name = page.locator(FILM).first.locator("article").get_attribute("aria-label")
    press(page, f"{button}: {name}")
    assert page.get_by_role("list", name=group, exact=True).inner_text() == name


def test_more_like_this_asks_for_it_and_keeps_what_is_being_typed(page: Any) -> None:
    say(page, LOVED)
    page.get_by_label("Your message").fill("half a sentence")
    name = page.locator(FILM).nth(2).locator("article").get_attribute("aria-label")
    press(page, f"More like this: {name}")
    assert f"Something like {name}" in talk(page)
    assert page.get_by_label("Your message").input_value() == "half a sentence"


def test_two_quick_presses_mean_the_cards_that_were_seen(page: Any) -> None:
    say(page, LOVED)
    seen = [page.locator(FILM).nth(n).locator("article").get_attribute("aria-label") for n in (0, 1)]
    page.evaluate("() => [0, 1].forEach(n => document.querySelectorAll('.film .seen')[n].click())")
    chips = page.get_by_role("list", name="Seen", exact=True).locator("li")
    chips.nth(1).wait_for()
    assert sorted(chips.all_inner_texts()) == sorted(seen)  # which of the two is told first is the network's affair


def test_starting_over_forgets_the_talk(page: Any) -> None:
    say(page, LOVED)
    press(page, "Start over")
    assert titles(page) == [] and LOVED not in talk(page)
    page.get_by_role("button", name="What do you recommend?").wait_for()
    press(page, "What do you recommend?")
    assert "Star Wars 1977" in titles(page)


def test_a_known_person_and_a_new_one_each_have_their_own_session(page: Any) -> None:
    say(page, LOVED)
    page.get_by_label("Who am I").fill("42")
    page.get_by_label("Who am I").press("Enter")
    page.get_by_text("2 events in the data").wait_for()
    answered(page)
    assert titles(page) == [] and LOVED not in talk(page)
    say(page, "newer than 1990")
    assert page.get_by_role("heading", name="For 42").is_visible()
    become(page, "  Ada   Lovelace ")
    assert "You are Ada Lovelace (not in the data" in page.locator("#person").inner_text()
    press(page, "Somebody new")
    assert "somebody new" in page.locator("#person").inner_text()


def test_two_tabs_never_mix(open_page: Open, page: Any) -> None:
    one, other = page, open_page()[0]
    say(one, LOVED)
    say(other, "newer than 1994")
    assert LOVED not in talk(other)
    press(other, "Like:")
    say(one, "newer than 1990")
    assert "newer than 1994" not in one.locator("body").inner_text()
    assert len(one.get_by_role("list", name="Liked").locator("li").all()) == 2


def test_markup_in_a_message_or_a_title_is_shown_as_text(page: Any) -> None:
    say(page, "newer than 1998")
    assert titles(page) == [" ".join(HOSTILE.replace(" (1999)", " 1999").split())]
    attack = f"{HOSTILE} **bold** [link](http://example.org) $$x^2$$ <b>fat</b>"
    say(page, attack)
    assert attack in talk(page)
    assert page.locator(".talk a, .talk b, .talk img, .talk script, .film img, .film script, .chip img").count() == 0


@pytest.mark.parametrize("width", [390, 320])
def test_on_a_phone_cards_stack_and_nothing_scrolls_sideways(open_page: Open, width: int) -> None:
    page, watch = open_page(width=width, height=844)
    say(page, LOVED + " " + "x" * 300)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    boxes = [film.bounding_box() for film in page.locator(FILM).all()]
    assert len({box["x"] for box in boxes}) == 1
    assert all(below["y"] >= above["y"] + above["height"] for above, below in pairwise(boxes))
    heights = [button.bounding_box()["height"] for button in page.get_by_role("button").all() if button.is_visible()]
    assert len(heights) > 40 and min(heights) >= 40
    assert watch == Watch()


def test_an_empty_message_is_answered_politely(page: Any) -> None:
    say(page, "   ")
    assert "You have said nothing yet" in talk(page)


def test_a_message_of_100_kb_is_answered_and_shown_short(page: Any) -> None:
    say(page, "I loved Star Wars. " + "word " * 20_000)
    assert "(100,019 characters)" in talk(page) and len(talk(page)) < 4000
    assert page.get_by_role("list", name="Liked").inner_text() == "Star Wars (1977)"


def test_what_can_be_mended_is_said_in_the_talk(page: Any) -> None:
    become(page, "full disk")
    say(page, LOVED)
    assert "I could not do that: cannot write (No space left on device), /var. Free some space." in talk(page)


def test_a_mistake_of_ours_is_admitted_without_its_details(page: Any) -> None:
    become(page, "mistake")
    say(page, LOVED)
    assert "Something went wrong on my side" in talk(page)
    assert "ValueError" not in page.content() and "a mistake of ours" not in page.content()
    become(page, "Ada")
    say(page, LOVED)
    assert len(titles(page)) == 10


def test_a_talk_that_was_let_go_begins_anew_without_an_error(page: Any, blocks: Any) -> None:
    say(page, LOVED)
    blocks.app.state_holder.session_data.clear()
    say(page, "newer than 1990")
    assert "Newer than 1990" in talk(page) and LOVED not in talk(page) and len(titles(page)) == 10


def test_the_keyboard_alone_reaches_a_card(page: Any) -> None:
    say(page, LOVED)
    for _ in range(30):
        page.keyboard.press("Tab")
        if str(page.evaluate("document.activeElement.getAttribute('aria-label') ?? ''")).startswith("Like: "):
            break
    page.keyboard.press("Enter")
    answered(page)
    assert "I like Men in Black (1997)" in talk(page)


def test_a_dark_screen_gets_a_dark_page_with_light_text(open_page: Open) -> None:
    page, _ = open_page(scheme="dark")
    ground, ink = (
        page.evaluate(
            f"getComputedStyle(document.querySelector('.gradio-container')).{name}.match(/\\d+/g).map(Number)"
        )
        for name in ("backgroundColor", "color")
    )
    assert max(ground[:3]) < 60 and min(ink[:3]) > 180


def test_a_guarded_page_shows_nothing_before_the_password(browser: Any) -> None:
    domain = small_domain()
    guarded = build_page(lambda user: Session(FakeAgent(domain), user), domain)
    with serve_page(guarded, "127.0.0.1", free_port(), ("ada", "secret")) as url:
        page = browser.new_page()
        page.goto(url)
        page.get_by_role("button", name="Login").wait_for()
        assert "small films" not in page.locator("body").inner_text()
        page.get_by_label("username").fill("ada")
        page.get_by_label("password").fill("secret")
        page.get_by_role("button", name="Login").click()
        page.locator(".line").first.wait_for()
        page.close()


@pytest.mark.parametrize("path", ["docs", "openapi.json", "monitoring", "gradio_api/file=/etc/passwd"])
def test_nothing_but_the_page_is_served(address: str, path: str) -> None:
    with pytest.raises(urllib.error.HTTPError, match=r"403|404"):
        urllib.request.urlopen(address + path)  # noqa: S310 - our own http address


def test_a_taken_port_is_refused_in_one_line(blocks: Any, address: str) -> None:
    port = int(address.rstrip("/").rsplit(":", 1)[1])
    with (
        pytest.raises(MendableError, match=rf"port {port} is in use, --port\. .*--port N"),
        serve_page(blocks, "127.0.0.1", port),
    ):
        pass


@pytest.mark.parametrize("width", [1280, 390])
def test_what_reviews_say_is_a_bar_an_aspect_and_their_words_come_on_a_click(open_page: Open, width: int) -> None:
    page, watch = open_page(width=width)
    say(page, LOVED)
    card = page.locator(".film", has=page.locator(".bars")).first
    card.scroll_into_view_if_needed()
    assert card.locator(".sentiment > .bars li").count() == 4
    assert "128 reviews" in card.inner_text() and "plot" in card.inner_text()
    quote = card.get_by_text("The plot kept me awake all night")
    assert not quote.is_visible()
    card.locator("summary").click()
    quote.wait_for(state="visible")
    assert "<b>Terrible</b> dialogue" in card.inner_text()
    praise, blame = (card.locator(f".bars .{kind}").first.bounding_box() for kind in ("good", "bad"))
    assert praise["x"] >= blame["x"] + blame["width"] - 2
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    if SHOTS:
        card.screenshot(path=f"{SHOTS}/card{width}.png")
    assert (watch.complaints, watch.strangers) == ([], [])
