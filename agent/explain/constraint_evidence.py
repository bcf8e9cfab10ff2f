"""Which constraints of a talk an item satisfies, in the words in which a reason may cite them."""

from agent.constraints import Constraint, State, Wish, holds
from agent.language.constraint_text import describe_exclusion, group_wishes
from index.data.records import Item

_UNNAMED = frozenset(("title", "text"))  # a constraint on these would name what is no evidence


def met_wishes(state: State, item: Item) -> tuple[str, ...]:
    """The constraints of a talk that an item satisfies, in words: what must be, what must not, the soft ones."""
    wanted = [text for text, wishes in group_wishes(_citable(state.must)) if all(holds(w, item) for w in wishes)]
    unwanted = [describe_exclusion(wish) for wish in _citable(state.must_not) if not holds(wish, item)]
    soft = [text for text, wishes in group_wishes(_citable(state.prefer)) if all(holds(w, item) for w in wishes)]
    return tuple(dict.fromkeys((*wanted, *unwanted, *soft)))


def _citable(wishes: tuple[Wish, ...]) -> list[Wish]:
    return [wish for wish in wishes if not (isinstance(wish, Constraint) and wish.field in _UNNAMED)]
