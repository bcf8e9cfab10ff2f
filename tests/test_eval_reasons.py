"""`eval reasons`: false claims are found by code of its own, faithfulness is measured, statements are ranked."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest

from agent.agent import Agent
from agent.constraints import State
from agent.explain.aspect_relevance import AspectRelevance
from agent.open_agent import open_agent
from agent.request import Request
from eval.__main__ import main
from eval.reasons.claims import ClaimJudge
from eval.reasons.command import draw_users
from eval.reasons.faithfulness import measure_faithfulness
from eval.reasons.statements import held_out_cases, measure_statements
from eval.reasons.wording import wording_of
from index.data.domain import Domain, Histories, load_domain
from index.data.records import Review
from index.errors import MendableError
from tests.helpers_small import Small
from tests.helpers_talk import DOMAIN
from tests.test_agent_points import OTHERS, sentiments_of

REVIEWS = {"r1": Review("r1", "3", "A loud masterpiece of its kind, I say."), "r2": Review("r2", "6", "Fine.")}
JUDGE = ClaimJudge(DOMAIN, REVIEWS)
HISTORY = {"kind": "history", "item_id": "1"}
EMPTY = {"must": [], "must_not": [], "prefer": [], "avoid": [], "liked": ["1", "2"]}


def faults(text: str, *evidence: Mapping[str, object], state: Mapping[str, object] = EMPTY) -> list[str]:
    """What is found false of a reason for Aliens (1986), told to somebody who liked Star Wars and Alien."""
    reply = {"user": None, "state": {**EMPTY, **state}}
    shown = {"item_id": "3", "sentiment": None, "reason": {"text": text, "evidence": list(evidence or (HISTORY,))}}
    return [claim.kind for claim in JUDGE.claims(reply, shown) if claim.fault]


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("You liked Star Wars (1977): action again.", []),
        ("Like Heat (1995).", ["title", "number"]),
        ("Better than The Shining by far.", ["title"]),
        ("It won 7 of them.", ["number"]),
        ("Of 1986, of the 1980s, the 80s.", []),
        ("They say “a film that nobody forgets”.", ["quote"]),
        ("Some heat and a scream.", []),
    ],
)
def test_titles_numbers_and_quotes_of_a_text_are_claims(text: str, kinds: list[str]) -> None:
    assert faults(text) == kinds


@pytest.mark.parametrize(
    ("evidence", "is_true"),
    [
        (HISTORY, True),
        ({"kind": "history", "item_id": "6"}, False),
        ({"kind": "history", "item_id": "3"}, False),
        ({"kind": "history", "item_id": "1", "relation": "liked together"}, False),  # nobody has both
        ({"kind": "attribute", "field": "categories", "value": "Sci-Fi"}, True),
        ({"kind": "attribute", "field": "categories", "value": "Western"}, False),
        ({"kind": "attribute", "field": "decade", "value": 1980}, True),
        ({"kind": "attribute", "field": "year", "value": 1987}, False),
        ({"kind": "review", "review_id": "r1", "quote": "A loud masterpiece"}, True),
        ({"kind": "review", "review_id": "r1", "quote": "A quiet masterpiece"}, False),
        ({"kind": "review", "review_id": "r2", "quote": "Fine."}, False),  # of another item
        ({"kind": "review", "review_id": "r9", "quote": "Fine."}, False),
        ({"kind": "constraint", "text": "newer than 1980"}, False),  # nobody wished anything
        ({"kind": "rumour"}, False),
    ],
)
def test_each_kind_of_evidence_is_held_against_the_tables(evidence: dict[str, object], is_true: bool) -> None:
    assert (faults("This one.", evidence) == []) == is_true


def test_a_constraint_is_true_where_it_was_wished_with_its_number() -> None:
    wished = {"must": [{"field": "year", "op": ">", "value": 1980}]}
    assert faults("This one.", {"kind": "constraint", "text": "newer than 1980"}, state=wished) == []
    assert faults("This one.", {"kind": "constraint", "text": "newer than 1990"}, state=wished)


def test_a_relation_is_counted_again_from_the_events() -> None:
    rows = np.array([0, 2] * 6 + [5, 6] * 6)
    starts = np.arange(0, 25, 2)
    histories = Histories(tuple(f"u{n}" for n in range(12)), starts, rows, np.tile([5.0, 4.0], 12).astype(np.float32))
    values = Histories(histories.users, starts, rows, np.where(rows == 6, 1.0, 5.0).astype(np.float32))
    domain = Domain("shelf", DOMAIN.catalogue, values, "0" * 64)
    judge = ClaimJudge(domain, {})
    reply = {"user": None, "state": {**EMPTY, "liked": ["1", "6"]}}

    def is_false(item_id: str, source: str, relation: str) -> bool:
        entry = {"kind": "history", "item_id": source, "relation": relation}
        shown = {"item_id": item_id, "sentiment": None, "reason": {"text": "This.", "evidence": [entry]}}
        return any(claim.fault for claim in judge.claims(reply, shown))

    assert not is_false("3", "1", "liked together")
    assert not is_false("3", "1", "most like both")
    assert is_false("7", "6", "liked together")  # the second is had and not liked
    assert not is_false("7", "6", "had together")


def test_wordings_differ_only_in_what_is_not_a_name_or_a_value() -> None:
    def of(text: str, source: str) -> str:
        reason = {"text": text, "evidence": [{"kind": "history", "item_id": source}]}
        return wording_of({"item_id": "3", "reason": reason}, DOMAIN.catalogue)

    assert of("You liked Heat (1995).", "6") == of("You liked Alien (1979).", "2")
    assert of("You liked Heat (1995).", "6") != of("Close to Heat (1995).", "6")


# --- a whole run ------------------------------------------------------------


@pytest.fixture(scope="module")
def printed(tuned_once: Small, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("reasons")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("PALATE_HOME", str(tuned_once.home))
        run(tuned_once.name, folder)
    yield folder


def run(name: str, folder: Path) -> None:
    main([
        "reasons", "--domain", name, "--users", "4", "--seed", "1", "--json",
        "--predictions", str(folder / "p.jsonl"), "--report", str(folder),
    ])  # fmt: skip


def test_the_report_has_what_the_contract_names(printed: Path) -> None:
    report = json.loads((printed / "reasons.json").read_text())
    replies = [json.loads(line) for line in (printed / "p.jsonl").read_text().splitlines()]
    shown = [each for reply in replies for each in reply["recommendations"]]
    assert report["n_users"] == len(replies) == 4
    assert report["n_reasons"] == len(shown)
    assert report["with_evidence"] == 1
    assert report["claims_supported"] == 1
    assert report["hallucinated_titles"] == 0
    assert report["deletion"] >= 0.8
    assert report["written_by"] == {"model": 0, "template": len(shown)}
    assert 0 < report["distinct"] <= 1
    assert report["statements"] == {"why": "no review of the domain was judged"}


def test_the_page_loads_nothing_and_shows_the_reasons(printed: Path) -> None:
    page = (printed / "reasons.html").read_text()
    assert "http://" not in page.replace("http://www.w3.org", "") and "src=" not in page
    first = json.loads((printed / "p.jsonl").read_text().splitlines()[0])["recommendations"][0]
    assert first["reason"]["text"].split("(")[0][:20] in page


def test_the_same_seed_draws_the_same_users_and_another_does_not(tuned: Small) -> None:
    domain = load_domain(tuned.name)
    assert draw_users(domain, 5, 1) == draw_users(domain, 5, 1)
    assert draw_users(domain, 5, 1) != draw_users(domain, 5, 2)


def test_nobody_to_explain_to_is_one_line() -> None:
    empty = Domain("empty", DOMAIN.catalogue, Histories.of((), ()), "0" * 64)
    with pytest.raises(MendableError, match="--domain"):
        draw_users(empty, 5, 1)


def test_a_score_falls_without_what_raises_it_and_not_without_what_lowers_it(tuned: Small) -> None:
    agent: Agent = open_agent(tuned.name)
    histories = agent.domain.histories
    user, history = histories.users[7], histories[7]
    reply = agent.recommend(Request(user, State(), history))
    rows = agent.domain.catalogue.rows_of(each.item.item_id for each in reply.recommendations)
    every = [np.unique(history.rows)] * len(rows)
    found = measure_faithfulness(agent, history, rows, every, is_asked=True)
    assert all(each is not None and each.names_strongest for each in found)
    assert measure_faithfulness(agent, history, rows, [rows[:0]] * len(rows), is_asked=False) == [None] * len(rows)


# --- statements -------------------------------------------------------------


def histories_of(*rows: tuple[str, tuple[int, ...]]) -> Histories:
    starts = np.concatenate([[0], np.cumsum([len(own) for _, own in rows])]).astype(np.int64)
    flat = np.array([row for _, own in rows for row in own], np.int64)
    return Histories(tuple(user for user, _ in rows), starts, flat, np.full(len(flat), np.nan, np.float32))


def test_the_held_out_review_is_not_known_and_its_aspects_are_to_be_found() -> None:
    own = [(1, "u", "strings"), (2, "u", "strings"), (0, "u", "strings")]
    histories = histories_of(("u", (1, 2, 0)), *((f"o{n}", (0,)) for n in range(6)))
    opinions = sentiments_of(*OTHERS, *own).opinions
    found = held_out_cases(opinions, histories, 4)
    assert [(case.user, case.row, case.spoken_of.tolist()) for case in found.cases] == [("u", 0, [1])]
    assert found.known.aspect_n[0].tolist() == [3, 2, 1]
    told = measure_statements(found, AspectRelevance(found.known), seed=1)
    assert told["popularity_ndcg@10"] == pytest.approx(1 / np.log2(3))
    assert told["ndcg@10"] == 1
    assert told["difference"] == pytest.approx(1 - 1 / np.log2(3))


def test_without_a_case_the_reason_is_told() -> None:
    found = held_out_cases(sentiments_of(*OTHERS).opinions, histories_of(("u", (1, 2))), 4)
    assert "why" in measure_statements(found, AspectRelevance(found.known), seed=1)
