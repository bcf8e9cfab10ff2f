"""Opens what words the reasons by its name."""

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from agent.explain.gpt.adapters import existing_reason_adapter
from agent.explain.writer_names import GPT, OPENAI, TEMPLATE
from index.errors import MendableError

if TYPE_CHECKING:  # the writers bring a client or a language model
    from agent.explain.writing import ReasonWriter


def check_writer(name: str) -> None:
    """Raises MendableError for a name that no writer has."""
    if name in (TEMPLATE, GPT):
        return
    if not name.startswith(OPENAI):
        raise MendableError(f"no writer {name!r}", "--writer", f"There are: {TEMPLATE}, {GPT}, {OPENAI}URL#MODEL")
    try:
        url = urlsplit(name.removeprefix(OPENAI))
        is_whole = url.scheme in ("http", "https") and bool(url.hostname) and (url.port or 1) > 0
    except ValueError:
        is_whole = False
    if not is_whole or not url.fragment:
        way_out = f"Write {OPENAI}http://HOST:PORT/v1#MODEL"
        raise MendableError(f"{name!r} names no server and model", "--writer", way_out)


def open_writer(name: str, domain: str) -> "ReasonWriter | None":
    """The writer of a name for a domain, None for templates.

    Raises MendableError for a name that no writer has, and where the model or its adapter is missing.
    """
    check_writer(name)
    if name == TEMPLATE:
        return None
    if name == GPT:
        return _open_gpt(existing_reason_adapter(domain))
    from agent.explain.openai_writer import OpenAIWriter

    url, _, model = name.removeprefix(OPENAI).partition("#")
    return OpenAIWriter(url.rstrip("/"), model)


def _open_gpt(adapter: Path) -> "ReasonWriter":
    from agent.explain.gpt.model import load_writer
    from agent.explain.gpt.writer import GptWriter

    return GptWriter(load_writer(adapter))
