"""Laws of importing: what was read stands there, whatever the format."""

import csv
import gzip
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from index.data.domain import load_domain
from index.data.tables import read_table, table_path
from index.errors import MendableError
from index.importers.new_items import items_to_add, read_items
from index.storage.home import domain_folder
from tests.helpers_import import (
    BAD,
    EVENTS,
    FILMS,
    HEADER,
    N_EVENTS,
    N_ITEMS,
    SECOND,
    csv_events,
    grouplens_1m,
    grouplens_100k,
    grouplens_latest,
    jsonl,
    parquet,
    recbole,
    shop,
    take,
    told,
)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PALATE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    return tmp_path / "in"


WRITERS = (shop, jsonl, parquet, grouplens_100k, grouplens_1m, grouplens_latest, recbole)


@pytest.mark.parametrize("write", WRITERS)
def test_every_format_gives_the_same_domain(write: Callable[[Path], Path], folder: Path, tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    plain = take(shop(tmp_path / "plain"), "plain")
    report = take(write(folder), "other")
    plain_domain, other_domain = load_domain("plain"), load_domain("other")
    assert other_domain.catalogue.items == plain_domain.catalogue.items
    assert told(other_domain.histories) == told(plain_domain.histories)
    assert other_domain.order == "timestamp"
    assert report.as_json()["rows"] == plain.as_json()["rows"]


def test_imported_tables_hold_the_rows_that_were_given(folder: Path) -> None:
    take(shop(folder))
    events = read_table(table_path(domain_folder("shop"), "interactions")).to_pylist()
    assert [(e["user_id"], e["item_id"], e["value"], e["timestamp"]) for e in events] == EVENTS
    items = read_table(table_path(domain_folder("shop"), "items")).to_pylist()
    assert [(i["item_id"], i["title"], i["categories"], i["year"]) for i in items] == FILMS


def test_importing_a_domain_s_own_tables_gives_the_domain_again(folder: Path) -> None:
    rows = ["a,One,\"['x','y']\",Red|Blue,007,3.5,$1000", "b,Two,[],Green,012,4,$2", "c,Three,,,,,"]
    (folder / "items.csv").write_text("\n".join(["item_id,title,categories,Colour,ean_id,Weight,price", *rows]) + "\n")
    (folder / "reviews.jsonl").write_text('{"item_id": "a", "user_id": 7, "text": "fine", "rating": 4}\n')
    take(folder, "first")
    take(domain_folder("first"), "second")
    items = load_domain("second").catalogue.items
    assert items == load_domain("first").catalogue.items
    assert items[0].categories == ("x", "y")
    assert items[0].attributes == {"colour": ("Red", "Blue"), "ean_id": "007", "weight": 3.5, "price": 1000}
    for name in ("interactions", "reviews"):
        tables = [read_table(table_path(domain_folder(domain), name)) for domain in ("first", "second")]
        assert tables[0].equals(tables[1])


def test_ids_keep_their_zeros_in_every_kind_of_file(folder: Path) -> None:
    (folder / "items.csv").write_text("item_id,title\n007,Bond\n")
    (folder / "interactions.jsonl").write_text('{"user_id": "00", "item_id": "007"}\n')
    take(folder)
    domain = load_domain("shop")
    assert domain.catalogue.ids == ("007",)
    assert domain.histories.users == ("00",)
    assert domain.order == "row number"


def test_a_block_with_one_bad_row_reads_as_the_same_block_without_it(folder: Path, tmp_path: Path) -> None:
    odd = ["1, 2 ,,1400000000.9", " 3,1,4.50,1400000001", "4,8,-0,1.4e9", "5,1,7,-5", "1,1,1e1,0"]
    (tmp_path / "spoilt").mkdir()
    take(shop(folder, odd), "whole")
    take(shop(tmp_path / "spoilt", [*odd, BAD["no user"]]), "spoilt", max_bad=50)
    tables = [read_table(table_path(domain_folder(name), "interactions")) for name in ("whole", "spoilt")]
    assert tables[0].equals(tables[1])
    assert tables[0].column("value").to_pylist() == [None, 4.5, 0.0, 7.0, 10.0]
    assert tables[0].column("timestamp").to_pylist() == [1400000000, 1400000001, 1400000000, -5, 0]


def test_equal_rows_count_as_duplicates_and_rows_that_differ_in_a_column_left_out_do_not(folder: Path) -> None:
    events = ["1,1,5,1400000000,a", "1,1,5,1400000000,b", "1,1,5,1400000000,a"]
    report = take(shop(folder, events, HEADER + ",device"))
    rows = report.as_json()["rows"]
    assert (rows["read"], rows["used"], rows["duplicates"]) == (N_ITEMS + 3, N_ITEMS + 2, 1)
    assert report.tally.kinds["row that repeats another"].first.endswith("interactions.csv:4")
    assert any("device" in note for note in report.notes)


def test_equal_item_rows_are_duplicates_and_a_row_that_disagrees_is_rejected(folder: Path) -> None:
    (folder / "items.csv").write_text("item_id,title\na,One\na,One\na,Other\nb,Two\n")
    report = take(folder, max_bad=50)
    assert [item.title for item in load_domain("shop").catalogue.items] == ["One", "Two"]
    assert report.as_json()["rows"] == {"read": 4, "used": 2, "rejected": 1, "duplicates": 1}


def test_line_numbers_count_the_lines_inside_quotes(folder: Path) -> None:
    rows = ['a,"One\nof two\nthree lines",x', "b,Two", "c,Three,y"]
    (folder / "items.csv").write_bytes("\r\n".join(["\ufeffitem_id,title,colour", *rows]).encode())
    report = take(folder, max_bad=50)
    assert report.tally.first_reject == f"{folder}/items.csv:5 (row too short)"
    assert [item.title for item in load_domain("shop").catalogue.items] == ["One of two three lines", "Three"]


def test_records_that_cross_the_blocks_of_a_large_file_are_whole(folder: Path) -> None:
    texts = [("long line " * 700 + "\n") * 5 + str(n) for n in range(100)]  # 3.5 MB in all
    with (folder / "items.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["item_id", "title", "description"])
        writer.writerows([str(n), f"Item {n}", text] for n, text in enumerate(texts))
    report = take(folder)
    assert report.tally.rejected == 0
    assert [item.description for item in load_domain("shop").catalogue.items] == texts


def test_a_line_of_twenty_megabytes_is_one_rejected_row(folder: Path, home: Path) -> None:
    rows = csv_events()
    report = take(shop(folder, [*rows[:10], "a" * (20 << 20), *rows[10:]]), max_bad=5)
    assert report.tally.kinds["line too long"].first.endswith(":12")
    assert report.tally.rejected == 1
    assert report.as_json()["interactions"] == N_EVENTS
    assert sum(path.stat().st_size for path in home.rglob("rejects.jsonl")) < 10_000


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ('{"user_id": "1", "item_id":', "broken JSON"),
        ("[1, 2]", "JSON that is no object"),
        ('{"user_id": {"a": 1}, "item_id": "1", "timestamp": 1}', "user is no id"),
        ('{"user_id": 1.5, "item_id": "1", "timestamp": 1}', "user is no id"),
        ('{"user_id": "1", "item_id": "1", "timestamp": 1, "value": Infinity}', "value is no number"),
        ('{"user_id": "1", "item_id": "1", "timestamp": 1, "value": ' + "9" * 5000 + "}", "broken JSON"),
        ('{"user_id": "\\ud800", "item_id": "1", "timestamp": 1}', "characters that are no text"),
        ('{"a":' * 100_000 + "1" + "}" * 100_000, "broken JSON"),
    ],
)
def test_a_bad_json_line_costs_no_other(text: str, kind: str, folder: Path) -> None:
    jsonl(folder)
    with gzip.open(folder / "interactions.jsonl.gz", "at") as file:
        file.write(text + "\n")
    report = take(folder, max_bad=5)
    assert {name: found.n for name, found in report.tally.kinds.items()} == {kind: 1}
    assert report.tally.kinds[kind].first.endswith(f"interactions.jsonl.gz:{N_EVENTS + 1}")
    assert report.as_json()["interactions"] == N_EVENTS


