"""Plurals and singulars of English words."""

from collections.abc import Iterator


def plurals(words: tuple[str, ...]) -> Iterator[str]:
    """The plural of a singular value and the singular of a plural one."""
    *before, last = words
    changed = [last + "s"]
    if last.endswith("y") and last[-2:-1] not in "aeiou":
        changed = [last[:-1] + "ies"]
    elif last.endswith(("s", "x", "ch", "sh")):
        changed = [last + "es"]
    if last.endswith("ies"):
        changed.append(last[:-3] + "y")
    elif last.endswith("s") and not last.endswith("ss") and len(last) > 3:
        changed.append(last[:-1])
    return (" ".join((*before, form)) for form in changed)


def is_plural(word: str) -> bool:
    """Whether a word looks like a plural: "comedies", "westerns"."""
    return len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is"))
