"""What is remembered of a user between sessions."""
