"""The format `recbole`: atomic files, tab-separated with a type after each column's name."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from index.errors import MendableError
from index.importers.column_names import ColumnNames
from index.importers.dataset_builder import DatasetBuilder
from index.importers.delimited_text import Shape
from index.importers.film_titles import film_title, film_year
from index.importers.importer import TableFile, require_columns, sources_of
from index.importers.rows import ColumnBatch, Renaming, delimited_batches
from index.importers.sources import Source
from index.importers.tally import Tally

TYPES = ("token", "token_seq", "float", "float_seq")
TABLES = {"inter": "interactions", "item": "items"}
OF_EVENTS = {"rating": "value"}
OF_ITEMS = {
    "movie_title": "title",
    "name": "title",
    "release_year": "year",
    "class": "categories",
    "genre": "categories",
    "genres": "categories",
    "category": "categories",
}
TAB_SEPARATED = Shape("\t")


class RecBole:
    """NAME.inter and NAME.item; the other atomic files say nothing that is kept."""

    name = "recbole"
    files = "NAME.inter and NAME.item"

    def recognise(self, sources: Sequence[Source]) -> list[TableFile]:
        """Files by their ending, where there are interactions among them."""
        found = []
        for source in sources:
            stem, _, ending = source.name.rpartition(".")
            if stem and ending in TABLES:
                found.append(TableFile(TABLES[ending], source))
        return found if any(file.table == "interactions" for file in found) else []

    def read(self, files: Sequence[TableFile], dataset: DatasetBuilder) -> None:
        """Items first: events of other items are rejected."""
        items, interactions = sources_of(files, "items"), sources_of(files, "interactions")
        if items:
            dataset.add_items(items, lambda source: item_batches(source, dataset.tally, dataset.renaming))
        dataset.add_events(interactions, lambda source: event_batches(source, dataset.tally, dataset.renaming))


@dataclass(frozen=True)
class TypedHeader:
    """Reads `name:type` columns: `ours` and `renaming` give the names, `types` and the source's `names` are noted."""

    renaming: Renaming
    ours: dict[str, str]
    types: dict[str, str] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)

    def of(self, columns: Sequence[str], where: str) -> list[str]:
        """Our names of the columns. Raises MendableError where one has no type of RecBole's."""
        for column in columns:
            name, _, kind = column.strip().rpartition(":")
            if not name or kind not in TYPES:
                raise MendableError(
                    f"the column {column!r} has no type of RecBole's", where, f"Write NAME:TYPE, one of {TYPES}"
                )
            self.names.append(name.lower())
        renamed = self.renaming.of(self.names, where)
        for n, name in enumerate(renamed):
            our = self.ours.get(name, name)
            renamed[n] = name if our in renamed else our
            self.types[renamed[n]] = columns[n].strip().rpartition(":")[2]
        return renamed


def event_batches(source: Source, tally: Tally, renaming: Renaming) -> Iterator[ColumnBatch]:
    """The rows of a .inter file with our column names."""
    names = ColumnNames("interactions", tally)
    for batch in delimited_batches(source, tally, TAB_SEPARATED, TypedHeader(renaming, OF_EVENTS)):
        named = names.apply(batch)
        require_columns(named.names(), ("user_id", "item_id"), source.at(named.header))
        yield named


def item_batches(source: Source, tally: Tally, renaming: Renaming) -> Iterator[ColumnBatch]:
    """The rows of a .item file with our column names; a year beside the title joins it, as films have it."""
    header = TypedHeader(renaming, OF_ITEMS)
    for batch in delimited_batches(source, tally, TAB_SEPARATED, header):
        require_columns(batch.names(), ("item_id",), source.at(batch.header))
        columns = dict(batch.columns)
        for name, kind in header.types.items():
            if kind.endswith("_seq") and name not in ("title", "description"):
                columns[name] = [value.split() for value in batch.values(name)]
        if {"movie_title", "release_year"} <= set(header.names) and {"title", "year"} <= set(columns):
            films = zip(batch.values("title"), batch.values("year"), strict=True)
            columns["title"] = [film_title(title, year) for title, year in films]
            columns["year"] = [film_year(title) for title in columns["title"]]
        yield replace(batch, columns=columns)
