"""Opens what words the reasons by its name."""

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from agent.explain.writer_names import OPENAI, TEMPLATE
from index.errors import MendableError

if TYPE_CHECKING:  # the writers bring a client or a language model
    from agent.explain.writing import ReasonWriter


def check_writer(name: str) -> None:
    """Raises MendableError for a name that no writer has."""
    if name == TEMPLATE:
        return
    if not name.startswith(OPENAI):
        raise MendableError(f"no writer {name!r}", "--writer", f"There are: {TEMPLATE}, {OPENAI}URL#MODEL")
    try:
        url = urlsplit(name.removeprefix(OPENAI))
        is_whole = url.scheme in ("http", "https") and bool(url.hostname) and (url.port or 1) > 0
    except ValueError:
        is_whole = False
    if not is_whole or not url.fragment:
        way_out = f"Write {OPENAI}http://HOST:PORT/v1#MODEL"
        raise MendableError(f"{name!r} names no server and model", "--writer", way_out)


def open_writer(name: str) -> "ReasonWriter | None":
    """The writer of a name, None for templates. Raises MendableError for a name that no writer has."""
    check_writer(name)
    if name == TEMPLATE:
        return None
    from agent.explain.openai_writer import OpenAIWriter

    url, _, model = name.removeprefix(OPENAI).partition("#")
    return OpenAIWriter(url.rstrip("/"), model)
