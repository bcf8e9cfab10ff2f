"""A page on loopback answers to names of this machine only, whoever points another name at it."""

import asyncio
import http.client
import json
from collections.abc import Iterator, MutableMapping
from contextlib import closing
from typing import Any

import pytest

from agent.dialogue.session import Session
from agent.interfaces.host_guard import ROOT_PATH, HostGuard, ServedNames, served_names
from agent.interfaces.page import build_page, serve_page
from index.errors import MendableError
from tests.helpers_chat import free_port
from tests.helpers_page import FakeAgent, small_domain

PORT = 7860
LOOPBACK = served_names("127.0.0.1", PORT, "")
OURS = ["127.0.0.1", "127.0.0.1:7860", "localhost", "LocalHost:9000", "127.8.8.8:1", "[::1]:7860", "[::1]"]
FOREIGN = [
    "evil.example",
    "evil.example:7860",
    "127.0.0.1.evil.example",
    "localhost.evil.example:7860",
    "evil.localhost.example",
    "notlocalhost",
    "0.0.0.0:7860",
    "192.168.1.7:7860",
    "[fe80::1]:7860",
    "[::]:7860",
]
BROKEN = [
    "",
    " ",
    ":7860",
    "127.0.0.1:",
    "127.0.0.1:port",
    "evil@127.0.0.1",
    "127.0.0.1/evil",
    "127.0.0.1, evil",
    "[::1",
]


@pytest.mark.parametrize("netloc", OURS)
def test_names_of_this_machine_are_served_with_any_port(netloc: str) -> None:
    assert LOOPBACK.serve(netloc)
    assert LOOPBACK.serve_origin(f"http://{netloc}")


@pytest.mark.parametrize("netloc", [*FOREIGN, *BROKEN])
def test_no_other_name_is_served(netloc: str) -> None:
    assert not LOOPBACK.serve(netloc)
    assert not LOOPBACK.serve_origin(f"http://{netloc}")


@pytest.mark.parametrize("origin", ["null", "", "127.0.0.1", "file://", "localhost:7860"])
def test_an_origin_without_a_name_is_not_served(origin: str) -> None:
    assert not LOOPBACK.serve_origin(origin)


def test_the_name_that_the_page_was_opened_under_is_served() -> None:
    assert served_names("My-Machine", PORT, "").serve("my-machine:7860")


def test_of_a_proxy_only_the_name_in_its_address_is_served() -> None:
    served = served_names("127.0.0.1", PORT, "https://Films.example.org:8443/films")
    assert served.serve("films.example.org") and served.serve("films.example.org:8443") and served.serve("localhost")
    assert served.serve_origin("https://films.example.org")
    assert not any(served.serve(netloc) for netloc in (*FOREIGN, *BROKEN, "example.org", "x.films.example.org"))


@pytest.mark.parametrize("path", ["/films", "films/"])
def test_before_a_proxy_of_unknown_name_a_browser_that_comes_past_it_is_refused(path: str) -> None:
    served = served_names("127.0.0.1", PORT, path)
    assert served.serve("films.example.org") and served.serve_origin("https://films.example.org")
    assert served.serve("127.0.0.1:7860")
    assert not served.serve("evil.example:7860") and not served.serve_origin("http://evil.example:7860")
    assert not any(map(served.serve, BROKEN))


def test_a_browser_names_no_port_where_it_is_the_default_one() -> None:
    assert not served_names("127.0.0.1", 80, "/films").serve("evil.example")
    assert not served_names("127.0.0.1", 443, "/films").serve_origin("https://evil.example")


@pytest.mark.parametrize("path", ["", "/"])
def test_an_empty_root_path_is_no_proxy(path: str) -> None:
    assert served_names("127.0.0.1", PORT, path) == ServedNames(frozenset({"127.0.0.1"}))


@pytest.mark.parametrize("path", ["https://", "http://[", "http:///films"])
def test_a_root_path_that_names_no_host_is_refused_in_one_line(path: str) -> None:
    with pytest.raises(MendableError, match=rf"^no address .*, {ROOT_PATH}\. Give the whole address"):
        served_names("127.0.0.1", PORT, path)


# --- the middleware ---------------------------------------------------------


def answer(kind: str, *headers: tuple[bytes, bytes]) -> tuple[bool, list[MutableMapping[str, Any]]]:
    """Whether a request was passed on, and what was sent without that."""
    passed: list[bool] = []
    sent: list[MutableMapping[str, Any]] = []

    async def app(*_: object) -> None:
        passed.append(True)

    async def receive() -> MutableMapping[str, Any]:
        return {"type": f"{kind}.connect"}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    asyncio.run(HostGuard(app, LOOPBACK)({"type": kind, "headers": list(headers)}, receive, send))
    return bool(passed), sent


