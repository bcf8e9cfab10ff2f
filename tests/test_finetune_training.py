"""The training loop: it learns, keeps its budget, ends on Ctrl-C with its best, and goes on as if never stopped."""

import json
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
import torch

from agent.rerank.adapters import LoadedReranker, RerankerSettings, new_reranker
from agent.rerank.sequence_prompt import Scale
from agent.rerank.sequence_reranker import RerankerShape
from agent.rerank.sequence_scorer import SequenceScorer
from finetune.batches import Batch, epoch_batches
from finetune.budget import Budget
from finetune.checkpoint import STATE, TENSORS, Checkpoint
from finetune.objective import NextItemObjective
from finetune.trainer import LOWERINGS, PATIENCE, Schedule, Trainer, Validation
from index.data.domain import Catalogue, Histories
from index.errors import MendableError
from tests.helpers_index import full_disk
from tests.helpers_small import N_ITEMS, things, unit_vectors, walks

SCALE = Scale(1, 5)
DIM = 16


@dataclass
class Judge:
    """Validations that come to what they are told: ever better, or never."""

    better: bool = True
    n: int = 0
    seconds: float = 0.0

    def __call__(self) -> Validation:
        self.n += 1
        time.sleep(self.seconds)
        return Validation(float(self.n if self.better else -self.n), 0.1)


@dataclass
class School:
    """Makes trainers that begin alike."""

    base: str
    judge: Callable[[], Validation] = field(default_factory=Judge)

    def trainer(self, budget: Budget, n_items: int = N_ITEMS) -> Trainer:
        shape = RerankerShape(n_items, DIM, id_dim=8, layers=2)
        reranker = new_reranker(self.base, shape, rank=2, seed=1)
        settings = RerankerSettings(self.base, "", "", shape, 2, SCALE)
        items = Catalogue(things(n_items))
        scorer = SequenceScorer(
            LoadedReranker(reranker, settings, items.ids, Path()), items, unit_vectors(n_items, DIM)
        )
        objective = NextItemObjective(scorer.texts, scorer.numbers, np.ones(n_items, np.int64))
        return Trainer(reranker, objective.loss, self.judge, Schedule(budget, 1e-2, seed=3))


@pytest.fixture
def school(tiny: Path) -> School:
    return School(str(tiny))


@pytest.fixture
def checkpoint(tmp_path: Path) -> Checkpoint:
    return Checkpoint(tmp_path / "training", {"seed": 3})


HISTORIES = walks(n_users=400, length=12)  # several batches an epoch


def batches(histories: Histories, epoch: int) -> list[Batch]:
    return epoch_batches(histories, SCALE, 3, epoch)


def interrupting(at_epoch: int) -> Callable[[Histories, int], list[Batch]]:
    """Ctrl-C while the batches of an epoch are drawn."""

    def of(histories: Histories, epoch: int) -> list[Batch]:
        if epoch == at_epoch:
            signal.raise_signal(signal.SIGINT)
        return batches(histories, epoch)

    return of


def tensors(trainer: Trainer) -> dict[str, torch.Tensor]:
    return {name: value.detach().clone() for name, value in trainer.trained.items()}


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(value, other[name]) for name, value in one.items())


# --- learning ---------------------------------------------------------------


def test_the_loss_falls_below_that_of_guessing(school: School, checkpoint: Checkpoint) -> None:
    trainer = school.trainer(Budget(epochs=10))
    at = trainer.run(HISTORIES, batches, checkpoint)
    losses = [loss for _, loss in at.loss]
    assert losses[0] == pytest.approx(np.log(N_ITEMS), abs=0.5)
    assert losses[-1] < losses[0] - 0.2
    assert (at.epoch, at.finished) == (10, True)
    assert at.step == sum(len(batches(HISTORIES, epoch)) for epoch in range(10))


def test_only_the_lora_and_the_head_are_taught(school: School, checkpoint: Checkpoint) -> None:
    trainer = school.trainer(Budget(epochs=1))
    before = {name: value.clone() for name, value in trainer.reranker.state_dict().items()}
    of_base = [name for name in trainer.trained if name.startswith("base.")]
    assert of_base
    assert all("lora_" in name for name in of_base)
    trainer.run(HISTORIES, batches, checkpoint)
    changed = {name for name, value in trainer.reranker.state_dict().items() if not torch.equal(value, before[name])}
    assert changed == set(trainer.trained)


def test_the_same_training_gives_the_same_tensors(school: School, checkpoint: Checkpoint) -> None:
    one, other = school.trainer(Budget(epochs=2)), school.trainer(Budget(epochs=2))
    for trainer in (one, other):
        trainer.run(HISTORIES, batches, checkpoint)
    assert same(tensors(one), tensors(other))


