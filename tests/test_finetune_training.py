"""The training loop: it learns, keeps its budget, ends on Ctrl-C with its best, and goes on as if never stopped."""

import json
import signal
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from agent.rerank.adapters import LoadedReranker, RerankerSettings, new_reranker
from agent.rerank.sequence_prompt import Scale
from agent.rerank.sequence_reranker import RerankerShape, SequenceReranker
from agent.rerank.sequence_scorer import SequenceScorer
from finetune.batches import Batch, epoch_batches
from finetune.budget import LOADING, SAVING, Budget, counted_seconds
from finetune.checkpoint import STATE, TENSORS, Checkpoint
from finetune.objective import NextItemObjective
from finetune.progress import Clock
from finetune.settings import LOWERINGS, PATIENCE
from finetune.trainer import Schedule, Trainer
from finetune.validation import IsExpired, Validation
from index.data.domain import Catalogue, Histories
from index.errors import MendableError
from tests.helpers_index import full_disk
from tests.helpers_small import N_ITEMS, things, unit_vectors, walks

SCALE = Scale(1, 5)
DIM = 16
GROUPS = 10


@dataclass
class FakeClock:
    """A clock that stands still unless something takes its time."""

    seconds: float = 1000.0

    def __call__(self) -> float:
        return self.seconds


@dataclass
class ScriptedValidation:
    """Validations ever better or ever worse, scored in GROUPS groups that take some seconds together."""

    better: bool = True
    n: int = 0
    seconds: Callable[[int], float] = lambda _: 0.0  # of the nth validation, from 0
    clock: FakeClock = field(default_factory=FakeClock)

    def __call__(self, is_expired: IsExpired) -> Validation | None:
        self.n += 1
        for _ in range(GROUPS):
            if is_expired():
                return None
            self.clock.seconds += self.seconds(self.n - 1) / GROUPS
        scores = (np.array([self.n, 2.0], np.float32), np.array([self.n], np.float32))
        return Validation(float(self.n if self.better else -self.n), 0.1, scores)


@dataclass
class TrainerFactory:
    """Makes trainers that begin alike; a step takes `step_seconds` of the fake clock."""

    base: str
    validate: Callable[[IsExpired], Validation | None] = field(default_factory=ScriptedValidation)
    clock: FakeClock = field(default_factory=FakeClock)
    step_seconds: Callable[[int], float] = lambda _: 0.0  # of the nth step, from 0

    def trainer(self, budget: Budget, n_items: int = N_ITEMS) -> Trainer:
        shape = RerankerShape(n_items, DIM, id_dim=8, layers=2)
        reranker = new_reranker(self.base, shape, rank=2, seed=1)
        settings = RerankerSettings(self.base, "", "", shape, 2, SCALE)
        items = Catalogue(things(n_items))
        scorer = SequenceScorer(
            LoadedReranker(reranker, settings, items.ids, Path()), items, unit_vectors(n_items, DIM)
        )
        objective = NextItemObjective(scorer.texts, scorer.numbers, np.ones(n_items, np.int64))
        done: list[int] = []

        def loss(model: SequenceReranker, batch: Batch, seed: int) -> torch.Tensor:
            self.clock.seconds += self.step_seconds(len(done))
            done.append(seed)
            return objective.loss(model, batch, seed)

        return Trainer(reranker, loss, self.validate, Schedule(budget, 1e-2, seed=3), now=self.clock)


@pytest.fixture
def factory(tiny: Path) -> TrainerFactory:
    clock = FakeClock()
    return TrainerFactory(str(tiny), ScriptedValidation(clock=clock), clock)


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


def test_the_loss_falls_below_that_of_guessing(factory: TrainerFactory, checkpoint: Checkpoint) -> None:
    trainer = factory.trainer(Budget(epochs=10))
    at = trainer.run(HISTORIES, batches, checkpoint)
    losses = [loss for _, loss in at.loss]
    assert losses[0] == pytest.approx(np.log(N_ITEMS), abs=0.5)
    assert losses[-1] < losses[0] - 0.2
    assert (at.epoch, at.finished) == (10, True)
    assert at.step == sum(len(batches(HISTORIES, epoch)) for epoch in range(10))


