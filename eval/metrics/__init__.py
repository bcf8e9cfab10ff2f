"""Metrics as pure functions, and how sure a figure is."""
