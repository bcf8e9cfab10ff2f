"""What the page shows, as escaped HTML: the conversation, the cards, what was understood, and how the list was made."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

from agent.constraints import State
from agent.explain.evidence import Evidence, FromAttribute, FromHistory, FromReview, Reason
from agent.language.constraint_text import describe_wish
from agent.recommendation import AspectSentiment, Recommendation, Reply, Sentiment
from index.data.records import Item, Value, bare_title
from index.printable import printable

Names = Callable[[str], str]  # the title of an item id, as it is said

MAX_LINE = 1200  # characters of one message that the conversation shows
SHOWN_LINES = 60
SHOWN_CHIPS = 12
SHOWN_BARS = 4  # aspects of an item that are seen before a click

_MARK = (
    '<svg viewBox="0 0 32 32" aria-hidden="true"><rect class="mark" width="32" height="32" rx="9"/>'
    '<path class="bowl" d="M7 12h18a9 9 0 0 1-18 0z"/></svg>'
)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the conversation: typed by the user, done by them with a button, or a reply."""

    by: Literal["person", "button", "palate"]
    text: str


def safe(text: str) -> str:
    """Untrusted text as HTML that shows it and does nothing else."""
    return escape(printable(text))


def masthead_html(domain: str, n_items: int) -> str:
    """The head of the page."""
    return (
        f'<h1>{_MARK}Palate</h1><p class="quiet">{n_items:,} items of <b>{safe(domain)}</b>, and a reason for each</p>'
    )


def conversation_html(lines: Sequence[Line], waiting: bool = False) -> str:
    """The conversation as a log, newest last; `waiting` shows that a reply is being made."""
    shown = "".join(_line_html(line) for line in lines)
    dots = '<li class="line by-palate waiting"><p aria-label="Palate is thinking"><i></i><i></i><i></i></p></li>'
    return (
        '<ol class="talk" role="log" aria-live="off" aria-label="Conversation" tabindex="0">'
        f"{shown}{dots if waiting else ''}</ol>"
    )


def card_html(recommendation: Recommendation, name_of: Names) -> str:
    """One recommended item: title, year, categories, the reason and its evidence."""
    item, reason = recommendation.item, recommendation.reason
    kinds = f'<p class="kinds">{safe(" · ".join(item.categories))}</p>' if item.categories else ""
    proof = "".join(_evidence_html(each, name_of) for each in reason.evidence)
    return (
        f'<article aria-label="{safe(_display_name(item))}" data-item="{safe(item.item_id)}">'
        f'<header><span class="rank" aria-label="Rank {recommendation.rank}">{recommendation.rank}</span>'
        f"<div><h3>{_title_html(item)}</h3>{kinds}</div></header>"
        f'<p class="why">{safe(reason.text)}{_writer_html(reason)}</p>'
        + (f'<ul class="chips proof" aria-label="What this stands on">{proof}</ul>' if proof else "")
        + (_sentiment_html(recommendation.sentiment) if recommendation.sentiment else "")
        + "</article>"
    )


def list_html(reply: Reply | None, person: str) -> str:
    """The head of the list: the user whose list it is, and the constraints that were relaxed for it."""
    if reply is None:
        text = "Your list will stand here: each title with the reason for it, and with what that reason stands on."
        return f'<h2>For {safe(person)}</h2><p class="invitation">{text}</p>'
    given_up = "".join(
        f"<li><b>Given up:</b> {safe(describe_wish(each.wish))} ({safe(each.because.rstrip('.'))})</li>"
        for each in reply.relaxed
    )
    none = "" if reply.recommendations else '<p class="quiet">Nothing to show for this.</p>'
    return f"<h2>For {safe(person)}</h2>{none}" + (f'<ul class="given-up">{given_up}</ul>' if given_up else "")


def understood_html(state: State, name_of: Names) -> str:
    """The state that the agent understood, as groups of chips."""
    groups = _groups(state, name_of)
    body = "".join(_group_html(name, kind, words) for name, kind, words in groups if words)
    return f'<section class="understood" aria-label="What I understood"><h2>What I understood</h2>{body}</section>'


def ranker_html(reply: Reply | None) -> str:
    """Which ranker and adapter made the list, and how long each stage took."""
    if reply is None:
        return ""
    card = reply.ranker
    adapter = f"{card.adapter} ({(card.adapter_sha256 or '')[:12]})" if card.adapter else "none"
    writer = reply.writer.name + (f" (templates: {reply.writer.fallback})" if reply.writer.fallback else "")
    facts = (("Ranker", card.name), ("Model", card.base_model or "none"), ("Adapter", adapter), ("Reasons", writer))
    listed = "".join(f"<div><dt>{name}</dt><dd>{safe(value)}</dd></div>" for name, value in facts)
    return f'<section class="made" aria-label="How this list was made"><dl>{listed}</dl>{_timing_html(reply)}</section>'


def person_html(user: str | None, n_events: int | None) -> str:
    """The user, and how many events the data have of them; `n_events` is None for one who is not in the data."""
    if user is None:
        return '<p class="person">You are <b>somebody new</b>: nothing is known of you yet.</p>'
    known = f"{n_events:,} events in the data" if n_events is not None else "not in the data: a new person of that name"
    return f'<p class="person">You are <b>{safe(shorten(user, 80))}</b> ({known}).</p>'


def shorten(text: str, max_length: int) -> str:
    """The first `max_length` characters of a text, with the number of all where some were left out."""
    return text if len(text) <= max_length else f"{text[:max_length].rstrip()} … ({len(text):,} characters)"


def _line_html(line: Line) -> str:
    who = "Palate" if line.by == "palate" else "You"
    return f'<li class="line by-{line.by}"><span class="who">{who}</span><p>{safe(line.text)}</p></li>'


