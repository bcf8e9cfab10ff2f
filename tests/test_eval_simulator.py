"""The simulated user: never names the target, says the same again, gives no hint that points it out; and the talks."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from eval.__main__ import main
from eval.dialogue.command import measure
from eval.dialogue.policies import POLICIES, RetrievalPolicy
from eval.dialogue.sample import draw_users
from eval.dialogue.simulator import SimulatedUser, UserProfile, forms_of, liked_rows, similarity, spoken_decade, tells
from eval.dialogue.talks import Exchange, Talk, run_talk
from index.data.domain import Catalogue, Domain, Histories, load_domain
from index.data.records import Item, Value, bare_title
from index.errors import MendableError
from tests.helpers_small import Small, domain_of, history, retriever_over, things, walks

KINDS = ("Comedy", "Drama", "Horror", "Western", "Only One")
# Titles that stand in one another, in what the simulator itself says, or are hardly titles at all.
TITLES = (
    *("Alien", "Aliens", "Alien 3", "Something", "Something Else", "Comedy", "More", "Next", "Please", "Matrix, The"),
    *("Liked", "M", "I", "90s", "The 90s", "Anything Else?", "What Else Is There?", "Horror, Please", "Heat", "!!!"),
    *("Show Me", "Drama in the Mood", "Favourites", "La Haine (Hate)", "Never Ending Story, The", "Ending", "Rather"),
)


def film(row: int, title: str) -> Item:
    year = 1940 + 7 * row % 65
    kinds = (KINDS[row % 4],) if row else (KINDS[4],)
    attributes: dict[str, Value] = {"year": year, "director": (f"Director{row}",)}
    return Item(f"f{row}", f"{title} ({year})", None, kinds, attributes)


FILMS = tuple(film(row, title) for row, title in enumerate(TITLES * 2))
UNTUNED = tuple(Item(item.item_id, bare_title(item.title)) for item in FILMS)  # no kinds, no years


def user_of(catalogue: Catalogue, number: int, seed: int = 1, min_fitting: int = 2) -> SimulatedUser:
    """Somebody who had a dozen things drawn at random, and takes one more."""
    random = np.random.default_rng(number)
    rows = random.permutation(len(catalogue))[:13]
    had = history(*rows[:-1].tolist(), values=random.integers(1, 6, 12).tolist())
    target = catalogue.items[rows[-1]]
    return SimulatedUser(UserProfile(f"u{number}", had, target), catalogue, seed, min_fitting)


def messages(user: SimulatedUser, n: int = 6) -> list[str]:
    """What somebody says to lists of ten that lack the target."""
    random = np.random.default_rng(len(user.profile.user))
    said = [user.opening()]
    for _ in range(n):
        drawn = random.permutation(len(user.catalogue))[:10]
        shown = [user.catalogue.ids[row] for row in drawn]
        said.append(user.answer([item_id for item_id in shown if item_id != user.profile.target.item_id]))
    return said


def names_it(text: str, item: Item) -> bool:
    """Whether a title stands in a text, found another way than the simulator does."""
    bare = re.escape(bare_title(item.name).casefold())
    whole_words = re.search(rf"(?<!\w){bare}(?!\w)", text.casefold()) is not None
    return whole_words or (len(item.title) >= 6 and item.title.casefold() in text.casefold())


@pytest.mark.parametrize("items", [FILMS, UNTUNED], ids=["with kinds and years", "titles alone"])
def test_the_target_is_never_named(items: tuple[Item, ...]) -> None:
    catalogue = Catalogue(items)
    for number in range(300):
        user = user_of(catalogue, number)
        for said in messages(user):
            assert said.strip()
            assert not names_it(said, user.profile.target), (user.profile.target, said)


def test_what_only_the_target_has_is_never_said() -> None:
    catalogue = Catalogue(FILMS)
    for number in range(100):
        user = user_of(catalogue, number)
        said = " ".join(messages(user))
        assert "director" not in said.casefold()
        assert "only one" not in said.casefold()


@pytest.mark.parametrize("least", [2, 5, 8])
def test_all_hints_together_fit_so_many_items_and_the_target(least: int) -> None:
    catalogue = Catalogue(FILMS)
    n_hints = 0
    for number in range(60):
        user = user_of(catalogue, number, min_fitting=least)
        messages(user)
        fitting = [item for item in catalogue.items if all(hint.fits(item) for hint in user.said)]
        assert user.profile.target in fitting
        assert not user.said or len(fitting) >= least
        n_hints += len(user.said)
    assert n_hints > 0


def test_where_too_few_share_a_kind_no_hint_is_given() -> None:
    user = user_of(Catalogue(FILMS), 3, min_fitting=len(FILMS))
    messages(user)
    assert not user.said


def test_the_same_seed_says_the_same_and_another_something_else() -> None:
    catalogue = Catalogue(FILMS)
    first, again, other = ([messages(user_of(catalogue, number, seed)) for number in range(20)] for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_the_first_message_names_one_to_three_things_that_were_liked() -> None:
    catalogue = Catalogue(things())
    for number in range(50):
        user = user_of(catalogue, number)
        said = user.opening()
        liked = {catalogue.items[row].name for row in liked_rows(user.profile.history)}
        named = {item.name for item in catalogue.items if f"{item.name}" in said}
        assert 1 <= len(named) <= 3
        assert named <= liked


def test_nothing_is_named_twice() -> None:
    catalogue = Catalogue(things())
    for number in range(30):
        said = " ".join(messages(user_of(catalogue, number)))
        assert all(said.count(item.name) <= 1 for item in catalogue.items)


def test_somebody_without_history_asks_plainly() -> None:
    catalogue = Catalogue(things())
    user = SimulatedUser(UserProfile("new", history(), catalogue.items[0]), catalogue, seed=1)
    assert "Star number" not in user.opening()
    assert user.answer([]).strip()


def test_shown_things_that_were_had_are_said_to_be_seen() -> None:
    catalogue = Catalogue(things())
    had = history(3, 4, values=[1.0, 5.0])
    user = SimulatedUser(UserProfile("u", had, catalogue.items[20]), catalogue, seed=1)
    said = user.answer(["i3", "i4"])
    assert catalogue.items[3].name in said and catalogue.items[4].name in said


def test_what_is_near_is_praised_and_what_is_far_is_not_liked() -> None:
    near = Item("n", "Near One", None, ("Drama",), {"year": 1990})
    far = Item("f", "Far One", None, ("War",), {"year": 1930})
    target = Item("t", "Wanted", None, ("Drama",), {"year": 1991})
    catalogue = Catalogue((near, far, target))
    for seed in range(10):
        said = SimulatedUser(UserProfile("u", history(), target), catalogue, seed).answer(["n", "f"])
        assert re.search(r"(I like|More like|Something like) Near One\.", said)
        assert re.search(r"I (did not|don't) like Far One\.", said)


def test_the_kind_that_is_missed_most_is_asked_for() -> None:
    items = [Item(f"{n}", f"Thing {n}", None, ("Drama",) if n % 2 else ("War",), {"year": 1990}) for n in range(30)]
    catalogue = Catalogue(tuple(items))
    user = SimulatedUser(UserProfile("u", history(), items[1]), catalogue, seed=1, min_fitting=5)
    said = user.answer(["0", "2", "4"]).casefold()
    assert "drama" in said or "war" in said
    assert user.said and not user.said[0].fits(items[0])


# --- titles and similarity ----------------------------------------------------


@pytest.mark.parametrize(
    ("title", "text", "told"),
    [
        ("Matrix, The (1999)", "I want the matrix now", True),
        ("Heat (1995)", "not in theatres, heated", False),
        ("Heat (1995)", "HEAT!", True),
        ("M (1931)", "a mummy, mum", False),
        ("M (1931)", "something like M.", True),
        ("Batman (1989)", "Batman & Robin", True),
        ("La Haine (Hate) (1995)", "I hate it", True),
        ("!!! (2000)", "wow!!!", True),
        ("Star  Wars", "star\nwars", True),
    ],
)
def test_a_title_is_told_by_any_of_its_forms(title: str, text: str, told: bool) -> None:
    assert tells(text, forms_of(Item("x", title))) is told


def test_similarity_lies_between_nothing_in_common_and_the_same() -> None:
    one, same = FILMS[1], FILMS[1]
    assert similarity(one, same) == 1.0
    assert similarity(Item("a", "A", None, ("X",)), Item("b", "B", None, ("Y",))) == 0.0
    assert similarity(Item("a", "A", None, ("X", "Y")), Item("b", "B", None, ("Y", "Z"))) == pytest.approx(1 / 3)
    assert similarity(Item("a", "A"), one) is None


def test_an_event_without_a_value_counts_as_liked() -> None:
    assert liked_rows(history(4, 5)) == [4, 5]
    assert liked_rows(history(4, 5, 6, values=[1, 5, 4])) == [5, 6]


@pytest.mark.parametrize(
    ("decade", "said"), [(1990, "90"), (1920, "20"), (1910, "1910"), (2000, "2000"), (2010, "2010")]
)
def test_a_decade_is_said_so_that_it_cannot_be_mistaken(decade: int, said: str) -> None:
    assert spoken_decade(decade) == said


# --- talks ------------------------------------------------------------------


class Pages:
    """Shows given lists one after the other, and keeps what it heard."""

    def __init__(self, *pages: Sequence[str]) -> None:
        self.pages, self.heard = list(pages), list[str]()

    def answer(self, utterance: str) -> Sequence[str]:
        """The next list."""
        self.heard.append(utterance)
        return self.pages.pop(0)


def test_a_hit_is_the_targets_id_and_ends_the_talk() -> None:
    twins = (Item("a", "Twin"), Item("b", "Twin"), *things())
    person = SimulatedUser(UserProfile("u", history(4), twins[1]), Catalogue(twins), seed=1)
    policy = Pages(["a", "i1"], ["i2"], ["b"], ["i3"])
    held = run_talk("agent", policy, person, 5)
    assert [each.shown for each in held.turns] == [("a", "i1"), ("i2",), ("b",)]
    assert [held.found_by(n) for n in (1, 2, 3, 5)] == [False, False, True, True]
    assert [each.utterance for each in held.turns] == policy.heard
    assert held.as_json()["target"] == "b"


def test_a_talk_has_at_most_so_many_turns() -> None:
    person = SimulatedUser(UserProfile("u", history(4), things()[1]), Catalogue(things()), seed=1)
    assert len(run_talk("agent", Pages(["i2"], ["i3"], ["i1"]), person, 2).turns) == 2


def test_success_is_the_share_of_users_by_turn() -> None:
    def held(policy: str, user: str, *shown: str) -> Talk:
        return Talk(policy, user, "t", tuple(Exchange("…", (each,)) for each in shown))

    talks = [
        *(held("agent", "u1", "t"), held("agent", "u2", "x", "t"), held("agent", "u3", "x", "x")),
        *(held("retrieval", "u1", "x", "t"), held("retrieval", "u2", "x", "x"), held("retrieval", "u3", "x", "x")),
    ]
    found = measure(talks, turns=2, seed=1)
    means = {name: [rate["mean"] for rate in rates.values()] for name, rates in found["policies"].items()}
    assert means == {"agent": pytest.approx([1 / 3, 2 / 3]), "retrieval": pytest.approx([0, 1 / 3])}
    assert list(found["policies"]["agent"]) == ["success@1", "success@2"]
    (pair,) = found["paired"]
    assert (pair["a"], pair["b"], pair["metric"]) == ("agent", "retrieval", "success@2")
    assert pair["difference"] == pytest.approx(1 / 3)


def test_retrieval_pages_through_one_list_whatever_is_said() -> None:
    domain = domain_of(walks())
    retriever = retriever_over(domain)
    pages = [
        [policy.answer("…") for _ in range(3)]
        for said in ("a comedy", "no comedy")
        for policy in [RetrievalPolicy(retriever, domain.histories[0], 30)]
    ]
    assert pages[0] == pages[1]
    shown = [item_id for page in pages[0] for item_id in page]
    had = {domain.catalogue.ids[row] for row in domain.histories[0].rows}
    assert len(shown) == len(set(shown)) and not had & set(shown)


# --- who talks --------------------------------------------------------------


def test_targets_are_last_events_and_nobody_knows_them() -> None:
    domain = domain_of(walks())
    drawn = draw_users(domain, None, seed=1)
    assert drawn.profiles
    for each in drawn.profiles:
        everything = domain.history(each.user)
        known = drawn.domain.history(each.user)
        assert everything is not None and known is not None
        target = domain.catalogue.row_of[each.target.item_id]
        assert target == everything.rows[-1]
        assert target not in known.rows and target not in each.history.rows
    assert drawn.left_out == len(domain.histories) - len(drawn.profiles)


def test_those_who_took_something_again_or_had_too_little_are_left_out() -> None:
    domain = domain_of(Histories.of(["new", "again", "short"], [history(1, 2, 3), history(4, 5, 6, 4), history(1, 2)]))
    drawn = draw_users(domain, None, seed=1)
    assert [each.user for each in drawn.profiles] == ["new"] and drawn.left_out == 2


def test_users_are_drawn_by_seed() -> None:
    domain = domain_of(walks(n_users=60))
    first, again, other = ([each.user for each in draw_users(domain, 10, seed).profiles] for seed in (1, 1, 2))
    assert first == again != other and len(first) == 10


def test_a_domain_in_which_nobody_took_something_new_is_refused() -> None:
    domain = domain_of(Histories.of(["again"], [history(4, 5, 6, 4)]))
    with pytest.raises(MendableError, match="something new"):
        draw_users(domain, None, seed=1)


# --- the command ------------------------------------------------------------


def simulate(capsys: pytest.CaptureFixture[str], name: str, out: Path, *more: str) -> tuple[Any, list[dict[str, Any]]]:
    """What the command prints, and the talks that it writes."""
    asked = ["--simulate", "--domain", name, "--users", "6", "--seed", "3", "--predictions", str(out), "--json"]
    assert not main(["dialogue", *asked, *more])
    return json.loads(capsys.readouterr().out), [json.loads(line) for line in out.read_text().splitlines()]


def test_the_command_writes_both_policies_talks_and_prints_their_success(
    tuned: Small, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    printed, talks = simulate(capsys, tuned.name, tmp_path / "p.jsonl", "--turns", "3")
    assert printed["n_users"] == 6 and printed["ranker"]["name"] == "bert"
    assert [each["policy"] for each in talks] == list(POLICIES) * 6
    domain: Domain = load_domain(tuned.name)
    for each in talks:
        everything = domain.history(each["user"])
        assert everything is not None
        assert each["target"] == domain.catalogue.ids[everything.rows[-1]]
        assert 1 <= len(each["turns"]) <= 3
        assert not any(domain.catalogue.item(each["target"]).name in turn["said"] for turn in each["turns"])
    for name in POLICIES:
        hits = [
            any(each["target"] in turn["shown"] for turn in each["turns"]) for each in talks if each["policy"] == name
        ]
        assert printed["policies"][name]["success@3"]["mean"] == pytest.approx(np.mean(hits), abs=1e-6)


def test_the_same_seed_gives_the_same_talks(tuned: Small, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = simulate(capsys, tuned.name, tmp_path / "1.jsonl", "--ranker", "fusion")
    assert simulate(capsys, tuned.name, tmp_path / "2.jsonl", "--ranker", "fusion") == first


def test_somebody_new_is_shown_nothing_by_what_the_data_know_of_them(
    tuned: Small, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    printed, talks = simulate(capsys, tuned.name, tmp_path / "p.jsonl", "--newcomer", "--ranker", "fusion")
    assert printed["user"] == "somebody new"
    domain = load_domain(tuned.name)
    had_again = 0
    for each in talks:
        everything = domain.history(each["user"])
        assert everything is not None
        had = {domain.catalogue.ids[row] for row in everything.rows[:-1]}
        had_again += any(had & set(turn["shown"]) for turn in each["turns"])
    assert had_again > 0


def test_the_report_holds_what_is_printed_and_a_page_that_loads_nothing(
    tuned: Small, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "report"
    printed, _ = simulate(capsys, tuned.name, tmp_path / "p.jsonl", "--ranker", "fusion", "--report", str(folder))
    stated = json.loads((folder / "dialogue.json").read_text())
    assert {name: stated[name] for name in printed} == printed
    assert len(stated["data_sha256"]) == 64
    page = (folder / "dialogue.html").read_text()
    for policy, rates in printed["policies"].items():
        assert policy in page
        assert all(f"{rate['mean']:.4f}" in page for rate in rates.values())
    assert page.count("<svg") == 1
    assert not re.search(r"""(?:src|href)=["'](?!data:|#)""", page)


def test_the_command_needs_to_be_told_what_to_do() -> None:
    with pytest.raises(MendableError, match="--simulate"):
        main(["dialogue", "--domain", "small"])
