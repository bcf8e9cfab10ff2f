"""Joins what the punctuation of a title had parted: "I loved Mars Attacks! and Heat" is one sentence."""

from dataclasses import replace

from agent.language.tokens import Message
from agent.understanding.title_index import LONGEST, TitleIndex, spoken_forms


def rejoin_sentences(message: Message, titles: TitleIndex) -> Message:
    """The message without ends of sentences that are inside of a title, or are its last sign before a small word."""
    breaks = [n for n, token in enumerate(message.tokens) if token.starts and n]
    gone = {n for n in breaks for at in range(max(0, n - LONGEST), n) if _spans(message, titles, at, n)}
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
    """Whether a title that begins at word `start`, with its own signs, reaches over the end before word `end`."""
    words = tuple(token.word for token in message.tokens[start : start + LONGEST])
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
