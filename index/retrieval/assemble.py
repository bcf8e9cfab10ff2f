"""Puts every channel of a domain around retrieval that was fitted: the same for the agent and its evaluation."""

from dataclasses import replace

from index.build.loading import TextIndex
from index.retrieval.channels.reviews import Meaning, ReviewChannel
from index.retrieval.channels.text import LexicalChannel, TextChannel
from index.retrieval.query import Channel
from index.retrieval.retriever import BehaviourChannel, Matching, Retriever


def listening(
    fitted: Retriever, index: TextIndex, behaviour: BehaviourChannel, written: ReviewChannel | None
) -> Retriever:
    """The retriever with text, words, behaviour and, where there are some, reviews; it answers to words too."""
    text, lexical = TextChannel(index), LexicalChannel(index, fitted.catalogue)
    channels: list[Channel] = [text, lexical, behaviour]
    words: list[Matching] = [text, lexical]
    if written is not None:
        channels, words = [*channels, written], [Meaning(text, written), lexical]
    return replace(fitted, channels=channels, words=words)
