"""Joins sentences that the punctuation of a title has parted: "I loved Mars Attacks! and Heat" is one sentence."""

from dataclasses import replace

from agent.language.spoken_titles import MAX_TITLE_WORDS, spoken_forms
from agent.understanding.message import Message
from agent.understanding.title_index import TitleIndex


def rejoin_sentences(message: Message, titles: TitleIndex) -> Message:
    """The message without the ends of sentences inside a title, or at its last sign before a word in small letters."""
    breaks = [n for n, token in enumerate(message.tokens) if token.starts and n]
    gone = {n for n in breaks for at in range(max(0, n - MAX_TITLE_WORDS), n) if _spans(message, titles, at, n)}
    if not gone:
        return message
    tokens, shift, questions = [], 0, set()
    for n, token in enumerate(message.tokens):
        shift += n in gone
        tokens.append(replace(token, sentence=token.sentence - shift, starts=token.starts and n not in gone))
        if token.sentence in message.questions and (n + 1 == len(message) or n + 1 not in gone):
            questions.add(token.sentence - shift)
    return Message(tuple(tokens), message.tail, frozenset(questions), message.was_cut)


def _spans(message: Message, titles: TitleIndex, start: int, end: int) -> bool:
    """Whether a title that begins at word `start` reaches, with its punctuation, over the break before word `end`."""
    words = tuple(token.word for token in message.tokens[start : start + MAX_TITLE_WORDS])
    for hit in titles.at(words, 0):
        stop = start + hit.end
        if stop < end:
            break
        written = message.text(start, stop).casefold()
        if stop == end:
            after = message.tokens[end]
            written += after.before.split(" ", 1)[0]
            if not (after.text[0].islower() or after.text[0].isdigit()):
                continue
        if any(
            written in form.casefold() for row in hit.rows for form in spoken_forms(titles.catalogue.items[row].title)
        ):
            return True
    return False