def test_decimals_of_parquet_are_numbers(folder: Path) -> None:
    money = pa.array([Decimal("6.99"), None], pa.decimal128(8, 2))
    pq.write_table(pa.table({"item_id": ["a", "b"], "title": ["x", "y"], "size": money}), folder / "items.parquet")
    events = {"user_id": ["u"], "item_id": ["a"], "value": pa.array([Decimal("4.5")], pa.decimal128(3, 1))}
    pq.write_table(pa.table(events), folder / "interactions.parquet")
    take(folder)
    domain = load_domain("shop")
    assert [item.value("size") for item in domain.catalogue.items] == [6.99, None]
    assert domain.histories.values.tolist() == [4.5]


def test_events_without_a_catalogue_make_one(folder: Path) -> None:
    (shop(folder) / "items.csv").unlink()
    report = take(folder)
    ids = list(dict.fromkeys(event[1] for event in EVENTS))
    assert [(item.item_id, item.title) for item in load_domain("shop").catalogue.items] == [(i, i) for i in ids]
    assert report.tally.kinds["item known only from its events"].n == len(ids)


def test_reviews_without_interactions_are_events_too_and_one_without_text_is_no_review(folder: Path) -> None:
    rows = ["r1,a,7,fine,4,100", "r2,a,8,,2,101", "r3,b,7,Tom &amp; Jerry,5,102", "r4,a,7,fine,4,100"]
    (folder / "reviews.csv").write_text("\n".join(["review_id,item_id,user_id,text,rating,timestamp", *rows]) + "\n")
    told = take(folder).as_json()
    assert (told["items"], told["interactions"], told["reviews"], told["users"]) == (2, 3, 2, 2)
    assert told["rows"] == {"read": 4, "used": 3, "rejected": 0, "duplicates": 1}
    reviews = read_table(table_path(domain_folder("shop"), "reviews")).to_pylist()
    assert [(each["review_id"], each["text"]) for each in reviews] == [("r1", "fine"), ("r3", "Tom & Jerry")]


