"""Text as words are compared: what is typed and what a catalogue holds may differ in case and accents."""

import unicodedata


def fold_text(text: str) -> str:
    """A text in small letters without accents (NFKD, combining marks dropped): "Amélie" and "AMELIE" are one."""
    text = text.casefold()
    if text.isascii():
        return text
    return "".join(letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))
