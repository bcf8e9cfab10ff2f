"""The two channels of text: what they find for a history, for words, for both, and for nothing."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from index.build.loading import open_index
from index.data.domain import Domain
from index.data.records import History
from index.retrieval.channels.lexical import LexicalChannel
from index.retrieval.channels.text import TextChannel
from index.retrieval.query import Query
from index.retrieval.text_index import TextIndex
from index.types import Rows
from tests.helpers_index import FILMS, HashingEncoder, built_domain

AnyChannel = TextChannel | LexicalChannel
Make = Callable[[Domain, TextIndex], AnyChannel]
MAKES: dict[str, Make] = {
    "text": lambda _, index: TextChannel(index),
    "lexical": lambda domain, index: LexicalChannel(index, domain.catalogue),
}


@pytest.fixture(params=sorted(MAKES))
def channel(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AnyChannel:
    monkeypatch.setenv("PALATE_HOME", str(tmp_path))
    domain = built_domain()
    return MAKES[request.param](domain, open_index(domain, HashingEncoder()).text)


def history(*rows: int) -> History:
    return History(np.array(rows, np.int64), np.full(len(rows), np.nan, np.float32))


def only(*rows: int) -> np.ndarray:
    return np.isin(np.arange(len(FILMS)), rows)


def every() -> Rows:
    return np.arange(len(FILMS))


def test_the_word_for_a_channel_is_its_own(channel: AnyChannel) -> None:
    assert channel.name == ("text" if isinstance(channel, TextChannel) else "lexical")


def test_without_history_and_words_a_channel_has_nothing_to_say(channel: AnyChannel) -> None:
    nothing = Query(history(), text="  ")
    assert len(channel.search(nothing, 5)) == 0
    assert channel.score(nothing, every()).tolist() == [0] * len(FILMS)


@pytest.mark.parametrize("row", range(len(FILMS)))
def test_a_title_finds_its_item_first(channel: AnyChannel, row: int) -> None:
    assert channel.search(Query(history(), text=FILMS[row].title), 1).tolist() == [row]


def test_a_history_finds_what_is_like_it(channel: AnyChannel) -> None:
    after_alien = Query(history(1), allowed=only(0, 2, 3, 5))  # science fiction among others
    assert set(channel.search(after_alien, 2).tolist()) == {0, 2}
    assert channel.search(Query(history(3), allowed=only(0, 2, 4, 5)), 1).tolist() == [4]  # a comedy after a comedy


def test_words_count_beside_a_history(channel: AnyChannel) -> None:
    asked = Query(history(1), text="pupils in Beverly Hills", allowed=only(2, 3, 4))
    assert channel.search(asked, 1).tolist() == [3]


def test_newer_events_weigh_more(channel: AnyChannel) -> None:
    older_first = Query(history(*[3] * 30, *[1] * 10))
    newer_first = Query(history(*[1] * 10, *[3] * 30))
    comedy, thriller = np.array([4]), np.array([2])
    preference_boost = channel.score(older_first, thriller) - channel.score(older_first, comedy)
    assert preference_boost > channel.score(newer_first, thriller) - channel.score(newer_first, comedy)


@pytest.mark.parametrize("allowed", [only(4), only(0, 4, 5), only()])
def test_only_allowed_rows_are_found(channel: AnyChannel, allowed: np.ndarray) -> None:
    found = channel.search(Query(history(0, 3), text="comedy in space", allowed=allowed), 10)
    assert allowed[found].all()


def test_scores_belong_to_the_rows_that_were_found(channel: AnyChannel) -> None:
    asked = Query(history(0), text="a film about space")
    found = channel.search(asked, 6)
    scores = channel.score(asked, found)
    assert (np.diff(scores) <= 1e-6).all()
    assert channel.score(asked, every())[found] == pytest.approx(scores, abs=1e-6)


def test_another_query_gets_other_scores(channel: AnyChannel) -> None:
    first, second = Query(history(0)), Query(history(3))
    before = channel.score(first, every())
    assert not np.array_equal(before, channel.score(second, every()))
    assert np.array_equal(before, channel.score(first, every()))


def test_a_match_is_nothing_without_a_common_word_and_most_for_the_own_title(channel: AnyChannel) -> None:
    match = channel.match("Star Wars (1977)", every())
    assert match.min() == 0
    assert int(match.argmax()) == 0


def test_what_is_disliked_pulls_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PALATE_HOME", str(tmp_path))
    channel = TextChannel(open_index(built_domain(), HashingEncoder()).text)
    alien = np.array([1])
    liked, torn = Query(history(0)), Query(history(0), disliked=alien)
    assert channel.score(torn, alien) < channel.score(liked, alien)


def test_a_text_is_encode_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PALATE_HOME", str(tmp_path))
    encoder = HashingEncoder()
    channel = TextChannel(open_index(built_domain(), encoder).text)
    asked = Query(history(0), text="a quiet film")
    channel.score(asked, channel.search(asked, 3))
    channel.match("a quiet film", every())
    assert encoder.seen == ["a quiet film"]
