"""A shelf of films to talk about, and an agent of a few lines that recommends the first that are allowed."""

from collections.abc import Iterator, Sequence

import numpy as np

from agent.constraints import State
from agent.explain.evidence import Ground, Reason
from agent.explain.explainer import Explained, explain_list
from agent.explain.plan import Asked
from agent.filters import allowed_rows
from agent.recommendation import RankerCard, Recommendation, Reply
from agent.request import Request
from agent.understanding import Lexicon, lexicon_of
from index.data.domain import Catalogue, Domain, Histories
from index.data.records import History, Item, Value
from index.types import Rows


def film(item_id: str, title: str, year: int | None, *categories: str, **attributes: Value) -> Item:
    """A film whose year stands in its title, as MovieLens writes it."""
    own: dict[str, Value] = {"year": year} if year is not None else {}
    return Item(item_id, f"{title} ({year})" if year else title, None, categories, {**own, **attributes})


FILMS = (
    film("1", "Star Wars", 1977, "Action", "Sci-Fi", runtime=121, director=("George Lucas",)),
    film("2", "Alien", 1979, "Horror", "Sci-Fi", runtime=117, director=("Ridley Scott",), country=("USA",)),
    film("3", "Aliens", 1986, "Action", "Sci-Fi", runtime=137, director=("James Cameron",)),
    film("4", "Empire Strikes Back, The", 1980, "Action", "Sci-Fi", runtime=124),
    film("5", "Toy Story", 1995, "Animation", "Children's", "Comedy", runtime=81),
    film("6", "Heat", 1995, "Crime", "Thriller", runtime=170, cast=("Al Pacino", "Robert De Niro")),
    film("7", "Sabrina", 1954, "Comedy", "Romance", runtime=113),
    film("8", "Sabrina", 1995, "Comedy", "Romance", runtime=127),
    film("9", "Shining, The", 1980, "Horror", runtime=146, director=("Stanley Kubrick",)),
    film("10", "Unforgiven", 1992, "Western", runtime=131),
    film("11", "High Noon", 1952, "Western", runtime=85),
    film("12", "Shawshank Redemption, The", 1994, "Drama", runtime=142),
    film("13", "Mars Attacks!", 1996, "Comedy", "Sci-Fi", runtime=106),
    film("14", "Godfather, The", 1972, "Crime", "Drama", cast=("Al Pacino",)),
    film("15", "Godfather: Part II, The", 1974, "Crime", "Drama", cast=("Al Pacino", "Robert De Niro")),
    film("16", "Brazil", 1985, "Sci-Fi", country=("United Kingdom",)),
    film("17", "Amélie", 2001, "Comedy", "Romance", country=("France",)),
    film("18", "Scream", 1996, "Horror", "Thriller"),
    film("19", "Scream 2", 1997, "Horror", "Thriller"),
    film("20", "Nosferatu", None, "Horror"),
)
EVENTS = {"ann": (0, 1, 7), "bob": (7, 7, 6), "cleo": (7,)}  # rows; the later Sabrina has most events


def domain(films: tuple[Item, ...] = FILMS) -> Domain:
    """The shelf with three people's histories."""
    histories = [_history(np.array(rows, np.int64)) for rows in EVENTS.values()] if films is FILMS else []
    users = tuple(EVENTS) if films is FILMS else ()
    return Domain("shelf", Catalogue(films), Histories.of(users, histories), "0" * 64)


def lexicon(films: tuple[Item, ...] = FILMS) -> Lexicon:
    """The words of the shelf."""
    return lexicon_of(domain(films)) if films is not FILMS else LEXICON


def _history(rows: Rows) -> History:
    return History(rows, np.full(len(rows), 4, np.float32))


def explain_fully(item: Item, state: State, sources: Sequence[Item], ground: Ground) -> Explained:
    """One item explained alone; `sources` are items of the history, strongest first."""
    return explain_list([Asked(item, sources)], state, ground)[0]


def explain(item: Item, state: State, sources: Sequence[Item], ground: Ground) -> Reason:
    """The reason of one item that is explained alone."""
    return explain_fully(item, state, sources, ground).reason


class FirstAllowed:
    """Recommends the first rows that are allowed, each with a real reason; counts what it was asked."""

    def __init__(self, films: tuple[Item, ...] = FILMS) -> None:
        self.domain = domain(films)
        self.requests: list[Request] = []

    def reword(self, reply: Reply) -> Iterator[Reply]:
        """No language model words the reasons."""
        return iter(())

    def recommend(self, request: Request) -> Reply:
        """The first `k` allowed items."""
        self.requests.append(request)
        catalogue = self.domain.catalogue
        barred = {*map(int, request.history.rows), *(catalogue.row_of[i] for i in request.shown)}
        allowed = allowed_rows(request.state, catalogue, barred, request.k)
        rows = np.flatnonzero(allowed.mask)[: request.k]
        liked = [catalogue.item(i) for i in request.state.liked]
        known = frozenset(item.item_id for item in liked)
        ground = Ground(lexicon_of(self.domain), known, known)
        items = [catalogue.items[row] for row in rows]
        shown = (
            Recommendation(n, item, 1 / n, explain(item, request.state, liked, ground))
            for n, item in enumerate(items, 1)
        )
        timing = {"retrieve": 1.0, "rank": 1.0, "explain": 1.0, "total": 3.0}
        card = RankerCard("first")
        return Reply("shelf", request.user, card, request.state, tuple(shown), allowed.relaxed, "", timing)


DOMAIN = domain()
LEXICON = lexicon_of(DOMAIN)
