"""A conversation: turns, the session that holds its state, the policy, and the wording of replies."""
