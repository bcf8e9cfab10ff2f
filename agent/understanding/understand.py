"""Understands one message: the new state of the talk, the free words, the intent, and what could not be understood."""

from collections.abc import Sequence
from dataclasses import dataclass

from agent.constraints import State
from agent.understanding.amounts import AmountFinder
from agent.understanding.and_or import StatedWish, stated_wishes
from agent.understanding.aspect_wishes import find_aspect_wishes
from agent.understanding.field_matches import FieldMatch, TokenMask
from agent.understanding.field_values import find_values
from agent.understanding.free_text import split_free_words
from agent.understanding.intents import corrected_at, intent_of
from agent.understanding.lexicon import Lexicon
from agent.understanding.mention_parser import MentionParser
from agent.understanding.mentions import ParsedMentions
from agent.understanding.message import Message, message_of
from agent.understanding.negation import WishModes
from agent.understanding.not_understood import no_year, reading_notes, unknown_title
from agent.understanding.state_update import apply_free_words, apply_mentions, apply_wishes
from agent.understanding.title_index import TitleHit
from agent.understanding.title_punctuation import rejoin_sentences
from agent.understanding.years import YearFinder

_UNCHANGED = frozenset(
    ("undo", "reset", "forget", "why", "compare", "question", "cannot", "greeting", "thanks", "chat")
)


@dataclass(frozen=True)
class Understood:
    """What a message means: the state after it, and what else has to be said or done.

    `words` are free words for retrieval; `intent` is recommend, more, greeting, thanks, chat, empty, quoted, question,
    why, compare, undo, reset, forget or cannot; `about` are the ids that a question is about, `asks` its words.
    """

    state: State
    words: str = ""
    intent: str = "recommend"
    unknown_titles: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    about: tuple[str, ...] = ()
    asks: str = ""


def understand(text: str, state: State, shown: Sequence[str], lexicon: Lexicon) -> Understood:
    """Understand one message after the talk so far; `shown` are the ids of the list that the user sees, in order."""
    message = rejoin_sentences(message_of(text), lexicon.titles)
    parsed = MentionParser(message, lexicon, shown, state).parse()
    taken = [(m.start, m.end) for m in parsed.mentions] + parsed.unknown
    named = TokenMask(len(message), taken)
    mask = TokenMask(len(message), taken)
    judged = apply_mentions(state, parsed.mentions, lexicon.catalogue)
    matches, notes = _find_matches(message, parsed, mask, lexicon, _reference_years(parsed, judged, lexicon))
    modes = WishModes(message, matches, named)
    wishes = stated_wishes(modes)
    intent = intent_of(message, parsed, bool(wishes), named)
    notes = (*reading_notes(message, parsed, lexicon), *notes)
    unknown = tuple(unknown_title(message, start, end) for start, end in parsed.unknown)
    if intent in _UNCHANGED | {"empty", "quoted"}:
        about = tuple(dict.fromkeys(i for m in parsed.mentions if m.role in ("ask", "why", "compare") for i in m.ids))
        kept = judged if intent in ("question", "why", "compare") else state
        return Understood(kept, "", intent, unknown, notes, about, " ".join(message.words))
    wanted, unwanted = split_free_words(message, parsed, modes, mask)
    corrected = corrected_at(message)
    update = apply_wishes(judged, wishes, lexicon.catalogue, corrected)
    new = apply_free_words(update.state, wanted, unwanted, corrected is not None)
    return Understood(new, wanted, intent, unknown, (*notes, *update.notes))


def wishes_in(text: str, lexicon: Lexicon) -> tuple[tuple[StatedWish, ...], tuple[str, ...]]:
    """What a few words name, whatever they say of it: wishes, and the ids of items."""
    message = message_of(text)
    hits = _all_titles(message, lexicon)
    taken = [(hit.start, hit.end) for hit in hits]
    ids = tuple(lexicon.catalogue.items[row].item_id for hit in hits for row in hit.rows)
    matches, _ = _find_matches(message, ParsedMentions(), TokenMask(len(message), taken), lexicon, ())
    return stated_wishes(WishModes(message, matches, TokenMask(len(message), taken))), ids


def _all_titles(message: Message, lexicon: Lexicon) -> list[TitleHit]:
    """Every title that stands in a few words, clearly meant or not."""
    found: list[TitleHit] = []
    n = 0
    while n < len(message):
        hit = next(lexicon.titles.at(message.words, n), None)
        if hit and " ".join(message.words[hit.start : hit.end]) not in lexicon.senses:
            found.append(hit)
        n = hit.end if hit else n + 1
    return found


def _find_matches(
    message: Message, parsed: ParsedMentions, mask: TokenMask, lexicon: Lexicon, reference: Sequence[int]
) -> tuple[list[FieldMatch], tuple[str, ...]]:
    """All that is said of fields, in the order of the message, and notes on what no field of the catalogue can hold."""
    quarters = lexicon.year_quarters if lexicon.years else (0, 0)
    than = _years_after_than(parsed, lexicon)
    years = list(YearFinder(message, mask, lexicon.years, quarters, than, reference, lexicon.year_field).find())
    finder = AmountFinder(message, lexicon, mask)
    amounts = list(finder.find())
    notes = tuple(dict.fromkeys(finder.notes))
    if years and not lexicon.years:
        notes, years = (*notes, no_year(lexicon.year_in_words)), []
    aspects = list(find_aspect_wishes(message, lexicon.catalogue.aspect_forms, mask))
    matches = [*years, *amounts, *aspects, *find_values(message, lexicon, mask)]
    asked = {message.tokens[m.start].sentence for m in parsed.mentions if m.role in ("ask", "why", "compare")}
    kept = [match for match in matches if message.tokens[match.start].sentence not in asked]
    return sorted(kept, key=lambda match: match.start), notes


def _years_after_than(parsed: ParsedMentions, lexicon: Lexicon) -> list[tuple[int, int, int]]:
    """Start and end of each phrase such as "newer than Jaws", and the year of Jaws."""
    found = []
    for mention in parsed.mentions:
        cue = next((c for c in reversed(parsed.cues) if c.label == "than" and c.end <= mention.start), None)
        year = lexicon.titles.year(mention.rows[0]) if mention.rows else None
        if mention.role == "than" and cue and year is not None:
            found.append((cue.start, mention.end, year))
    return found


def _reference_years(parsed: ParsedMentions, judged: State, lexicon: Lexicon) -> tuple[int, ...]:
    """The years that "newer" is measured by: of what the message likes, else of what was liked last."""
    ids = [i for m in parsed.mentions if m.role in ("like", "pattern") for i in m.ids] or list(judged.liked[-1:])
    years = (lexicon.titles.year(lexicon.catalogue.row_of[i]) for i in ids if i in lexicon.catalogue.row_of)
    return tuple(year for year in years if year is not None)
