"""A simulated user: talks by rules about what they had and what the next thing is like, never naming that thing.

They have in mind one item, the target, and say only what somebody may know of a thing that they have not found: kinds
that many items share, its decade, which shown items come near it, what they liked before.
"""

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from agent.constraints import Constraint, holds
from agent.filters import columns_of
from agent.language.spoken_titles import spoken_forms
from index.data.domain import Catalogue
from index.data.records import History, Item, bare_title
from index.types import Mask

MIN_FITTING = 50  # items that all that was said of the target must fit: nothing that is said points it out
NEWEST = 20  # liked events of a history that are talked of
MAX_NAMED, MAX_SEEN = 3, 2
NEAR, FAR = 0.7, 0.2  # likeness to the target from which a shown item is praised, or up to which it is not liked
LIKED = 0.7  # of the way up somebody's own scale
SHARE_BARRED = 0.3  # of the shown items with a kind that the target lacks, from which that kind is complained of
SHORT = 6  # letters: shorter titles are looked for as whole words only

OPENINGS = (
    "I loved {liked}. What should I watch next?",
    "My favourites are {liked}.",
    "I really enjoyed {liked}. Any suggestions?",
    "Lately I liked {liked}. What else is there for me?",
    "I am a fan of {liked}.",
)
EMPTY_HANDED = ("What do you suggest?", "Can you recommend me something?", "Recommend me anything.")
NEXT = ("Show me something else.", "What else is there?", "More, please.", "Anything else?", "Next, please.")
PRAISE = ("I like {}.", "More like {}.", "Something like {}.")
BLAME = ("I did not like {}.", "I don't like {}.")
SEEN_LIKED = ("I have already seen {} and liked it.", "I have seen {}, it was great.")
SEEN_DISLIKED = ("I have seen {}, it was boring.", "I did not like {}.")
ALSO = ("I also liked {}.", "I enjoyed {}, too.")
KINDS = ("I am in the mood for {}.", "Rather some {}, please.", "I'd like something in {}.", "I'd like {}.")
DECADES = ("Something from the {}s, please.", "I'd like something from the {}s.", "Rather something from the {}s.")
BARRED = ("No {}, please.", "I don't want {}.", "But no {}.")


@dataclass(frozen=True, slots=True)
class Hint:
    """What may be said of the target: a kind or decade that it is of, or (not `wanted`) a kind that it is not of."""

    wish: Constraint
    wanted: bool

    def mask(self, catalogue: Catalogue) -> Mask:
        """By row, the items that the hint fits."""
        found = columns_of(catalogue).satisfying(self.wish)
        return found if self.wanted else ~found

    def fits(self, item: Item) -> bool:
        """Whether the hint fits an item."""
        return holds(self.wish, item) == self.wanted


@dataclass(frozen=True)
class Mind:
    """What a simulated user knows: what they had before (oldest first) and the item that they took next."""

    user: str
    history: History
    target: Item


