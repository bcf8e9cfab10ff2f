"""The formats that are imported: adding one is adding a file and a line here."""

from collections.abc import Sequence

from index.errors import MendableError
from index.importers.importer import Importer, TableFile
from index.importers.movielens import MovieLens
from index.importers.recbole import RecBole
from index.importers.sources import Found, list_names
from index.importers.tables import Tables

IMPORTERS: tuple[Importer, ...] = (
    Tables(),
    MovieLens(),
    RecBole(),
)
AUTO = "auto"


def check_format(name: str) -> None:
    """Raises MendableError for a format that there is not."""
    known = [importer.name for importer in IMPORTERS]
    if name != AUTO and name not in known:
        raise MendableError(f"no format {name!r}", "--format", f"There are: {', '.join((AUTO, *known))}")


def find_importer(name: str, found: Found) -> tuple[Importer, list[TableFile]]:
    """The one importer of a format, or of any, that recognises the files; and the files that are its tables."""
    asked = [importer for importer in IMPORTERS if name in (AUTO, importer.name)]
    able = [(importer, files) for importer in asked if (files := importer.recognise(found.sources))]
    if len(able) == 1:
        return able[0]
    if able:
        both = " and ".join(importer.name for importer, _ in able)
        raise MendableError(f"the files could be {both}", "--format", "Say which with --format")
    raise MendableError(
        f"no table was recognised among {list_names(_names(found))}",
        str(found.sources[0].path if len(found.sources) == 1 else found.sources[0].path.parent),
        f"What is read: {'; '.join(f'{importer.name}: {importer.files}' for importer in asked)}",
    )


def _names(found: Found) -> Sequence[str]:
    return [*(source.own_name for source in found.sources), *found.passed_over]
