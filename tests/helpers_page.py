"""A small catalogue of films, one of them hostile, and an agent of a few lines to drive the page with."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from agent.constraints import Relaxed, State, holds
from agent.explain.evidence import Evidence, FromAttribute, FromConstraint, FromHistory, FromReview, Reason
from agent.language.constraint_text import describe_wish
from agent.recommendation import AspectSentiment, RankerCard, Recommendation, Reply, Sentiment
from agent.request import Request
from index.data.domain import Catalogue, Domain, Histories
from index.data.records import History, Item
from index.errors import MendableError

HOSTILE = "<script>alert(1)</script> <img src=x onerror=alert(2)> ${alert(3)} {{this}} (1999)"
SENTIMENT = Sentiment(
    0.42,
    128,
    tuple(
        AspectSentiment(name, score, n)
        for name, score, n in (
            ("plot", 0.8, 61),
            ("special effects", 0.35, 40),
            ("dialogue", -0.6, 22),
            ("pace", 0.02, 9),
            ("soundtrack of an uncommonly long name", -1.0, 1),
        )
    ),
    FromReview("r1", "The plot kept me awake all night, and I would see it again."),
    FromReview("r2", "<b>Terrible</b> dialogue, I left after ten minutes."),
)
_FILMS = (
    ("Star Wars (1977)", "Action|Adventure|Sci-Fi"),
    ("Alien (1979)", "Horror|Sci-Fi"),
    ("Empire Strikes Back, The (1980)", "Action|Adventure|Sci-Fi"),
    ("Blade Runner (1982)", "Film-Noir|Sci-Fi"),
    ("Terminator, The (1984)", "Action|Sci-Fi|Thriller"),
    ("Aliens (1986)", "Action|Sci-Fi|War"),
    ("When Harry Met Sally... (1989)", "Comedy|Romance"),
    ("Silence of the Lambs, The (1991)", "Drama|Thriller"),
    ("Terminator 2: Judgment Day (1991)", "Action|Sci-Fi|Thriller"),
    ("Groundhog Day (1993)", "Comedy|Romance"),
    ("Nightmare Before Christmas, The (1993)", "Children|Comedy|Musical"),
    ("Pulp Fiction (1994)", "Crime|Drama"),
    ("Clerks (1994)", "Comedy"),
    ("Shawshank Redemption, The (1994)", "Drama"),
    ("Toy Story (1995)", "Animation|Children|Comedy"),
    ("Twelve Monkeys (1995)", "Drama|Sci-Fi"),
    ("Fargo (1996)", "Crime|Drama|Thriller"),
    ("Contact (1997)", "Drama|Sci-Fi"),
    ("Gattaca (1997)", "Drama|Sci-Fi|Thriller"),
    ("Men in Black (1997)", "Action|Adventure|Comedy|Sci-Fi"),
    (HOSTILE, "Comedy|Sci-Fi"),
)


def small_domain() -> Domain:
    """Twenty-one films, and two people who had two of them each."""
    items = tuple(
        Item(str(n), title, None, tuple(kinds.split("|")), {"year": int(title[-5:-1])})
        for n, (title, kinds) in enumerate(_FILMS, start=1)
    )
    had = [History(np.array(rows, np.int64), np.array([5, 4], np.float32)) for rows in ([0, 1], [6, 0])]
    return Domain("small films", Catalogue(items), Histories.of(("42", "7"), had), "0" * 64)


@dataclass(frozen=True)
class FakeAgent:
    """Ranks by categories shared with what was liked, and cannot answer two people: one mends it, one finds a bug."""

    domain: Domain

    def reword(self, reply: Reply) -> Iterator[Reply]:
        """No language model words the reasons."""
        return iter(())

    def recommend(self, request: Request) -> Reply:
        """The best items that keep the hard wishes; where none does, the wishes are given up."""
        if request.user == "full disk":
            raise MendableError("cannot write (No space left on device)", "/var", "Free some space")
        if request.user == "mistake":
            raise ValueError("a mistake of ours")
        had = {self.domain.catalogue.ids[row] for row in request.history.rows.tolist()}
        free = [
            item
            for item in self.domain.catalogue.items
            if item.item_id not in had | request.state.judged_ids | request.shown
        ]
        kept = [item for item in free if _keeps(item, request.state)]
        anchors = [self.domain.catalogue.item(each) for each in (*sorted(had), *request.state.liked)]
        best = sorted(kept or free, key=lambda item: (-sum(_shared(item, each) for each in anchors), int(item.item_id)))
        shown = tuple(
            _recommended(n, item, anchors, request.state) for n, item in enumerate(best[: request.k], start=1)
        )
        relaxed = () if kept else tuple(Relaxed(wish, "no film is that new.") for wish in request.state.must)
        timing = {"understand": 1.2, "retrieve": 3.4, "rank": 21.0, "explain": 2.0, "total": 27.6}
        card = RankerCard("bert", "all-MiniLM-L6-v2", "movielens-100k-bert", "0123456789abcdef" * 4)
        return Reply(self.domain.name, request.user, card, request.state, shown, relaxed, timing_ms=timing)


def _keeps(item: Item, state: State) -> bool:
    return all(holds(wish, item) for wish in state.must) and not any(holds(wish, item) for wish in state.must_not)


def _shared(item: Item, other: Item) -> int:
    return len(set(item.categories) & set(other.categories))


def _recommended(rank: int, item: Item, anchors: Sequence[Item], state: State) -> Recommendation:
    wishes = tuple(FromConstraint(describe_wish(wish)) for wish in state.must)
    sentiment = SENTIMENT if "Sci-Fi" in item.categories else None
    if not anchors:
        return Recommendation(rank, item, 1.0 / rank, Reason("Many people know it.", wishes), sentiment)
    close = max(anchors, key=lambda each: _shared(item, each))
    shared = tuple(FromAttribute("categories", kind) for kind in item.categories if kind in close.categories)
    evidence: tuple[Evidence, ...] = (FromHistory(close.item_id), *shared, *wishes)
    return Recommendation(rank, item, 1.0 / rank, Reason(f"It is close to {close.name}.", evidence), sentiment)
