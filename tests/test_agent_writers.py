"""Reasons worded by a language model: a real local server, honest and not, fast and slow; the checker decides."""

import http.server
import json
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from agent.constraints import State
from agent.explain.aspect_points import Point
from agent.explain.evidence import FromHistory, FromReview, Ground
from agent.explain.explainer import Explained, explain_list
from agent.explain.openai_writer import OpenAIWriter
from agent.explain.plan import Asked, Plan
from agent.explain.template_writer import TemplateWriter
from agent.explain.writing import ALL_REFUSED, Draft, ListReasons, Worded, WriterCard, WriterFailed, reword
from agent.open_writer import check_writer, open_writer
from index.data.records import Review
from index.errors import MendableError
from index.sentiment.item_sentiment import Quote
from tests.helpers_talk import DOMAIN, FILMS, LEXICON

STAR_WARS = DOMAIN.catalogue.item("1")
LIKED = Ground(LEXICON, frozenset("1"), frozenset("1"))
PLAIN = "This should suit you rather well."


def reasons(n: int = 3) -> ListReasons:
    items = FILMS[4 : 4 + n]
    return ListReasons(
        items, explain_list([Asked(item, [STAR_WARS]) for item in items], State(), LIKED), State(), LIKED
    )


def written_by(worded: Worded) -> list[str]:
    return [each.reason.written_by for each in worded.explained]


class Scripted:
    """Answers each attempt by a text for every plan; an exception is raised."""

    name = "scripted"

    def __init__(self, *texts: str | Exception) -> None:
        self.texts = texts
        self.asked: list[int] = []
        self.plans: list[Plan] = []

    def write(self, plans: Sequence[Plan], attempt: int) -> Iterator[Draft]:
        """The attempt's text for all plans, last plan first."""
        self.asked.append(len(plans))
        self.plans += plans
        text = self.texts[min(attempt, len(self.texts) - 1)]
        for place in reversed(range(len(plans))):
            if isinstance(text, Exception):
                raise text
            yield Draft(place, text)


def test_true_texts_replace_the_templates_one_after_another_and_keep_their_evidence() -> None:
    made = reasons()
    steps = list(reword(made, Scripted(PLAIN)))
    assert [written_by(step).count("model") for step in steps] == [1, 2, 3, 3]
    assert steps[-1].writer == WriterCard("scripted")
    for before, after in zip(made.explained, steps[-1].explained, strict=True):
        assert after.reason.text == PLAIN
        assert after.reason.evidence == before.reason.evidence


def test_false_texts_are_asked_for_again_and_then_left_to_templates() -> None:
    made, writer = reasons(), Scripted("As good as Unforgiven.", "It won 7 awards.")
    *_, last = reword(made, writer)
    assert writer.asked == [3, 3]
    assert [each.reason for each in last.explained] == [each.reason for each in made.explained]
    assert last.writer.fallback == ALL_REFUSED
    assert all(len(each.refused) >= 2 for each in last.explained)


def test_only_what_was_refused_is_asked_for_again() -> None:
    writer = Scripted("As good as Unforgiven.", PLAIN)
    *_, last = reword(reasons(), writer)
    assert writer.asked == [3, 3]
    assert written_by(last) == ["model"] * 3
    assert last.writer.fallback is None


def test_a_writer_that_fails_leaves_the_list_whole_and_says_why() -> None:
    made = reasons()
    (last,) = reword(made, Scripted(WriterFailed("out of order")))
    assert last.explained == made.explained
    assert last.writer.fallback == "out of order"


@pytest.mark.parametrize(
    "text",
    ["Critics praised it.", "Reviewers love it.", "It won awards.", "Most people liked it.", "“Pure joy” it is."],
)
def test_texts_that_speak_of_others_without_evidence_are_refused(text: str) -> None:
    *_, last = reword(reasons(1), Scripted(text))
    assert written_by(last) == ["template"]


REVIEWED = Ground(
    LEXICON, frozenset("1"), frozenset("1"), reviews={"r": Review("r", FILMS[4].item_id, "The songs are lovely.")}
)
SONGS = Point("songs", Quote("r", "The songs are lovely.", 0.9), praises=True)


def reviewed(plan: Plan) -> ListReasons:
    item = replace(FILMS[4], aspects={"songs": 0.9})
    plan = replace(plan, item=item, points=(SONGS,))
    explained = Explained(TemplateWriter().write(plan), (), plan)
    return ListReasons((item,), (explained,), State(), REVIEWED)


def test_what_reviews_say_stands_in_their_own_words_behind_what_a_model_wrote() -> None:
    plan = reasons(1).explained[0].plan
    assert plan is not None
    writer = Scripted(PLAIN)
    *_, last = reword(reviewed(plan), writer)
    assert last.explained[0].reason.written_by == "model"
    assert last.explained[0].reason.text.startswith(f"{PLAIN} ")
    assert last.explained[0].reason.text.endswith("“The songs are lovely.”")
    assert FromReview("r", "The songs are lovely.", "songs") in last.explained[0].reason.evidence
    assert [each.points for each in writer.plans] == [()]


