"""A simulated user: talks by rules about liked items and about what the target is like, and never names the target.

The target is the item that the user took next. The user says only what may be known of an item that is not yet found:
kinds that many items share, its decade, which shown items are like it, and which items of the history were liked.
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

MIN_FITTING = 50  # items that must fit all hints together, so that no hint points the target out
MAX_LIKED = 20  # newest liked events that are talked of
MAX_NAMED, MAX_SEEN = 3, 2
NEAR, FAR = 0.7, 0.2  # similarity to the target from which a shown item is praised, or up to which it is disliked
LIKED = 0.7  # share of the way up a user's own scale from which a value is a like
SHARE_BARRED = 0.3  # share of the shown items of a kind that the target lacks, from which that kind is excluded
MIN_LETTERS = 6  # shorter titles are looked for as whole words only

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
    """What may be said of the target: a kind or decade that it has, or (not `wanted`) a kind that it lacks."""

    wish: Constraint
    wanted: bool

    def mask(self, catalogue: Catalogue) -> Mask:
        """By row, whether an item fits the hint."""
        found = columns_of(catalogue).satisfying(self.wish)
        return found if self.wanted else ~found

    def fits(self, item: Item) -> bool:
        """Whether an item fits the hint."""
        return holds(self.wish, item) == self.wanted


@dataclass(frozen=True)
class UserProfile:
    """A user of the data: the history, oldest event first, and the item that the user took next, the target."""

    user: str
    history: History
    target: Item


@dataclass
class SimulatedUser:
    """One talk of one user; the same profile and seed give the same utterances to the same lists."""

    profile: UserProfile
    catalogue: Catalogue
    seed: int
    min_fitting: int = MIN_FITTING
    named: dict[str, int] = field(default_factory=dict)  # rows of the items that were named, by name
    said: list[Hint] = field(default_factory=list)
    tried: list[Hint] = field(default_factory=list)  # with those whose words would name the target

    def __post_init__(self) -> None:
        self.random = random.Random(
            f"{self.seed} {self.profile.user}"
        )  # the hash of a text is the same on every machine
        self.forms = forms_of(self.profile.target)
        self.values = dict(zip(self.profile.history.rows.tolist(), self.profile.history.values.tolist(), strict=True))
        self.fitting = self.catalogue.available.copy()

    def opening(self) -> str:
        """The first utterance: one to three liked items, or a plain question where there are none."""
        titles = list(self._liked(self.random.randint(1, MAX_NAMED)))
        return (self._said(OPENINGS, enumerate_titles(titles)) if titles else "") or self._said((*EMPTY_HANDED, *NEXT))

    def answer(self, shown: Sequence[str]) -> str:
        """The utterance after a list of ids that lacks the target: likes and dislikes of shown items, then a hint."""
        items = [self.catalogue.item(item_id) for item_id in shown if item_id in self.catalogue.row_of]
        parts = list(self._seen(items)) + list(self._judged(items))
        hint = self._next_hint(items)
        wanted = self._spoken(hint) if hint else ""
        if not wanted:
            wanted = "".join(self._said(ALSO, title) for title in self._liked(1))
        following = self._said(NEXT)
        text = " ".join(part for part in (*parts, wanted, following) if part)
        return following if self._tells(text) else text  # a title may also arise where two sentences meet

    def _liked(self, n: int) -> Iterator[str]:
        """Names of at most `n` of the newest liked items that were not named yet."""
        rows = [
            row for row in liked_rows(self.profile.history)[-MAX_LIKED:] if self._may_name(self.catalogue.items[row])
        ]
        for row in self.random.sample(rows, min(n, len(rows))):
            yield self._name(self.catalogue.items[row])

    def _seen(self, items: Sequence[Item]) -> Iterator[str]:
        """Shown items of the history, and whether they were liked."""
        bound = liked_from(self.profile.history)
        seen = [item for item in items if self.catalogue.row_of[item.item_id] in self.values and self._may_name(item)]
        for item in seen[:MAX_SEEN]:
            value = self.values[self.catalogue.row_of[item.item_id]]
            yield self._said(SEEN_DISLIKED if value < bound else SEEN_LIKED, self._name(item))

    def _judged(self, items: Sequence[Item]) -> Iterator[str]:
        """The shown item most like the target if it is near, and the one least like it if it is far."""
        known = [(similarity(item, self.profile.target), item) for item in items if self._may_name(item)]
        judged = [(like, item) for like, item in known if like is not None]
        if not judged:
            return
        best, worst = max(judged, key=lambda each: each[0]), min(judged, key=lambda each: each[0])
        if best[0] >= NEAR:
            yield self._said(PRAISE, self._name(best[1]))
        if worst[0] <= FAR:
            yield self._said(BLAME, self._name(worst[1]))

    def _next_hint(self, items: Sequence[Item]) -> Hint | None:
        """The new hint that the fewest shown items fit, among those after which many items still fit all hints."""
        choices = [hint for hint in self._hints(items) if hint not in self.tried and self._is_vague(hint)]
        self.random.shuffle(choices)
        return min(choices, key=lambda hint: sum(hint.fits(item) for item in items)) if choices else None

    def _hints(self, items: Sequence[Item]) -> list[Hint]:
        target = self.profile.target
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
        return min(int(shared.sum()), int(left.sum())) >= self.min_fitting

    def _spoken(self, hint: Hint) -> str:
        """The hint in words, remembered as given; empty where the words would name the target."""
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
        return (
            item.item_id != self.profile.target.item_id and item.name not in self.named and not self._tells(item.name)
        )

    def _name(self, item: Item) -> str:
        self.named[item.name] = self.catalogue.row_of[item.item_id]
        return item.name

    def _said(self, templates: Sequence[str], *values: str) -> str:
        """A template at random that does not name the target, filled; "" where all would name it."""
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
    """Whether a text holds one of the forms of a title: as whole words, a longer one anywhere."""
    plain_text, words = " ".join(text.casefold().split()), f" {_words(text)} "
    for form in forms:
        plain = _words(form)
        if plain and f" {plain} " in words:
            return True
        if form in plain_text and (len(form) >= MIN_LETTERS or not plain):
            return True
    return False


def similarity(item: Item, target: Item) -> float | None:
    """Mean similarity of two items in kinds (Jaccard) and years, 0 to 1; None where neither is known of both."""
    parts: list[float] = []
    if item.categories and target.categories:
        own, other = set(item.categories), set(target.categories)
        parts.append(len(own & other) / len(own | other))
    years = item.value("year"), target.value("year")
    if isinstance(years[0], int | float) and isinstance(years[1], int | float):
        parts.append(max(0.0, 1 - abs(years[0] - years[1]) / 20))
    return float(np.mean(parts)) if parts else None


def liked_from(history: History) -> float:
    """The value from which an event is a like: LIKED of the way up the user's own values; -inf without values."""
    known = history.values[~np.isnan(history.values)]
    return float(known.min() + LIKED * (known.max() - known.min())) if len(known) else -np.inf


def liked_rows(history: History) -> list[int]:
    """Rows of liked items, oldest first; an event without a value counts as a like."""
    disliked = history.values < liked_from(history)
    return [int(row) for row in history.rows[~disliked]]


def enumerate_titles(titles: Sequence[str]) -> str:
    """Titles in a sentence: "A, B and C"."""
    return " and ".join(filter(None, (", ".join(titles[:-1]), *titles[-1:])))


def spoken_decade(decade: object) -> str:
    """1990 as "90", but whole years before 1920 and from 2000 on, where two digits would be ambiguous."""
    whole = int(str(decade))
    return str(whole - 1900) if 1920 <= whole < 2000 else str(whole)


def _words(text: str) -> str:
    """A text without case and punctuation, one blank between words."""
    return " ".join("".join(letter if letter.isalnum() else " " for letter in text.casefold()).split())
