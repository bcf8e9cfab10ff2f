"""`eval dialogue`: talks with a simulated user."""
