"""Times of an import: the unit is decided for the column as a whole, however many blocks and parts it comes in."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.data.domain import load_domain
from index.data.tables import read_table, table_path
from index.errors import MendableError
from index.importers.times import COMPACT_DATES, DOUBTFUL, LAST_SECOND, NO_TIME, OUT_OF_RANGE, UNITS, UNTIMED, Clock
from index.storage.home import domain_folder
from tests.helpers_import import BAD, EVENTS, N_EVENTS, N_ITEMS, SECOND, shop, take

EARLY = 94_694_400  # the first second of 1973: in milliseconds it could be seconds of the year 4970


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PALATE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    return tmp_path / "in"


def stored(domain: str = "shop") -> list[int | None]:
    found: list[int | None] = (
        read_table(table_path(domain_folder(domain), "interactions")).column("timestamp").to_pylist()
    )
    return found


TIMES: dict[str, Callable[[int], str]] = {
    "time in milliseconds": lambda time: f"{time}000",
    "time in microseconds": lambda time: f"{time}000000",
    "time in nanoseconds": lambda time: f"{time}000000000",
    "time as a date": lambda time: datetime.fromtimestamp(time, UTC).replace(tzinfo=None).isoformat(" "),
}


@pytest.mark.parametrize("kind", TIMES)
@pytest.mark.parametrize("spoilt", [False, True])
def test_times_written_otherwise_are_read_as_seconds_and_counted(kind: str, spoilt: bool, folder: Path) -> None:
    rows = [f"{user},{item},{value},{TIMES[kind](time)}" for user, item, value, time in EVENTS]
    report = take(shop(folder, [*rows, BAD["no user"]] if spoilt else rows), max_bad=5)
    assert report.tally.kinds[kind].n == N_EVENTS
    assert report.tally.kinds[kind].first == f"{folder}/interactions.csv:2"
    assert stored() == [event[3] for event in EVENTS]


@pytest.mark.parametrize("kind", list(TIMES)[:3])
@pytest.mark.parametrize("early", [EARLY, -EARLY, 1, 86_400, 0])
@pytest.mark.parametrize("place", [0, 20, N_EVENTS - 1])
def test_an_early_time_is_in_the_unit_of_its_column(kind: str, early: int, place: int, folder: Path) -> None:
    times = [SECOND + n for n in range(N_EVENTS)]
    times[place] = early
    rows = [f"{user},{item},{value},{TIMES[kind](times[n])}" for n, (user, item, value, _) in enumerate(EVENTS)]
    take(shop(folder, rows))
    assert stored() == times


def test_early_times_that_fill_a_block_or_a_part_are_in_the_unit_of_the_whole_column(folder: Path) -> None:
    early = [EARLY + n for n in range(40_000)]  # more than a block of the file
    late = [SECOND + n for n in range(50_000)]
    rows = [f"u{n},{n % N_ITEMS + 1},5,{time}000" for n, time in enumerate([*early, *late])]
    take(shop(folder, rows))
    assert stored() == [*early, *late]
    (folder / "interactions.csv").unlink()
    parts = folder / "interactions.parquet"
    parts.mkdir()
    for n, times in enumerate((early, late)):
        ids = [f"u{n}.{row}" for row in range(len(times))]
        columns = {"user_id": ids, "item_id": ["1"] * len(ids), "timestamp": [time * 1000 for time in times]}
        pq.write_table(pa.table(columns), parts / f"part-{n}.parquet")
    take(folder)
    assert stored() == [*early, *late]


def test_a_wild_time_moves_no_other_and_is_rejected_at_its_line(folder: Path) -> None:
    rows = [f"{user},{item},{value},{time}" for user, item, value, time in EVENTS]
    rows[4] = f"1,1,5,{SECOND}000"
    report = take(shop(folder, rows), max_bad=5)
    assert report.tally.first_reject == f"{folder}/interactions.csv:6 ({OUT_OF_RANGE})"
    assert stored() == [event[3] for n, event in enumerate(EVENTS) if n != 4]


def test_times_that_could_be_seconds_are_counted(folder: Path) -> None:
    rows = [f"{user},{item},{value},{time}000" for user, item, value, time in EVENTS]
    rows[7] = f"1,1,5,{SECOND}"
    assert take(shop(folder, rows)).tally.kinds[DOUBTFUL].first == f"{folder}/interactions.csv:9"


def test_numbers_that_are_dates_are_days(folder: Path) -> None:
    rows = [f"{user},{item},{value},201405{n % 28 + 1:02}" for n, (user, item, value, _) in enumerate(EVENTS)]
    report = take(shop(folder, rows))
    first = int(datetime(2014, 5, 1, tzinfo=UTC).timestamp())
    assert stored() == [first + n % 28 * 86_400 for n in range(N_EVENTS)]
    assert report.tally.kinds[COMPACT_DATES.rule or ""].n == N_EVENTS


@pytest.mark.parametrize("share", [0.0, 0.3])
def test_a_column_of_times_that_most_rows_lack_is_left_out_and_counted(share: float, folder: Path) -> None:
    n_timed = int(share * N_EVENTS)
    rows = [f"{u},{i},{v},{t if n < n_timed else ''}" for n, (u, i, v, t) in enumerate(EVENTS)]
    report = take(shop(folder, rows[::-1]))
    assert report.tally.rejected == 0
    assert load_domain("shop").order == "row number"
    assert (report.tally.kinds[UNTIMED].n if n_timed else 0) == n_timed


def test_rows_without_a_time_are_rejected_where_most_have_one(folder: Path) -> None:
    rows = [f"{u},{i},{v},{'' if n < 3 else t}" for n, (u, i, v, t) in enumerate(EVENTS)]
    with pytest.raises(MendableError, match=rf"3 x {NO_TIME}.*interactions\.csv:2"):
        take(shop(folder, rows))
    report = take(folder, max_bad=10)
    assert report.tally.kinds[NO_TIME].n == 3
    assert stored() == [event[3] for event in EVENTS[3:]]


def test_times_of_reviews_are_read_as_one_column_too(folder: Path) -> None:
    header = "review_id,item_id,user_id,text,rating,timestamp"
    times = [EARLY, SECOND, SECOND + 1, SECOND + 2]
    rows = [f"r{n},a,{n if n % 2 else ''},fine {n},4,{time}000" for n, time in enumerate(times)]
    (folder / "reviews.csv").write_text("\n".join([header, *rows]) + "\n")
    report = take(folder)
    assert read_table(table_path(domain_folder("shop"), "reviews")).column("timestamp").to_pylist() == times
    assert stored() == times[1::2]
    assert report.tally.kinds["time in milliseconds"].n == 4


def test_a_wild_time_of_a_review_costs_the_review_and_its_event_and_is_counted_once(folder: Path) -> None:
    header = "review_id,item_id,user_id,text,timestamp"
    rows = [
        f"r{n},a,{user},fine {n},{10**15 if n in (2, 5) else SECOND + n}" for n, user in enumerate("11x11,"[:5] + " ")
    ]
    (folder / "reviews.csv").write_text("\n".join([header, *rows]) + "\n")
    report = take(folder, max_bad=50)
    assert report.as_json()["rows"] == {"read": 6, "used": 4, "rejected": 2, "duplicates": 0}
    assert report.tally.kinds[OUT_OF_RANGE].n == 2
    assert (report.as_json()["reviews"], report.as_json()["interactions"]) == (4, 4)


@given(st.lists(st.integers(LAST_SECOND // 10**3 + 1, LAST_SECOND), min_size=1, max_size=9))
def test_a_column_of_any_unit_is_read_as_the_same_seconds(seconds: list[int]) -> None:
    numbers = np.array(seconds, np.float64)
    dates = np.zeros(len(seconds), bool)
    for each in UNITS:
        clock = Clock.of(numbers * each.per_second, dates)
        if clock.unit is not COMPACT_DATES:
            assert clock.unit is each
            assert clock.seconds(numbers * each.per_second, dates).tolist() == seconds
