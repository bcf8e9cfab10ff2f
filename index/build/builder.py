"""Builds a domain's index, adds and removes items; a kill or a full disk at any moment leaves the old index whole."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from index.build.behaviour_part import BehaviourPart
from index.build.build_lock import only_writer
from index.build.generations import (
    SHARDS,
    Generation,
    generation_folders,
    matching_generation,
    new_generation,
    remove_others,
    seal,
)
from index.build.loading import check_encoder, encoder_of
from index.build.manifest import Manifest, check_files, read_manifest, record_files
from index.build.parts import BuildContext, Part, PreviousIndex
from index.build.review_part import ReviewPart
from index.build.sentiment_part import SentimentPart
from index.build.staging import Staged, link_or_copy, stage_items, stage_removal
from index.build.text_part import TextPart
from index.data.domain import Domain, existing_folder, load_domain, tables_sha256
from index.data.records import Item
from index.embedding.encoder import Encoder, TextEncoder
from index.embedding.model_files import BERT, ModelFolder, resolve
from index.errors import MendableError
from index.progress import note
from index.storage.home import index_folder, mendable_writes

PARTS: tuple[Part, ...] = (TextPart(), ReviewPart(), SentimentPart(), BehaviourPart())


@dataclass(frozen=True)
class Builder:
    """What an index is built with: an encoder, where it was found, the parts in the order in which they are built."""

    encoder: TextEncoder
    found_in: str
    parts: tuple[Part, ...] = PARTS

    @classmethod
    def of(cls, model: ModelFolder) -> "Builder":
        """A builder with the encoder of a model folder."""
        return cls(Encoder(model), model.found_in)

    def is_up_to_date(self, name: str, tables: str) -> bool:
        """Whether there is a whole index of these tables, built with this encoder and these parts."""
        try:
            generation = matching_generation(name, tables)
            check_files(generation.folder, generation.manifest)
            check_encoder(generation, self.encoder.name, self.encoder.sha256)
        except MendableError:
            return False
        made, needed = generation.manifest.parts, self._needed_parts(name)
        if {name: about.get("version") for name, about in made.items()} != {each.name: each.version for each in needed}:
            return False
        wanted = {part.name: part.made_with(name) for part in needed}
        return all(made[part].get(key) == value for part, with_ in wanted.items() for key, value in with_.items())

    def _needed_parts(self, domain: str) -> tuple[Part, ...]:
        return tuple(part for part in self.parts if part.is_needed(domain))

    def build(self, domain: Domain) -> None:
        """Write a new generation of a domain's index, then remove the old one."""
        with only_writer(domain.name), new_generation(domain.name) as folder:
            context = self._context(domain, folder)
            parts = {
                part.name: {"version": part.version, **part.build(context)} for part in self._needed_parts(domain.name)
            }
            self._seal(context, parts)
            remove_others(domain.name, kept=folder)

    def extend(self, staged: Staged, old: Generation) -> None:
        """Write a new generation with the added items, then put the table that has them in place; in `only_writer`."""
        domain = staged.domain
        with new_generation(domain.name) as folder:
            context, before = self._context(domain, folder), PreviousIndex(old.folder, old.manifest)
            parts = {
                part.name: {"version": part.version, **part.extend(context, before)}
                for part in self.parts
                if part.name in old.manifest.parts
            }
            self._seal(context, parts)
            staged.put_in_place()
            remove_others(domain.name, kept=folder)

    def _context(self, domain: Domain, folder: Path) -> BuildContext:
        return BuildContext(domain, self.encoder, folder, index_folder(domain.name) / SHARDS)

    def _seal(self, context: BuildContext, parts: Mapping[str, Mapping[str, Any]]) -> None:
        domain = context.domain
        manifest = Manifest(
            domain=domain.name,
            created=_now(),
            encoder=self.encoder.name,
            encoder_sha256=self.encoder.sha256,
            encoder_found_in=self.found_in,
            dim=self.encoder.dim,
            n_items=len(domain.catalogue),
            n_users=len(domain.histories),
            tables_sha256=domain.sha256,
            parts=parts,
            files=record_files(context.folder),
        )
        seal(context.folder, manifest)


