"""A conversation: a turn is interpreted, a policy decides an action, the reply is rendered; a session holds it."""
