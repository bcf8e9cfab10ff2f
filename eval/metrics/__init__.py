"""Metrics by name, and how sure a figure is. Importing the package fills the three tables of metrics."""

from eval.metrics import beyond_accuracy, classification, ranking

__all__ = ["beyond_accuracy", "classification", "ranking"]