def test_columns_of_other_names_are_mapped(folder: Path) -> None:
    shop(folder, header="Who,what,worth,moment")
    names = {"who": "user_id", "what": "item_id", "worth": "value", "moment": "timestamp"}
    assert take(folder, names=names).as_json()["interactions"] == N_EVENTS
    with pytest.raises(MendableError, match="nobody"):
        take(folder, names={**names, "nobody": "event"})


def test_plots_beside_the_films_become_descriptions(folder: Path) -> None:
    grouplens_latest(folder)
    (folder / "plots.csv").write_text("movieId,text\n1,A farm.\n1,A barn.\n3,Rain.\n")
    take(folder)
    assert [item.description for item in load_domain("shop").catalogue.items[:3]] == ["A farm. A barn.", None, "Rain."]


@pytest.mark.parametrize("title", ["NaN", "Infinity", "null", '""', '"nan"', '"None"', '"\\u001b"'])
def test_an_item_with_a_missing_title_has_its_id_for_one_and_is_counted(title: str, folder: Path) -> None:
    (folder / "items.jsonl").write_text(f'{{"item_id": "a", "title": "One"}}\n{{"item_id": "b", "title": {title}}}\n')
    report = take(folder)
    assert [item.title for item in load_domain("shop").catalogue.items] == ["One", "b"]
    assert report.tally.kinds["item without a title"].first == f"{folder}/items.jsonl:2"


def test_a_title_that_is_a_number_is_a_title(folder: Path) -> None:
    (folder / "items.jsonl").write_text('{"item_id": "a", "title": 1984}\n')
    assert [kind for kind in take(folder).tally.kinds if "title" in kind] == []
    assert load_domain("shop").catalogue.items[0].title == "1984"


@pytest.mark.parametrize("word", ["nan", "None", "null", "N/A"])
def test_a_word_for_a_missing_value_is_missing_wherever_an_item_has_text(word: str, folder: Path) -> None:
    header, row = "item_id,title,description,categories,brand", f"b,Two,{word},{word},{word}"
    (folder / "items.csv").write_text(f"{header}\na,One,fine,x|{word},Acme\n{row}\n")
    report = take(folder)
    first, second = load_domain("shop").catalogue.items
    assert (first.categories, dict(first.attributes)) == (("x",), {"brand": "Acme"})
    assert (second.description, second.categories, dict(second.attributes)) == (None, (), {})
    counted = {name: kind.first for name, kind in report.tally.kinds.items()}
    assert counted == {
        f"{name}: word for a missing value, left empty": f"{folder}/items.csv:3"
        for name in ("description", "categories", "brand")
    }


