"""What a message means: items, wishes and intent, by rules over the words of the catalogue."""

from agent.understanding.forgetting import forget_named
from agent.understanding.lexicon import Lexicon, lexicon_of
from agent.understanding.state_update import text_of
from agent.understanding.understand import Understood, understand

__all__ = ["Lexicon", "Understood", "forget_named", "lexicon_of", "text_of", "understand"]
