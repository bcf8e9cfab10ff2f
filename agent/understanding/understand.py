"""Understands one message: the new state of the talk, the free words, the intent, and what could not be understood."""

from collections.abc import Sequence
from dataclasses import dataclass

from agent.constraints import State
from agent.language.constraint_text import listed
from agent.language.tokens import MAX_CHARACTERS, Message, message_of
from agent.understanding.amounts import AmountFinder
from agent.understanding.field_matches import FieldMatch, TokenMask
from agent.understanding.field_values import find_values
from agent.understanding.free_text import leftovers
from agent.understanding.intents import corrected_at, intent_of
from agent.understanding.lexicon import Lexicon
from agent.understanding.mention_parser import MentionParser
from agent.understanding.mentions import JUDGING, Heard, Mention
from agent.understanding.scope import Scope, ScopedWish
from agent.understanding.state_update import with_mentions, with_text, with_wishes
from agent.understanding.title_punctuation import rejoin_sentences
from agent.understanding.years import YearFinder

_UNCHANGED = frozenset(
    ("undo", "reset", "forget", "why", "compare", "question", "cannot", "greeting", "thanks", "chat")
)


@dataclass(frozen=True)
class Understood:
    """What a message means.

    `words` are free words for retrieval; `intent` is recommend, more, greeting, thanks, chat, empty, quoted, question,
    why, compare, undo, reset, forget or cannot; `about` are the ids that a question is about.
    """

    state: State
    words: str = ""
    intent: str = "recommend"
    unknown_titles: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    about: tuple[str, ...] = ()
    asks: str = ""


def understand(text: str, state: State, shown: Sequence[str], lexicon: Lexicon) -> Understood:
    """Read one message in the light of the talk; `shown` are the ids of the list that the person sees, in order."""
    message = rejoin_sentences(message_of(text), lexicon.titles)
    heard = MentionParser(message, lexicon, shown, state).read()
    taken = [(m.start, m.end) for m in heard.mentions] + heard.unknown
    named = TokenMask(len(message), taken)
    free = TokenMask(len(message), taken)
    judged = with_mentions(state, heard.mentions, lexicon.catalogue)
    founds, notes = _found(message, heard, free, lexicon, _reference(heard, judged, lexicon))
    scope = Scope(message, founds, named)
    wishes = scope.said()
    intent = intent_of(message, heard, bool(wishes), named)
    notes = (*_reading_notes(message, heard, lexicon), *notes)
    unknown = tuple(_unknown(message, start, end) for start, end in heard.unknown)
    if intent in _UNCHANGED | {"empty", "quoted"}:
        about = tuple(dict.fromkeys(i for m in heard.mentions if m.role in ("ask", "why", "compare") for i in m.ids))
        kept = judged if intent in ("question", "why", "compare") else state
        return Understood(kept, "", intent, unknown, notes, about, " ".join(message.words))
    wanted, unwanted = leftovers(message, heard, scope, free)
    corrected = corrected_at(message)
    merged = with_wishes(judged, wishes, lexicon.catalogue, corrected)
    new = with_text(merged.state, wanted, unwanted, corrected is not None)
    return Understood(new, wanted, intent, unknown, (*notes, *merged.notes))


def wishes_in(text: str, lexicon: Lexicon) -> tuple[tuple[ScopedWish, ...], tuple[str, ...]]:
    """What a few words name, whatever they say of it: wishes, and the ids of items."""
    message = message_of(text)
    ids = tuple(i for mention in _any_titles(message, lexicon) for i in mention.ids)
    named = TokenMask(len(message), [(m.start, m.end) for m in _any_titles(message, lexicon)])
    free = TokenMask(len(message), [(m.start, m.end) for m in _any_titles(message, lexicon)])
    founds, _ = _found(message, Heard(), free, lexicon, ())
    return Scope(message, founds, named).said(), ids


