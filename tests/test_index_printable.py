"""Nothing untrusted steers a terminal: ids, titles and names of files are printed without control characters."""

import json
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.__main__ import main
from index.build.builder import build_domain
from index.data.records import Item
from index.errors import MendableError
from index.printable import is_printable, printable, printable_line
from index.storage.json_text import json_text
from tests.helpers_import import shop, take
from tests.helpers_small import things, walks, write_domain

BIDI = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
NASTY = "\x1b[31m \x9b31m \x07 \x7f \x85 \u202e \u2066 \u200f \u2028 end"
KEPT = "Amélie 七人の侍 Żółć 🎬 👩‍👩‍👧 6,99\u00a0€ می‌خواهم super\u00adcool שלום"


def steers(text: str) -> set[str]:
    """The characters of a text that a terminal could be steered with."""
    return {
        c
        for c in text
        if (unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") and c not in "\n\t")
        or unicodedata.bidirectional(c) in BIDI
        or c in "\u200e\u200f\u061c\ufeff"
    }


@given(st.text() | st.text(st.characters(max_codepoint=0x2070)))
def test_what_is_printable_steers_nothing_and_stays_so(text: str) -> None:
    shown = printable(text)
    assert not steers(shown)
    assert printable(shown) == shown
    assert len(shown) == len(text)
    assert (shown == text) == (not steers(text)) or not is_printable(text)


@given(st.text())
def test_a_printable_line_is_one_line(text: str) -> None:
    assert len(printable_line(text).splitlines()) <= 1
    assert is_printable(printable_line(text))


def test_text_in_any_script_and_emoji_are_printed_as_they_are() -> None:
    assert printable(KEPT) == KEPT
    assert is_printable(KEPT)


@given(st.dictionaries(st.text(), st.text() | st.integers() | st.lists(st.text(), max_size=3), max_size=3))
def test_json_for_a_terminal_is_the_same_value_and_steers_nothing(value: object) -> None:
    text = json_text(value)
    assert json.loads(text) == value
    assert not steers(text)


def test_an_error_is_one_printable_line() -> None:
    assert is_printable(str(MendableError(f"no user {NASTY}\n", NASTY, NASTY)))


@pytest.fixture(scope="module")
def nasty(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A built domain whose titles and texts try to steer the terminal."""
    items = [
        Item(each.item_id, f"{NASTY} {each.title}", f"{each.description} {NASTY}", (f"War {NASTY}",), {"brand": NASTY})
        for each in things(30)
    ]
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("PALATE_HOME", str(tmp_path_factory.mktemp("nasty")))
        write_domain(walks(n_users=20, n_items=30), items)
        build_domain("small", encoder=str(tiny))
        yield "small"


@pytest.mark.parametrize(
    "command",
    [
        ("index", "search", "star number"),
        ("index", "search", "star number", "--json"),
        ("agent", "recommend", "--user", "u1", "--say", f"something like {NASTY}"),
        ("agent", "recommend", "--user", "u1", "--say", f"something like {NASTY}", "--json"),
        ("agent", "replay", "SCRIPT"),
        ("agent", "replay", "SCRIPT", "--json"),
        ("eval", "rank", "--models", "popularity", "--candidates", "LISTS"),
        ("eval", "rank", "--models", "popularity", "--candidates", "LISTS", "--json"),
    ],
    ids=" ".join,
)
def test_no_command_steers_the_terminal(
    command: tuple[str, ...], nasty: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    from agent.__main__ import main as agent
    from eval.__main__ import main as evaluate

    (tmp_path / "talk.jsonl").write_text(
        "".join(json.dumps({"say": text}) + "\n" for text in (f"I loved {NASTY}", "war", f"who made {NASTY}?"))
    )
    (tmp_path / "evil\x1b[31m\x9b.csv").write_text(f'user_id,item_ids\nu1,"i1 {NASTY}"\nu2,i3\n')
    places = {"SCRIPT": str(tmp_path / "talk.jsonl"), "LISTS": str(tmp_path / "evil\x1b[31m\x9b.csv")}
    room, *arguments = (places.get(word, word) for word in command)
    {"index": main, "agent": agent, "eval": evaluate}[room]([*arguments, "--domain", nasty])
    shown = capfd.readouterr()
    assert shown.out.strip()
    assert not steers(shown.out) | steers(shown.err.replace("\r", ""))  # bars go back to the beginning of their line


def test_an_import_prints_names_and_rows_without_what_steers(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "in").mkdir()
    folder = shop(tmp_path / "in")
    (folder / "notes\x1b[31m\u202e.txt").write_text("")
    (folder / "items.csv").write_text(f'item_id,title,col\x1b\u202e\n1,"{NASTY}",x\n')
    (folder / "interactions.csv").write_text('user_id,item_id,dev\x9b\n1,1,"\x1b"\n')
    for extra in ((), ("--json",), ("--dry-run",)):
        main(["import", str(folder), "--domain", "shop", *extra])
        shown = capsys.readouterr()
        assert not steers(shown.out + shown.err)
        assert "notes" in shown.err


def test_a_title_is_imported_in_one_line_without_control_characters(home: Path, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "items.csv").write_text('item_id,title\na,"One\x9b31m\x1b of\ntwo"\n')
    report = take(tmp_path / "in")
    assert [item.title for item in report.tables.items] == ["One 31m  of two"]
    assert report.tally.kinds["line break or control character in a title"].n == 1
