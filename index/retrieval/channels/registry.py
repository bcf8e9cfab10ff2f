"""The channels that propose candidates, and the matchers of the user's text: a new one is a file and a line here."""

from index.data.domain import Catalogue
from index.retrieval.channels.behaviour import BehaviourChannel
from index.retrieval.channels.lexical import LexicalChannel
from index.retrieval.channels.reviews import ReviewChannel, SemanticMatcher
from index.retrieval.channels.text import TextChannel
from index.retrieval.query import Channel, TextMatcher
from index.retrieval.text_index import TextIndex


def make_channels(
    index: TextIndex, catalogue: Catalogue, behaviour: BehaviourChannel, reviews: ReviewChannel | None
) -> tuple[tuple[Channel, ...], tuple[TextMatcher, ...]]:
    """All channels propose; the user's text is matched in meaning (item texts and reviews, the better) and by BM25."""
    text, lexical = TextChannel(index), LexicalChannel(index, catalogue)
    if reviews is None:
        return (text, lexical, behaviour), (text, lexical)
    return (text, lexical, behaviour, reviews), (SemanticMatcher(text, reviews), lexical)
