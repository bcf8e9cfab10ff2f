"""Evaluates recommenders: protocols, metrics, baselines, statistics, reports, benchmarks."""
