"""The text by which an item is found: its title in spoken order, and its categories, attributes and description."""

import re

from index.data.records import Item, Value

MAX_TEXT, MAX_DESCRIPTION, MAX_VALUE = 1000, 600, 120  # characters; an encoder reads about 1,000
MAX_VALUES = 6
NO_WORDS = re.compile(r"(^|_)(id|ids|url|uri|link|image|asin|isbn|imdb|tmdb|sku|year|decade)$|://")


def item_text(item: Item) -> str:
    """Title and year, categories, attributes in words, description; at most MAX_TEXT characters."""
    parts = [item_title(item), ", ".join(item.categories), *_attributes(item)]
    if item.description:
        parts.append(_cut(item.description, MAX_DESCRIPTION))
    return _cut(". ".join(part.rstrip(". ") for part in parts if part.strip()) + ".", MAX_TEXT)


def item_title(item: Item) -> str:
    """The title in spoken order, with the year where there is one: "The Matrix (1999)"."""
    year = item.attributes.get("year")
    known = isinstance(year, int | float) and str(int(year)) not in item.name
    return f"{item.name} ({int(year)})" if known and isinstance(year, int | float) else item.name


def _attributes(item: Item) -> list[str]:
    """Texts and lists of texts under their names; numbers, addresses and codes mean nothing to a text encoder."""
    named = ((name, _words(value)) for name, value in item.attributes.items() if not NO_WORDS.search(name.lower()))
    return [f"{name.replace('_', ' ').capitalize()}: {words}" for name, words in named if words]


def _words(value: Value) -> str:
    if isinstance(value, int | float):
        return ""
    values = value[:MAX_VALUES] if isinstance(value, tuple) else (value,)
    return ", ".join(_cut(each, MAX_VALUE) for each in values if each and not NO_WORDS.search(each))


def _cut(text: str, longest: int) -> str:
    """A text in one line, cut between two words where it is too long."""
    text = " ".join(text.split())
    return text if len(text) <= longest else text[: longest + 1].rpartition(" ")[0] or text[:longest]
