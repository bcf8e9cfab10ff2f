"""Imports files of the user's own: one file a format, listed in `registry`, and what reads, checks and counts rows."""
