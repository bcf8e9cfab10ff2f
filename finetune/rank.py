"""`python -m finetune rank`: teaches a reranker on a domain's own histories and keeps it as a LoRA adapter."""

import json
import shutil
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from agent.adapters import LoadedReader, ReaderSettings, events_sha256, fresh_reader, save_reader
from agent.bases import count_layers, kind_of
from agent.prompt import Scale
from agent.reader import ReaderShape
from agent.reading import Reading
from agent.tensors import tensor_writes
from finetune.batches import epoch_batches
from finetune.blend import best_blend, blended
from finetune.budget import Budget
from finetune.card import card_of
from finetune.checkpoint import Checkpoint
from finetune.examples import Lessons, make_lessons, ndcg_at_10
from finetune.objective import NextItem, autocast
from finetune.training import Progress, Schedule, Trainer, Validation
from index.command import note
from index.counts import Steps, latent
from index.domain import Domain, Histories, load_domain
from index.errors import MendableError
from index.home import adapters_folder, replace_folder
from index.loading import TextIndex, load_text_index
from index.models import BERT, GPT, ModelFolder, resolve
from index.records import Floats

# Embeddings that begin as what follows what: with many users they learn more (games, NDCG@10 alone .060 to .067), with
# few they only repeat what retrieval knows (ml-latest-small: .065 to .060).
KNOWN_FROM, KNOWN_LENGTH = 5_000, 0.5  # users; length of a vector
BACKBONES = {"bert": BERT, "gpt": GPT}


@dataclass(frozen=True)
class RankSettings:
    """What a reranker is taught with, as written beside it."""

    domain: str
    backbone: str = "bert"
    minutes: float | None = None
    epochs: int = 0
    seed: int = 1
    layers: int = 3  # fewer where the base has fewer
    rank: int = 16
    id_dim: int = 96
    dropout: float = 0.2
    learning_rate: float = 1.5e-3
    device: str = "auto"

    @property
    def command(self) -> str:
        """The command that does this again."""
        length = f"--minutes {self.minutes:g}" if self.minutes is not None else f"--epochs {self.epochs}"
        return f"python -m finetune rank --domain {self.domain} --backbone {self.backbone} {length} --seed {self.seed}"


def finetune_rank(settings: RankSettings) -> Path:
    """Train, choose the blend on validation users, write the adapter; its folder. Raises MendableError."""
    base = resolve(BACKBONES.get(settings.backbone, settings.backbone))
    device = _device(settings.device)
    domain = load_domain(settings.domain)
    index = load_text_index(domain)
    vectors = np.asarray(index.vectors)
    began = time.monotonic()
    lessons = make_lessons(domain, vectors, settings.seed)
    _refuse_too_little(lessons, settings.domain)
    loaded = _fresh(settings, base, domain, index, lessons)
    loaded.reader.to(device)
    reading = Reading(loaded, domain.catalogue, vectors)
    trainer = _trainer(settings, loaded, reading, lessons)
    target = adapters_folder(settings.domain) / kind_of(base.path)
    checkpoint = Checkpoint(target.with_name(f"{target.name}.training"), _key(settings, loaded.settings))
    if checkpoint.load(trainer):
        note(f"resuming at step {trainer.at.step}, {trainer.at.seconds:.0f} s into the training")
    else:
        trainer.at.seconds = time.monotonic() - began  # the lessons are part of the training
    note(f"learning from {len(lessons.training)} histories, validating on {len(lessons.validation)} users")
    at = trainer.run(lessons.training, lambda h, epoch: _batches(h, loaded.settings.scale, settings, epoch), checkpoint)
    said = _said(reading, lessons)
    blend = best_blend(lessons.validation, said).weight
    loaded = replace(loaded, settings=replace(loaded.settings, blend=blend))
    record = _record(settings, domain, lessons, at, (said, blend))
    _write(target, loaded, record)
    if trainer.interrupted:
        note(f"interrupted: the best so far is in {target}; the same command goes on from here")
    else:
        checkpoint.remove()
    return target


def _refuse_too_little(lessons: Lessons, domain: str) -> None:
    """Raise MendableError where no history holds two events, so that one could be learned from the other."""
    if not (lessons.training.lengths > 1).any():
        raise MendableError(
            f"nobody in {domain!r} has four events: two to learn from, one to validate on and one to test on",
            "--domain",
            "Import more interactions; until then the agent ranks by retrieval alone",
        )


def _fresh(
    settings: RankSettings, base: ModelFolder, domain: Domain, index: TextIndex, lessons: Lessons
) -> LoadedReader:
    vectors = np.asarray(index.vectors)
    layers = min(settings.layers, count_layers(base.path) or settings.layers)
    shape = ReaderShape(len(domain.catalogue), vectors.shape[1], settings.id_dim, layers, settings.dropout)
    reader = fresh_reader(base.name, shape, settings.rank, settings.seed)
    counts = np.bincount(lessons.training.rows, minlength=len(domain.catalogue))
    with torch.no_grad():
        reader.state_dict()["centre"].copy_(torch.from_numpy(vectors.mean(0)))
        if len(lessons.training) >= KNOWN_FROM:
            reader.ids.weight[:-1].copy_(
                torch.from_numpy(_item_vectors(lessons.training, len(domain.catalogue), shape))
            )
        reader.bias.weight[:-1, 0] = torch.from_numpy(0.5 * np.log1p(counts)).float()
    histories = domain.histories
    return LoadedReader(
        reader,
        ReaderSettings(
            base_model=base.name,
            base_sha256=base.sha256,
            encoder_sha256=index.manifest.encoder_sha256,
            shape=shape,
            rank=settings.rank,
            scale=Scale.of(histories.values),
            events_sha256=events_sha256(histories.users, histories.starts, domain.catalogue.ids, histories.rows),
        ),
        domain.catalogue.ids,
        Path(),
    )


