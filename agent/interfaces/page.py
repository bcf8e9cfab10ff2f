"""The chat page: a view of one session a browser tab. The only file that imports gradio."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr
from starlette.middleware import Middleware

from agent.constraints import Verdict
from agent.dialogue.session import Recommends, Session
from agent.interfaces import cards, greeting, tab
from agent.interfaces.address import bypass_proxy, is_loopback, parse_auth, refuse_taken, refuse_unguarded
from agent.interfaces.host_guard import ROOT_PATH, HostGuard, read_served_names
from agent.interfaces.tab import OpenSession, Tab, UserAction
from agent.memory.store import Store
from agent.recommendation import Recommendation
from index.data.domain import Domain
from index.progress import note
from index.storage.home import home

ROWS = 10  # cards of one list
TABS = 100  # talks kept at once; the one that was idle longest is dropped
STYLE, SCRIPT, ICON = (Path(__file__).with_name(name) for name in ("style.css", "page.js", "icon.svg"))
VERDICTS: tuple[tuple[str, Verdict], ...] = (("Like", "like"), ("Dislike", "dislike"), ("Seen", "seen"))

View = dict[Any, Any]  # the new value of every component that changes


def serve(
    agent: Recommends, user: str | None, host: str, port: int, auth: str | None = None, store: Store | None = None
) -> None:
    """Show the page until Ctrl-C; `auth` is NAME:PASSWORD. Raises MendableError where the address cannot be used."""
    guard = None if auth is None else parse_auth(auth)
    page = build_page(partial(Session, agent, store=store), agent.domain, user)
    with serve_page(page, host, port, guard) as address, _until_interrupted():
        note(f"Palate is at {address} (Ctrl-C ends it)")
        threading.Event().wait()


def build_page(open_session: OpenSession, domain: Domain, user: str | None = None) -> Any:
    """The page of a domain as gradio Blocks; `user` is the one that a new tab begins with, None for a new user."""
    with gr.Blocks(title=f"Palate · {domain.name}", analytics_enabled=False) as blocks:
        page = _Page(open_session, domain)
        page.connect(blocks, user)
    return blocks


@contextmanager
def serve_page(blocks: Any, host: str, port: int, guard: tuple[str, str] | None = None) -> Iterator[str]:
    """Serve the page at an address, which is yielded, until the block ends; `guard` is the name and password."""
    refuse_unguarded(host, guard is not None)
    refuse_taken(host, port)
    bypass_proxy(host)
    os.environ.setdefault("GRADIO_TEMP_DIR", str(home() / "page"))
    _, address, _ = blocks.launch(
        server_name=f"[{host}]" if ":" in host else host,
        server_port=port,
        auth=guard,
        prevent_thread_lock=True,
        quiet=True,
        share=False,
        inbrowser=False,
        ssr_mode=False,
        run_history=False,
        enable_monitoring=False,
        mcp_server=False,
        pwa=False,
        footer_links=[],
        app_kwargs={"openapi_url": None, "middleware": _guards(host, port)},
        max_file_size=1,
        state_session_capacity=TABS,
        theme=_theme(),
        css_paths=STYLE,
        js=SCRIPT.read_text(encoding="utf-8"),
        favicon_path=ICON,
    )
    try:
        yield address
    finally:
        blocks.close(verbose=False)


def _guards(host: str, port: int) -> list[Middleware]:
    """The middleware before every route of a page that only this machine reaches: other names are refused."""
    if not is_loopback(host):
        return []
    served = read_served_names(host, port)
    if served.proxy_port is not None:
        note(f"{ROOT_PATH} names no host: the page is served to a proxy of any name. Set it to a whole address.")
    return [Middleware(HostGuard, served=served)]


@dataclass(frozen=True)
class _Card:
    """The components of one card. A press sends the item's id, so that it means the card that the user saw."""

    frame: Any
    body: Any
    item_id: Any
    verdicts: tuple[tuple[Any, Verdict], ...]
    more: Any