def watched(school: School) -> tuple[Callable[[Budget], Trainer], list[dict[str, torch.Tensor]]]:
    """Trainers whose validations get ever worse, and a list that fills with the tensors at each of them."""
    seen: list[dict[str, torch.Tensor]] = []
    made: list[Trainer] = []
    worse = Judge(better=False)

    def judge() -> Validation:
        seen.append({name: value.clone() for name, value in tensors(made[0]).items()})
        return worse()

    def trainer(budget: Budget) -> Trainer:
        school.judge = judge
        made.append(school.trainer(budget))
        return made[0]

    return trainer, seen


def test_what_was_best_on_validation_is_kept_where_later_tensors_are_worse(
    school: School, checkpoint: Checkpoint
) -> None:
    make, seen = watched(school)
    trainer = make(Budget(epochs=4))
    trainer.run(HISTORIES, batches, checkpoint)
    assert len(seen) > 2
    assert same(tensors(trainer), seen[1])  # what was first learned: the blend decides whether it is heard
    assert not same(seen[1], seen[0])


def test_after_a_plateau_the_best_tensors_are_taken_up_again_at_a_lower_rate(
    school: School, checkpoint: Checkpoint
) -> None:
    make, seen = watched(school)
    trainer, rates = make(Budget(epochs=500)), list[tuple[int, float]]()

    def watching(histories: Histories, epoch: int) -> list[Batch]:
        rates.append((trainer.at.lowered, trainer.optimizer.param_groups[0]["lr"]))
        return batches(histories, epoch)

    trainer.run(HISTORIES, watching, checkpoint)
    highest = [max(rate for lowered, rate in rates[1:] if lowered == n) for n in (1, 2)]
    assert highest[1] < 0.5 * highest[0]
    assert same(tensors(trainer), seen[1])


def test_an_interruption_before_the_first_validation_keeps_what_was_learned(
    school: School, checkpoint: Checkpoint
) -> None:
    trainer = school.trainer(Budget(epochs=500))
    before = tensors(trainer)

    def interrupting(histories: Histories, epoch: int) -> list[Batch]:
        if epoch == 1:
            signal.raise_signal(signal.SIGINT)
        return batches(histories, epoch)

    at = trainer.run(HISTORIES, interrupting, checkpoint)
    assert trainer.interrupted and at.step > 0 and len(at.validation) == 1
    assert not same(tensors(trainer), before)


def test_training_ends_where_nothing_is_gained(school: School, checkpoint: Checkpoint) -> None:
    school.judge = Judge(better=False)
    at = school.trainer(Budget(epochs=500)).run(HISTORIES, batches, checkpoint)
    assert at.lowered == LOWERINGS + 1
    assert len(at.validation) <= 3 + PATIENCE * (LOWERINGS + 1)  # where it begins, the best, the one after the end
    assert at.finished
    assert at.epoch < 100


# --- the budget -------------------------------------------------------------


def test_the_budget_of_time_is_kept_with_the_last_validation_in_it(school: School, checkpoint: Checkpoint) -> None:
    school.judge = Judge(seconds=0.3)
    trainer = school.trainer(Budget(minutes=4 / 60))
    trainer.at.seconds = 1.0  # the lessons took a second of it
    began = time.monotonic()
    at = trainer.run(HISTORIES, batches, checkpoint)
    spent = 1 + time.monotonic() - began
    assert at.seconds == pytest.approx(spent, abs=0.2)
    assert 4 * 0.75 < at.seconds <= 4 * 1.05 + 0.2  # and one step, on a machine that does other things too
    assert at.validation[-1][0] == at.step


def test_one_epoch_is_every_history_once(school: School, checkpoint: Checkpoint) -> None:
    at = school.trainer(Budget(epochs=1)).run(HISTORIES, batches, checkpoint)
    assert at.step == len(batches(HISTORIES, 0))


# --- Ctrl-C and going on ----------------------------------------------------


def test_an_interrupted_training_that_goes_on_ends_as_if_it_had_not_been(
    school: School, checkpoint: Checkpoint, tmp_path: Path
) -> None:
    whole = school.trainer(Budget(epochs=4))
    whole.run(HISTORIES, batches, Checkpoint(tmp_path / "other", {}))
    stopped = school.trainer(Budget(epochs=4))
    at = stopped.run(HISTORIES, interrupting(at_epoch=2), checkpoint)
    assert stopped.interrupted
    assert not at.finished
    assert (at.epoch, at.place) == (2, 1)  # the running step was done
    resumed = school.trainer(Budget(epochs=4))
    assert checkpoint.load(resumed)
    assert (resumed.at.epoch, resumed.at.place, resumed.at.step) == (at.epoch, at.place, at.step)
    assert resumed.at.loss == at.loss
    ended = resumed.run(HISTORIES, batches, checkpoint)
    assert not resumed.interrupted
    assert same(tensors(resumed), tensors(whole))
    assert [loss for _, loss in ended.loss] == [loss for _, loss in whole.at.loss]
    assert ended.step == whole.at.step


