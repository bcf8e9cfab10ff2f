"""A text over slots while it is written: which tokens may come next, when it is whole, and its words at last."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from agent.explain.gpt.slots import EXACT, SLOTS, SlotPlan
from agent.explain.gpt.word_table import END, SEMICOLON, SIGNS, STOP, Node, Place, WordTable, capital, trie_of

MAX_SENTENCES = 2
MAX_WORDS = 45  # of a text, slots and signs included


@dataclass
class SlotText:
    """A text that is written token after token: one part of its plan after another, each slot at most once.

    `spelled` has the tokens of all words, slots and signs; `end` is the token that ends a text.
    """

    plan: SlotPlan
    table: WordTable
    spelled: Mapping[str, Sequence[int]]
    end: int
    words: list[str] = field(default_factory=list)
    is_ended: bool = False
    _part: int = 0  # the place of the part that is being said
    _place: Place = field(default_factory=Place)  # in that part
    _node: Node | None = None  # inside a word of several tokens, or at the end of one that may go on

    def allowed(self) -> frozenset[int]:
        """The tokens that may come next; none where the text cannot go on."""
        going_on = frozenset(self._node.children) if self._node is not None else frozenset()
        if self._node is not None and self._node.word is None:
            return going_on
        return going_on | self._next_tokens()

    def take(self, token: int) -> None:
        """Go on by a token, one of those that are allowed."""
        if self._node is not None and token in self._node.children:
            if self._node.word is not None:  # the word goes on: "fan", "fans"
                self._node.word = None
            self._node = self._node.children[token]
            return
        self._settle()
        if token == self.end:
            self.is_ended = True
            return
        self._node = trie_of(self._next_words(), self.spelled).children[token]

    def is_whole(self) -> bool:
        """Whether the text has ended and says all that it must."""
        return self.is_ended and self.plan.required <= set(self.words)

    def filled(self) -> str:
        """The text with the exact words in its slots."""
        return fill(self.words, self.plan.fills)

    def _next_tokens(self) -> frozenset[int]:
        words, part, place, node = list(self.words), self._part, self._place, self._node
        self._settle()
        found = frozenset(trie_of(self._next_words(), self.spelled).children)
        is_over = self._part == len(self.plan.parts)
        self.words, self._part, self._place, self._node = words, part, place, node
        return frozenset((self.end,)) if is_over else found

    def _settle(self) -> None:
        """Note the word that was spelled last."""
        if self._node is None or self._node.word is None:
            return
        word, self._node = self._node.word, None
        self.words.append(word)
        if word in (STOP, SEMICOLON):  # they end a part: none has one inside
            self._part, self._place = self._part + 1, Place()
        else:
            self._place = self._place.after(word if word in SLOTS else word.lower())

    def _next_words(self) -> Iterator[str]:
        """The words that may come next: of the part that is being said, or the sign between two parts."""
        if self._part == len(self.plan.parts) or len(self.words) >= MAX_WORDS:
            return
        at_start = not self.words or self.words[-1] == STOP
        earlier = set(self.words) - self._place.said
        ways = self.table.ways(self.plan.parts[self._part], frozenset(self.plan.fills) - earlier)
        for word in sorted(ways.get(self._place, ())):
            if word == END:
                yield from self._joints()
            else:
                yield capital(word) if at_start and word not in SLOTS else word

    def _joints(self) -> Iterator[str]:
        """What may stand between this part and the next: the last of the sentences has all that is left."""
        is_last = self._part + 1 == len(self.plan.parts)
        if is_last or self.words.count(STOP) + 1 < MAX_SENTENCES:
            yield STOP
        if not is_last:
            yield SEMICOLON


def fill(words: Sequence[str], fills: Mapping[str, str]) -> str:
    """Words, signs and slots as a text, the slots with their exact words."""
    text, begins = "", True
    for word in words:
        said = fills.get(word, word) if word in SLOTS else word
        if begins and word in SLOTS and word not in EXACT:
            said = capital(said)
        text += said if word in SIGNS else f" {said}"
        begins = word == STOP
    return text.strip()
