"""Reasons worded by a causal language model that writes slots in the place of names and values."""
