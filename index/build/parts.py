"""What an index is made of: each part writes its files into the generation in the making, and tells of itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from index.build.manifest import Manifest
from index.data.domain import Domain
from index.embedding.encoder import TextEncoder


@dataclass(frozen=True)
class BuildContext:
    """A generation in the making: of what domain, with what encoder, in which folder; `aside` outlives a kill."""

    domain: Domain
    encoder: TextEncoder
    folder: Path
    aside: Path


@dataclass(frozen=True)
class PreviousIndex:
    """The generation that is extended: its folder, its manifest, and how many items it has."""

    folder: Path
    manifest: Manifest

    @property
    def n_items(self) -> int:
        """Items of the old generation; those of the new one with higher rows are new."""
        return self.manifest.n_items


class Part(Protocol):
    """One part of an index. `version` changes with what is written: an index of another version is made anew."""

    @property
    def name(self) -> str:
        """Its word in the manifest, and its folder in a generation."""

    @property
    def version(self) -> int:
        """The version of its files."""

    def wanted(self, domain: str) -> bool:
        """Whether the tables of a domain have what this part is made of."""

    def build(self, making: BuildContext) -> Mapping[str, Any]:
        """Write the files of this part below `making.folder`; what it returns stands in the manifest."""

    def extend(self, making: BuildContext, old: PreviousIndex) -> Mapping[str, Any]:
        """The same after items were added at the end of the catalogue, from the old files where that is possible."""
