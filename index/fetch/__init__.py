"""Public domains that are known by name: their sources, downloads and film metadata."""