def _any_titles(message: Message, lexicon: Lexicon) -> list[Mention]:
    """Every title that stands in a few words, clearly named or not."""
    found: list[Mention] = []
    n = 0
    while n < len(message):
        hit = next(lexicon.titles.at(message.words, n), None)
        if hit and " ".join(message.words[hit.start : hit.end]) not in lexicon.senses:
            ids = tuple(lexicon.catalogue.items[row].item_id for row in hit.rows)
            found.append(Mention(hit.start, hit.end, ids, None, hit.rows))
        n = hit.end if hit else n + 1
    return found


def _found(
    message: Message, heard: Heard, free: TokenMask, lexicon: Lexicon, reference: Sequence[int]
) -> tuple[list[FieldMatch], tuple[str, ...]]:
    """All that is said of fields, in the order of the message, and notes on what the catalogue knows nothing of."""
    quarters = lexicon.year_quarters if lexicon.years else (0, 0)
    than = _than(heard, lexicon)
    years = list(YearFinder(message, free, lexicon.years, quarters, than, reference, lexicon.year_field).find())
    finder = AmountFinder(message, lexicon, free)
    amounts = list(finder.find())
    missing = tuple(dict.fromkeys(finder.notes))
    if years and not lexicon.years:
        is_text = "year" in lexicon.text_fields
        unknown = "the year here is not given as a number" if is_text else "nothing here says the year"
        missing, years = (*missing, unknown), []
    values = list(find_values(message, lexicon, free))
    founds = [*years, *amounts, *values]
    asked = {message.tokens[m.start].sentence for m in heard.mentions if m.role in ("ask", "why", "compare")}
    kept = [found for found in founds if message.tokens[found.start].sentence not in asked]
    return sorted(kept, key=lambda found: found.start), missing


def _than(heard: Heard, lexicon: Lexicon) -> list[tuple[int, int, int]]:
    """The words of "newer than Jaws" and the year of Jaws, for each such phrase."""
    found = []
    for mention in heard.mentions:
        cue = next((c for c in reversed(heard.cues) if c.label == "than" and c.end <= mention.start), None)
        year = lexicon.titles.year(mention.rows[0]) if mention.rows else None
        if mention.role == "than" and cue and year is not None:
            found.append((cue.start, mention.end, year))
    return found


def _reference(heard: Heard, judged: State, lexicon: Lexicon) -> tuple[int, ...]:
    """The years by which "newer" is measured: of what the message likes, else of what was liked last."""
    ids = [i for m in heard.mentions if m.role in ("like", "pattern") for i in m.ids] or list(judged.liked[-1:])
    years = (lexicon.titles.year(lexicon.catalogue.row_of[i]) for i in ids if i in lexicon.catalogue.row_of)
    return tuple(year for year in years if year is not None)


def _reading_notes(message: Message, heard: Heard, lexicon: Lexicon) -> tuple[str, ...]:
    notes = [f"I read the first {MAX_CHARACTERS:,} characters of your message"] if message.was_cut else []
    for mention in heard.mentions:
        names = dict.fromkeys(lexicon.catalogue.items[row].name for row in mention.rows)
        if len(names) > 1 and mention.role in JUDGING:
            first, *others = list(names)[:3]
            notes.append(f"I took that to be {first}; there is also {listed(others)}")
        if not mention.spelled:
            notes.append(f"I read “{message.text(mention.start, mention.end)}” as {next(iter(names))}")
    for start, end in heard.unknown:
        rows = lexicon.titles.starting(message.words[start:end]) if message.words[start] else ()
        notes += [f"Did you mean {lexicon.catalogue.items[row].name}?" for row in rows[:1]]
    if heard.missing_places:
        notes.append("the list has no such place")
    return tuple(dict.fromkeys(notes))


def _unknown(message: Message, start: int, end: int) -> str:
    """An unknown title as it was written, with the article before it."""
    before = message.tokens[start - 1] if start and not message.ends(start) else None
    text = message.text(start - (before is not None and before.text in ("The", "A", "An")), end)
    return text + ")" if text.count("(") > text.count(")") else text
