"""Untrusted text as it may be shown: no control character of an id, a title or a file's name reaches a terminal."""

import re

# What steers a terminal or disguises a text, as ranges of code points: C0 (with ESC), DEL and C1, marks of direction,
# line and paragraph separators, deprecated format characters, the byte order mark, annotation, lone surrogates.
# Joiners are none of them: scripts and emoji are spelt with them.
SURROGATES = (0xD800, 0xDFFF)
UNPRINTABLE = (
    (0x00, 0x1F),
    (0x7F, 0x9F),
    (0x61C, 0x61C),
    (0x200E, 0x200F),
    (0x2028, 0x202E),
    (0x2066, 0x206F),
    (0xFEFF, 0xFEFF),
    (0xFFF9, 0xFFFB),
    SURROGATES,
)
_CLASS = "[" + "".join(f"\\u{first:04x}-\\u{last:04x}" for first, last in UNPRINTABLE) + "]"
_ANY = re.compile(_CLASS)
_BESIDE_LAYOUT = re.compile(rf"(?![\n\t]){_CLASS}")


def printable(text: str) -> str:
    """A text as a terminal may get it: what could steer or disguise becomes `?`; line breaks and tabs stay."""
    return _BESIDE_LAYOUT.sub("?", text)


def printable_line(text: str) -> str:
    """As `printable`, in one line with single blanks."""
    return " ".join(printable(text).split())


def is_printable(text: str) -> bool:
    """Whether a text holds nothing that could steer a terminal, neither line break nor tab."""
    return not _ANY.search(text)


def escaped_json(text: str) -> str:
    """A JSON text as a terminal may get it: the same value, what could steer written as `\\uXXXX`."""
    return _BESIDE_LAYOUT.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def print_text(text: str) -> None:
    """Print a text that holds something untrusted, at once."""
    print(printable(text), flush=True)
