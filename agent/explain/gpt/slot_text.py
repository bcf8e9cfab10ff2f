"""A text over slots while it is written: which tokens may come next, when it is whole, and its words at last."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from agent.explain.gpt.slots import EXACT, PEOPLE, SLOTS, SlotPlan
from agent.explain.gpt.word_lists import COMMAS, STOP, Node, WordLists, trie_of

MAX_SENTENCES = 2
MAX_WORDS = 42  # of a text, slots and commas included


@dataclass
class SlotText:
    """A text that is written token after token, of its plan's words and slots alone, each slot at most once.

    `spelled` has the tokens of all words, slots and signs; `end` is the token that ends a text.
    """

    plan: SlotPlan
    lists: WordLists
    spelled: Mapping[str, Sequence[int]]
    end: int
    words: list[str] = field(default_factory=list)
    is_ended: bool = False
    _n_sentences: int = 0
    _node: Node | None = None  # inside a word of several tokens
    _tries: dict[frozenset[str], Node] = field(default_factory=dict)

    def allowed(self) -> frozenset[int]:
        """The tokens that may come next; none where the text cannot go on."""
        if self._node is not None and self._node.word is None:
            return frozenset(self._node.children)
        going_on = frozenset(self._node.children) if self._node else frozenset()
        return going_on | self._next_words()

    def take(self, token: int) -> None:
        """Go on by a token, one of those that are allowed."""
        if self._node is not None and token in self._node.children:
            self._step(self._node.children[token])
            return
        if token == self.end:
            self.is_ended = True
            return
        self._node = None
        self._step(self._root().children[token])

    def is_whole(self) -> bool:
        """Whether the text has ended and says all that it must."""
        return self.is_ended and not self._missing()

    def filled(self) -> str:
        """The text with the exact words in its slots."""
        return fill(self.words, self.plan.fills)

    def _next_words(self) -> frozenset[int]:
        if len(self.words) >= MAX_WORDS:
            return frozenset()
        if self._n_sentences >= MAX_SENTENCES:
            return frozenset((self.end,))
        at_start = not self.words or self.words[-1] == STOP
        ends = frozenset((self.end,)) if at_start and self.words and not self._missing() else frozenset()
        return frozenset(self._root().children) | ends

    def _root(self) -> Node:
        """The trie of the words that may come next."""
        starts, inside = self.lists.allowed(self.plan.parts)
        slots = frozenset(self.plan.fills) - set(self.words)
        if not self.words or self.words[-1] == STOP:
            wanted = starts | slots
        else:
            wanted = inside | slots
            if self.words[-1] not in COMMAS:
                wanted |= {*COMMAS} if len(self.words) > 1 else set()
                wanted |= {STOP} if self._n_sentences + 1 < MAX_SENTENCES or not self._missing() else set()
        if wanted not in self._tries:
            self._tries[wanted] = trie_of(wanted, self.spelled)
        return self._tries[wanted]

    def _step(self, node: Node) -> None:
        if node.word is None:
            self._node = node
            return
        if self._node is not None and self._node.word is not None:
            self.words.pop()  # the word goes on: "fan", "fans"
        self.words.append(node.word)
        self._n_sentences += node.word == STOP
        self._node = node if node.children else None

    def _missing(self) -> frozenset[str]:
        """Slots that are not said yet; with them "people" where the text must tell of other users."""
        said = frozenset(self.words)
        people = frozenset(("people",)) if self.plan.names_people and not PEOPLE & {w.lower() for w in said} else ()
        return (self.plan.required - said) | frozenset(people)


def fill(words: Sequence[str], fills: Mapping[str, str]) -> str:
    """Words, signs and slots as a text, the slots with their exact words."""
    text, begins = "", True
    for word in words:
        said = fills.get(word, word) if word in SLOTS else word
        if begins and word in SLOTS and word not in EXACT:
            said = said[:1].upper() + said[1:]
        text += said if word in (*COMMAS, STOP) else f" {said}"
        begins = word == STOP
    return text.strip()
