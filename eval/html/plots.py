"""The plots of reports as SVG text; the one file that imports Matplotlib."""

import io
import os
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from index.storage.home import home, mendable_writes

PALETTE = ("#0b6bcb", "#d9480f", "#0a8f5b", "#ae3ec9", "#c28a00", "#0c8599", "#c2255c", "#5f3dc4")
GREY, INK, GRID = "#b4bcc6", "#30363d", "#e4e8ed"
MAX_SHADED = 3  # of the best models have their interval as a shade: more would hide one another
NAME_WIDE, NAME_HIGH = 0.22, 0.045  # of a scatter's width and height
WIDTH, HEIGHT = 5.4, 3.5  # inches; the page scales them
STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",  # text stays text: small, searchable, in the font of the page
    "text.parse_math": False,  # a name of a model is no formula
    "font.family": "sans-serif",
    "font.size": 10,
    "text.color": INK,
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "xtick.color": INK,
    "ytick.color": INK,
}
Draw = Callable[[Any], None]
_USED = re.compile(r'(?:url\(#|href="#)([^")]+)')


def colours(models: Sequence[str]) -> dict[str, str]:
    """A colour for each of the models, best first; those after the eighth are grey."""
    return {model: PALETTE[n] if n < len(PALETTE) else GREY for n, model in enumerate(models)}


def depth_plot(rows: Mapping[str, Any], kind: str, depths: Sequence[int], colour: dict[str, str]) -> str:
    """A metric by depth, a line for each model."""

    def draw(axes: Any) -> None:
        for model in reversed(colour):  # the best is drawn last, on top
            means = [rows[model][f"{kind}@{k}"]["mean"] for k in depths]
            axes.plot(range(len(depths)), means, color=colour[model], **_line(colour[model]))
        axes.set_xticks(range(len(depths)), list(map(str, depths)))
        axes.set_xlabel("k")
        axes.set_ylabel(f"{kind}@k")
        axes.set_ylim(bottom=0)

    return svg(draw, f"{kind}-depth")


def group_plot(groups: Sequence[Mapping[str, Any]], label: str, colour: dict[str, str], joined: bool = True) -> str:
    """NDCG@10 by group of users with intervals of the coloured models; `joined` where the groups have an order."""

    def draw(axes: Any) -> None:
        places = np.arange(len(groups))
        for nth, model in enumerate(reversed(colour)):
            shift = (nth + 0.5) / len(colour) - 0.5
            at = places if joined else places + 0.7 * shift
            measured = [group["models"][model] for group in groups]
            _with_intervals(axes, at, measured, colour[model], joined)
        axes.set_xticks(places, [f"{_wrapped(group['label'])}\nn = {group['n']}" for group in groups], fontsize=8)
        if label:
            axes.set_xlabel(label)
        axes.set_ylabel("ndcg@10")
        axes.set_ylim(bottom=0)

    return svg(draw, f"group-{label}")


def interval_plot(measured: Mapping[str, Mapping[str, Any]], label: str, colour: dict[str, str]) -> str:
    """A dot with its interval for each model, the best on top."""

    def draw(axes: Any) -> None:
        for place, model in enumerate(reversed(colour)):
            low, high = measured[model]["ci95"]
            axes.plot([low, high], [place, place], color=colour[model], linewidth=3, alpha=0.45, solid_capstyle="round")
            axes.plot([measured[model]["mean"]], [place], "o", color=colour[model], markersize=6)
        axes.set_yticks(range(len(colour)), list(reversed(colour)))
        axes.set_ylim(-0.7, len(colour) - 0.3)
        axes.set_xlabel(f"{label}, 95 % interval")
        axes.grid(visible=False, axis="y")

    return svg(draw, f"interval-{label}", height=_tall(len(colour)))


def scatter_plot(points: Mapping[str, tuple[float, float]], labels: tuple[str, str], colour: dict[str, str]) -> str:
    """One point for each model, named."""

    def draw(axes: Any) -> None:
        for model, (x, y) in points.items():
            axes.plot([x], [y], "o", color=colour[model], markersize=7)
        for model, place in _apart(points).items():
            axes.annotate(model, place, xytext=(7, -3), textcoords="offset points", fontsize=8)
        axes.margins(x=0.18, y=0.1)
        axes.set_xlabel(labels[0])
        axes.set_ylabel(labels[1])

    return svg(draw, "scatter")


