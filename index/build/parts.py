"""The parts of an index: each writes its files into the folder of a new generation, and its figures to the manifest."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from index.build.manifest import Manifest
from index.data.domain import Domain
from index.embedding.encoder import TextEncoder


@dataclass(frozen=True)
class BuildContext:
    """What a part builds from: domain, encoder, folder of the new generation; files in `shards` outlive a kill."""

    domain: Domain
    encoder: TextEncoder
    folder: Path
    shards: Path


@dataclass(frozen=True)
class PreviousIndex:
    """The generation that is extended: its folder and its manifest."""

    folder: Path
    manifest: Manifest

    @property
    def n_items(self) -> int:
        """Number of items; rows from here on are those of the new items."""
        return self.manifest.n_items


class Part(Protocol):
    """One part of an index. `version` changes with its files: an index with another version is rebuilt."""

    @property
    def name(self) -> str:
        """Its name in the manifest and of its folder in a generation."""

    @property
    def version(self) -> int:
        """The version of its files."""

    def is_needed(self, domain: str) -> bool:
        """Whether the tables of a domain have the data that this part indexes."""

    def made_with(self, domain: str) -> Mapping[str, Any]:
        """Figures of the manifest that must be these: an index with others is rebuilt."""

    def build(self, context: BuildContext) -> Mapping[str, Any]:
        """Write the files of this part below `context.folder`; what it returns stands in the manifest."""

    def extend(self, context: BuildContext, old: PreviousIndex) -> Mapping[str, Any]:
        """The same after items were added at the end of the catalogue, from the old files where that is possible."""
