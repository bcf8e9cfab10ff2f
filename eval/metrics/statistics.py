"""Bootstrap intervals, paired sign-flip tests and Holm's correction; everything is seeded."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt

from eval.metrics.base import Array
from index.types import Rows

RESAMPLES = 2000
FLIPS = 200_000  # the smallest p is 1 / (FLIPS + 1): after Holm over the pairs of some 25 models still below .002
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
    """Two models on one metric: the mean of a - b over users, its interval, its p; `is_claimed` before the run."""

    a: str
    b: str
    metric: str
    difference: Measured
    p: float
    is_claimed: bool = False

    def as_json(self) -> dict[str, Any]:
        """As it stands in reports."""
        measured = self.difference.as_json()
        names = {"a": self.a, "b": self.b, "metric": self.metric}
        claim = {"claimed": True} if self.is_claimed else {}
        return {**names, "difference": measured["mean"], "ci95": measured["ci95"], "p": rounded(self.p), **claim}


def rounded(value: float) -> float:
    """A figure as it is written: the decimals beyond the eighth depend on the order of addition."""
    return round(float(value), 8)


def intervals(values: Array, seed: int, resamples: int = RESAMPLES) -> list[Measured]:
    """Mean and percentile bootstrap interval of each column of (users, columns) or (seeds, users, columns).

    Users are drawn (Efron 1979), and of several seeds these too, independently of the users.
    """
    by_seed = values[None] if values.ndim == 2 else values
    n_seeds, n_users = by_seed.shape[:2]
    if not n_users:
        raise ValueError("there is no user to take a mean over")
    seeds_drawn = np.random.default_rng((seed, n_seeds)).multinomial(n_seeds, np.full(n_seeds, 1 / n_seeds), resamples)
    blocks: list[Array] = []
    start = 0
    for drawn in _resamples(n_users, seed, resamples):
        weights = seeds_drawn[start : start + len(drawn)] / n_seeds
        blocks.append(sum(weights[:, [n]] * (drawn @ of_seed) for n, of_seed in enumerate(by_seed)))
        start += len(drawn)
    low, high = np.quantile(np.concatenate(blocks), (LOW, HIGH), axis=0)
    return [Measured(*map(float, each)) for each in zip(by_seed.mean((0, 1)), low, high, strict=True)]


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
    models: Sequence[str],
    values: Array,
    metric: str,
    seed: int,
    flips: int = FLIPS,
    claims: Sequence[tuple[str, str]] = (),
) -> tuple[Paired, ...]:
    """A test of every pair of columns of (users, models) or (seeds, users, models).

    p is that of the sign-flip test (Fisher 1935) of the users' means over the seeds. After Holm over the pairs of
    `claims`, which were chosen before, and apart from these over all pairs.
    """
    pairs = list(combinations(range(len(models)), 2))
    if not pairs:
        return ()
    claimed = np.array([bool({(models[a], models[b]), (models[b], models[a])} & set(claims)) for a, b in pairs])
    first, second = (np.array(side) for side in zip(*pairs, strict=True))
    by_user = values if values.ndim == 2 else values.mean(0)
    p = flip_p(by_user, first, second, seed, flips)
    corrected = holm(p)
    corrected[claimed] = holm(p[claimed])
    measured = intervals(values[..., first] - values[..., second], seed)
    return tuple(
        Paired(models[a], models[b], metric, each, float(of_pair), bool(is_claimed))
        for (a, b), each, of_pair, is_claimed in zip(pairs, measured, corrected, claimed, strict=True)
    )


def flip_p(values: Array, first: Rows, second: Rows, seed: int, flips: int = FLIPS) -> Array:
    """Two-sided p of the mean difference of column `first` to column `second` of (users, columns), for each pair.

    It is how often the sum is as far from 0 when the sign of each user's difference is drawn. The observed signs count
    as one draw (Phipson and Smyth 2010): p is never 0, and 1 where all differences are 0. A user for whom all columns
    are the same changes no sum and is left out.
    """
    told_apart = values[(values != values[:, :1]).any(1)]
    told_apart = told_apart - told_apart[:, :1]
    differences = told_apart[:, first] - told_apart[:, second]
    observed = np.abs(differences.sum(0))
    size = np.abs(told_apart).sum(0)
    tolerance = 1e-9 * (size[first] + size[second])  # sums in another order differ by no more
    random = np.random.default_rng(seed)
    extreme = np.zeros(len(first))
    n_users = len(told_apart)
    step = max(1, _BLOCK // max(n_users, 1))
    for start in range(0, flips, step):
        n = min(step, flips - start)
        drawn = np.frombuffer(random.bytes(n * -(-n_users // 8)), np.uint8).reshape(n, -1)
        signs = np.unpackbits(drawn, axis=1)[:, :n_users] * 2.0 - 1.0
        sums = signs @ told_apart
        extreme += (np.abs(sums[:, first] - sums[:, second]) >= observed - tolerance).sum(0)
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
