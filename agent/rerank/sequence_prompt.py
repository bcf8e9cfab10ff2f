"""The history as a prompt: one token an item, with its rating bucket and its time-gap bucket, newest last.

Training and serving both make their prompts here, so that a model is served the inputs that it was trained on.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from index.data.records import History
from index.types import Floats, Rows

MAX_EVENTS = 128  # events of a history in a prompt, the newest
RATING_BUCKETS = 6  # 0 no value, 1 the worst fifth of the scale … 5 the best
GAPS_FROM = (1, 15, 60, 300, 3_600, 86_400, 30 * 86_400)  # seconds since the last event: buckets 1, 2, … begin
TIME_GAP_BUCKETS = len(GAPS_FROM) + 1

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Scale:
    """The lowest and highest value of a domain's events, by which a value falls into one of five rating buckets."""

    lowest: float
    highest: float

    @classmethod
    def of(cls, values: Floats) -> "Scale":
        """The scale of all values of a domain; 0 to 1 where there are none."""
        known = values[~np.isnan(values)]
        return cls(float(known.min()), float(known.max())) if len(known) else cls(0.0, 1.0)

    def ratings(self, values: Floats) -> Rows:
        """Rating buckets 1 to 5 of values, 0 where there is none."""
        span = max(self.highest - self.lowest, 1e-9)
        fifths = np.floor(np.clip((np.nan_to_num(values) - self.lowest) / span, 0, 1) * 4.999).astype(np.int64)
        return np.where(np.isnan(values), 0, 1 + fifths)


@dataclass(frozen=True)
class Prompt:
    """One history as arrays of equal length, newest last: catalogue rows, rating buckets, time-gap buckets."""

    rows: Rows
    ratings: Rows
    time_gaps: Rows


@dataclass(frozen=True)
class PromptBatch:
    """Prompts padded on the left to one length: all (B, T); `present` marks what is no padding."""

    rows: Rows
    ratings: Rows
    time_gaps: Rows
    present: Mask

    @property
    def positions(self) -> Rows:
        """(B, T): 0 for each prompt's oldest token."""
        counted: Rows = np.maximum(np.cumsum(self.present, axis=1) - 1, 0)
        return counted


def make_prompt(history: History, scale: Scale, max_events: int = MAX_EVENTS) -> Prompt:
    """The newest `max_events` events of a history."""
    rows, values = history.rows[-max_events:], history.values[-max_events:]
    return Prompt(rows, scale.ratings(values), _time_gap_buckets(history.times, max_events, len(rows)))


def pad_prompts(prompts: Sequence[Prompt]) -> PromptBatch:
    """Prompts as one batch."""
    length = max((len(prompt.rows) for prompt in prompts), default=0)
    shape = (len(prompts), length)
    rows, ratings, time_gaps = (np.zeros(shape, np.int64) for _ in range(3))
    present = np.zeros(shape, bool)
    for place, prompt in enumerate(prompts):
        start = length - len(prompt.rows)
        rows[place, start:], ratings[place, start:], time_gaps[place, start:] = (
            prompt.rows,
            prompt.ratings,
            prompt.time_gaps,
        )
        present[place, start:] = True
    return PromptBatch(rows, ratings, time_gaps, present)


def _time_gap_buckets(times: Rows | None, max_events: int, n: int) -> Rows:
    if times is None or n < 1:
        return np.zeros(n, np.int64)
    newest = times[-max_events:]
    since = np.diff(newest, prepend=newest[:1])
    return np.digitize(since, GAPS_FROM).astype(np.int64)
