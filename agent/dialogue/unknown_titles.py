"""Says in words which titles of a message the catalogue lacks."""

from collections.abc import Sequence

from agent.dialogue.reply_texts import MAX_NAMES, as_sentence
from agent.language.constraint_text import join_words
from index.printable import printable


def describe_unknown_titles(titles: Sequence[str]) -> str:
    """One sentence that names them as they were written; empty where there is none."""
    names = [printable(title) for title in dict.fromkeys(titles)]
    return as_sentence(f"I do not find {join_words(names[:MAX_NAMES])} in this catalogue") if names else ""
