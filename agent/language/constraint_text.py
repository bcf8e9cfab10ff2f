"""Says a wish in words: "newer than 1990", "no horror", "from the 1980s"."""

from collections.abc import Iterable, Iterator, Sequence

from agent.constraints import Constraint, Joined, Wish
from agent.numbers import number_of
from index.data.records import ASPECT, Value

_YEAR = {
    "<": "older than {}",
    "<=": "up to {}",
    ">": "newer than {}",
    ">=": "from {} on",
    "=": "from {}",
    "in": "from {}",
}
_NUMBER = {"<": "under {}", "<=": "at most {}", ">": "over {}", ">=": "at least {}", "=": "of {}", "in": "of {}"}
_OF = {
    "director": "directed by {}",
    "directors": "directed by {}",
    "writer": "written by {}",
    "writers": "written by {}",
    "author": "by {}",
    "authors": "by {}",
    "brand": "by {}",
    "artist": "by {}",
    "cast": "with {}",
    "actors": "with {}",
    "actor": "with {}",
    "stars": "with {}",
    "country": "from {}",
    "language": "in {}",
}


def join_words(parts: Iterable[str], last: str = "and") -> str:
    """Parts as they are said: "a", "a and b", "a, b and c"."""
    each = list(parts)
    return each[0] if len(each) == 1 else f"{', '.join(each[:-1])} {last} {each[-1]}" if each else ""


def describe_wish(wish: Wish) -> str:
    """A wish in words, as something that an item is."""
    if isinstance(wish, Constraint):
        return _one(wish)
    if wish.how == "any":
        names = list(dict.fromkeys(str(part.value) for part in wish.parts))
        if len(names) < len(wish.parts):  # one name in several fields
            return join_words(names, "or")
        return join_words((_one(part) for part in wish.parts), "or")
    values = [part for part in wish.parts if part.field == "categories"]
    others = [part for part in wish.parts if part.field != "categories"]
    return " ".join(filter(None, (join_words(_one(part) for part in values), join_words(describe_wishes(others)))))


def describe_exclusion(wish: Wish) -> str:
    """A wish that must not hold, in words."""
    parts = wish.parts if isinstance(wish, Joined) else (wish,)
    named = any(part.field in ("categories", "title", "text") for part in parts)
    return f"{'no' if named else 'nothing'} {describe_wish(wish)}"


def describe_wishes(wishes: Sequence[Wish]) -> tuple[str, ...]:
    """Each wish in words; a lower and an upper bound on one field are said as one."""
    return tuple(text for text, _ in group_wishes(wishes))


def group_wishes(wishes: Sequence[Wish]) -> Iterator[tuple[str, tuple[Wish, ...]]]:
    """The words of wishes and the wishes that they stand for: two for a range, one otherwise."""
    left = list(wishes)
    while left:
        wish = left.pop(0)
        other = next((each for each in left if _is_range(wish, each)), None)
        if other is None:
            yield describe_wish(wish), (wish,)
        else:
            left.remove(other)
            yield _range(wish, other), (wish, other)


def _one(wish: Constraint) -> str:
    if wish.field == "categories":
        return join_words((part.lower() for part in _parts(wish.value)), "or")
    if wish.field == "year":
        return _YEAR.get(wish.op, "from {}").format(_number(wish.value))
    if wish.field == "decade":
        return f"from the {_number(wish.value)}s"
    if wish.field == "text":
        return f"about {wish.value}"
    if wish.field == "title":
        return str(wish.value)
    if wish.field.startswith(ASPECT):
        return _aspect(wish)
    if isinstance(wish.value, str | tuple):
        value = join_words(_parts(wish.value), "or")
        return _OF.get(wish.field, f"{field_words(wish.field)} {{}}").format(value)
    return f"{field_words(wish.field)} {_NUMBER.get(wish.op, 'of {}').format(_number(wish.value))}"


def _aspect(wish: Constraint) -> str:
    """What reviews must say of an aspect, in words."""
    name, good = wish.field.removeprefix(ASPECT), number_of(wish.value) or 0.0
    if wish.op.startswith(">"):
        return f"good {name}" if good > 0 else f"no bad {name}"
    return f"bad {name}" if good < 0 else f"no good {name}"


def field_words(name: str) -> str:
    """The name of a field as it is said."""
    return name.replace("_", " ")


def _parts(value: Value) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else (str(value),)


def _number(value: Value) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _is_range(a: Wish, b: Wish) -> bool:
    if isinstance(a, Joined) or isinstance(b, Joined) or a.field != b.field:
        return False
    return {a.op[0], b.op[0]} == {"<", ">"}


def _range(a: Wish, b: Wish) -> str:
    low, high = sorted((each for each in (a, b) if isinstance(each, Constraint)), key=lambda each: each.op[0] != ">")
    start, end = low.value, high.value
    inclusive = low.op == ">=" and high.op == "<="
    if low.field == "year" and inclusive and isinstance(start, int) and isinstance(end, int):
        if start % 10 == 0 and end == start + 9:
            return f"from the {start}s"
        return f"from {start} to {end}"
    if low.field == "year":
        return f"{_one(low)} and {_one(high)}"
    name = field_words(low.field)
    return f"{name} from {_number(start)} to {_number(end)}" if inclusive else f"{_one(low)} and {_one(high)}"