class _Page:
    """The components of the page and the handlers of their events."""

    def __init__(self, open_session: OpenSession, domain: Domain) -> None:
        self.open_session, self.domain = open_session, domain
        self.tab = gr.State(None)
        with gr.Row(elem_id="top"):
            _html("masthead", cards.masthead_html(domain.name, len(domain.catalogue)))
            with gr.Column(elem_id="who"):
                self._place_who()
        with gr.Row(elem_id="main"):
            with gr.Column(elem_id="talking"):
                self._place_talk()
            with gr.Column(elem_id="list"):
                self.heading, self.understood = _html("heading"), _html("understood")
                self.cards = tuple(_card() for _ in range(ROWS))

    def connect(self, blocks: Any, user: str | None) -> None:
        """Connect every event of the page to its handler."""
        self._on([blocks.load], partial(self._begin, user), [])
        self._on([self.message.submit, self.send.click], self._say, [self.message])
        self._on([self.undo.click], self._undo, [])
        self._on([self.over.click], self._start_over, [])
        self._on([self.name.submit, self.switch.click], self._switch_user, [self.name])
        self._on([self.nobody.click], partial(self._switch_user, name=""), [])
        for button in self.suggested:
            self._on([button.click], self._say, [button])
        for card in self.cards:
            for button, verdict in card.verdicts:
                self._on([button.click], partial(self._judge, verdict=verdict), [card.item_id])
            self._on([card.more.click], self._more, [card.item_id])

    def _place_who(self) -> None:
        users = self.domain.histories.users[:3]
        known = "".join(f"{cards.shorten(user, 20)}, " for user in users)
        self.person = _html("person")
        with gr.Row(elem_classes="line-up"):
            hint = f"{known}… or a name" if known else "a name"
            self.name = gr.Textbox(label="Who am I", placeholder=hint, max_lines=1, container=False, elem_id="name")
            self.switch = gr.Button("Switch")
            self.nobody = gr.Button("Somebody new")

    def _place_talk(self) -> None:
        self.conversation = _html("conversation")
        with gr.Row(elem_id="starters") as self.starters:
            self.suggested = tuple(gr.Button(text) for text in greeting.suggest_messages(self.domain))
        with gr.Row(elem_classes="line-up"):
            self.message = gr.Textbox(
                label="Your message",
                placeholder="I loved …, but nothing too dark",
                lines=1,
                max_lines=6,
                container=False,
                elem_id="message",
            )
            self.send = gr.Button("Send", variant="primary")
        with gr.Row(elem_id="back", elem_classes="line-up"):
            self.undo, self.over = gr.Button("Undo"), gr.Button("Start over")
        self.made = _html("made")

    def _on(self, triggers: list[Any], do: Callable[..., Any], inputs: list[Any]) -> None:
        quiet: Any = {"show_progress": "hidden", "api_visibility": "private"}
        # One turn at a time: the agent is shared, and two turns on the same cores would only wait for each other.
        one = {"concurrency_id": "turn", "concurrency_limit": 1}
        event = gr.on(triggers, do, [self.tab, *inputs], self._outputs(), **quiet, **one)
        event.failure(self._apologise, [self.tab], [self.tab, self.conversation], **quiet)

    def _outputs(self) -> list[Any]:
        one = [self.tab, self.person, self.name, self.conversation, self.starters, self.message, self.made]
        rows = [part for card in self.cards for part in (card.frame, card.body, card.item_id)]
        return [*one, self.heading, self.understood, *rows]

    def _begin(self, user: str | None, _: Tab | None) -> View:
        return self._view(tab.open_tab(self.domain, self.open_session, user))

    def _switch_user(self, now: Tab | None, name: str) -> View:
        return self._view(tab.switch_user(self.domain, self.open_session, self._there(now), name))

    def _start_over(self, now: Tab | None) -> View:
        return self._view(tab.open_tab(self.domain, self.open_session, self._there(now).user))

    def _say(self, now: Tab | None, text: str) -> Iterator[View]:
        yield from self._turn(now, tab.say(text or ""))

    def _undo(self, now: Tab | None) -> Iterator[View]:
        yield from self._turn(now, tab.undo())

    def _judge(self, now: Tab | None, item_id: str, verdict: Verdict) -> Iterator[View]:
        yield from self._turn(now, tab.judge_item(item_id, verdict, self._name_of(item_id)))

    def _more(self, now: Tab | None, item_id: str) -> Iterator[View]:
        yield from self._turn(now, tab.ask_for_similar(self._name_of(item_id)))

    def _turn(self, now: Tab | None, action: UserAction) -> Iterator[View]:
        here = self._there(now)
        waiting = cards.conversation_html(tab.add_action(here, action).lines, waiting=True)
        yield {self.conversation: waiting} | ({self.message: ""} if action.typed else {})
        after = tab.answer(here, action)
        yield self._view(after, before=now)
        for reworded in tab.reword(after):  # the list is there: its reasons change one after another
            yield self._view(reworded, before=after)

    def _apologise(self, now: Tab | None) -> View:
        """After an error of the program, which the terminal shows, the talk goes on."""
        after = tab.report_failure(self._there(now))
        return {self.tab: after, self.conversation: cards.conversation_html(after.lines)}

    def _there(self, now: Tab | None) -> Tab:
        """The tab, or a fresh one where an idle talk was dropped."""
        return tab.open_tab(self.domain, self.open_session, None) if now is None else now

    def _view(self, now: Tab, before: Tab | None = None) -> View:
        """The values of the components for a tab; `before` is the one that the page shows, None to set all anew."""
        reply = now.reply
        history = self.domain.history(now.user) if now.user is not None else None
        view: View = {
            self.tab: now,
            self.person: cards.person_html(now.user, None if history is None else len(history)),
            self.conversation: cards.conversation_html(now.lines),
            self.starters: gr.update(visible=now.is_fresh),
            self.made: cards.ranker_html(reply),
            self.heading: cards.list_html(None if now.is_fresh else reply, now.user or "somebody new"),
            self.understood: cards.understood_html(now.state, self._name_of),
        }
        if before is None:  # otherwise a message that is being typed meanwhile stays
            view |= {self.message: "", self.name: ""}
        return view | self._list(now, before)

    def _list(self, now: Tab, before: Tab | None) -> View:
        view: View = {}
        shown, earlier = _shown(now), _shown(before)
        for place, card in enumerate(self.cards):
            there = place < len(shown)
            if before is None or there != (place < len(earlier)):  # frames are the expensive part of an update
                view[card.frame] = gr.update(visible=there)
            if there:
                view[card.body] = cards.card_html(shown[place], self._name_of)
                view[card.item_id] = shown[place].item.item_id
        return view

    def _name_of(self, item_id: str) -> str:
        row = self.domain.catalogue.row_of.get(item_id)
        return (self.domain.catalogue.items[row].name if row is not None else "") or item_id


def _shown(now: Tab | None) -> tuple[Recommendation, ...]:
    return now.reply.recommendations[:ROWS] if now and now.reply else ()


def _card() -> _Card:
    with gr.Column(visible=False, elem_classes="film") as frame:
        body = _html()
        item_id = gr.Textbox(visible=False)
        with gr.Row(elem_classes="acts"):
            verdicts = tuple((gr.Button(word, elem_classes=verdict), verdict) for word, verdict in VERDICTS)
            more = gr.Button("More like this", elem_classes="more")
    return _Card(frame, body, item_id, verdicts, more)


def _html(elem_id: str | None = None, value: str = "") -> Any:
    return gr.HTML(value, elem_id=elem_id, apply_default_css=False, js_on_load=None)


def _theme() -> Any:
    """A font that gradio serves itself, so that nothing is loaded from elsewhere; colours are in the style sheet."""
    own = gr.themes.LocalFont("Source Sans Pro", weights=(400, 700))  # the fonts beside it lack most Latin letters
    return gr.themes.Base(font=(own, "system-ui", "sans-serif"), font_mono=("ui-monospace", "monospace"))


@contextmanager
def _until_interrupted() -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:  # the usual way to end the page
        note("")
