"""Readers of the files that people bring, one file a format; `index.importers.import_domain` runs them."""
