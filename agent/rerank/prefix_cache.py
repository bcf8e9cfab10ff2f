"""Keeps what was computed of the last few histories: the next turn of a talk pays for new events only."""

from collections.abc import Callable, Sequence

from agent.rerank.packed_scoring import Prefix


class PrefixCache:
    """The prefixes of the last few histories, each by its tokens: one that grows is extended, not computed anew."""

    def __init__(self, causal: bool = True, most: int = 4) -> None:
        self._causal, self._most = causal, most
        self._read: list[tuple[tuple[object, ...], Prefix]] = []
        self.tokens_read = 0  # in all

    def clear(self) -> None:
        """Forget all prefixes, as must be when the model's tensors have changed."""
        self._read = []

    def prefix(self, tokens: Sequence[object], read_on: Callable[[int, Prefix], Prefix]) -> Prefix:
        """The prefix of all tokens; `read_on(known, prefix)` extends the prefix by those from place `known` on."""
        wanted = tuple(tokens)
        known, prefix = self._longest(wanted)
        if known < len(wanted):
            prefix = read_on(known, prefix)
            self.tokens_read += len(wanted) - known
        self._read = [(wanted, prefix), *(each for each in self._read if each[0] != wanted)][: self._most]
        return prefix

    def _longest(self, wanted: tuple[object, ...]) -> tuple[int, Prefix]:
        """How many of the first tokens are cached, and their prefix; the last one is computed for its state."""
        best, found = 0, Prefix()
        for old, prefix in self._read:
            if old == wanted:
                return len(wanted), prefix
            same = next(
                (n for n, (a, b) in enumerate(zip(old, wanted, strict=False)) if a != b), min(len(old), len(wanted))
            )
            same = min(same, len(wanted) - 1) if self._causal else 0
            if same > best:
                best, found = same, prefix.cut(same)
        return best, found
