"""The shipped adapter that words reasons: small, made by a stated command, true and varied on real plans."""

import json
import os
from pathlib import Path

import numpy as np
import pytest

from agent.explain.gpt.adapters import KIND, find_reason_adapter
from agent.explain.gpt.model import load_writer
from agent.explain.gpt.writer import GptWriter
from finetune.reasons.examples import word_table
from finetune.reasons.settings import ReasonsSettings
from finetune.reasons.training_plans import draw_plans
from index.data.domain import load_domain
from index.storage.home import CLONE

SHIPPED = CLONE / "adapters" / KIND
DOMAIN, MAX_BYTES, N_PLANS, LIST = "movielens-100k", 4 << 20, 60, 10
HOME = Path(os.environ.get("PALATE_HOME") or CLONE / "var")


def test_it_serves_a_domain_that_has_none_of_its_own(home: Path) -> None:
    assert find_reason_adapter("any") == SHIPPED


def test_it_is_small_and_says_how_it_was_made() -> None:
    assert sum(path.stat().st_size for path in SHIPPED.iterdir()) <= MAX_BYTES
    record = json.loads((SHIPPED / "training.json").read_text())
    assert record["finished"]
    assert record["command"] == ReasonsSettings(**record["settings"]).command
    assert record["command"] in (SHIPPED / "README.md").read_text()
    assert record["n_refused"] == 0
    assert record["after"]["perplexity"] < record["before"]["perplexity"]


@pytest.mark.models
@pytest.mark.timeout(300)
@pytest.mark.skipif(not (HOME / "domains" / DOMAIN).is_dir(), reason="the default domain was not fetched here")
def test_nine_of_ten_first_drafts_on_real_plans_pass_and_their_wordings_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PALATE_HOME", str(HOME))
    writer = GptWriter(load_writer(SHIPPED))
    planned = draw_plans(load_domain(DOMAIN), N_PLANS, np.random.default_rng(2026), widened=0)
    n_passed, n_different = 0, 0
    for start in range(0, N_PLANS, LIST):
        some = planned[start : start + LIST]
        drafts = list(writer.write([each.plan for each in some], 0))
        passed = [draft for draft in drafts if draft.text and not some[draft.place].faults(draft.text)]
        n_passed += len(passed)
        n_different += len({" ".join(draft.text.split()[:3]) for draft in passed})
    assert n_passed >= 0.9 * N_PLANS
    assert n_different >= 0.6 * n_passed


@pytest.mark.models
def test_its_words_are_those_of_the_grammar() -> None:
    assert load_writer(SHIPPED).table == word_table()