def _display_name(item: Item) -> str:
    return item.name.strip() or item.item_id


def _title_html(item: Item) -> str:
    bare, year = bare_title(_display_name(item)), item.value("year")
    if bare and isinstance(year, int | float):
        return f'{safe(bare)} <span class="year">{safe(_value_words(year))}</span>'
    return safe(_display_name(item))


def _writer_html(reason: Reason) -> str:
    """Who wrote a reason, where it was a language model."""
    return ' <small class="by">written by model</small>' if reason.written_by == "model" else ""


def _evidence_html(evidence: Evidence, name_of: Names) -> str:
    if isinstance(evidence, FromHistory):
        return _chip("history", name_of(evidence.item_id), "you know")
    if isinstance(evidence, FromAttribute):
        label = "" if evidence.field == "categories" else _field_words(evidence.field)
        return _chip("attribute", _value_words(evidence.value), label)
    if isinstance(evidence, FromReview):
        return _chip("review", f"“{evidence.quote}”", "a review")
    return _chip("wish", evidence.text, "you asked")


def _chip(kind: str, text: str, label: str = "") -> str:
    head = f"<small>{safe(label)}</small> " if label else ""
    return f'<li class="chip {kind}">{head}<span>{safe(shorten(text, 300))}</span></li>'


def _sentiment_html(sentiment: Sentiment) -> str:
    """What reviews say: how many and how good, a bar for each aspect, and on a click all aspects and two quotes."""
    head = f"{_n_reviews(sentiment.n_reviews)}: {_verdict(sentiment.score)}"
    bars = [_bar_html(each) for each in sentiment.aspects]
    shown = f'<ul class="bars" aria-label="What reviews say of it">{"".join(bars[:SHOWN_BARS])}</ul>' if bars else ""
    more = f'<ul class="bars">{"".join(bars[SHOWN_BARS:])}</ul>' if len(bars) > SHOWN_BARS else ""
    said = ((sentiment.best, "Best", "best"), (sentiment.worst, "Worst", "worst"))
    quotes = "".join(_quote_html(each, label, kind) for each, label, kind in said if each is not None)
    inside = f"{more}{quotes}"
    unfold = f"<details><summary>{'In their words' if quotes else 'More'}</summary>{inside}</details>" if inside else ""
    return f'<div class="sentiment"><p>{head}</p>{shown}{unfold}</div>'


def _bar_html(aspect: AspectSentiment) -> str:
    """A bar from the middle: to the right as far as an aspect is praised, to the left as far as it is blamed."""
    width = min(1.0, abs(aspect.score)) * 50
    side = f"left:50%;width:{width:.0f}%" if aspect.score >= 0 else f"right:50%;width:{width:.0f}%"
    kind = "good" if aspect.score >= 0 else "bad"
    words = f"{safe(shorten(aspect.aspect, 60))}"
    return (
        f'<li><span class="name">{words}</span><span class="scale" aria-hidden="true">'
        f'<i class="{kind}" style="{side}"></i></span>'
        f'<span class="n">{_verdict(aspect.score)}, {_n_reviews(aspect.n)}</span></li>'
    )


def _quote_html(quote: FromReview, label: str, kind: str) -> str:
    words = safe(shorten(quote.quote, 300))
    return f'<p class="quote {kind}"><small>{label}</small> \u201c<span>{words}</span>\u201d</p>'


def _n_reviews(n: int) -> str:
    return f"{n:,} review{'' if n == 1 else 's'}"


def _verdict(score: float) -> str:
    steps = ((0.5, "very good"), (0.15, "good"), (-0.15, "mixed"), (-0.5, "poor"))
    return next((words for bound, words in steps if score >= bound), "very poor")


def _groups(state: State, name_of: Names) -> list[tuple[str, str, list[str]]]:
    wishes = (("Must", "must"), ("Must not", "must_not"), ("Rather", "prefer"), ("Rather not", "avoid"))
    items = (("Liked", "liked"), ("Disliked", "disliked"), ("Seen", "seen"))
    return [
        *((name, field, [describe_wish(wish) for wish in getattr(state, field)]) for name, field in wishes),
        *((name, field, _latest(name_of(item) for item in getattr(state, field))) for name, field in items),
        ("For", "context", [f"{_field_words(name)}: {value}" for name, value in state.context.items()]),
    ]


def _latest(names: Iterable[str]) -> list[str]:
    every = list(names)
    earlier = len(every) - SHOWN_CHIPS
    return [f"{earlier:,} earlier", *every[-SHOWN_CHIPS:]] if earlier > 0 else every


def _group_html(name: str, kind: str, words: Sequence[str]) -> str:
    chips = "".join(_chip(kind, each) for each in words)
    return f'<div class="group"><h3>{name}</h3><ul class="chips" aria-label="{name}">{chips}</ul></div>'


def _timing_html(reply: Reply) -> str:
    stages = [(stage, ms) for stage, ms in reply.timing_ms.items() if stage != "total"]
    total = reply.timing_ms.get("total", sum(ms for _, ms in stages))
    bar = "".join(f'<i style="flex-grow:{max(ms, 0.001):.3f}"></i>' for _, ms in stages)
    words = "".join(f"<li><small>{safe(stage)}</small> {ms:.0f} ms</li>" for stage, ms in stages)
    return (
        f'<div class="bar" aria-hidden="true">{bar}</div>'
        f'<ul class="timing" aria-label="Time of each stage">{words}<li><b>{total:.0f} ms in all</b></li></ul>'
    )


def _field_words(field: str) -> str:
    return field.replace("_", " ")


def _value_words(value: Value) -> str:
    if isinstance(value, tuple):
        return " or ".join(map(_value_words, value))
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