HERE, THERE = (b"host", b"127.0.0.1:7860"), (b"host", b"evil.example")


@pytest.mark.parametrize("kind", ["http", "websocket"])
@pytest.mark.parametrize(
    ("headers", "is_passed"),
    [
        ((HERE,), True),
        ((HERE, (b"Origin", b"http://localhost:7860")), True),
        ((THERE,), False),
        ((), False),
        ((HERE, THERE), False),
        ((THERE, HERE), False),
        ((HERE, (b"origin", b"http://evil.example")), False),
        ((HERE, (b"origin", b"http://localhost"), (b"Origin", b"null")), False),
        (((b"host", b"\xff"),), False),
    ],
)
def test_a_request_is_passed_on_where_all_its_names_are_served(
    kind: str, headers: tuple[tuple[bytes, bytes], ...], is_passed: bool
) -> None:
    passed, sent = answer(kind, *headers)
    assert passed is is_passed
    assert bool(sent) is not is_passed


def test_a_refused_websocket_is_closed_before_it_is_accepted() -> None:
    assert [message["type"] for message in answer("websocket", THERE)[1]] == ["websocket.close"]


def test_what_is_no_request_is_passed_on() -> None:
    assert answer("lifespan") == (True, [])


# --- the page ---------------------------------------------------------------


def page() -> Any:
    domain = small_domain()
    return build_page(lambda user: Session(FakeAgent(domain), user), domain)


@pytest.fixture(scope="module")
def blocks() -> Any:
    """The page of the small domain."""
    return page()


@pytest.fixture(scope="module")
def port(blocks: Any) -> Iterator[int]:
    """The port at which the page is served on loopback."""
    with pytest.MonkeyPatch.context() as patched:
        patched.delenv(ROOT_PATH, raising=False)
        number = free_port()
        with serve_page(blocks, "127.0.0.1", number):
            yield number


def ask(port: int, path: str, host: str, origin: str | None = None, body: object = None) -> tuple[int, str]:
    """The status and the text of an answer to a request with these headers."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        headers = {"Host": host, "Content-Type": "application/json"} | ({"Origin": origin} if origin else {})
        connection.request("GET" if body is None else "POST", path, None if body is None else json.dumps(body), headers)
        reply = connection.getresponse()
        return reply.status, reply.read().decode("utf-8", "replace")


PATHS = [
    "/",
    "/config",
    "/gradio_api/info",
    "/theme.css",
    "/favicon.ico",
    "/gradio_api/startup-events",
    "/no-such-path",
]


@pytest.mark.parametrize("path", PATHS)
def test_page_api_and_static_files_are_served_under_our_name_and_no_other(port: int, path: str) -> None:
    status, _ = ask(port, path, f"127.0.0.1:{port}")
    assert status == (404 if path == "/no-such-path" else 200)
    for host, origin in (("evil.example", None), (f"evil.example:{port}", None), ("localhost", "http://evil.example")):
        status, text = ask(port, path, host, origin)
        assert status == 403 and "names of this machine" in text and "small films" not in text


@pytest.mark.parametrize("path", ["/gradio_api/queue/join", "/gradio_api/run/predict", "/login", "/gradio_api/upload"])
def test_nothing_can_be_posted_from_a_page_of_another_site(port: int, path: str) -> None:
    event = {"data": [], "fn_index": 0, "session_hash": "x"}
    assert ask(port, path, f"127.0.0.1:{port}", "https://evil.example", event)[0] == 403
    assert ask(port, path, f"127.0.0.1:{port}", f"http://127.0.0.1:{port}", event)[0] != 403


def test_a_password_does_not_open_the_page_to_other_names() -> None:
    number = free_port()
    with serve_page(page(), "127.0.0.1", number, ("ada", "secret")):
        assert ask(number, "/config", "localhost")[0] == 401
        assert ask(number, "/config", "evil.example")[0] == 403


@pytest.mark.parametrize(
    ("root_path", "status"), [("https://films.example.org/films", 200), ("/films", 200), ("", 403)]
)
def test_a_proxy_before_the_page_is_served_where_its_address_is_set(
    monkeypatch: pytest.MonkeyPatch, root_path: str, status: int
) -> None:
    monkeypatch.setenv(ROOT_PATH, root_path)
    number = free_port()
    with serve_page(page(), "127.0.0.1", number):
        assert ask(number, "/config", "films.example.org", "https://films.example.org")[0] == status
        assert ask(number, "/config", f"127.0.0.1:{number}", "https://films.example.org")[0] == status
        assert ask(number, "/config", f"evil.example:{number}")[0] == 403
