"""The format `movielens`: the files of GroupLens, of the 100,000 ratings, the million, and those since."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from index.importers.dataset_builder import DatasetBuilder
from index.importers.delimited_text import Shape
from index.importers.film_titles import film_title, film_year
from index.importers.importer import TableFile, require_columns, sources_of
from index.importers.rows import ColumnBatch, Renaming, delimited_batches
from index.importers.sources import Source
from index.importers.tally import Tally
from index.importers.values import BadValue, read_id, read_text

FILES = {
    "u.data": "interactions",
    "u.item": "items",
    "u.genre": "genres",
    "ratings.dat": "interactions",
    "movies.dat": "items",
    "ratings.csv": "interactions",
    "movies.csv": "items",
    "plots.csv": "plots",
}
RATING = ("user_id", "item_id", "value", "timestamp")
SHAPES = {
    "u.data": Shape("\t", RATING),
    "ratings.dat": Shape("::", RATING, "latin-1"),
    "movies.dat": Shape("::", ("item_id", "title", "genres"), "latin-1"),
}
OURS = {"userid": "user_id", "movieid": "item_id", "rating": "value"}
GENRES = (
    "unknown",
    "Action",
    "Adventure",
    "Animation",
    "Children's",
    "Comedy",
    "Crime",
    "Documentary",
    "Drama",
    "Fantasy",
    "Film-Noir",
    "Horror",
    "Musical",
    "Mystery",
    "Romance",
    "Sci-Fi",
    "Thriller",
    "War",
    "Western",
)
NO_GENRES = "(no genres listed)"


class MovieLens:
    """Ratings and films; `plots.csv` beside them (movieId, text) gives the films descriptions."""

    name = "movielens"
    files = "u.data and u.item, ratings.dat and movies.dat, or ratings.csv and movies.csv"

    def recognise(self, sources: Sequence[Source]) -> list[TableFile]:
        """Files by name, where there are ratings among them."""
        found = [TableFile(FILES[source.name], source) for source in sources if source.name in FILES]
        return found if any(file.table == "interactions" for file in found) else []

    def read(self, files: Sequence[TableFile], dataset: DatasetBuilder) -> None:
        """Films first: ratings of other films are rejected."""
        items = sources_of(files, "items")
        if items:
            genres = _genres(sources_of(files, "genres"))
            dataset.add_items(items, lambda source: film_batches(source, genres, dataset.tally, dataset.renaming))
            for plots in sources_of(files, "plots"):
                _add_plots(plots, dataset)
        ratings = sources_of(files, "interactions")
        dataset.add_events(ratings, lambda source: rating_batches(source, dataset.tally, dataset.renaming))


def rating_batches(source: Source, tally: Tally, renaming: Renaming) -> Iterator[ColumnBatch]:
    """The rows of a file of ratings with our column names."""
    for batch in delimited_batches(source, tally, SHAPES.get(source.name, Shape()), _renaming(renaming)):
        require_columns(batch.names(), RATING[:3], source.at(batch.header))
        yield batch


def film_batches(source: Source, genres: Sequence[str], tally: Tally, renaming: Renaming) -> Iterator[ColumnBatch]:
    """The rows of a file of films: id, title, year, categories."""
    header = ("item_id", "title", "released", "released on video", "url", *(f"genre {name}" for name in genres))
    flagged = source.name == "u.item"
    shape = Shape("|", header, "latin-1") if flagged else SHAPES.get(source.name, Shape())
    for batch in delimited_batches(source, tally, shape, _renaming(renaming)):
        require_columns(batch.names(), ("item_id", "title"), source.at(batch.header))
        for name in batch.names():
            if name not in (*header, "genres"):
                tally.leave_out(name, source, batch.header)
        films = zip(batch.values("title"), batch.values("released"), strict=True)
        titles = [film_title(title, when[-4:]) for title, when in films]
        columns = {
            "item_id": batch.columns["item_id"],
            "title": titles,
            "categories": _flagged(batch, genres) if flagged else _listed(batch),
            "year": [film_year(title) for title in titles],
        }
        yield replace(batch, columns=columns)


def _renaming(renaming: Renaming) -> Renaming:
    return Renaming({**OURS, **renaming.names}, renaming.met)


def _flagged(batch: ColumnBatch, genres: Sequence[str]) -> list[list[str]]:
    """Genres of films that have a column 0 or 1 for each."""
    columns = (batch.values(f"genre {name}") for name in genres)
    return [
        [name for name, flag in zip(genres, flags, strict=True) if flag.strip() == "1"]
        for flags in zip(*columns, strict=True)
    ]


def _listed(batch: ColumnBatch) -> list[list[str]]:
    """Genres of films that have them in one column, between `|`."""
    given = batch.values("genres")
    return [[] if text.strip() == NO_GENRES else [part for part in text.split("|") if part] for text in given]


def _genres(sources: Sequence[Source]) -> tuple[str, ...]:
    """The names of the genres in the order of their flags: those of u.genre, or those that were published."""
    if not sources:
        return GENRES
    lines = [line for block in sources[0].blocks("latin-1") for line in block.lines]
    names = [line.rpartition("|") for line in lines]
    return tuple(name for name, bar, _ in names if bar) or GENRES


def _add_plots(source: Source, dataset: DatasetBuilder) -> None:
    """Join descriptions to the films by id; several of one film follow each other."""
    films = dataset.items
    if films is None:
        return
    known = films.ids
    for batch in delimited_batches(source, dataset.tally, Shape(), _renaming(dataset.renaming)):
        require_columns(batch.names(), ("item_id", "text"), source.at(batch.header))
        for line, row in zip(batch.lines, batch.rows(), strict=True):
            try:
                item, (text, _) = read_id(row["item_id"], "item"), read_text(row["text"])
                if item not in known:
                    raise BadValue("unknown item")
            except BadValue as why:
                dataset.tally.reject(why.kind, source, line, row)
                continue
            if text:
                films.describe(item, text)
