"""Judges everything that recommends: protocols, metrics, baselines, statistics, reports."""