def _item_vectors(histories: Histories, n_items: int, shape: ReaderShape) -> Floats:
    """(n_items, id_dim): what follows what as vectors of one length, 0 for an item without events."""
    found = latent(histories, n_items, Steps(20, power=0.5, backwards=1.0), shape.id_dim).before
    lengths = np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-12)
    known = np.bincount(histories.rows, minlength=n_items)[:, None] > 0
    vectors = np.where(known, KNOWN_LENGTH * found / lengths, 0)
    return np.pad(vectors, ((0, 0), (0, shape.id_dim - vectors.shape[1]))).astype(np.float32)


def _device(name: str) -> torch.device:
    """Where to train. Raises MendableError where CUDA is asked for and not there."""
    if name == "cuda" and not torch.cuda.is_available():
        raise MendableError("no CUDA device is here", "--device cuda", "Use --device cpu, or leave it out")
    return torch.device("cuda" if name != "cpu" and torch.cuda.is_available() else "cpu")


def _trainer(settings: RankSettings, loaded: LoadedReader, reading: Reading, lessons: Lessons) -> Trainer:
    def validate() -> Validation:
        said = _said(reading, lessons)
        blend = best_blend(lessons.validation, said)
        return Validation(blend.likelihood, ndcg_at_10(lessons.validation, _blended(lessons, said, blend.weight)))

    schedule = Schedule(Budget(settings.minutes, settings.epochs), settings.learning_rate, settings.seed)
    counts = np.bincount(lessons.training.rows, minlength=len(reading.catalogue))
    objective = NextItem(reading.texts, reading.numbers, counts)
    return Trainer(loaded.reader, objective.loss, validate, schedule)


def _said(reading: Reading, lessons: Lessons, size: int = 32) -> list[Floats]:
    """The reader's log odds of each validation list's candidates."""
    reading.loaded.reader.eval()
    lists = lessons.validation
    order = np.argsort([len(each.history) for each in lists], kind="stable")
    found: list[Floats] = [np.zeros(0, np.float32)] * len(lists)
    with autocast(reading.texts.device):
        for start in range(0, len(order), size):
            group = [int(n) for n in order[start : start + size]]
            rows = [lists[n].rows for n in group]
            for n, own in zip(group, reading.log_odds([lists[n].history for n in group], rows), strict=True):
                found[n] = own
    return found


def _blended(lessons: Lessons, said: list[Floats], weight: float) -> list[Floats]:
    return [blended(each, own, weight) for each, own in zip(lessons.validation, said, strict=True)]


def _batches(histories: Histories, scale: Scale, settings: RankSettings, epoch: int) -> Any:
    return epoch_batches(histories, scale, settings.seed, epoch)


def _key(settings: RankSettings, made: ReaderSettings) -> dict[str, Any]:
    """What must be equal for a training to go on from a checkpoint."""
    key = {**asdict(settings), "events_sha256": made.events_sha256, "base": made.base_sha256}
    read_back: dict[str, Any] = json.loads(json.dumps(key))
    return read_back


def _record(
    settings: RankSettings, domain: Domain, lessons: Lessons, at: Progress, outcome: tuple[list[Floats], float]
) -> dict[str, Any]:
    """What stands in training.json."""
    said, blend = outcome
    before = ndcg_at_10(lessons.validation, [each.fused for each in lessons.validation])
    after = ndcg_at_10(lessons.validation, _blended(lessons, said, blend))
    alone = ndcg_at_10(lessons.validation, said)
    return {
        "command": settings.command,
        "settings": asdict(settings),
        "data_sha256": domain.sha256,
        "held_out": "each user's last event (test) and last but one (validation); the first with an item counts",
        "seed": settings.seed,
        "seconds": round(at.seconds, 1),
        "steps": at.step,
        "epochs": at.epoch,
        "finished": at.finished,
        "loss": [list(pair) for pair in at.loss],
        "validation": [list(pair) for pair in at.validation],
        "n_validation_users": len(lessons.validation),
        "before": {"ndcg@10": round(before, 6)},
        "after": {"ndcg@10": round(after, 6)},
        "reader_alone": {"ndcg@10": round(alone, 6)},
        "blend": blend,
        "versions": {"torch": torch.__version__},
    }


def _write(target: Path, loaded: LoadedReader, record: dict[str, Any]) -> None:
    """Put the adapter in its place as one step."""
    aside = target.with_name(f".{target.name}.new")
    with tensor_writes(target):
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(parents=True)
        save_reader(aside, loaded)
        (aside / "training.json").write_text(json.dumps(record, indent=1) + "\n")
        (aside / "README.md").write_text(card_of(loaded.settings, record))
    replace_folder(aside, target)
