"""Fetching movielens-100k: the same domain from each source, described by a film database, kept for the next time."""

import hashlib
import json
import sqlite3
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from index.data.domain import Domain, load_domain
from index.data.records import Item
from index.errors import MendableError
from index.fetch.downloads import Download, Unavailable, from_address, from_wheel
from index.fetch.film_metadata import Film, enrich_items, read_films
from index.fetch.known_domains import CITATION, MOVIELENS, SOURCES, WHEEL_FILES, KnownSource, fetch, read_tables
from index.importers.movielens import GENRES, MovieLens
from index.storage.home import domain_folder


@pytest.fixture(scope="module")
def fetched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home with the domain, from the package registry where GroupLens does not answer."""
    with pytest.MonkeyPatch.context() as patch:
        home = tmp_path_factory.mktemp("home")
        patch.setenv("PALATE_HOME", str(home))
        fetch(MOVIELENS)
        if not all(download.is_there() for download in WHEEL_FILES):  # GroupLens answered
            from_wheel("recbole==1.2.1", WHEEL_FILES)
        yield home


@pytest.fixture
def domain(fetched: Path) -> Domain:
    return load_domain(MOVIELENS)


def test_the_domain_has_the_films_and_ratings_that_were_published(domain: Domain) -> None:
    assert (len(domain.catalogue), len(domain.histories), len(domain.histories.rows)) == (1682, 943, 100_000)
    film = domain.catalogue.item("172")
    assert (film.title, film.name) == ("Empire Strikes Back, The (1980)", "The Empire Strikes Back (1980)")
    assert film.categories == ("Action", "Adventure", "Drama", "Romance", "Sci-Fi", "War")
    assert film.attributes["year"] == 1980
    assert domain.catalogue.item("1412").title == "Land Before Time III: The Time of the Great Giving (1995)"
    assert [item.item_id for item in domain.catalogue.items if "year" not in item.attributes] == ["267"]


def test_nine_of_ten_ratings_are_of_films_with_a_director(domain: Domain) -> None:
    described = {row for row, item in enumerate(domain.catalogue.items) if item.value("director")}
    assert len(described) >= 1366
    assert sum(row in described for row in domain.histories.rows.tolist()) >= 92_000
    alien = domain.catalogue.item("183")
    assert alien.attributes["director"] == ("Ridley Scott",)
    assert "Sigourney Weaver" in alien.attributes["cast"]  # type: ignore[operator]  # a tuple, as lists are
    assert alien.attributes["runtime"] == 117


def test_licence_and_citation_are_kept_with_the_domain(domain: Domain) -> None:
    about = domain.about or {}
    assert about["citation"] == CITATION
    assert "GroupLens" in about["licence"]
    assert about["source"] in [source.name for source in SOURCES]
    assert "director" in about["enriched_fields"]


def test_a_second_fetch_does_nothing_and_a_forced_one_needs_no_network(
    fetched: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {path: path.read_bytes() for path in domain_folder(MOVIELENS).iterdir()}
    times = {path: path.stat().st_mtime_ns for path in before}
    fetch(MOVIELENS)
    assert {path: path.stat().st_mtime_ns for path in before} == times
    for name in ("PIP_INDEX_URL", "https_proxy", "http_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    fetch(MOVIELENS, force=True)
    assert {path: path.read_bytes() for path in domain_folder(MOVIELENS).iterdir()} == before
    assert "kept from an earlier fetch" in capsys.readouterr().err


def test_a_damaged_domain_is_made_again(fetched: Path) -> None:
    path = domain_folder(MOVIELENS) / "items.parquet"
    whole = path.read_bytes()
    path.write_bytes(whole[:1000])
    fetch(MOVIELENS)
    assert path.read_bytes() == whole


def test_grouplens_s_own_files_give_the_same_domain(fetched: Path) -> None:
    inter, item = (download.path.read_text(encoding="utf-8").splitlines(keepends=True) for download in WHEEL_FILES)
    films = [line.rstrip("\n").split("\t") for line in item[1:]]
    with zipfile.ZipFile(fetched / "downloads" / "ml-100k.zip", "w") as archive:
        archive.writestr("ml-100k/u.data", "".join(inter[1:]))
        archive.writestr("ml-100k/u.item", "".join(map(grouplens_line, films)).encode("latin-1"))
        archive.writestr("ml-100k/u.genre", "".join(f"{genre}|{n}\n" for n, genre in enumerate(GENRES)) + "\n")
        archive.writestr("ml-100k/u1.base", "1\t1\t5\t874965758\n")
    grouplens = KnownSource("GroupLens", (Download("ml-100k.zip", ""),), lambda: None, MovieLens())
    one, other = (read_tables(source) for source in (grouplens, SOURCES[1]))
    assert list(one.items) == list(other.items)
    assert one.interactions is not None
    assert one.interactions.equals(other.interactions)


def grouplens_line(film: list[str]) -> str:
    """A line of u.item as GroupLens writes it; the year column of one film holds IMDb's mark: "… (1995) (V)"."""
    item_id, title, year, genres = film
    flags = "|".join(str(int(genre in genres.split())) for genre in GENRES)
    if title == "unkonwn":
        return f"{item_id}|unknown||||{flags}\n"
    return f"{item_id}|{title} ({year})|01-Jan-1995||http://us.imdb.com/|{flags}\n"