def bar_plot(values: Mapping[str, float], label: str, colour: dict[str, str]) -> str:
    """A horizontal bar for each model on a logarithmic scale, the smallest on top."""

    def draw(axes: Any) -> None:
        ordered = sorted(values, key=lambda model: -values[model])
        shown = [max(values[model], 1e-4) for model in ordered]
        axes.barh(range(len(ordered)), shown, color=[colour[model] for model in ordered], height=0.6)
        for place, model in enumerate(ordered):
            axes.annotate(f"{values[model]:.3g}", (shown[place], place), xytext=(4, -3), textcoords="offset points")
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter("{x:g}")
        axes.xaxis.set_minor_formatter("")
        axes.set_yticks(range(len(ordered)), ordered)
        axes.set_xlim(min(shown) / 3, max(shown) * 5)
        axes.set_xlabel(label)
        axes.grid(visible=False, axis="y")

    return svg(draw, "bars", height=_tall(len(values)))


def svg(draw: Draw, name: str, height: float = HEIGHT) -> str:
    """An `<svg>` element of what `draw` draws on a pair of axes; the same drawing gives the same text."""
    with mendable_writes(home()):
        caches = home() / "cache" / "matplotlib"
        caches.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("MPLCONFIGDIR", str(caches))  # else it writes to the user's home
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context({**STYLE, "svg.hashsalt": name}):
        figure = Figure(figsize=(WIDTH, height), layout="constrained")
        axes = figure.add_subplot()
        draw(axes)
        written = io.StringIO()
        figure.savefig(written, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return _inline(written.getvalue(), name)


def _inline(document: str, name: str) -> str:
    """The element alone: no prologue, metadata or fixed size, and its ids made unique on a page of several."""
    element = document[document.index("<svg") :].strip()
    element = re.sub(r"<metadata>.*?</metadata>", "", element, flags=re.DOTALL)
    element = re.sub(r' (?:width|height)="[\d.]+pt"', "", element, count=2)
    used = set(_USED.findall(element))
    element = re.sub(r' id="([^"]*)"', lambda m: m[0] if m[1] in used else "", element)
    for each in used:
        for before, after in (('id="', '"'), ("url(#", ")"), ('href="#', '"')):
            element = element.replace(f"{before}{each}{after}", f"{before}{_slug(name)}-{each}{after}")
    return element.replace("<svg", '<svg role="img"', 1)


def _with_intervals(axes: Any, at: Any, measured: Sequence[Mapping[str, Any]], colour: str, joined: bool) -> None:
    means = np.array([each["mean"] for each in measured])
    low, high = np.array([each["ci95"] for each in measured]).T
    if joined:
        axes.plot(at, means, color=colour, **_line(colour))
        if colour in PALETTE[:MAX_SHADED]:
            axes.fill_between(at, low, high, color=colour, alpha=0.1, linewidth=0)
    else:
        axes.vlines(at, low, high, color=colour, linewidth=2, alpha=0.45)
        axes.plot(at, means, "o", color=colour, markersize=5)


def _line(colour: str) -> dict[str, Any]:
    return {"linewidth": 1 if colour == GREY else 2, "marker": "o", "markersize": 2 if colour == GREY else 4}


def _apart(points: Mapping[str, tuple[float, float]]) -> dict[str, tuple[float, float]]:
    """Where to write the names of points, from below: each moved up until it is clear of those that are near."""
    wide, high = (max(each) - min(each) or 1.0 for each in zip(*points.values(), strict=True))
    placed: dict[str, tuple[float, float]] = {}
    for model, (x, y) in sorted(points.items(), key=lambda point: point[1][1]):
        for other_x, other_y in placed.values():
            if abs(other_x - x) < NAME_WIDE * wide and abs(other_y - y) < NAME_HIGH * high:
                y = other_y + NAME_HIGH * high
        placed[model] = x, y
    return placed


def _tall(n: int) -> float:
    return max(1.6, 0.8 + 0.27 * n)


def _wrapped(label: str) -> str:
    head, _, tail = label.partition(" with ")
    return f"{head}\nwith {tail}" if tail else label


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
