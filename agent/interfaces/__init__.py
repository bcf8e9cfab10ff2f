"""Doors to the agent: the chat page."""