def test_a_film_database_that_cannot_be_had_is_said_and_the_domain_is_made(
    fetched: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = [download.path.read_bytes() for download in WHEEL_FILES]
    monkeypatch.setenv("PALATE_HOME", str(tmp_path))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    for download, content in zip(WHEEL_FILES, kept, strict=True):
        download.path.parent.mkdir(parents=True, exist_ok=True)
        download.path.write_bytes(content)
    fetch(MOVIELENS)
    said = [line for line in capsys.readouterr().err.splitlines() if "not described" in line]
    assert len(said) == 1
    about = json.loads((domain_folder(MOVIELENS) / "domain.json").read_text())
    assert about["enriched_fields"] == []
    assert about["not_enriched_because"]
    assert load_domain(MOVIELENS).catalogue.item("50").title == "Star Wars (1977)"


def test_no_source_that_answers_is_one_error_that_names_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PALATE_HOME", str(tmp_path))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    with pytest.raises(MendableError) as refused:
        fetch(MOVIELENS)
    assert all(source.name in str(refused.value) for source in SOURCES)
    assert not (tmp_path / "domains").exists()


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for the registry, with one small wheel."""
    monkeypatch.setenv("PALATE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    with zipfile.ZipFile(tmp_path / "tiny-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("tiny/data.txt", "hello")
        wheel.writestr("tiny-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")
        wheel.writestr("tiny-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr("tiny-1.0.dist-info/RECORD", "")
    return tmp_path


def test_a_file_out_of_a_wheel_is_kept_where_its_hash_is_right(wheels: Path) -> None:
    right = Download("tiny/data.txt", hashlib.sha256(b"hello").hexdigest(), "tiny/data.txt")
    from_wheel("tiny==1.0", (right,))
    assert right.is_there()
    assert right.path.read_text() == "hello"
    right.path.write_text("hallo")
    assert not right.is_there()


@pytest.mark.parametrize(
    ("requirement", "member", "said"),
    [("tiny==1.0", "tiny/data.txt", "SHA-256"), ("tiny==1.0", "gone.txt", "lacks"), ("tiny==2.0", "x", "tiny==2.0")],
)
def test_a_file_that_is_another_or_not_there_is_unavailable(
    requirement: str, member: str, said: str, wheels: Path
) -> None:
    with pytest.raises(Unavailable, match=said):
        from_wheel(requirement, (Download("tiny/data.txt", "0" * 64, member),))
    assert [path.name for path in (wheels / "home" / "downloads").rglob("*")] == []


@pytest.mark.parametrize("address", ["http://127.0.0.1:9/file", "file:///etc/hostname", "https://127.0.0.1:9/file"])
def test_an_address_that_does_not_answer_or_is_not_safe_is_unavailable(address: str, wheels: Path) -> None:
    with pytest.raises(Unavailable):
        from_address(Download("file", "0" * 64), address)


FILM_ROWS = [
    ("The Matrix", 1999, "a"),
    ("Shanghai Triad", 1996, "b"),
    ("Heat", 1995, "c"),
    ("Heat", 1996, "d"),
    ("Twin", 2000, "e"),
    ("Twin", 2000, "f"),
    ("Star Wars: Episode IV – A New Hope", 1977, "g"),
    ("Amélie & Co.", 2001, "h"),
    ("Faust (2011 film)", 2011, "i"),
]


@pytest.mark.parametrize(
    ("title", "year", "director"),
    [
        ("Matrix, The (1999)", 1999, "a"),
        ("Matrix, The (2001)", 2001, None),
        ("Shanghai Triad (Yao a yao yao dao waipo qiao) (1995)", 1995, "b"),
        ("Heat (1995)", 1995, "c"),
        ("Heat (1994)", 1994, "c"),
        ("Heat (1997)", 1997, "d"),
        ("Twin (2000)", 2000, None),
        ("Star Wars (1977)", 1977, "g"),
        ("Star Wars (1978)", 1978, None),
        ("Amelie and Co (2001)", 2001, "h"),
        ("Faust (2011)", 2011, "i"),
        ("Faust", None, None),
    ],
)
def test_films_are_joined_by_title_and_the_nearest_year(title: str, year: int | None, director: str | None) -> None:
    films = [Film(name, when, {"director": (who,), "year": 1}) for name, when, who in FILM_ROWS]
    item = Item("1", title, attributes={} if year is None else {"year": year})
    ((described,), found) = enrich_items([item], films)
    assert described.value("director") == (None if director is None else (director,))
    assert described.value("year") == year
    assert found == (set() if director is None else {"1"})


def test_a_film_database_is_read_with_its_lists_apart(tmp_path: Path) -> None:
    path = tmp_path / "movies.db"
    with sqlite3.connect(path) as connection:
        columns = '"Title", "Year", "Runtime", "Director", "Writer", "Cast", "Language", "Country"'
        connection.execute(f"CREATE TABLE omdb (ID INTEGER, {columns})")
        connection.execute("CREATE TABLE tomatoes (ID INTEGER, Meter INTEGER)")
        row = (1, "A", 1999, 117.0, "X", "", "Ed Begley, Jr., Kurt Russell", "English, French", None)
        connection.execute("INSERT INTO omdb VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
        connection.execute("INSERT INTO tomatoes VALUES (1, 82)")
    (film,) = read_films(path)
    assert dict(film.fields) == {
        "director": ("X",),
        "cast": ("Ed Begley, Jr.", "Kurt Russell"),
        "runtime": 117,
        "language": ("English", "French"),
        "tomatometer": 82,
    }


def test_a_damaged_film_database_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "movies.db").write_bytes(b"no database" * 100)
    with pytest.raises(Unavailable):
        read_films(tmp_path / "movies.db")