def test_only_the_lora_and_the_head_are_trained(factory: TrainerFactory, checkpoint: Checkpoint) -> None:
    trainer = factory.trainer(Budget(epochs=1))
    before = {name: value.clone() for name, value in trainer.reranker.state_dict().items()}
    of_base = [name for name in trainer.trained if name.startswith("base.")]
    assert of_base
    assert all("lora_" in name for name in of_base)
    trainer.run(HISTORIES, batches, checkpoint)
    changed = {name for name, value in trainer.reranker.state_dict().items() if not torch.equal(value, before[name])}
    assert changed == set(trainer.trained)


def test_the_same_training_gives_the_same_tensors(factory: TrainerFactory, checkpoint: Checkpoint) -> None:
    one, other = factory.trainer(Budget(epochs=2)), factory.trainer(Budget(epochs=2))
    for trainer in (one, other):
        trainer.run(HISTORIES, batches, checkpoint)
    assert same(tensors(one), tensors(other))


def watched(factory: TrainerFactory) -> tuple[Callable[[Budget], Trainer], list[dict[str, torch.Tensor]]]:
    """Trainers whose validations get ever worse, and a list that fills with the tensors at each of them."""
    seen: list[dict[str, torch.Tensor]] = []
    made: list[Trainer] = []
    worse = ScriptedValidation(better=False)

    def validate(is_expired: IsExpired) -> Validation | None:
        seen.append({name: value.clone() for name, value in tensors(made[0]).items()})
        return worse(is_expired)

    def trainer(budget: Budget) -> Trainer:
        factory.validate = validate
        made.append(factory.trainer(budget))
        return made[0]

    return trainer, seen


def test_what_was_best_on_validation_is_kept_where_later_tensors_are_worse(
    factory: TrainerFactory, checkpoint: Checkpoint
) -> None:
    make, seen = watched(factory)
    trainer = make(Budget(epochs=4))
    trainer.run(HISTORIES, batches, checkpoint)
    assert len(seen) > 2
    assert same(tensors(trainer), seen[1])  # what was learned first: the blend decides how much of it is used
    assert not same(seen[1], seen[0])


def test_after_a_plateau_the_best_tensors_are_taken_up_again_at_a_lower_rate(
    factory: TrainerFactory, checkpoint: Checkpoint
) -> None:
    make, seen = watched(factory)
    trainer, rates = make(Budget(epochs=500)), list[tuple[int, float]]()

    def watching(histories: Histories, epoch: int) -> list[Batch]:
        rates.append((trainer.at.lowered, trainer.optimizer.param_groups[0]["lr"]))
        return batches(histories, epoch)

    trainer.run(HISTORIES, watching, checkpoint)
    highest = [max(rate for lowered, rate in rates[1:] if lowered == n) for n in (1, 2)]
    assert highest[1] < 0.5 * highest[0]
    assert same(tensors(trainer), seen[1])


def test_an_interruption_before_the_first_validation_validates_and_keeps_what_was_learned(
    factory: TrainerFactory, checkpoint: Checkpoint
) -> None:
    trainer = factory.trainer(Budget(epochs=500))
    before = tensors(trainer)
    at = trainer.run(HISTORIES, interrupting(at_epoch=1), checkpoint)
    assert trainer.interrupted and at.step > 0
    assert [step for step, _ in at.validation] == [0, at.step]
    assert not same(tensors(trainer), before)
    assert len(trainer.best_scores) == 2


