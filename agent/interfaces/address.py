"""The address of the page: whether it can and may be opened there, refused in one line where not."""

import errno
import ipaddress
import os
import socket
from typing import Any

from index.errors import MendableError


def refuse_taken(host: str, port: int) -> None:
    """Raises MendableError where a page cannot be opened at this address."""
    if not 0 < port < 65536:
        raise MendableError(f"{port} is no port", "--port", "Give a number from 1 to 65535")
    family, kind, where = _resolve(host, port)
    try:
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(where)
    except OSError as why:
        if why.errno == errno.EADDRNOTAVAIL:
            raise MendableError(f"{host} is not of this machine", "--host", "Give 127.0.0.1 or 0.0.0.0") from why
        reason = "is in use" if why.errno == errno.EADDRINUSE else f"cannot be used ({why.strerror})"
        way_out = "Choose another with --port N, or end the program that uses it"
        raise MendableError(f"port {port} {reason}", "--port", way_out) from why


def refuse_unguarded(host: str, guarded: bool) -> None:
    """Raises MendableError where other machines could reach a page that asks for no password."""
    if not guarded and not is_loopback(host):
        way_out = "Add --auth NAME:PASSWORD, or leave --host at 127.0.0.1"
        raise MendableError("others could reach the page, and read and change what people told it", "--host", way_out)


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches an address. Raises MendableError where there is no such address."""
    *_, where = _resolve(host, 0)
    return ipaddress.ip_address(where[0].partition("%")[0]).is_loopback


def parse_auth(text: str) -> tuple[str, str]:
    """The name and the password of `--auth NAME:PASSWORD`. Raises MendableError where either is missing."""
    name, _, password = text.partition(":")
    if not name or not password:
        raise MendableError("no name and password", "--auth", "Give both, as in --auth ada:secret")
    return name, password


def bypass_proxy(host: str) -> None:
    """Let this process ask its own page directly, though the machine may have a proxy set."""
    for name in ("NO_PROXY", "no_proxy"):
        hosts = [each for each in os.environ.get(name, "").split(",") if each]
        os.environ[name] = ",".join(dict.fromkeys((*hosts, "127.0.0.1", "localhost", host)))


def _resolve(host: str, port: int) -> tuple[int, int, Any]:
    try:
        family, kind, *_, where = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (OSError, UnicodeError) as why:
        raise MendableError(f"no address {host!r}", "--host", "Give one of this machine, such as 127.0.0.1") from why
    return family, kind, where
