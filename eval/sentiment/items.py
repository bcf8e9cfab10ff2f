"""Runs `python -m eval sentiment --domain NAME`: what reviews say of each item, beside the stars of these reviews."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from eval.metrics.base import Array
from eval.metrics.statistics import interval_of
from index.build.loading import DomainIndex
from index.data.reviews import stream_reviews
from index.errors import MendableError
from index.sentiment.agreement import calibration_error, spearman
from index.sentiment.item_sentiment import ItemSentiments
from index.sentiment.review_opinions import ReviewOpinions
from index.storage.home import write_bytes
from index.storage.json_text import json_text
from index.types import Floats

RESAMPLES = 300  # of two figures; their intervals are narrow
MIN_REVIEWS = 10  # reviews of an item from which on its mean stars are compared
FIGURES = ("judge", "judge_sha256", "n_known", "n_judged", "n_not_judgeable", "n_mentions", "aspects")


def run_items(index: DomainIndex, predictions: Path | None, seed: int) -> dict[str, Any]:
    """Write one line an item, and give what is printed. Raises MendableError where the index has no sentiment."""
    domain = index.domain.name
    opinions, items = index.opinions, index.sentiments
    if opinions is None or items is None:
        raise MendableError(
            f"the index of {domain!r} has no sentiment", "--domain", "Build it again, of a domain with reviews"
        )
    if predictions is not None:
        write_items(predictions, index.domain.catalogue.ids, items)
    return {
        "domain": domain,
        "n_items": items.n_items,
        "n_items_with_sentiment": int((items.n_reviews > 0).sum()),
        "reviews": {key: index.manifest.parts["sentiment"].get(key) for key in FIGURES},
        "stars": compare_with_stars(opinions, items, _stars(domain, opinions), seed),
    }


def write_items(path: Path, ids: tuple[str, ...], items: ItemSentiments) -> None:
    """One JSON object an item: its score, null where none of its reviews was judged, and the number of reviews."""
    rows = (
        {"item_id": ids[row], "score": round(float(items.scores[row]), 6) if n else None, "n_reviews": n}
        for row, n in enumerate(items.n_reviews.tolist())
    )
    write_bytes(path, "".join(f"{json_text(row)}\n" for row in rows).encode())


def compare_with_stars(opinions: ReviewOpinions, items: ItemSentiments, stars: Floats, seed: int) -> dict[str, Any]:
    """Correlation of items' scores with their mean stars, and calibration of reviews; `why` where there are no stars.

    Positive is a review of more stars than the middle of the scale; those of the middle are left out.
    """
    known = ~np.isnan(stars) & ~np.isnan(opinions.scores)
    if not known.any() or np.ptp(stars[known]) == 0:
        return {"why": "the domain has no stars that differ"}
    counts = np.bincount(opinions.rows[known], minlength=items.n_items)
    sums = np.bincount(opinions.rows[known], stars[known], items.n_items)
    means = np.asarray(sums / np.maximum(counts, 1), np.float32)
    rows = np.flatnonzero(counts >= MIN_REVIEWS)
    middle = (stars[known].min() + stars[known].max()) / 2
    told = known & (stars != middle)
    owners = np.unique(opinions.rows[told], return_inverse=True)[1].astype(np.int64)
    p, positive = opinions.p_positive[told], np.where(stars[told] > middle, 1, -1).astype(np.float32)
    return {
        "n_items": len(rows),
        "min_reviews": MIN_REVIEWS,
        "spearman": _interval(lambda drawn: spearman(items.scores[rows][drawn], means[rows][drawn]), len(rows), seed),
        "n_reviews": int(told.sum()),
        "accuracy": float(((p > 0.5) == (positive > 0)).mean()),
        "share_positive": float((positive > 0).mean()),
        "calibration_error": _of_rows(lambda drawn: calibration_error(p[drawn], positive[drawn]), owners, seed),
    }


def items_lines(printed: Mapping[str, Any]) -> list[str]:
    """What is printed without --json."""
    reviews, stars = printed["reviews"], printed["stars"]
    lines = [
        f"{printed['domain']}: {reviews['n_judged']:,} of {reviews['n_known']:,} reviews judged by {reviews['judge']}, "
        f"{reviews['n_not_judgeable']:,} of them cannot be; "
        f"{printed['n_items_with_sentiment']:,} of {printed['n_items']:,} items have a sentiment",
        "aspects: " + ", ".join(reviews["aspects"]),
    ]
    if "why" in stars:
        return [*lines, f"no comparison with stars: {stars['why']}"]
    shown, error = (_shown(stars[name]) for name in ("spearman", "calibration_error"))
    return [
        *lines,
        f"Spearman with mean stars of {stars['n_items']:,} items of {MIN_REVIEWS} reviews or more: {shown}",
        f"{stars['n_reviews']:,} reviews with stars: accuracy {stars['accuracy']:.3f} (share of positive "
        f"{stars['share_positive']:.3f}), calibration error {error}",
    ]


def _shown(figure: Mapping[str, Any] | None) -> str:
    return "none" if figure is None else f"{figure['mean']:.3f} [{figure['ci95'][0]:.3f}, {figure['ci95'][1]:.3f}]"


def _stars(domain: str, opinions: ReviewOpinions) -> Floats:
    """The stars of each judged review, NaN where it has none."""
    place = {review_id: n for n, review_id in enumerate(opinions.review_ids)}
    stars = np.full(len(opinions), np.nan, np.float32)
    for review in stream_reviews(domain, ("review_id", "item_id", "rating")):
        if review.rating is not None and review.review_id in place:
            stars[place[review.review_id]] = review.rating
    return stars


def _interval(measure: Any, n: int, seed: int) -> dict[str, Any] | None:
    return _of_rows(measure, np.arange(n), seed)


def _of_rows(measure: Any, owners: Any, seed: int) -> dict[str, Any] | None:
    """A figure with its interval, whole items drawn; None where it cannot be had."""

    def weighted(weights: Array) -> float:
        return float(measure(np.repeat(np.arange(len(owners)), np.rint(weights).astype(np.int64))))

    if len(owners) < 2 or not np.isfinite(measure(np.arange(len(owners)))):
        return None
    return interval_of(weighted, owners, seed, RESAMPLES).as_json()
