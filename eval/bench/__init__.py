"""Benchmarks: how long ours takes against a named peer in the same run, one file a row."""
