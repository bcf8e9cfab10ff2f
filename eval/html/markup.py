"""Parts of a self-contained HTML page: its frame, sortable tables, figures; every text escaped on its way in."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Cell:
    """A table cell: `value` sorts its column (the text where None), `small` is a second line."""

    text: str
    value: float | None = None
    small: str = ""
    kind: str = ""


def page(title: str, parts: Iterable[str]) -> str:
    """A whole page of HTML parts; style and script are part of it, so that it loads nothing."""
    style, script = (HERE / "page.css").read_text(), (HERE / "page.js").read_text()
    body = "\n".join(parts)
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{escape(title)}</title>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n<link rel="icon" href="data:,">\n'
        f"<style>\n{style}</style>\n</head>\n<body>\n<main>\n{body}\n</main>\n<script>\n{script}</script>\n"
        "</body>\n</html>\n"
    )


def sortable(headings: Sequence[str], rows: Iterable[Sequence[Cell]], texts: Sequence[int] = (0,)) -> str:
    """A table whose columns sort when their heading is pressed; `texts` are the columns of words."""
    head = "".join(
        f'<th scope="col"{_class("text" if n in texts else "")}><button type="button">{escape(each)}</button></th>'
        for n, each in enumerate(headings)
    )
    body = "\n".join(f"<tr>{''.join(_cell(cell, n in texts) for n, cell in enumerate(row))}</tr>" for row in rows)
    return (
        f'<div class="wide"><table class="sortable"><thead><tr>{head}</tr></thead>\n'
        f"<tbody>\n{body}\n</tbody></table></div>"
    )


def figure(drawing: str, title: str, caption: str) -> str:
    """A plot with its title and caption; `drawing` is an SVG element."""
    return f"<figure>{drawing}<figcaption><b>{escape(title)}</b>{escape(caption)}</figcaption></figure>"


def facts(lines: Iterable[str]) -> str:
    """Short facts side by side."""
    return f'<ul class="facts">{"".join(f"<li>{escape(line)}</li>" for line in lines)}</ul>'


def heading(text: str, words: str = "") -> str:
    """A heading of a part, and a sentence below it."""
    return f"<h2>{escape(text)}</h2>" + (f'<p class="soft">{escape(words)}</p>' if words else "")


def interval_cell(measured: Mapping[str, Any], best: float | None = None) -> Cell:
    """A mean with its interval below, bold where it is the best."""
    mean = float(measured["mean"])
    return Cell(f"{mean:.4f}", mean, "{:.4f}–{:.4f}".format(*measured["ci95"]), "best" if mean == best else "")


def legend(colours: Mapping[str, str]) -> str:
    """Names beside their colours."""
    items = (f'<li><i style="background:{colour}"></i>{escape(name)}</li>' for name, colour in colours.items())
    return f'<ul class="legend">{"".join(items)}</ul>'


def paragraph(text: str) -> str:
    """A paragraph of text."""
    return f"<p>{escape(text)}</p>"


def details(title: str, content: str) -> str:
    """A part that opens when its title is pressed; `content` is HTML."""
    return f"<details><summary>{escape(title)}</summary>{content}</details>"


def _cell(cell: Cell, is_text: bool) -> str:
    value = cell.text if cell.value is None else repr(cell.value)
    small = f'<span class="range">{escape(cell.small)}</span>' if cell.small else ""
    kinds = " ".join(filter(None, ("text" if is_text else "", cell.kind)))
    return f'<td{_class(kinds)} data-value="{escape(value)}">{escape(cell.text)}{small}</td>'


def _class(kinds: str) -> str:
    return f' class="{kinds}"' if kinds else ""
