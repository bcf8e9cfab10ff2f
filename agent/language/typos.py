"""How far apart two spellings are, and whether one is a misspelling of the other or another name."""

import re

from agent.language.spoken_titles import ARTICLES

MAX_EDITS = (0, 1, 2, 2, 3)  # letters that may be wrong in a title of 0-3, 4-7, 8-11, 12-15 and more letters


def edits_allowed(letters: str) -> int:
    """How many letters may be wrong in a title of these letters."""
    return MAX_EDITS[min(len(letters) // 4, len(MAX_EDITS) - 1)]


def edit_distance(a: str, b: str, max_edits: int) -> int | None:
    """Insertions, deletions, changes and swaps of neighbours between two texts, None where more than `max_edits`."""
    if abs(len(a) - len(b)) > max_edits or max_edits < 0:
        return None
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, letter in enumerate(a, 1):
        last, before, row = before, row, [i]
        for j, other in enumerate(b, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == b[j - 2] and a[i - 2] == other:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
        if min(row) > max_edits:
            return None
    return row[-1] if row[-1] <= max_edits else None


def misspelling_distance(key: str, form: str, max_edits: int) -> int | None:
    """By how many letters a key misses a form, None where it is no misspelling of it but something else."""
    words, others = key.split(), form.split()
    if re.findall(r"\d+", key) != re.findall(r"\d+", form):
        return None
    if len(words) != len(others):  # blanks at other places
        apart = form.startswith(key + " ") or key.startswith(form + " ") or len(key) < 8
        return None if apart else edit_distance(key.replace(" ", ""), form.replace(" ", ""), 1)
    total = 0
    for word, other in zip(words, others, strict=True):
        if word == other:
            continue
        distance = edit_distance(word, other, _max_edits_in_word(word, other, len(words)))
        alone = len(words) - (words[0] in ARTICLES) == 1
        if distance is None or (alone and (word[0] != other[0] or _is_other_form(word, other))):
            return None
        total += distance
    return total if total <= max_edits else None


def _max_edits_in_word(word: str, other: str, n_words: int) -> int:
    shorter = min(len(word), len(other))
    if shorter < 3:
        return int(shorter == 2 and n_words > 2)
    return 2 if shorter > 8 and word[:2] == other[:2] else 1


def _is_other_form(a: str, b: str) -> bool:
    """Whether two words are forms of one another, or differ in a last letter that makes another word of a short one."""
    short, long = sorted((a, b), key=len)
    return long in (short + "s", short + "es", short + "er", short + "ed", short + "y") or (
        len(a) < 8 and a[:-1] == b[:-1]
    )
