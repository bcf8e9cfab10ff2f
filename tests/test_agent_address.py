"""Where the page may be opened: a taken or impossible address is one line with its way out."""

import os
import socket

import pytest

from agent.interfaces.address import bypass_proxy, parse_auth, refuse_taken, refuse_unguarded
from index.errors import MendableError


def test_a_free_port_is_let_pass_and_stays_free() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    refuse_taken("127.0.0.1", port)
    refuse_taken("127.0.0.1", port)


def test_a_taken_port_is_refused_with_its_flag() -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        with pytest.raises(MendableError, match=rf"^port {port} is in use, --port\. Choose another with --port N"):
            refuse_taken("127.0.0.1", port)


@pytest.mark.parametrize("port", [-1, 0, 65536, 10**9])
def test_a_number_that_is_no_port_is_refused(port: int) -> None:
    with pytest.raises(MendableError, match="is no port, --port"):
        refuse_taken("127.0.0.1", port)


@pytest.mark.parametrize("host", ["no such host", "203.0.113.7", "a" * 300, ".."])
def test_an_address_that_is_not_of_this_machine_is_refused(host: str) -> None:
    with pytest.raises(MendableError, match="--host"):
        refuse_taken(host, 7860)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "localhost", "::1"])
def test_a_page_that_only_this_machine_reaches_needs_no_password(host: str) -> None:
    refuse_unguarded(host, guarded=False)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.7", "::"])  # noqa: S104 - nothing is bound: it is refused
def test_a_page_that_others_reach_needs_a_password(host: str) -> None:
    with pytest.raises(MendableError, match="--auth NAME:PASSWORD"):
        refuse_unguarded(host, guarded=False)
    refuse_unguarded(host, guarded=True)


def test_a_password_may_hold_colons() -> None:
    assert parse_auth("ada:a:b") == ("ada", "a:b")


@pytest.mark.parametrize("text", ["", "ada", "ada:", ":secret"])
def test_half_of_a_parse_auth_is_refused(text: str) -> None:
    with pytest.raises(MendableError, match="--auth"):
        parse_auth(text)


def test_a_proxy_is_passed_by_and_what_was_excepted_stays_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "intranet.example")
    monkeypatch.delenv("no_proxy", raising=False)
    bypass_proxy("127.0.0.1")
    bypass_proxy("127.0.0.1")
    assert os.environ["NO_PROXY"] == "intranet.example,127.0.0.1,localhost"
