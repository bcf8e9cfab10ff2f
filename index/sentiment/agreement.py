"""How well polarities agree with labels: accuracy, macro-F1, correlations, expected calibration error."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from index.types import Floats

Array = npt.NDArray[np.float64]
BINS = 10  # of a calibration, equal ones of probability


@dataclass(frozen=True)
class Agreement:
    """Figures of judged rows against their labels; NaN where the rows do not allow one."""

    accuracy: float
    macro_f1: float
    pearson: float
    spearman: float
    calibration_error: float


def measure_agreement(scores: Floats, probabilities: Floats, labels: Floats) -> Agreement:
    """All figures. Accuracy and F1 are of rows whose label is not 0; a score of 0 is wrong."""
    return Agreement(
        accuracy(scores, labels),
        macro_f1(scores, labels),
        pearson(scores, labels),
        spearman(scores, labels),
        calibration_error(probabilities, labels),
    )


def accuracy(scores: Floats, labels: Floats) -> float:
    """Share of signs that are right among the rows with a sign."""
    signed = labels != 0
    return float((np.sign(scores[signed]) == np.sign(labels[signed])).mean()) if signed.any() else float("nan")


def macro_f1(scores: Floats, labels: Floats) -> float:
    """Mean F1 of the two polarities; NaN where one of them does not occur."""
    signed = labels != 0
    found, true = np.sign(scores[signed]), np.sign(labels[signed])
    if len(set(true.tolist())) < 2:
        return float("nan")
    both = [2 * ((found == s) & (true == s)).sum() / ((found == s).sum() + (true == s).sum()) for s in (-1, 1)]
    return float(np.mean(both))


def pearson(a: Floats, b: Floats) -> float:
    """Pearson's correlation; NaN for a constant."""
    x, y = np.asarray(a, np.float64), np.asarray(b, np.float64)
    if len(x) < 2 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return float("nan")
    x, y = x - x.mean(), y - y.mean()
    return float((x @ y) / np.sqrt((x @ x) * (y @ y)))


def spearman(a: Floats, b: Floats) -> float:
    """Spearman's correlation, ties at their mean rank; NaN for a constant."""
    return pearson(_mean_ranks(a), _mean_ranks(b))


def calibration_error(probabilities: Floats, labels: Floats) -> float:
    """Expected calibration error of p_positive over BINS equal bins (Guo et al. 2017), rows with a sign only."""
    signed = labels != 0
    p, positive = np.asarray(probabilities[signed], np.float64), labels[signed] > 0
    if not len(p):
        return float("nan")
    place = np.minimum((p * BINS).astype(np.int64), BINS - 1)
    return float(np.abs(np.bincount(place, p - positive, minlength=BINS)).sum() / len(p))


def _mean_ranks(values: Floats) -> Floats:
    _, group, counts = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(counts) - (counts - 1) / 2)[group], np.float32)
