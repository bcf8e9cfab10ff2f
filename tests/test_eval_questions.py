"""What `eval predict` asks, and features that know nothing of their event, of later ones or of their user's fold."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from eval.predict.cross_validation import fold_rows, parts_of
from eval.predict.features import Facts, Others, liked_events, table
from eval.predict.questions import Questions, liked_from, make_questions
from eval.rank.protocols import folds
from index.data.domain import Domain
from index.data.records import Item
from index.errors import MendableError
from tests.helpers_predict import DAY, FILMS, HOUR, PEOPLE, tastes, write_films

pytestmark = pytest.mark.usefixtures("home")


@pytest.fixture
def domain(home: Path) -> Domain:
    return write_films(tastes())


@pytest.fixture
def asked(domain: Domain) -> Questions:
    return make_questions(domain, seed=1)


def columns_of(asked: Questions, domain: Domain, people: np.ndarray[Any, Any] | None = None) -> dict[str, Any]:
    """All features, items known from these people (from everybody where None)."""
    marked = np.ones(len(asked.histories), bool) if people is None else people
    return dict(table(asked, Facts(domain.catalogue), Others.of(asked, marked, len(domain.catalogue))))


# --- what is asked


def test_every_event_with_a_value_is_a_question(asked: Questions) -> None:
    assert len(asked) == PEOPLE * 20
    assert asked.truth.tolist() == (asked.histories.values >= 4).tolist()
    assert asked.places[:20].tolist() == list(range(20))


@pytest.mark.parametrize(
    ("values", "least"),
    [([1, 5], 4.0), ([0.5, 5], 4.0), ([0, 5], 4.0), ([1, 10], 7.3), ([0, 100], 70.0), ([-10, 10], 4.0), ([2, 4], 3.4)],
)
def test_liked_begins_at_four_of_five_or_at_seventy_percent_of_another_scale(values: list[float], least: float) -> None:
    assert liked_from(np.array(values)) == pytest.approx(least)


def test_without_values_each_event_stands_beside_an_item_never_had() -> None:
    domain = write_films(tastes(valued=False))
    asked = make_questions(domain, seed=1)
    assert asked.truth.mean() == pytest.approx(0.5)
    had = [set(history.rows.tolist()) for history in asked.histories]
    for owner, row, truth in zip(asked.owners, asked.rows, asked.truth, strict=True):
        assert (row in had[owner]) == truth
    assert "drawn" in asked.positive


def test_a_user_who_had_everything_is_asked_about_events_alone() -> None:
    everything = [("all", f"i{n}", n, None) for n in range(4)]
    asked = make_questions(write_films([*everything, ("one", "i0", 0, None)], 4), seed=1)
    assert asked.truth[asked.owners == 0].all()
    assert len(asked) == 4 + 2


def test_a_repeated_item_is_asked_about_once() -> None:
    domain = write_films([("u", "i0", 0, 5.0), ("u", "i0", 1, 1.0), ("u", "i1", 2, 1.0)])
    assert make_questions(domain, seed=1).rows.tolist() == [0, 1]


def test_answers_that_are_all_the_same_are_refused() -> None:
    with pytest.raises(MendableError, match="same"):
        make_questions(write_films([("u", "i0", 0, None)], 1), seed=1)


def test_a_domain_without_events_is_refused(domain: Domain) -> None:
    with pytest.raises(MendableError, match="no events"):
        make_questions(replace(domain, histories=domain.histories.truncate(np.zeros(PEOPLE, np.int64))), seed=1)


# --- features


def test_no_feature_of_a_question_depends_on_its_event_or_on_later_ones(asked: Questions, domain: Domain) -> None:
    """Answers of one person are turned around from the tenth on: nothing up to the tenth question may move."""
    others = np.arange(PEOPLE) != 3
    before = columns_of(asked, domain, others)
    start = int(asked.histories.starts[3])
    turned = np.arange(len(asked)) >= start + 10
    turned &= asked.owners == 3
    values = np.where(turned, 6 - asked.histories.values, asked.histories.values).astype(np.float32)
    changed = replace(asked, histories=replace(asked.histories, values=values), truth=values >= 4)
    after = columns_of(changed, domain, others)
    moved = [
        name for name in before if not np.array_equal(before[name][start : start + 11], after[name][start : start + 11])
    ]
    assert moved == []
    assert any(not np.array_equal(before[name][start + 11], after[name][start + 11]) for name in before)


def test_no_feature_knows_the_answers_of_the_users_own_fold_or_of_the_tested_one(domain: Domain) -> None:
    """The answers of all of a fold but one person are turned around: no feature of that one person may move."""
    asked, tested = make_questions(domain, seed=1), 0
    fold_of_user = folds(PEOPLE, 4, seed=1)
    part_of_user = parts_of(fold_of_user != tested, seed=1)
    for fold in (tested, 1):
        one = int(np.flatnonzero(fold_of_user == fold)[0])
        same = (fold_of_user == tested) | (part_of_user == part_of_user[one])
        turned = same[asked.owners] & (asked.owners != one)
        values = np.where(turned, 6 - asked.histories.values, asked.histories.values).astype(np.float32)
        changed = replace(asked, histories=replace(asked.histories, values=values), truth=values >= 4)
        kept = asked.owners[(fold_of_user[asked.owners] == tested) == (fold == tested)] == one
        found = [
            (rows.test if fold == tested else rows.train)[kept]
            for rows in (fold_rows(each, domain, fold_of_user, tested, 1) for each in (asked, changed))
        ]
        np.testing.assert_array_equal(*found)


def test_the_first_question_of_somebody_knows_only_the_item_and_the_time(asked: Questions, domain: Domain) -> None:
    columns = columns_of(asked, domain)
    first = asked.places == 0
    for name in ("events before", "spread before", "values above others'", "lately", "category value", "like items"):
        assert not columns[name][first].any(), name


def test_counts_values_and_categories_before_are_those_of_plain_loops(asked: Questions, domain: Domain) -> None:
    columns = columns_of(asked, domain)
    mean = float(asked.histories.values.mean())
    for question in range(40, 60):
        start = int(asked.histories.starts[asked.owners[question]])
        earlier = slice(start, start + int(asked.places[question]))
        values, rows = asked.histories.values[earlier], asked.histories.rows[earlier]
        alike = [row for row in rows if row % 2 == asked.rows[question] % 2]
        assert columns["events before"][question] == pytest.approx(np.log1p(len(values)))
        assert columns["mean value before"][question] == pytest.approx((values.sum() + 5 * mean) / (len(values) + 5))
        assert columns["category share"][question] == pytest.approx(len(alike) / max(1, len(values)), rel=1e-5)


def test_time_features_are_those_of_the_clock() -> None:
    monday = 4 * DAY + 6 * HOUR  # 5 January 1970, six in the morning
    events = [("u", "i0", monday - 2 * HOUR, 5.0), ("u", "i1", monday - 600, 1.0), ("u", "i2", monday, 5.0)]
    domain = write_films(events)
    columns = columns_of(make_questions(domain, seed=1), domain)
    last = {name: float(column[2]) for name, column in columns.items()}
    assert (last["monday"], last["tuesday"]) == (1, 0)
    assert last["hour, sine"] == pytest.approx(1)
    assert last["hour, cosine"] == pytest.approx(0, abs=1e-9)
    assert last["seconds since the newest"] == pytest.approx(np.log1p(600))
    assert last["events in the hour"] == pytest.approx(np.log1p(1))
    assert last["events in the day"] == pytest.approx(np.log1p(2))


def test_events_in_the_hour_are_the_users_own_alone() -> None:
    events = [("a", "i0", 1000, 5.0), ("a", "i1", 1010, 1.0), ("b", "i0", 1005, 5.0), ("b", "i1", 90_000, 1.0)]
    domain = write_films(events)
    columns = columns_of(make_questions(domain, seed=1), domain)
    np.testing.assert_allclose(np.expm1(columns["events in the hour"]), [0, 1, 0, 0], atol=1e-9)


def test_a_domain_without_times_has_no_time_features(asked: Questions, domain: Domain) -> None:
    timeless = replace(asked, histories=replace(asked.histories, times=None))
    assert "monday" not in columns_of(timeless, domain)
    assert "events before" in columns_of(timeless, domain)


def test_features_are_finite_for_items_without_category_year_or_event(domain: Domain) -> None:
    bare = replace(domain, catalogue=replace(domain.catalogue, items=tuple(Item(f"i{n}", "x") for n in range(FILMS))))
    asked = make_questions(domain, seed=1)
    nobody = np.zeros(PEOPLE, bool)
    for people in (nobody, ~nobody):
        assert all(np.isfinite(column).all() for column in columns_of(asked, bare, people).values())


def test_items_that_the_same_people_like_are_alike(asked: Questions) -> None:
    others = Others.of(asked, np.ones(PEOPLE, bool), FILMS)
    alike = others.similarity(np.arange(FILMS), np.arange(FILMS))
    same = (np.arange(FILMS)[:, None] - np.arange(FILMS)) % 2 == 0
    assert alike[same].mean() > 0.3
    assert alike[~same].mean() < -0.3
    assert np.abs(alike).max() <= 1


def test_liked_events_are_those_of_the_positive_questions() -> None:
    asked = make_questions(write_films(tastes(valued=False)), seed=1)
    assert liked_events(asked).all()
