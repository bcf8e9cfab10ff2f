"""The prompt: marks of values, bins of gaps, the newest events, padding on the left."""

import numpy as np
import pytest

from agent.rerank.sequence_prompt import (
    MAX_EVENTS,
    RATING_BUCKETS,
    TIME_GAP_BUCKETS,
    Scale,
    make_prompt,
    pad_prompts,
)
from index.types import Floats
from tests.helpers_small import history

STARS = Scale(1, 5)
NONE = float("nan")


def floats(*values: float) -> Floats:
    return np.array(values, np.float32)


def test_marks_are_fifths_of_the_scale_and_nothing_where_there_is_no_value() -> None:
    assert STARS.ratings(floats(1, 2, 3, 4, 5, NONE)).tolist() == [1, 2, 3, 4, 5, 0]
    assert Scale(0, 10).ratings(floats(0, 1.9, 2.1, 9.9, 10)).tolist() == [1, 1, 2, 5, 5]
    assert STARS.ratings(floats(5)).max() == RATING_BUCKETS - 1


def test_values_beyond_the_scale_are_its_ends() -> None:
    assert STARS.ratings(floats(-3, 99)).tolist() == [1, 5]


def test_the_scale_of_values_is_their_range() -> None:
    assert Scale.of(floats(2, NONE, 4.5)) == Scale(2, 4.5)
    assert Scale.of(floats(NONE)) == Scale.of(floats()) == Scale(0, 1)


def test_a_scale_of_one_value_marks_it_and_breaks_nothing() -> None:
    assert len(set(Scale.of(floats(3, 3)).ratings(floats(3, 3)).tolist())) == 1


def test_the_newest_events_are_read() -> None:
    found = make_prompt(history(*range(200), values=[1] * 199 + [5], times=range(200)), STARS)
    assert found.rows.tolist() == list(range(200 - MAX_EVENTS, 200))
    assert found.ratings.tolist() == [1] * (MAX_EVENTS - 1) + [5]
    assert len(found.time_gaps) == MAX_EVENTS


def test_gaps_are_bins_of_the_seconds_since_the_event_before() -> None:
    times = np.cumsum([1_000, 0, 1, 14, 15, 59, 60, 299, 300, 3_599, 3_600, 86_400, 30 * 86_400])
    found = make_prompt(history(*range(13), times=times.tolist()), STARS)
    assert found.time_gaps.tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 6, 7]
    assert found.time_gaps.max() == TIME_GAP_BUCKETS - 1


def test_without_times_no_gap_is_known() -> None:
    assert make_prompt(history(1, 2, 3), STARS).time_gaps.tolist() == [0, 0, 0]


@pytest.mark.parametrize("times", [None, ()])
def test_a_history_without_events_is_an_empty_prompt(times: tuple[int, ...] | None) -> None:
    found = make_prompt(history(times=times), STARS)
    assert (len(found.rows), len(found.ratings), len(found.time_gaps)) == (0, 0, 0)


def test_prompts_are_padded_on_the_left_and_counted_from_their_oldest_event() -> None:
    shown = (history(7, 8, values=[1, 5], times=[0, 100]), history(9, values=[3], times=[5]), history(times=()))
    batch = pad_prompts([make_prompt(each, STARS) for each in shown])
    assert batch.rows.tolist() == [[7, 8], [0, 9], [0, 0]]
    assert batch.ratings.tolist() == [[1, 5], [0, 3], [0, 0]]
    assert batch.time_gaps.tolist() == [[0, 3], [0, 0], [0, 0]]
    assert batch.present.tolist() == [[True, True], [False, True], [False, False]]
    assert batch.positions.tolist() == [[0, 1], [0, 0], [0, 0]]


def test_no_prompts_are_an_empty_batch() -> None:
    assert pad_prompts([]).rows.shape == (0, 0)
