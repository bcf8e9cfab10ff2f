"""Interfaces to the agent: the chat page."""
