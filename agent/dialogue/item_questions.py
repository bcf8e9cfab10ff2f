"""Answers questions about items from what the catalogue states: a fact, a reason, a comparison."""

from collections.abc import Sequence

from agent.dialogue.reply_texts import MAX_NAMES, QUESTION, as_sentence
from agent.language.constraint_text import field_words, join_words
from agent.language.word_lists import word_set
from agent.recommendation import Recommendation
from agent.understanding import Lexicon
from index.data.records import Item, Value
from index.printable import printable

_MAX_TEXT = 240  # characters of a description
_FIELD_CUES = {
    "year": word_set("year when old released"),
    "director": word_set("directed director directs"),
    "cast": word_set("stars starring actors cast acts plays played actor actress"),
    "writer": word_set("wrote writer written"),
    "runtime": word_set("long runtime length minutes"),
    "categories": word_set("genre genres kind category categories type"),
    "description": word_set("about plot story happens"),
    "price": word_set("price cost costs expensive"),
    "country": word_set("country"),
}


def describe_items(items: Sequence[Item], words: str, lexicon: Lexicon) -> str:
    """What the catalogue states of some items, first what the words of the question ask for."""
    return " ".join(_answer(item, words, lexicon) for item in items[:MAX_NAMES])


def give_reasons(items: Sequence[Item], shown: Sequence[Recommendation]) -> str:
    """Why each item was recommended, as its reason in the list says."""
    if not items:
        return f"I have not recommended anything yet. {QUESTION}"
    reasons = {each.item.item_id: each.reason.text for each in shown}
    texts = ((item, reasons.get(item.item_id, "I have not recommended that.")) for item in items)
    return " ".join(f"{printable(item.name)}: {text}" for item, text in texts)


def compare_items(items: Sequence[Item]) -> str:
    """The facts of each item, and the categories that all share; a question where fewer than two are named."""
    if len(items) < 2:
        return "Which two shall I compare? Name them, or say their numbers in the list."
    common = set(items[0].categories).intersection(*(item.categories for item in items[1:]))
    both = as_sentence(f"what they share is {join_words(sorted(kind.lower() for kind in common))}") if common else ""
    return " ".join(filter(None, (*(_facts(item) for item in items[:MAX_NAMES]), both)))


def _answer(item: Item, words: str, lexicon: Lexicon) -> str:
    asked = set(words.split())
    wanted = [name for spoken, name in lexicon.fields.items() if spoken in words and name != "title"]
    wanted += [name for name, cues in _FIELD_CUES.items() if cues & asked]
    for name in dict.fromkeys(wanted):
        value = item.description if name == "description" else item.value(name)
        if value is not None:
            return as_sentence(f"{printable(item.name)}: {field_words(name)} {_value_text(value)}")
    missing = f" The catalogue does not say more about its {field_words(wanted[0])}." if wanted else ""
    return _facts(item) + missing


def _facts(item: Item) -> str:
    year = item.value("year")
    facts = [
        join_words(kind.lower() for kind in item.categories),
        f"from {_value_text(year)}" if year is not None else "",
    ]
    known = ", ".join(filter(None, facts)) or "the catalogue has nothing but its title"
    return as_sentence(f"{printable(item.name)}: {known}")


def _value_text(value: Value) -> str:
    text = join_words(value) if isinstance(value, tuple) else f"{value:g}" if isinstance(value, float) else str(value)
    text = printable(text)
    return text if len(text) <= _MAX_TEXT else text[:_MAX_TEXT].rsplit(" ", 1)[0] + " …"
