"""Readers of the files that people bring, one file a format; `index.importing` runs them."""