def test_odd_cells_of_a_column_are_told_with_the_line_and_the_first_of_them(folder: Path) -> None:
    rows = [f"{n},Thing {n},{n}.50" for n in range(30)]
    rows[7], rows[9], rows[11] = "7,Thing 7,call us", "9,Thing 9,ask", "11,Thing 11,$3.99 - $10.99"
    (folder / "items.csv").write_text("\n".join(["item_id,title,price", *rows]) + "\n")
    report = take(folder)
    prices = [item.value("price") for item in load_domain("shop").catalogue.items]
    assert prices == [{7: None, 9: None, 11: 3.99}.get(n, n + 0.5) for n in range(30)]
    assert f"2 x price: no number, left empty, first {folder}/items.csv:9: 'call us'" in report.notes
    assert f"1 x price: range, its lower bound taken, first {folder}/items.csv:13: '$3.99 - $10.99'" in report.notes


@pytest.mark.parametrize("name", ["items", "interactions"])
@pytest.mark.parametrize("end", ["\r", "\r\n"])
def test_a_file_whose_lines_end_in_carriage_returns_is_read(name: str, end: str, folder: Path) -> None:
    path = shop(folder) / f"{name}.csv"
    path.write_bytes(path.read_bytes().replace(b"\n", end.encode()))
    report = take(folder)
    assert (report.as_json()["interactions"], report.as_json()["items"]) == (N_EVENTS, N_ITEMS)
    assert report.tally.kinds == {}


def test_a_large_file_of_carriage_returns_keeps_its_line_numbers(folder: Path) -> None:
    rows = [f"u{n},{n % N_ITEMS + 1},5,{SECOND + n}" for n in range(60_000)]
    rows[50_000] = BAD["no user"]
    (shop(folder) / "interactions.csv").write_bytes("\r".join([HEADER, *rows]).encode())
    report = take(folder)
    assert report.tally.kinds["no user"].first == f"{folder}/interactions.csv:50002"
    assert report.as_json()["interactions"] == 59_999


def test_items_to_add_are_read_as_the_items_table_is(folder: Path) -> None:
    (folder / "new.jsonl").write_text('{"item_id": 5, "title": "A &amp; B", "categories": ["x"], "year": 2031}\n')
    (item,) = read_items(folder / "new.jsonl")
    assert (item.item_id, item.title, item.categories, item.attributes) == ("5", "A & B", ("x",), {"year": 2031})


ADDED = "item_id,title,year,brand,cast\n8,Eight,{year},7,A\n"


@pytest.fixture
def catalogue(folder: Path) -> Path:
    """A file of items beside a domain with columns of numbers, texts and lists."""
    rows = [f"{n},Thing {n},{1990 + n},Acme,A|B" for n in range(8)]
    (folder / "items.csv").write_text("\n".join(["item_id,title,year,brand,cast", *rows]) + "\n")
    take(folder)
    return folder / "new.csv"


@pytest.mark.parametrize(("cell", "year"), [("2031", 2031), ("unknown", None), ("", None), ("2,031", 2031)])
def test_items_to_add_take_the_types_of_the_domain_s_columns(cell: str, year: int | None, catalogue: Path) -> None:
    catalogue.write_text(ADDED.format(year=f'"{cell}"'))
    (item,), _ = items_to_add(catalogue, "shop")
    assert (item.value("year"), item.value("brand"), item.value("cast")) == (year, "7", ("A",))


def test_an_item_to_add_that_does_not_fit_is_named_by_its_own_value_and_line(catalogue: Path) -> None:
    lines = ["item_id,title,year", "8,Eight,2031", '9,"Nine', 'of two lines",2032', "10,Ten,x2", "11,Eleven,x3"]
    catalogue.write_text("\n".join(lines) + "\n")
    with pytest.raises(MendableError, match=r"'year' holds numbers, this item has 'x2', .*new\.csv:5"):
        items_to_add(catalogue, "shop")


def test_what_is_done_to_items_to_add_is_told(catalogue: Path) -> None:
    catalogue.write_text("item_id,title,year\n8,A &amp; B,unknown\n8,A &amp; B,unknown\n")
    _, notes = items_to_add(catalogue, "shop")
    assert [note.partition(", first")[0] for note in notes] == [
        "1 x HTML entities",
        "1 x row that repeats another",
        "1 x year: word for a missing value, left empty",
    ]


@pytest.mark.parametrize("text", ["", "{}\n", '{"item_id": "1"', "item_id,title\n1,x\n"])
def test_a_file_to_add_with_a_bad_row_is_refused(text: str, folder: Path) -> None:
    (folder / "new.jsonl").write_text(text)
    with pytest.raises(MendableError, match=r"new\.jsonl"):
        read_items(folder / "new.jsonl")
