"""From log odds to an opinion: Platt's scaling gives the probability, a slope of its own the graded score."""

from dataclasses import dataclass

import numpy as np

from index.sentiment.agreement import Array
from index.sentiment.opinion import Opinion
from index.types import Floats

MIN_SLOPE, MAX_SLOPE = 0.05, 20.0
PRIOR = 2.0  # rows that a slope of 1 and an offset of 0 count for, so that a few labels do not move them far
STEPS = 50  # of Newton's method


@dataclass(frozen=True)
class Calibration:
    """p_positive = s(slope x + offset); score = 2 s(grade (slope x + offset)) - 1: the score is 0 where p is .5."""

    slope: float = 1.0
    offset: float = 0.0
    grade: float = 1.0

    def probabilities(self, log_odds: Floats | Array) -> Floats:
        """Probabilities that what is said is positive."""
        return np.asarray(_sigmoid(self.slope * log_odds + self.offset), np.float32)

    def scores(self, log_odds: Floats | Array) -> Floats:
        """Polarities, -1 to 1."""
        return np.asarray(2 * _sigmoid(self.grade * (self.slope * log_odds + self.offset)) - 1, np.float32)

    def opinion(self, log_odds: float) -> Opinion:
        """The opinion that these log odds stand for."""
        one = np.array([log_odds], np.float64)
        return Opinion(float(self.scores(one)[0]), float(self.probabilities(one)[0]))


UNCALIBRATED = Calibration()


def fit_calibration(log_odds: Floats, labels: Floats) -> Calibration:
    """By maximum likelihood of the labels' signs (Platt 1999), then least squares of the labels; 0 counts half each."""
    x, target = log_odds.astype(np.float64), (np.sign(labels) + 1.0) / 2
    slope, offset = 1.0, 0.0
    for _ in range(STEPS):
        p = _sigmoid(slope * x + offset)
        gradient = np.array([((p - target) * x).sum() + PRIOR * (slope - 1), (p - target).sum() + PRIOR * offset])
        weight = p * (1 - p)
        mixed = (weight * x).sum()
        curvature = np.array([[(weight * x * x).sum() + PRIOR, mixed], [mixed, weight.sum() + PRIOR]])
        step = np.linalg.solve(curvature, gradient)
        slope, offset = slope - float(step[0]), offset - float(step[1])
        if np.abs(step).max() < 1e-9:
            break
    if not (np.isfinite(slope) and MIN_SLOPE <= slope <= MAX_SLOPE and np.isfinite(offset)):
        slope, offset = float(np.clip(np.nan_to_num(slope, nan=1.0), MIN_SLOPE, MAX_SLOPE)), 0.0
    grades = np.geomspace(0.1, 3.0, 60)
    errors = [float(np.mean((Calibration(slope, offset, each).scores(x) - labels) ** 2)) for each in grades]
    return Calibration(slope, offset, float(grades[int(np.argmin(errors))]))


def _sigmoid(values: Floats | Array) -> Array:
    return np.asarray(0.5 * (1 + np.tanh(0.5 * values)), np.float64)
