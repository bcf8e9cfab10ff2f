"""Refuses requests that reach a page on loopback under another name than this machine's (DNS rebinding, forged posts).

A page of another site can point its own name at 127.0.0.1 and then read, as its own, what is served there. What gives
it away is the header `Host`, or `Origin` where it posts from its own name.
"""

import ipaddress
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from index.errors import MendableError

ROOT_PATH = "GRADIO_ROOT_PATH"  # the environment's variable that names the address of a proxy before the page
REFUSAL = (
    "This page is served under the names of this machine only, such as 127.0.0.1 and localhost. "
    f"Behind a proxy, set {ROOT_PATH} to the whole address that people open, such as https://example.org/films.\n"
)
_HOST = re.compile(r"(?:\[(?P<v6>[0-9a-fA-F:.]+)\]|(?P<name>[^\s\[\]:/?#@\\]+))(?::(?P<port>\d{1,5}))?")
_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class ServedNames:
    """The names under which a page is served: loopback's, and those in `others`.

    `proxy_port` is the page's own port where it stands behind a proxy whose name is not known: then other names are
    served too, but not with this port, which only a browser that came past the proxy would name.
    """

    others: frozenset[str] = frozenset()
    proxy_port: int | None = None

    def serve(self, netloc: str, scheme: str = "http") -> bool:
        """Whether a page may be asked for as `NAME` or `NAME:PORT`."""
        found = _HOST.fullmatch(netloc)
        if found is None:
            return False
        name = (found["v6"] or found["name"]).casefold()
        if _is_loopback(name) or name in self.others:
            return True
        return self.proxy_port is not None and int(found["port"] or _DEFAULT_PORTS.get(scheme, 0)) != self.proxy_port

    def serve_origin(self, origin: str) -> bool:
        """Whether a page of this origin, `SCHEME://NAME:PORT`, may send requests; an opaque one ("null") may not."""
        scheme, found, netloc = origin.partition("://")
        return bool(found) and self.serve(netloc, scheme)


class HostGuard:
    """ASGI middleware that answers 403 to every request whose `Host` or `Origin` is not among the served names."""

    def __init__(self, app: ASGIApp, served: ServedNames) -> None:
        self.app, self.served = app, served

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on or refuse it."""
        if scope["type"] not in ("http", "websocket") or self._is_served(scope["headers"]):
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": ""})
        else:
            body = REFUSAL.encode()
            headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
            await send({"type": "http.response.start", "status": 403, "headers": headers})
            await send({"type": "http.response.body", "body": body})

    def _is_served(self, headers: Iterable[tuple[bytes, bytes]]) -> bool:
        sent = [(name.lower(), value.decode("latin-1")) for name, value in headers]
        hosts = [value for name, value in sent if name == b"host"]
        origins = [value for name, value in sent if name == b"origin"]
        return len(hosts) == 1 and self.served.serve(hosts[0]) and all(map(self.served.serve_origin, origins))


def served_names(host: str, port: int, root_path: str) -> ServedNames:
    """The names of a page on loopback: its own `host`, and that of a proxy, where `root_path` is a whole URL.

    Raises MendableError where `root_path` is no URL though it looks like one.
    """
    proxy = _proxy_name(root_path)
    is_unnamed = bool(root_path.strip("/")) and not proxy
    return ServedNames(frozenset({host.casefold(), proxy} - {""}), port if is_unnamed else None)


def read_served_names(host: str, port: int) -> ServedNames:
    """As `served_names`, with the proxy that the environment names."""
    return served_names(host, port, os.environ.get(ROOT_PATH, ""))


def _proxy_name(root_path: str) -> str:
    if "://" not in root_path:
        return ""
    try:
        name = urlsplit(root_path).hostname
    except ValueError:
        name = None
    if not name:
        way_out = "Give the whole address that people open, such as https://example.org/films"
        raise MendableError(f"no address {root_path!r}", ROOT_PATH, way_out)
    return name.casefold()


def _is_loopback(name: str) -> bool:
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
