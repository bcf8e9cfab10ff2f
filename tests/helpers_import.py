"""A small shop of films written in every format that is imported, and what the import tests share."""

import gzip
import hashlib
import json
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from index.data.domain import Histories
from index.importers.import_domain import ImportSettings, import_domain
from index.importers.import_report import ImportReport

SECOND = 1_400_000_000
N_ITEMS, N_USERS, N_EVENTS = 8, 5, 35
FILMS = [(str(n + 1), f"Film {n} ({1950 + n})", ["Drama", "War"][: n % 3], 1950 + n) for n in range(N_ITEMS)]
EVENTS = [(f"{n % N_USERS + 1}", str(n * 3 % N_ITEMS + 1), n % 5 + 1, SECOND + n // 2) for n in range(N_EVENTS)]
HEADER = "user_id,item_id,value,timestamp"
BAD = {
    "no user": ",1,5,1400000000",
    "no item": "1, ,5,1400000000",
    "value is no number": "1,1,nan,1400000000",
    "time is no time": "1,1,5,yesterday",
    "time is out of range": "1,1,5,1e300",
    "no time": "1,1,5,",
    "unknown item": "1,999,5,1400000000",
    "row too short": "1,1",
    "row too long": "1,1,5,1400000000,9",
    "NUL character": "1\0,1,5,1400000000",
    "bytes that are no UTF-8": "\udcff,1,5,1400000000",
    "broken quotes": '"1,1,5,1400000000',
}


def csv_events() -> list[str]:
    return [",".join(map(str, event)) for event in EVENTS]


def shop(folder: Path, events: Sequence[str] | None = None, header: str = HEADER) -> Path:
    """items.csv and interactions.csv, the latter with other rows where they are given."""
    rows = [
        f'{i},{title},"{json.dumps(kinds).replace(chr(34), chr(34) * 2)}",{year}' for i, title, kinds, year in FILMS
    ]
    (folder / "items.csv").write_text("\n".join(["item_id,title,categories,Year", *rows]) + "\n")
    lines = [header, *(csv_events() if events is None else events)]
    (folder / "interactions.csv").write_bytes(("\n".join(lines) + "\n").encode("utf-8", "surrogateescape"))
    return folder


def jsonl(folder: Path) -> Path:
    names = HEADER.split(",")
    items = [dict(zip(("item_id", "title", "categories", "year"), film, strict=True)) for film in FILMS]
    events = [dict(zip(names, event, strict=True)) for event in EVENTS]
    (folder / "items.jsonl").write_text("".join(json.dumps(row) + "\n" for row in items))
    with gzip.open(folder / "interactions.jsonl.gz", "wt") as file:
        file.write("".join(json.dumps(row) + "\n" for row in events))
    return folder


def parquet(folder: Path) -> Path:
    ids, titles, kinds, years = (list(column) for column in zip(*FILMS, strict=True))
    pq.write_table(
        pa.table({"item_id": ids, "title": titles, "categories": kinds, "year": years}), folder / "items.parquet"
    )
    columns = dict(zip(HEADER.split(","), map(list, zip(*EVENTS, strict=True)), strict=True))
    parts = folder / "interactions.parquet"
    parts.mkdir()
    pq.write_table(pa.table(columns).slice(0, 20), parts / "part-0.parquet")
    pq.write_table(pa.table(columns).slice(20), parts / "part-1.parquet")
    return folder


def grouplens_100k(folder: Path) -> Path:
    genres = ("Drama", "War")
    (folder / "u.genre").write_text("".join(f"{genre}|{n}\n" for n, genre in enumerate(genres)) + "\n")
    films = (
        f"{i}|{title}|01-Jan-{year}||http://x|{'|'.join(str(int(g in kinds)) for g in genres)}\n"
        for i, title, kinds, year in FILMS
    )
    (folder / "u.item").write_text("".join(films), encoding="latin-1")
    (folder / "u.data").write_text("".join("\t".join(map(str, event)) + "\n" for event in EVENTS))
    return folder


def grouplens_1m(folder: Path) -> Path:
    films = (f"{i}::{title}::{'|'.join(kinds)}\n" for i, title, kinds, _ in FILMS)
    (folder / "movies.dat").write_text("".join(films), encoding="latin-1")
    (folder / "ratings.dat").write_text("".join("::".join(map(str, event)) + "\n" for event in EVENTS))
    return folder


def grouplens_latest(folder: Path) -> Path:
    """As it is published: a zip with a folder in it."""
    films = [("movieId", "title", "genres"), *((i, t, "|".join(k) or "(no genres listed)") for i, t, k, _ in FILMS)]
    ratings = [("userId", "movieId", "rating", "timestamp"), *EVENTS]
    with zipfile.ZipFile(folder / "ml.zip", "w") as archive:
        for name, rows in (("movies.csv", films), ("ratings.csv", ratings), ("tags.csv", [("userId", "tag")])):
            archive.writestr(f"ml/{name}", "".join(",".join(map(str, row)) + "\n" for row in rows))
    return folder


def recbole(folder: Path) -> Path:
    films = (f"{i}\t{title[:-7]}\t{year}\t{' '.join(kinds)}\n" for i, title, kinds, year in FILMS)
    header = "item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq\n"
    (folder / "x.item").write_text(header + "".join(films))
    events = "".join("\t".join(map(str, event)) + "\n" for event in EVENTS)
    (folder / "x.inter").write_text("user_id:token\titem_id:token\trating:float\ttimestamp:float\n" + events)
    return folder


def take(folder: Path, domain: str = "shop", **options: Any) -> ImportReport:
    return import_domain(ImportSettings((folder,), domain, **options))


def told(histories: Histories) -> list[tuple[str, list[int], list[float], list[int] | None]]:
    return [
        (user, each.rows.tolist(), each.values.tolist(), None if each.times is None else each.times.tolist())
        for user, each in zip(histories.users, histories, strict=True)
    ]


def stamp(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
