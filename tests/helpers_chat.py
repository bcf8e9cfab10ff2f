"""What somebody does on the chat page, and what they see, by Playwright."""

import socket
from typing import Any

FILM = ".film:visible"


def free_port() -> int:
    """A port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def say(page: Any, text: str) -> None:
    """Type a message, send it with Enter and wait for the answer."""
    page.get_by_label("Your message").fill(text)
    page.get_by_label("Your message").press("Enter")
    answered(page)


def press(page: Any, name: str, place: int = 0) -> None:
    """Press a button by the words on it and wait for the answer."""
    page.get_by_role("button", name=name).nth(place).click()
    answered(page)


def become(page: Any, name: str) -> None:
    """Become the person of that name."""
    page.get_by_label("Who am I").fill(name)
    press(page, "Switch")


def answered(page: Any, at_once: bool = False) -> None:
    """Wait until the conversation has changed since the last time, no answer is awaited, and the page is drawn."""
    if at_once:
        page.evaluate("window.seenTalk = null")
    page.wait_for_function(
        """() => {
            const talk = document.querySelector('.talk');
            if (!talk || talk.querySelector('.waiting') || talk.innerText === window.seenTalk) return false;
            window.seenTalk = talk.innerText;
            return true;
        }"""
    )
    page.wait_for_function(  # the list is drawn after the talk, on a busy machine a good while after it
        """() => {
            const now = document.body.innerText;
            if (now !== window.drawn) { window.drawn = now; window.drawnAt = performance.now(); return false; }
            return performance.now() - window.drawnAt > 200;
        }"""
    )


def titles(page: Any) -> list[str]:
    """The titles on the cards, from the first."""
    return [" ".join(text.split()) for text in page.locator(f"{FILM} h3").all_inner_texts()]


def talk(page: Any) -> str:
    """What the conversation says."""
    return str(page.locator(".talk").inner_text())
