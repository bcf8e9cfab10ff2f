"""Tunes the agent's models on a domain's own histories."""
