"""Chromium for the tests that look at a page, and a watch over what a page asks for and complains of."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
MISSING = "Chromium is not there: install it with `apt-get install chromium`, or set PALATE_CHROMIUM to one"


@dataclass
class Watch:
    """What a page did that it should not: messages of the console above info, and requests to other hosts."""

    complaints: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)

    def over(self, page: Any, host: str = "127.0.0.1") -> None:
        """Begin to watch a page."""
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("dialog", self._interrupted)
        page.on("request", lambda request: self._asked(request.url, host))

    def _said(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def _interrupted(self, dialog: Any) -> None:
        self.complaints.append(f"dialog {dialog.message}")
        dialog.dismiss()

    def _asked(self, url: str, host: str) -> None:
        address = urlsplit(url)
        if address.scheme not in ("data", "blob", "file", "about") and address.hostname != host:
            self.strangers.append(url)


def chromium_path() -> str:
    """Where Chromium is. Without one the test fails in CI and is skipped elsewhere, in one line."""
    candidates = (os.environ.get("PALATE_CHROMIUM"), shutil.which("chromium"), shutil.which("chromium-browser"))
    path = next((each for each in candidates if each and shutil.which(each)), None)
    if path is not None:
        return path
    if os.environ.get("CI"):
        pytest.fail(MISSING, pytrace=False)
    pytest.skip(MISSING)


@contextmanager
def chromium() -> Iterator[Any]:
    """A Chromium of Playwright's sync API, closed when the block ends."""
    path = chromium_path()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()