@dataclass
class SimulatedUser:
    """One talk of one user; the same mind and seed say the same to the same lists."""

    mind: Mind
    catalogue: Catalogue
    seed: int
    least_fitting: int = MIN_FITTING
    named: dict[str, int] = field(default_factory=dict)  # rows of the items that they spoke of, by name
    said: list[Hint] = field(default_factory=list)
    tried: list[Hint] = field(default_factory=list)  # those too whose words would name the target

    def __post_init__(self) -> None:
        self.random = random.Random(f"{self.seed} {self.mind.user}")  # a text is hashed the same everywhere
        self.forms = forms_of(self.mind.target)
        self.values = dict(zip(self.mind.history.rows.tolist(), self.mind.history.values.tolist(), strict=True))
        self.fitting = self.catalogue.available.copy()

    def opening(self) -> str:
        """The first message: one to three things that they liked, or a plain question where they have none."""
        titles = list(self._liked(self.random.randint(1, MAX_NAMED)))
        return (self._said(OPENINGS, joined(titles)) if titles else "") or self._said((*EMPTY_HANDED, *NEXT))

    def answer(self, shown: Sequence[str]) -> str:
        """What they say to a list of ids that lacks the target: what is near it or far from it, then what they want."""
        items = [self.catalogue.item(item_id) for item_id in shown if item_id in self.catalogue.row_of]
        parts = list(self._seen(items)) + list(self._judged(items))
        hint = self._next_hint(items)
        wanted = self._spoken(hint) if hint else ""
        if not wanted:
            wanted = "".join(self._said(ALSO, title) for title in self._liked(1))
        following = self._said(NEXT)
        text = " ".join(part for part in (*parts, wanted, following) if part)
        return following if self._tells(text) else text  # titles may also arise where two sentences meet

    def _liked(self, n: int) -> Iterator[str]:
        """Titles of at most `n` of the newest things that they liked and have not named."""
        rows = [row for row in liked_rows(self.mind.history)[-NEWEST:] if self._may_name(self.catalogue.items[row])]
        for row in self.random.sample(rows, min(n, len(rows))):
            yield self._name(self.catalogue.items[row])

    def _seen(self, items: Sequence[Item]) -> Iterator[str]:
        """Shown things that they had, and how those were."""
        bound = liked_from(self.mind.history)
        had = [item for item in items if self.catalogue.row_of[item.item_id] in self.values and self._may_name(item)]
        for item in had[:MAX_SEEN]:
            value = self.values[self.catalogue.row_of[item.item_id]]
            yield self._said(SEEN_DISLIKED if value < bound else SEEN_LIKED, self._name(item))

    def _judged(self, items: Sequence[Item]) -> Iterator[str]:
        """The shown thing most like the target where it is near, and the one least like it where that is far."""
        known = [(likeness(item, self.mind.target), item) for item in items if self._may_name(item)]
        judged = [(like, item) for like, item in known if like is not None]
        if not judged:
            return
        best, worst = max(judged, key=lambda each: each[0]), min(judged, key=lambda each: each[0])
        if best[0] >= NEAR:
            yield self._said(PRAISE, self._name(best[1]))
        if worst[0] <= FAR:
            yield self._said(BLAME, self._name(worst[1]))

    def _next_hint(self, items: Sequence[Item]) -> Hint | None:
        """The hint not yet given that fewest shown items fit, so long as what was said still fits many items."""
        choices = [hint for hint in self._hints(items) if hint not in self.tried and self._is_vague(hint)]
        self.random.shuffle(choices)
        return min(choices, key=lambda hint: sum(hint.fits(item) for item in items)) if choices else None

    def _hints(self, items: Sequence[Item]) -> list[Hint]:
        target = self.mind.target
        hints = [Hint(Constraint("categories", "=", kind), True) for kind in target.categories]
        decade = target.value("decade")
        if isinstance(decade, int):
            hints.append(Hint(Constraint("decade", "=", decade), True))
        others = dict.fromkeys(kind for item in items for kind in item.categories if kind not in target.categories)
        barred = [Hint(Constraint("categories", "=", kind), False) for kind in others]
        most = (1 - SHARE_BARRED) * len(items)
        return hints + [hint for hint in barred if target.categories and sum(map(hint.fits, items)) <= most]

    def _is_vague(self, hint: Hint) -> bool:
        shared = columns_of(self.catalogue).satisfying(hint.wish) & self.catalogue.available
        left = hint.mask(self.catalogue) & self.fitting
        return min(int(shared.sum()), int(left.sum())) >= self.least_fitting

    def _spoken(self, hint: Hint) -> str:
        """The hint in words, remembered as said; empty where the words would name the target."""
        if hint.wish.field == "decade":
            text = self._said(DECADES, spoken_decade(hint.wish.value))
        else:
            text = self._said(KINDS if hint.wanted else BARRED, str(hint.wish.value).lower())
        self.tried.append(hint)
        if text:
            self.said.append(hint)
            self.fitting &= hint.mask(self.catalogue)
        return text

    def _may_name(self, item: Item) -> bool:
        return item.item_id != self.mind.target.item_id and item.name not in self.named and not self._tells(item.name)

    def _name(self, item: Item) -> str:
        self.named[item.name] = self.catalogue.row_of[item.item_id]
        return item.name

    def _said(self, templates: Sequence[str], *values: str) -> str:
        """One of the templates at random, filled; the next that does not name the target, "" where all would."""
        order = self.random.sample(templates, len(templates))
        texts = (template.format(*values, liked=values[0] if values else "") for template in order)
        return next((text for text in texts if not self._tells(text)), "")

    def _tells(self, text: str) -> bool:
        return tells(text, self.forms)


def forms_of(item: Item) -> tuple[str, ...]:
    """The ways to write an item's title, as `tells` compares them."""
    forms = (item.title, item.name, bare_title(item.title), bare_title(item.name), *spoken_forms(item.title))
    return tuple(dict.fromkeys(" ".join(form.casefold().split()) for form in forms if form.strip()))


def tells(text: str, forms: Iterable[str]) -> bool:
    """Whether a text has one of the forms of a title in it: as whole words, a longer one anywhere."""
    folded, words = " ".join(text.casefold().split()), f" {_words(text)} "
    for form in forms:
        plain = _words(form)
        if plain and f" {plain} " in words:
            return True
        if form in folded and (len(form) >= SHORT or not plain):
            return True
    return False


def likeness(item: Item, target: Item) -> float | None:
    """From 0 to 1 how alike two items are in kinds (Jaccard) and decade; None where nothing of both is known."""
    parts: list[float] = []
    if item.categories and target.categories:
        own, other = set(item.categories), set(target.categories)
        parts.append(len(own & other) / len(own | other))
    years = item.value("year"), target.value("year")
    if isinstance(years[0], int | float) and isinstance(years[1], int | float):
        parts.append(max(0.0, 1 - abs(years[0] - years[1]) / 20))
    return float(np.mean(parts)) if parts else None


def liked_from(history: History) -> float:
    """The value from which somebody liked a thing: LIKED of the way up what they gave; -inf where they gave none."""
    known = history.values[~np.isnan(history.values)]
    return float(known.min() + LIKED * (known.max() - known.min())) if len(known) else -np.inf


def liked_rows(history: History) -> list[int]:
    """Rows of what somebody liked, oldest first; an event without a value counts as liked."""
    disliked = history.values < liked_from(history)
    return [int(row) for row in history.rows[~disliked]]


def joined(titles: Sequence[str]) -> str:
    """Titles as they are said one after the other."""
    return " and ".join(filter(None, (", ".join(titles[:-1]), *titles[-1:])))


def spoken_decade(decade: object) -> str:
    """1990 as "90", where that cannot be mistaken: as whole years before 1920 and from 2000 on."""
    whole = int(str(decade))
    return str(whole - 1900) if 1920 <= whole < 2000 else str(whole)


def _words(text: str) -> str:
    """A text without case and signs, one blank between words."""
    return " ".join("".join(letter if letter.isalnum() else " " for letter in text.casefold()).split())
