"""Makes docs/page.png, the picture of the README: a talk with the real page in Chromium. `python -m docs.screenshot`"""

import os
import shutil
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from agent.dialogue.session import Session
from agent.interfaces.page import build_page, serve_page
from agent.open_agent import open_agent
from index.command_line import Parser, positive_int, run
from index.errors import MendableError
from index.progress import note

PICTURE = Path(__file__).with_name("page.png")
TALK = ("I loved Star Wars and Alien, something newer than 1990 please", "no horror")


def main(arguments: Sequence[str]) -> None:
    """Talk on the page and write the picture."""
    parser = Parser(prog="python -m docs.screenshot", description=__doc__)
    parser.add_argument("--domain", default="movielens-100k")
    parser.add_argument("--ranker", default="bert")
    parser.add_argument("--port", type=positive_int, default=7870)
    parser.add_argument("--width", type=positive_int, default=1280, help="pixels; 390 is a phone's")
    parser.add_argument("--out", type=Path, default=PICTURE)
    chosen = parser.parse_args(arguments)
    agent = open_agent(chosen.domain, chosen.ranker)
    page = build_page(partial(Session, agent), agent.domain)
    with serve_page(page, "127.0.0.1", chosen.port) as address:
        picture(address, chosen.width, chosen.out)
    note(f"wrote {chosen.out}")


def picture(address: str, width: int, out: Path) -> None:
    """Talk on the page at an address and write what it then looks like."""
    from playwright.sync_api import sync_playwright

    path = os.environ.get("PALATE_CHROMIUM") or shutil.which("chromium")
    if path is None:
        raise MendableError("no Chromium", "PALATE_CHROMIUM", "Install it, or set PALATE_CHROMIUM to one")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        tab = browser.new_page(viewport={"width": width, "height": 920})
        tab.goto(address)
        tab.locator(".line").first.wait_for()
        for n, message in enumerate(TALK, start=1):
            _say(tab, message, n)
        tab.mouse.move(2, 2)
        tab.screenshot(path=out)
        browser.close()


def _say(tab: Any, message: str, n: int) -> None:
    tab.get_by_label("Your message").fill(message)
    tab.get_by_label("Your message").press("Enter")
    tab.wait_for_function(
        f"document.querySelectorAll('.by-palate').length > {n} && !document.querySelector('.waiting')", timeout=60_000
    )
    tab.wait_for_timeout(300)


if __name__ == "__main__":
    run(main)
