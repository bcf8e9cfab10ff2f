"""Puts every channel of a domain around retrieval that was fitted: the same for the agent and its evaluation."""

from dataclasses import replace

from index.channels import LexicalChannel, TextChannel
from index.loading import TextIndex
from index.query import Channel
from index.retriever import BehaviourChannel, Matching, Retriever
from index.reviewchannel import Meaning, ReviewChannel


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