def test_an_interruption_before_the_first_step_leaves_the_start_and_its_scores(
    factory: TrainerFactory, checkpoint: Checkpoint
) -> None:
    trainer = factory.trainer(Budget(epochs=500))
    before = tensors(trainer)
    at = trainer.run(HISTORIES, interrupting(at_epoch=0), checkpoint)
    assert (at.step, at.finished) == (0, False)
    assert same(tensors(trainer), before)
    assert trainer.best_scores[0].tolist() == [1.0, 2.0]


def test_a_second_ctrl_c_ends_at_once(factory: TrainerFactory, checkpoint: Checkpoint) -> None:
    def twice(histories: Histories, epoch: int) -> list[Batch]:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        return batches(histories, epoch)

    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        factory.trainer(Budget(epochs=500)).run(HISTORIES, twice, checkpoint)
    assert signal.getsignal(signal.SIGINT) is before


def test_training_ends_where_nothing_is_gained(factory: TrainerFactory, checkpoint: Checkpoint) -> None:
    factory.validate = ScriptedValidation(better=False)
    at = factory.trainer(Budget(epochs=500)).run(HISTORIES, batches, checkpoint)
    assert at.lowered == LOWERINGS + 1
    assert len(at.validation) <= 3 + PATIENCE * (LOWERINGS + 1)  # where it begins, the best, the one after the end
    assert at.finished
    assert at.epoch < 100


# --- the budget -------------------------------------------------------------


def after(n: int, then: float, before: float) -> Callable[[int], float]:
    """Seconds that are `before` for the first n, and `then` from there on."""
    return lambda place: then if place >= n else before


BUSY = {  # seconds of each step and of each validation
    "even": (after(0, 2, 2), after(0, 3, 3)),
    "one slow step": (lambda place: 9.0 if place == 5 else 2.0, after(0, 3, 3)),
    "slower steps": (after(4, 6, 2), after(0, 3, 3)),
    "slower validations": (after(0, 2, 2), lambda place: 2.0 + place),
    "a last validation that never ends": (after(0, 2, 2), after(3, 1e6, 3)),
}


@pytest.mark.parametrize("machine", BUSY)
@pytest.mark.parametrize("prepared", [1.0, 30.0])
def test_the_minutes_are_kept_however_busy_the_machine(
    factory: TrainerFactory, checkpoint: Checkpoint, machine: str, prepared: float
) -> None:
    steps, validations = BUSY[machine]
    factory.step_seconds = steps
    factory.validate = ScriptedValidation(seconds=validations, clock=factory.clock)
    trainer = factory.trainer(Budget(minutes=1))
    trainer.at.seconds = prepared
    began = factory.clock.seconds
    at = trainer.run(HISTORIES, batches, checkpoint)
    assert at.seconds == pytest.approx(prepared + factory.clock.seconds - began)
    limit = 60 if machine != "a last validation that never ends" else 60 + 1e6 / GROUPS  # it is cut after a group
    assert at.seconds <= limit
    assert at.step > 0 and at.finished
    assert len(trainer.best_scores) == 2
    if machine == "even":  # what is left over has no room for a step and a validation
        assert at.seconds > 60 - 1.5 * (2 + 3) - 3
        assert at.validation[-1][0] == at.step


def test_time_is_kept_for_a_validation_of_the_adapter_in_use(factory: TrainerFactory, checkpoint: Checkpoint) -> None:
    factory.step_seconds = after(0, 2, 2)
    factory.validate = ScriptedValidation(seconds=after(0, 12, 12), clock=factory.clock)
    trainer = factory.trainer(Budget(minutes=2))
    trainer.plan.compares = True
    assert trainer.run(HISTORIES, batches, checkpoint).seconds + 12 <= 120 + SAVING - 3


@pytest.mark.parametrize(
    ("loading", "preparing", "counted"), [(0, 5, 5), (12, 5, 5), (LOADING, 0, 0), (LOADING + 7, 5, 12)]
)
def test_of_loading_only_what_takes_longer_than_its_allowance_is_counted(
    loading: float, preparing: float, counted: float
) -> None:
    now = FakeClock()
    clock = Clock(now=now)
    now.seconds += loading
    clock.mark()
    now.seconds += preparing
    assert counted_seconds(clock) == pytest.approx(counted)


