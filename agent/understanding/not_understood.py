"""The sentences on what was not understood as it was said: "I read X as Y", "did you mean X?", "nothing says Z"."""

from agent.language.constraint_text import field_words, join_words
from agent.language.units import UNITS
from agent.understanding.lexicon import Lexicon
from agent.understanding.mentions import OPINION_ROLES, ParsedMentions
from agent.understanding.message import MAX_CHARACTERS, Message

MAX_TITLE = 120  # characters of an unknown title that are repeated
MAX_QUOTE = 80  # characters of a message that a note repeats


def reading_notes(message: Message, parsed: ParsedMentions, lexicon: Lexicon) -> tuple[str, ...]:
    """What has to be said of how a message was read: what was cut, which title was taken, what may be meant."""
    notes = [f"I read the first {MAX_CHARACTERS:,} characters of your message"] if message.was_cut else []
    for mention in parsed.mentions:
        names = dict.fromkeys(lexicon.catalogue.items[row].name for row in mention.rows)
        if len(names) > 1 and mention.role in OPINION_ROLES:
            first, *others = list(names)[:3]
            notes.append(f"I took that to be {first}; there is also {join_words(others)}")
        if not mention.is_exact:
            notes.append(f"I read “{message.text(mention.start, mention.end)}” as {next(iter(names))}")
    for start, end in parsed.unknown:
        rows = lexicon.titles.beginning_with(message.words[start:end]) if message.words[start] else ()
        notes += [f"Did you mean {lexicon.catalogue.items[row].name}?" for row in rows[:1]]
    if parsed.missing_places:
        notes.append("the list has no such place")
    return tuple(dict.fromkeys(notes))


def unknown_title(message: Message, start: int, end: int) -> str:
    """An unknown title as it was written, with the article before it, cut where it is very long."""
    before = message.tokens[start - 1] if start and not message.ends(start) else None
    text = message.text(start - (before is not None and before.text in ("The", "A", "An")), end)
    text = text + ")" if text.count("(") > text.count(")") else text
    return text if len(text) <= MAX_TITLE else f"{text[:MAX_TITLE]} …"


def no_year(field: str | None) -> str:
    """That no field holds a year as a number; `field` is one that has it in words."""
    return f"the {field_words(field)} here is not given as a number" if field else "nothing here says the year"


def no_number(field: str, text: str) -> str:
    """That a field holds words, so that a bound on it cannot be held to."""
    return f"the {field_words(field)} here is not given as a number, so I cannot hold to “{text}”"


def no_field(unit: str) -> str:
    """That no field is measured in a unit."""
    return f"nothing here says the {UNITS[unit].measures}"


def unclear_number(text: str) -> str:
    """That it is not clear what a number bounds."""
    return f"I did not understand “{text}”: say what it measures, and whether to stay under or over it"


def shorten_quote(text: str) -> str:
    """Words of a message as a note repeats them."""
    return text if len(text) <= MAX_QUOTE else f"{text[:MAX_QUOTE]} …"