def test_the_clock_goes_on_where_it_was_stopped(school: School, checkpoint: Checkpoint) -> None:
    stopped = school.trainer(Budget(minutes=1))
    stopped.at.seconds = 58.0
    at = stopped.run(HISTORIES, interrupting(at_epoch=0), checkpoint)
    resumed = school.trainer(Budget(minutes=1))
    assert checkpoint.load(resumed)
    assert resumed.at.seconds == at.seconds >= 58
    assert resumed.run(HISTORIES, batches, checkpoint).seconds <= 63


def test_ctrl_c_leaves_the_best_tensors_and_the_handler_of_before(school: School, checkpoint: Checkpoint) -> None:
    before = signal.getsignal(signal.SIGINT)
    trainer = school.trainer(Budget(epochs=50))
    trainer.run(HISTORIES, interrupting(at_epoch=3), checkpoint)
    assert signal.getsignal(signal.SIGINT) is before
    assert same(tensors(trainer), trainer.best)


def test_a_checkpoint_of_another_training_is_left_alone(school: School, checkpoint: Checkpoint) -> None:
    school.trainer(Budget(epochs=9)).run(HISTORIES, interrupting(at_epoch=1), checkpoint)
    other = school.trainer(Budget(epochs=9))
    before = tensors(other)
    assert not Checkpoint(checkpoint.folder, {"seed": 4}).load(other)
    assert other.at.step == 0
    assert same(tensors(other), before)
    assert (checkpoint.folder / STATE).is_file()


def test_a_catalogue_that_has_grown_since_is_taught_from_the_beginning(school: School, checkpoint: Checkpoint) -> None:
    school.trainer(Budget(epochs=9)).run(HISTORIES, interrupting(at_epoch=1), checkpoint)
    larger = school.trainer(Budget(epochs=9), N_ITEMS + 1)
    assert not checkpoint.load(larger)
    assert larger.at.step == 0


def test_a_finished_training_begins_anew(school: School, checkpoint: Checkpoint) -> None:
    school.trainer(Budget(epochs=1)).run(HISTORIES, batches, checkpoint)
    assert not checkpoint.load(school.trainer(Budget(epochs=1)))
    checkpoint.remove()
    assert not checkpoint.folder.exists()
    assert not checkpoint.load(school.trainer(Budget(epochs=1)))


@pytest.mark.parametrize("name", [TENSORS, STATE])
def test_a_checkpoint_that_is_cut_off_is_refused_in_one_line(school: School, checkpoint: Checkpoint, name: str) -> None:
    school.trainer(Budget(epochs=9)).run(HISTORIES, interrupting(at_epoch=0), checkpoint)
    path = checkpoint.folder / name
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(MendableError, match="Take the folder away") as why:
        checkpoint.load(school.trainer(Budget(epochs=9)))
    assert "\n" not in str(why.value)


def test_a_full_disk_leaves_the_checkpoint_of_before(school: School, checkpoint: Checkpoint) -> None:
    trainer = school.trainer(Budget(epochs=9))
    trainer.run(HISTORIES, interrupting(at_epoch=0), checkpoint)
    step = trainer.at.step
    trainer.at.step = 99
    with full_disk(5_000), pytest.raises(MendableError, match="cannot write"):
        checkpoint.save(trainer)
    resumed = school.trainer(Budget(epochs=9))
    assert checkpoint.load(resumed)
    assert resumed.at.step == step


def test_a_checkpoint_killed_between_its_two_renames_is_found_again(school: School, checkpoint: Checkpoint) -> None:
    school.trainer(Budget(epochs=9)).run(HISTORIES, interrupting(at_epoch=0), checkpoint)
    checkpoint.folder.rename(checkpoint.folder.with_name(".training.old"))
    assert checkpoint.load(school.trainer(Budget(epochs=9)))


def test_a_checkpoint_holds_no_program(school: School, checkpoint: Checkpoint) -> None:
    school.trainer(Budget(epochs=9)).run(HISTORIES, interrupting(at_epoch=0), checkpoint)
    assert sorted(path.name for path in checkpoint.folder.iterdir()) == sorted((STATE, TENSORS))
    json.loads((checkpoint.folder / STATE).read_text())