@pytest.mark.parametrize(("prepared", "seconds"), [(61.0, 1.0), (59.5, 1.0), (20.0, 30.0), (0.0, 100.0)])
def test_where_no_step_fits_it_is_said_with_the_minutes_that_are_needed(
    factory: TrainerFactory, checkpoint: Checkpoint, prepared: float, seconds: float
) -> None:
    factory.step_seconds = after(0, 20, 20)
    factory.validate = ScriptedValidation(seconds=after(0, seconds, seconds), clock=factory.clock)
    trainer = factory.trainer(Budget(minutes=1))
    trainer.at.seconds = prepared
    with pytest.raises(MendableError, match=r"no step of training fits, --minutes 1\. .*--minutes (\d+)") as refused:
        trainer.run(HISTORIES, batches, checkpoint)
    assert not checkpoint.folder.exists()
    enough = int(str(refused.value).rstrip(".").rpartition(" ")[2])
    factory.validate = ScriptedValidation(seconds=after(0, seconds, seconds), clock=factory.clock)
    again = factory.trainer(Budget(minutes=enough))
    again.at.seconds = prepared
    assert again.run(HISTORIES, batches, checkpoint).step > 0


def test_one_epoch_is_every_history_once(factory: TrainerFactory, checkpoint: Checkpoint) -> None:
    at = factory.trainer(Budget(epochs=1)).run(HISTORIES, batches, checkpoint)
    assert at.step == len(batches(HISTORIES, 0))


# --- Ctrl-C and going on ----------------------------------------------------


def test_an_interrupted_training_that_goes_on_ends_as_if_it_had_not_been(
    factory: TrainerFactory, checkpoint: Checkpoint, tmp_path: Path
) -> None:
    whole = factory.trainer(Budget(epochs=4))
    whole.run(HISTORIES, batches, Checkpoint(tmp_path / "other", {}))
    stopped = factory.trainer(Budget(epochs=4))
    at = stopped.run(HISTORIES, interrupting(at_epoch=2), checkpoint)
    assert stopped.interrupted
    assert not at.finished
    assert (at.epoch, at.place) == (2, 0)
    resumed = factory.trainer(Budget(epochs=4))
    assert checkpoint.load(resumed)
    assert (resumed.at.epoch, resumed.at.place, resumed.at.step) == (at.epoch, at.place, at.step)
    assert resumed.at.loss == at.loss
    assert [own.tolist() for own in resumed.best_scores] == [own.tolist() for own in stopped.best_scores]
    ended = resumed.run(HISTORIES, batches, checkpoint)
    assert not resumed.interrupted
    assert same(tensors(resumed), tensors(whole))
    assert [loss for _, loss in ended.loss] == [loss for _, loss in whole.at.loss]
    assert ended.step == whole.at.step


def test_the_clock_goes_on_where_it_was_stopped(factory: TrainerFactory, checkpoint: Checkpoint) -> None:
    factory.step_seconds = after(0, 0.2, 0.2)
    stopped = factory.trainer(Budget(minutes=1))
    stopped.at.seconds = 58.0
    at = stopped.run(HISTORIES, interrupting(at_epoch=0), checkpoint)
    resumed = factory.trainer(Budget(minutes=1))
    assert checkpoint.load(resumed)
    assert resumed.at.seconds == at.seconds >= 58
    assert 58 < resumed.run(HISTORIES, batches, checkpoint).seconds <= 60


def test_ctrl_c_leaves_the_best_tensors_and_the_handler_of_before(
    factory: TrainerFactory, checkpoint: Checkpoint
) -> None:
    before = signal.getsignal(signal.SIGINT)
    trainer = factory.trainer(Budget(epochs=50))
    trainer.run(HISTORIES, interrupting(at_epoch=3), checkpoint)
    assert signal.getsignal(signal.SIGINT) is before
    assert same(tensors(trainer), trainer.best)


