"""Metrics of probabilities of yes against what was true; rows have weights, so that a bootstrap can count each."""

import numpy as np

from eval.metrics.base import CLASSIFICATION_METRICS, Array, Truth, register

BINS = 10  # of a calibration, equal ones of probability


@register(CLASSIFICATION_METRICS, "accuracy")
def accuracy(probabilities: Array, truth: Truth, weights: Array) -> float:
    """Share of rows that are classified right, yes being a probability of one half or more."""
    return float(np.average((probabilities >= 0.5) == truth, weights=weights))


@register(CLASSIFICATION_METRICS, "precision")
def binary_precision(probabilities: Array, truth: Truth, weights: Array) -> float:
    """Share of the rows classified as yes that are yes; 0 where none is classified as yes."""
    predicted = weights * (probabilities >= 0.5)
    return float(predicted @ truth / predicted.sum()) if predicted.sum() else 0.0


@register(CLASSIFICATION_METRICS, "recall")
def binary_recall(probabilities: Array, truth: Truth, weights: Array) -> float:
    """Share of the rows that are yes that are classified as yes; 0 where none is yes."""
    true = weights * truth
    return float(true @ (probabilities >= 0.5) / true.sum()) if true.sum() else 0.0


@register(CLASSIFICATION_METRICS, "f1")
def binary_f1(probabilities: Array, truth: Truth, weights: Array) -> float:
    """Harmonic mean of precision and recall of yes."""
    predicted = probabilities >= 0.5
    both = weights @ predicted + weights @ truth
    return float(2 * (weights @ (predicted & truth)) / both) if both else 0.0


@register(CLASSIFICATION_METRICS, "auc")
def auc(probabilities: Array, truth: Truth, weights: Array) -> float:
    """Area under the ROC curve; a tie counts half. NaN where only one answer occurs."""
    order = np.argsort(probabilities, kind="stable")
    ordered = probabilities[order]
    group = np.cumsum(np.concatenate([[0], np.diff(ordered) > 0])).astype(np.int64) if len(ordered) else order
    yes = np.bincount(group, (weights * truth)[order])
    no = np.bincount(group, (weights * ~truth)[order])
    pairs = yes.sum() * no.sum()
    return float((yes * (np.cumsum(no) - no / 2)).sum() / pairs) if pairs else float("nan")


@register(CLASSIFICATION_METRICS, "rmse")
def rmse(probabilities: Array, truth: Truth, weights: Array) -> float:
    """Root of the mean squared error of the probability (the square is the Brier score)."""
    return float(np.sqrt(np.average((probabilities - truth) ** 2, weights=weights)))


@register(CLASSIFICATION_METRICS, "mae")
def mae(probabilities: Array, truth: Truth, weights: Array) -> float:
    """Mean absolute error of the probability."""
    return float(np.average(np.abs(probabilities - truth), weights=weights))


@register(CLASSIFICATION_METRICS, "log_loss")
def log_loss(probabilities: Array, truth: Truth, weights: Array) -> float:
    """Mean of -log of the probability of what was true, in nats; probabilities are kept 1e-7 from 0 and 1."""
    safe = np.clip(probabilities, 1e-7, 1 - 1e-7)
    return float(np.average(-np.log(np.where(truth, safe, 1 - safe)), weights=weights))


@register(CLASSIFICATION_METRICS, "calibration")
def calibration(probabilities: Array, truth: Truth, weights: Array, bins: int = BINS) -> float:
    """Expected calibration error: mean distance of probability and share of yes over equal bins (Guo et al. 2017)."""
    place = np.minimum((probabilities * bins).astype(np.int64), bins - 1)
    gaps = np.bincount(place, weights * (probabilities - truth), minlength=bins)
    return float(np.abs(gaps).sum() / weights.sum())
