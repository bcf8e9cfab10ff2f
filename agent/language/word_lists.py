"""Short lists of words, written as one text."""


def in_order(text: str) -> tuple[str, ...]:
    """The words of a text, separated by blanks."""
    return tuple(text.split())


def word_set(text: str) -> frozenset[str]:
    """The words of a text as a set."""
    return frozenset(text.split())