def test_a_checkpoint_of_another_training_is_left_alone(factory: TrainerFactory, checkpoint: Checkpoint) -> None:
    factory.trainer(Budget(epochs=9)).run(HISTORIES, interrupting(at_epoch=1), checkpoint)
    other = factory.trainer(Budget(epochs=9))
    before = tensors(other)
    assert not Checkpoint(checkpoint.folder, {"seed": 4}).load(other)
    assert other.at.step == 0
    assert same(tensors(other), before)
    assert (checkpoint.folder / STATE).is_file()


def test_with_a_catalogue_that_has_grown_since_it_begins_anew(factory: TrainerFactory, checkpoint: Checkpoint) -> None:
    factory.trainer(Budget(epochs=9)).run(HISTORIES, interrupting(at_epoch=1), checkpoint)
    larger = factory.trainer(Budget(epochs=9), N_ITEMS + 1)
    assert not checkpoint.load(larger)
    assert larger.at.step == 0


def test_a_checkpoint_with_scores_of_other_validation_lists_is_left_alone(
    factory: TrainerFactory, checkpoint: Checkpoint
) -> None:
    factory.trainer(Budget(epochs=9)).run(HISTORIES, interrupting(at_epoch=1), checkpoint)
    assert checkpoint.is_resumable()
    assert not replace(checkpoint, lists_sha256="of others").load(factory.trainer(Budget(epochs=9)))


def test_a_finished_training_begins_anew(factory: TrainerFactory, checkpoint: Checkpoint) -> None:
    factory.trainer(Budget(epochs=1)).run(HISTORIES, batches, checkpoint)
    assert not checkpoint.load(factory.trainer(Budget(epochs=1)))
    checkpoint.remove()
    assert not checkpoint.folder.exists()
    assert not checkpoint.load(factory.trainer(Budget(epochs=1)))


@pytest.mark.parametrize("name", [TENSORS, STATE])
def test_a_checkpoint_that_is_cut_off_is_refused_in_one_line(
    factory: TrainerFactory, checkpoint: Checkpoint, name: str
) -> None:
    factory.trainer(Budget(epochs=9)).run(HISTORIES, interrupting(at_epoch=0), checkpoint)
    path = checkpoint.folder / name
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(MendableError, match="Take the folder away") as why:
        checkpoint.load(factory.trainer(Budget(epochs=9)))
    assert "\n" not in str(why.value)


def test_a_full_disk_leaves_the_checkpoint_of_before(factory: TrainerFactory, checkpoint: Checkpoint) -> None:
    trainer = factory.trainer(Budget(epochs=9))
    trainer.run(HISTORIES, interrupting(at_epoch=0), checkpoint)
    step = trainer.at.step
    trainer.at.step = 99
    with full_disk(5_000), pytest.raises(MendableError, match="cannot write"):
        checkpoint.save(trainer)
    resumed = factory.trainer(Budget(epochs=9))
    assert checkpoint.load(resumed)
    assert resumed.at.step == step


def test_a_checkpoint_killed_between_its_two_renames_is_found_again(
    factory: TrainerFactory, checkpoint: Checkpoint
) -> None:
    factory.trainer(Budget(epochs=9)).run(HISTORIES, interrupting(at_epoch=0), checkpoint)
    checkpoint.folder.rename(checkpoint.folder.with_name(".training.old"))
    assert checkpoint.load(factory.trainer(Budget(epochs=9)))


def test_a_checkpoint_holds_no_program(factory: TrainerFactory, checkpoint: Checkpoint) -> None:
    factory.trainer(Budget(epochs=9)).run(HISTORIES, interrupting(at_epoch=0), checkpoint)
    assert sorted(path.name for path in checkpoint.folder.iterdir()) == sorted((STATE, TENSORS))
    json.loads((checkpoint.folder / STATE).read_text())
