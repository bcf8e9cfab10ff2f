"""Bootstrap intervals, paired sign-flip tests and Holm's correction; everything is seeded."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt

from eval.metrics.base import Array

RESAMPLES = 2000
FLIPS = 10_000  # the smallest p is 1 / (FLIPS + 1): small enough for Holm over the pairs of some 25 models
LOW, HIGH = 0.025, 0.975
_BLOCK = 1 << 22  # numbers in memory at a time


@dataclass(frozen=True)
class Measured:
    """A mean with its 95 % interval."""

    mean: float
    low: float
    high: float

    def as_json(self) -> dict[str, Any]:
        """As it stands in reports."""
        return {"mean": rounded(self.mean), "ci95": [rounded(self.low), rounded(self.high)]}


@dataclass(frozen=True)
class Paired:
    """Two models on one metric: the mean of a - b over users, its interval, and its p."""

    a: str
    b: str
    metric: str
    difference: Measured
    p: float

    def as_json(self) -> dict[str, Any]:
        """As it stands in reports."""
        measured = self.difference.as_json()
        names = {"a": self.a, "b": self.b, "metric": self.metric}
        return {**names, "difference": measured["mean"], "ci95": measured["ci95"], "p": rounded(self.p)}


def rounded(value: float) -> float:
    """A figure as it is written: the decimals beyond the eighth depend on the order of addition."""
    return round(float(value), 8)


def intervals(values: Array, seed: int, resamples: int = RESAMPLES) -> list[Measured]:
    """Mean and percentile bootstrap interval over users of each column of (users, columns) (Efron 1979)."""
    if not len(values):
        raise ValueError("there is no user to take a mean over")
    means = np.concatenate([drawn @ values for drawn in _resamples(len(values), seed, resamples)])
    low, high = np.quantile(means, (LOW, HIGH), axis=0)
    return [Measured(*map(float, each)) for each in zip(values.mean(0), low, high, strict=True)]


def interval_of(
    measure: Callable[[Array], float], owners: npt.NDArray[np.int64], seed: int, resamples: int = RESAMPLES
) -> Measured:
    """Bootstrap interval of any figure of rows: `measure` gets a weight for each row.

    Whole users (`owners` by row) are drawn, since the rows of a user are not independent. Draws on which the figure is
    NaN are left out.
    """
    n_users = int(owners.max(initial=-1)) + 1
    draws = (draw[owners] * n_users for drawn in _resamples(n_users, seed, resamples) for draw in drawn)
    found = np.array([measure(weights) for weights in draws])
    found = found[np.isfinite(found)]
    low, high = np.quantile(found, (LOW, HIGH)) if len(found) else (np.nan, np.nan)
    return Measured(measure(np.ones(len(owners))), float(low), float(high))


def paired_tests(
    models: Sequence[str], values: Array, metric: str, seed: int, flips: int = FLIPS
) -> tuple[Paired, ...]:
    """A test of every pair of columns of (users, models): p of the sign-flip test (Fisher 1935) after Holm."""
    pairs = list(combinations(range(len(models)), 2))
    if not pairs:
        return ()
    first, second = (np.array(side) for side in zip(*pairs, strict=True))
    differences = values[:, first] - values[:, second]
    corrected = holm(flip_p(differences, seed, flips))
    return tuple(
        Paired(models[a], models[b], metric, measured, float(p))
        for (a, b), measured, p in zip(pairs, intervals(differences, seed), corrected, strict=True)
    )


def flip_p(differences: Array, seed: int, flips: int = FLIPS) -> Array:
    """Two-sided p of each column's mean: how often the sum is as far from 0 when the sign of each user is drawn.

    The observed signs count as one draw (Phipson and Smyth 2010): p is never 0, and 1 where all differences are 0.
    """
    observed = np.abs(differences.sum(0))
    tolerance = 1e-9 * np.abs(differences).sum(0)  # sums in another order differ by no more
    random = np.random.default_rng(seed)
    extreme = np.zeros(differences.shape[1])
    step = max(1, _BLOCK // max(len(differences), 1))
    for start in range(0, flips, step):
        n = min(step, flips - start)
        drawn = np.frombuffer(random.bytes(n * -(-len(differences) // 8)), np.uint8).reshape(n, -1)
        signs = np.unpackbits(drawn, axis=1)[:, : len(differences)] * 2.0 - 1.0
        extreme += (np.abs(signs @ differences) >= observed - tolerance).sum(0)
    return (extreme + 1) / (flips + 1)


def holm(p: Array) -> Array:
    """p after Holm's step-down correction (1979), which bounds the chance of any false rejection in the family."""
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    corrected = np.empty(len(p))
    corrected[order] = np.minimum(stepped, 1.0)
    return corrected


def _resamples(n: int, seed: int, resamples: int) -> Iterator[Array]:
    """Blocks (some, n) of resamples: how often each of n users is drawn, with replacement, over n."""
    random = np.random.default_rng(seed)
    step = max(1, _BLOCK // n)
    for start in range(0, resamples, step):
        size = min(step, resamples - start)
        drawn = random.integers(0, n, (size, n), dtype=np.int32)
        drawn += (np.arange(size, dtype=np.int32) * n)[:, None]
        yield np.bincount(drawn.ravel(), minlength=size * n).reshape(size, n) / n
