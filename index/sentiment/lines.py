"""Lines of texts to judge or to learn from: `{"text", "aspect"?, "label"?}`, one JSON object a line."""

import json
import math
from dataclasses import dataclass
from pathlib import Path

from index.errors import MendableError

FORM = 'Write {"text": "…"} on each line, with "aspect": "…" where one is judged, and "label": a number'


@dataclass(frozen=True)
class TextLine:
    """A text, the aspect that is judged (empty: the whole), its label where it has one."""

    text: str
    aspect: str = ""
    label: float | None = None


def read_lines(path: Path, max_label: float = math.inf, is_labelled: bool = False) -> list[TextLine]:
    """The lines of a file. Raises MendableError, which names the first bad line and says how many there are.

    A label lies from -`max_label` to `max_label`; with `is_labelled` each line must have one.
    """
    if not path.is_file():
        raise MendableError("there is no such file", f"--data {path}", FORM)
    found: list[TextLine] = []
    bad: list[tuple[int, str]] = []
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                found.append(_read_line(line, max_label, is_labelled))
            except ValueError as why:
                bad.append((number, str(why)))
    if bad:
        number, what = bad[0]
        more = f" ({len(bad)} lines are bad)" if len(bad) > 1 else ""
        raise MendableError(f"{what}{more}", f"{path}:{number}", FORM)
    if not found:
        raise MendableError("the file has no lines", f"--data {path}", FORM)
    return found


def _read_line(line: bytes, max_label: float, is_labelled: bool) -> TextLine:
    """One line. Raises ValueError, which says what is wrong."""
    try:
        content = json.loads(line.decode("utf-8"))
    except (ValueError, RecursionError) as why:
        raise ValueError("the line is no JSON object in UTF-8") from why
    if not isinstance(content, dict):
        raise ValueError("the line is no JSON object")
    text, aspect = content.get("text"), content.get("aspect")
    if not isinstance(text, str):
        raise ValueError("the line has no text")
    if not isinstance(aspect, str | None):
        raise ValueError("the aspect is no text")
    label = content.get("label")
    if label is None:
        if is_labelled:
            raise ValueError("the line has no label")
        return TextLine(text, aspect or "")
    if isinstance(label, bool) or not isinstance(label, int | float) or not abs(label) < math.inf:
        raise ValueError("the label is no number")
    if abs(label) > max_label:
        raise ValueError(f"label {label} is not from {-max_label:g} to {max_label:g}")
    return TextLine(text, aspect or "", float(label))