def test_a_reason_of_nothing_but_reviews_is_not_given_to_a_model() -> None:
    writer = Scripted(PLAIN)
    *_, last = reword(reviewed(Plan(FILMS[4])), writer)
    assert writer.asked == []
    assert written_by(last) == ["template"]


# --- a server ---------------------------------------------------------------


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    answers: tuple[bytes, int] = (b"", 200)
    delay = 0.0
    bodies: list[Any]


class _Handler(http.server.BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        self.server.bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        body, status = self.server.answers
        time.sleep(self.server.delay)
        self.send_response(status)
        self.end_headers()
        try:
            self.wfile.write(body)
        except OSError:  # the client left
            return

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""


def says(text: object) -> bytes:
    return json.dumps({"choices": [{"message": {"role": "assistant", "content": text}}]}).encode()


@contextmanager
def server(body: bytes, status: int = 200, delay: float = 0.0) -> Iterator[tuple[str, list[Any]]]:
    made = _Server(("127.0.0.1", 0), _Handler)
    made.answers, made.delay = (body, status), delay
    made.bodies = []
    threading.Thread(target=made.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{made.server_address[1]}/v1", made.bodies
    finally:
        made.shutdown()
        made.server_close()


def test_a_server_words_every_reason_and_gets_facts_as_data() -> None:
    with server(says(f'"{PLAIN}"')) as (url, bodies):
        *_, last = reword(reasons(), OpenAIWriter(url, "m"))
    assert written_by(last) == ["model"] * 3
    assert {each.reason.text for each in last.explained} == {PLAIN}
    assert len(bodies) == 3
    content = json.loads(bodies[0]["messages"][1]["content"])
    assert bodies[0]["model"] == "m"
    assert set(content) == {"item", "facts"}


@pytest.mark.parametrize(
    ("body", "status", "why"),
    [
        (b"", 500, "500"),
        (b"", 401, "401"),
        (b"no json", 200, "no text"),
        (b"{}", 200, "no text"),
        (says(None), 200, "no text"),
        (says("  "), 200, "no text"),
        (b"[" * 100_000, 200, "no text"),
        (b"x" * (2 << 20), 200, "no text"),
    ],
    ids=["broken", "locked", "no json", "no choices", "null", "blank", "deep", "too long"],
)
def test_a_server_that_fails_is_told_in_one_line(body: bytes, status: int, why: str) -> None:
    made = reasons()
    with server(body, status) as (url, _):
        *_, last = reword(made, OpenAIWriter(url, "m"))
    assert last.explained == made.explained
    assert last.writer.fallback is not None
    assert why in last.writer.fallback
    assert "\n" not in last.writer.fallback


def test_a_slow_server_is_given_up_and_left_alone_for_a_while() -> None:
    made = reasons()
    with server(says(PLAIN), delay=5.0) as (url, bodies):
        writer = OpenAIWriter(url, "m", seconds=0.3)
        began = time.monotonic()
        *_, last = reword(made, writer)
        assert time.monotonic() - began < 2
        n_asked = len(bodies)
        *_, again = reword(made, writer)
        assert len(bodies) == n_asked
    assert last.explained == again.explained == made.explained
    assert last.writer.fallback == again.writer.fallback
    assert "no answer within" in (last.writer.fallback or "")


def test_a_server_that_is_gone_is_a_fallback() -> None:
    with server(b"") as (url, _):
        gone = url
    *_, last = reword(reasons(), OpenAIWriter(gone, "m"))
    assert "cannot reach the server" in (last.writer.fallback or "")


def test_control_characters_of_an_answer_reach_nobody() -> None:
    with server(says("This \u202eshould\x1b[31m suit you.")) as (url, _):
        *_, last = reword(reasons(1), OpenAIWriter(url, "m"))
    assert not set(last.explained[0].reason.text) & set("\u202e\x1b")


def test_reasons_keep_the_evidence_of_history() -> None:
    *_, last = reword(reasons(1), Scripted(PLAIN))
    assert FromHistory("1") in last.explained[0].reason.evidence


@pytest.mark.parametrize(
    "name", ["wombat", "openai:", "openai:http://h/v1", "openai:#m", "openai:ftp://h/v1#m", "openai:http://h:x/v1#m"]
)
def test_a_name_that_no_writer_has_is_one_line(name: str) -> None:
    with pytest.raises(MendableError, match="--writer"):
        check_writer(name)


def test_templates_are_no_language_model() -> None:
    assert open_writer("template", "shelf") is None
