"""What the sentences of all replies share: how one is closed, how many names it lists, the question to go on with."""

QUESTION = "What have you liked before, or what are you in the mood for?"
MAX_NAMES = 6  # items named in one sentence


def as_sentence(text: str) -> str:
    """A text with a capital and a full stop."""
    return f"{text[:1].upper()}{text[1:]}" + ("" if text[-1:] in ".!?…:" else ".")


def lower_first(text: str) -> str:
    """A sentence as it goes on after another part."""
    return f"{text[:1].lower()}{text[1:]}"