def build_domain(name: str, force: bool = False, encoder: str | None = None) -> None:
    """Embed and index a domain; does nothing where its index is up to date, unless forced.

    Without the name of an encoder it is that of the present index, else all-MiniLM-L6-v2. Raises MendableError.
    """
    existing_folder(name)
    build_with(Builder.of(resolve(encoder or _present_encoder(name))), name, force)


def build_with(builder: Builder, name: str, force: bool = False) -> None:
    """As `build_domain`, with a builder of one's own."""
    if not force and builder.is_up_to_date(name, tables_sha256(existing_folder(name))):
        note(f"index of {name}: up to date")
        return
    domain = load_domain(name)
    builder.build(domain)
    note(f"encoder {builder.encoder.name}: {builder.found_in}")
    note(f"index of {name}: {len(domain.catalogue)} items, {len(domain.histories)} users")


def add_items(name: str, items: Sequence[Item], builder: Builder | None = None) -> None:
    """Append items to a domain and to its index; only these are embedded.

    Raises MendableError for no item, an id that is there already, a domain without an index.
    """
    with only_writer(name):
        domain, old = _domain_with_index(name)
        _check_new([item.item_id for item in items], domain)
        staged = stage_items(domain, items)
        (builder or Builder.of(encoder_of(old))).extend(staged, old)
    note(f"domain {name}: {len(items)} items added, now {len(staged.domain.catalogue)}")


def remove_items(name: str, ids: Sequence[str]) -> None:
    """Let items never be recommended again; their events stay. Raises MendableError for unknown ids."""
    with only_writer(name):
        domain, old = _domain_with_index(name)
        unknown = [each for each in ids if each not in domain.catalogue.row_of]
        if unknown:
            raise MendableError(
                f"{_list_ids(unknown)} not in the catalogue of {name!r}", "--ids", "Name ids that `index search` shows"
            )
        if set(ids) <= domain.catalogue.removed:
            note(f"domain {name}: nothing to remove, they are removed already")
            return
        _replace_tables(stage_removal(domain, ids), old)
    note(f"domain {name}: {len(set(ids))} items removed")


def _replace_tables(staged: Staged, old: Generation) -> None:
    """Write a new generation with the files of the old one and the new tables' hash, then put these tables in place."""
    with new_generation(staged.domain.name) as folder:
        with mendable_writes(folder):
            for file in old.manifest.files:
                (folder / file).parent.mkdir(parents=True, exist_ok=True)
                link_or_copy(old.folder / file, folder / file)
        seal(folder, replace(old.manifest, tables_sha256=staged.domain.sha256, created=_now()))
        staged.put_in_place()
        remove_others(staged.domain.name, kept=folder)


def _domain_with_index(name: str) -> tuple[Domain, Generation]:
    domain = load_domain(name)
    generation = matching_generation(name, domain.sha256)
    check_files(generation.folder, generation.manifest)
    return domain, generation


def _check_new(ids: Sequence[str], domain: Domain) -> None:
    known = [each for each in ids if each in domain.catalogue.row_of]
    twice = [each for each, n in Counter(ids).items() if n > 1]
    if known:
        raise MendableError(
            f"{_list_ids(known)} already in {domain.name!r}", "--items", "Leave them out, or rename them"
        )
    if twice:
        raise MendableError(f"{_list_ids(twice)} more than once among the new items", "--items", "Name each once")
    if not ids:
        raise MendableError("there is no item to add", "--items", "Give a file with at least one row")


def _present_encoder(name: str) -> str:
    """The encoder of the present index, where it can be read and its encoder is on this machine; else the default."""
    try:
        return resolve(read_manifest(generation_folders(name)[0]).encoder, online=False).name
    except (MendableError, IndexError):
        return BERT


def _list_ids(ids: Sequence[str]) -> str:
    shown = ", ".join(repr(each) for each in ids[:5])
    return f"{shown} and {len(ids) - 5} more are" if len(ids) > 5 else f"{shown} {'is' if len(ids) == 1 else 'are'}"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
