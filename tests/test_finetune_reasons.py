"""`finetune reasons`: the grammar says what the checker passes, and a training leaves an adapter that words reasons."""

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.torch import load_file

from agent.explain.gpt.adapters import find_reason_adapter
from agent.explain.gpt.model import load_writer
from agent.explain.gpt.slot_text import SlotText, fill
from agent.explain.gpt.slots import SLOTS, slot_plan
from agent.explain.gpt.vocabulary import Vocabulary, units_of
from agent.explain.gpt.word_table import SIGNS, WordTable
from agent.explain.gpt.writer import GptWriter
from agent.open_writer import open_writer
from finetune.__main__ import main
from finetune.reasons.examples import all_parts, draw_examples, word_table
from finetune.reasons.grammar import count_texts, draw_text, every_fragment, whole_text
from finetune.reasons.training_plans import Planned, draw_plans
from index.errors import MendableError
from index.storage.home import adapters_folder
from tests.helpers_models import tiny_gpt
from tests.helpers_small import domain_of, walks, write_domain

SMALL = domain_of(walks(n_users=60))


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_gpt(tmp_path_factory.mktemp("gpt"))


def planned(n: int = 200) -> list[Planned]:
    return draw_plans(SMALL, n, np.random.default_rng(5))


def byte_vocabulary(table: WordTable) -> Vocabulary:
    """Words spelled letter by letter."""
    words = (*table.every, *SLOTS, *SIGNS)
    return Vocabulary(tuple(range(200)), {word: tuple(map(ord, word)) for word in words}, 0)


# --- grammar ----------------------------------------------------------------


def test_all_that_the_grammar_says_of_real_plans_passes_the_checker() -> None:
    random = np.random.default_rng(1)
    for each in planned():
        asked = slot_plan(each.plan)
        for _ in range(5):
            text = whole_text(draw_text(asked, random))
            assert each.faults(fill(units_of(text), asked.fills)) == [], text


def test_the_checker_would_refuse_what_is_overstated() -> None:
    (each,) = [each for each in planned() if each.plan.links and each.plan.links[0].relation == "liked together"][:1]
    name = slot_plan(each.plan).fills["X"]
    assert each.faults(f"Most people who liked {name} liked this.") != []


def test_plans_of_every_kind_are_drawn_and_worded_in_hundreds_of_thousands_of_ways() -> None:
    kinds = {slot_plan(each.plan).parts for each in planned(400)}
    assert {part for parts in kinds for part in parts} > {"own categories, year", "wishes", "also liked together"}
    assert sum(count_texts(parts) for parts in kinds) > 200_000


@pytest.mark.parametrize("part", sorted({*all_parts()}))
def test_every_way_to_say_a_part_has_its_slots_once_and_ends_without_a_sign(part: str) -> None:
    for text in every_fragment(part):
        slots = [unit for unit in units_of(text) if unit in SLOTS]
        assert len(slots) == len(set(slots))
        assert text[0] not in ",:;." and text[-1] not in ",:;."
        assert ";" not in text and "." not in text and "(" not in text and "<" not in text
    said = {frozenset(unit for unit in units_of(text) if unit in SLOTS) - {"F"} for text in every_fragment(part)}
    assert len(said) == 1


def test_every_text_of_the_grammar_can_be_written() -> None:
    table, random = word_table(), np.random.default_rng(2)
    words = byte_vocabulary(table)
    for example in draw_examples(planned(), random).each:
        text = SlotText(example.plan, table, words.spelled, words.end)
        for token in words.encode(example.text):
            assert token in text.allowed()
            text.take(token)
        assert text.is_whole()


# --- training ---------------------------------------------------------------


@pytest.fixture
def small(home: Path) -> str:
    return write_domain(walks(n_users=60)).name


def train(base: Path, domain: str) -> Path:
    main(["reasons", "--domain", domain, "--backbone", str(base), "--epochs", "1", "--seed", "3", "--quiet"])
    found = find_reason_adapter(domain)
    assert found is not None
    return found


def few_plans(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, n in (("PLANS", 60), ("HELD_OUT", 16), ("JUDGED", 10)):
        monkeypatch.setattr(f"finetune.reasons.job.{name}", n)


def test_a_training_leaves_a_version_that_words_reasons(
    base: Path, small: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    few_plans(monkeypatch)
    monkeypatch.setattr("index.storage.current_adapter.SHIPPED", base)
    adapter = train(base, small)
    assert adapter.parent == adapters_folder(small) / "reasons"
    record = json.loads((adapter / "training.json").read_text())
    assert record["finished"] and record["steps"] > 0 and record["loss"] and record["n_refused"] == 0
    assert record["after"]["perplexity"] < record["before"]["perplexity"]
    assert record["command"] in (adapter / "README.md").read_text()
    assert {path.name for path in adapter.iterdir()} == {
        *("adapter_config.json", "adapter_model.safetensors", "head.safetensors", "reasons.json"),
        *("training.json", "README.md"),
    }
    writer = open_writer("gpt", small)
    assert isinstance(writer, GptWriter) and writer.name == f"gpt:{adapter.name}"
    assert load_writer(adapter).table == word_table()


def test_the_same_command_gives_the_same_weights(base: Path, small: str, monkeypatch: pytest.MonkeyPatch) -> None:
    few_plans(monkeypatch)
    monkeypatch.setattr("index.storage.current_adapter.SHIPPED", base)
    first, again = (load_file(train(base, small) / "adapter_model.safetensors") for _ in range(2))
    assert all((again[name] == value).all() for name, value in first.items())


def test_a_base_that_is_no_causal_model_is_refused(tiny: Path, small: str) -> None:
    with pytest.raises(MendableError, match="--backbone"):
        main(["reasons", "--domain", small, "--backbone", str(tiny), "--epochs", "1", "--quiet"])
