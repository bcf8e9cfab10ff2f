"""Draws the stretch of a long history that a training example takes."""

import numpy as np

from agent.rerank.sequence_prompt import MAX_EVENTS
from index.data.records import History

NEWEST_SHARE = 0.5  # of the draws take the newest events, the others a stretch from anywhere


def draw_window(history: History, random: np.random.Generator) -> History:
    """At most MAX_EVENTS + 1 events: every second time the newest, else from anywhere."""
    if history.times is not None:  # the source does not tell the order within one second
        order = np.lexsort((random.random(len(history)), history.times))
        history = history.at(order)
    spare = len(history) - MAX_EVENTS - 1
    if spare <= 0:
        return history
    start = spare if random.random() < NEWEST_SHARE else int(random.integers(0, spare))
    return history.at(slice(start, start + MAX_EVENTS + 1))
