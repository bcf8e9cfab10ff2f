"""Numbers in words: "twelve", "twenty-five", "a hundred", "IV", "the second"."""

import math
from collections.abc import Sequence

from agent.language.word_lists import in_order
from agent.numbers import MAX_NUMBER, read_number

_TENS = {word: 10 * n for n, word in enumerate(in_order("twenty thirty forty fifty sixty seventy eighty ninety"), 2)}
NUMBER_WORDS = {
    **{
        word: str(n)
        for n, word in enumerate(
            in_order(
                "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
                "seventeen eighteen nineteen"
            )
        )
    },
    **{word: str(n) for word, n in _TENS.items()},
}
_POWERS = {"hundred": 100, "thousand": 1000, "million": 1_000_000}
ROMAN = {
    roman: str(n)
    for n, roman in enumerate(in_order("ii iii iv v vi vii viii ix x xi xii xiii"), 2)
    if roman not in "vx"
}
# The place in a list, from 0.
ORDINALS = {
    **{word: n for n, word in enumerate(in_order("first second third fourth fifth sixth seventh eighth ninth tenth"))},
    **{word: n for n, word in enumerate(in_order("1st 2nd 3rd 4th 5th 6th 7th 8th 9th 10th"))},
}


def number_at(words: Sequence[str], n: int, below: float = math.inf) -> tuple[float, int] | None:
    """The number that begins at word `n`, at most MAX_NUMBER, and the place after it.

    None where no number begins there, or one that is not below `below`.
    """
    first = _below_hundred(words, n)
    if first is None:
        return None
    value, end = first
    power = 1
    while end < len(words) and words[end] in _POWERS:
        power, end = _POWERS[words[end]], end + 1
        value = min(value * power, float(MAX_NUMBER))
    if value >= below:
        return None
    rest = number_at(words, end + (words[end : end + 1] == ("and",)), power) if power > 1 else None
    return (value + rest[0], rest[1]) if rest else (value, end)


def _below_hundred(words: Sequence[str], n: int) -> tuple[float, int] | None:
    """A number in digits or in one or two words; "a" counts as one before "hundred" and its like."""
    if n >= len(words):
        return None
    if words[n] in ("a", "an"):
        return (1.0, n + 1) if n + 1 < len(words) and words[n + 1] in _POWERS else None
    value = read_number(NUMBER_WORDS.get(words[n], words[n]))
    if value is None:
        return None
    ones = int(NUMBER_WORDS.get(words[n + 1], "0")) if words[n] in _TENS and n + 1 < len(words) else 0
    return (value + ones, n + 2) if 0 < ones < 10 else (value, n + 1)
