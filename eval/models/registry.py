"""What a model of `eval rank` is, what it may see of a domain, and the registry of all models by name.

A model is a class whose constructor takes its settings as keyword arguments, every one with a default:

    class EASE:
        search_space = {"penalty": (100.0, 200.0, 500.0, 1000.0)}     # tried by --tune, on validation only
        needs_index = False                                       # True: refused early where there is no built index

        def __init__(self, penalty: float = 500.0) -> None: ...
        def fit(self, training: Training) -> None: ...
        def scores(self, histories: Histories) -> Floats: ...

It is made anew for each fit. Heavy imports and optional libraries (through `library`) belong inside its functions. A
new model is one file and one line of MODELS.
"""

import hashlib
import importlib
import inspect
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar, Protocol, cast, runtime_checkable

import numpy as np

from index.build.loading import DomainIndex, OpenedDomain
from index.data.domain import Catalogue, Histories
from index.errors import MendableError
from index.types import Floats, Rows

Setting = int | float | str | bool


@dataclass(frozen=True)
class Training:
    """All that a model may see before it scores.

    `catalogue` is in shuffled order, and rows everywhere are rows of it: `original[row]` is the item's row in the
    catalogue on disk (and so in an index). `histories` are the events to fit on, of all users, repeats removed; no
    held-out event is among them. `opened` is the domain as it lies on disk, with its index. `before`
    is the instant (Unix seconds) from which everything is held out, None where no instant divides the events.
    """

    opened: OpenedDomain
    catalogue: Catalogue
    histories: Histories
    original: Rows
    seed: int
    before: int | None = None

    @property
    def n_items(self) -> int:
        """Number of items, those without events included."""
        return len(self.catalogue)

    @property
    def index(self) -> DomainIndex:
        """The domain's index, its rows those of the catalogue on disk. Raises MendableError where there is none."""
        return self.opened.index

    def unshuffled(self, histories: Histories) -> Histories:
        """Histories with the rows of the catalogue on disk, those of the index."""
        return replace(histories, rows=self.original[histories.rows])

    def shuffled_scores(self, rows: Rows, scores: Floats) -> Floats:
        """(n_items,) scores of rows of the catalogue on disk in the order of this catalogue, -inf for all others."""
        found = np.full(self.n_items, -np.inf, np.float32)
        found[rows] = scores
        return found[self.original]


class Model(Protocol):
    """Anything that scores the catalogue for users by their histories."""

    search_space: Mapping[str, Sequence[Setting]]
    needs_index: bool

    def fit(self, training: Training) -> None:
        """Fit on `training`; everything random is drawn from `training.seed`."""

    def scores(self, histories: Histories) -> Floats:
        """(number of histories, n_items): higher is better, -inf where an item is not ranked, never NaN.

        `histories` are of some hundred users at a time, with their ids: most users have the same events in the training
        (all of them in leave-one-out tests and validation trials), some may be new, and a history may be empty. Items
        of the history may have any score: they are masked afterwards. The array may be read-only and may be shared
        between rows (`np.broadcast_to`).
        """


@runtime_checkable
class Prepared(Protocol):
    """A model that checks before any model is run whether it can run: whether its library or adapter is there."""

    def prepare(self, opened: OpenedDomain) -> str:
        """What on disk its result depends on beside the domain (a hash of an adapter or index), "" for nothing.

        Raises MendableError where the user must do something first, NotInstalled where a library is missing.
        """


class NotInstalled(Exception):
    """A library of an extra is missing: the row of the model, or of the benchmark, is a note."""

    def __init__(self, name: str, extra: str = "baselines") -> None:
        super().__init__(f"not installed: {name} (pip install '.[{extra}]')")


class Unavailable(NotInstalled):
    """A model that lacks something else than a library, such as an adapter: its row is a note that says what."""

    def __init__(self, why: str) -> None:
        Exception.__init__(self, f"not installed: {why}")


def library(name: str, extra: str = "baselines") -> ModuleType:
    """An optional library, or a module of it, imported now. Raises NotInstalled where it is missing."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as why:
        if (why.name or "").split(".")[0] != name.split(".")[0]:
            raise  # the library is there and lacks a dependency of its own: that is an error
        raise NotInstalled(name.split(".")[0], extra) from why


class NeedsLibrary:
    """A model that runs where an optional library is installed, and depends on nothing else on disk."""

    needs_library: ClassVar[str]

    def prepare(self, opened: OpenedDomain) -> str:
        """Nothing on disk. Raises NotInstalled where the library is missing."""
        library(self.needs_library)
        return ""


def index_key(opened: OpenedDomain) -> str:
    """What of the index a result depends on: its encoder and the texts that it embedded. Raises MendableError."""
    manifest = opened.index.manifest
    return f"{manifest.encoder_sha256}:{manifest.tables_sha256}"


MODELS: Mapping[str, str] = {
    "popularity": "eval.models.baselines.popularity:Popularity",
    "user-knn": "eval.models.baselines.neighbours:UserKNN",
    "item-knn": "eval.models.baselines.neighbours:ItemKNN",
    "content": "eval.models.baselines.content:Content",
    "tfidf": "eval.models.baselines.content:Tfidf",
    "als": "eval.models.baselines.factors:ALS",
    "bpr": "eval.models.baselines.factors:BPR",
    "svd": "eval.models.baselines.factors:SVD",
    "rp3beta": "eval.models.baselines.rp3beta:RP3Beta",
    "slim": "eval.models.baselines.slim:SLIM",
    "ease": "eval.models.baselines.ease:EASE",
    "sequence": "eval.models.baselines.sequence:SequenceCounts",
    "neumf": "eval.models.baselines.neumf:NeuMF",
    "gru4rec": "eval.models.baselines.gru4rec:GRU4Rec",
    "sasrec": "eval.models.baselines.sasrec:SASRec",
    "esasrec": "eval.models.baselines.esasrec:ESASRec",
    "bert4rec": "eval.models.baselines.bert4rec:BERT4Rec",
    "lightgcn": "eval.models.baselines.lightgcn:LightGCN",
    "multvae": "eval.models.baselines.multvae:MultVAE",
    "weighted": "eval.models.baselines.weighted:Weighted",
    "text": "eval.models.retrieval:Text",
    "behaviour": "eval.models.retrieval:Behaviour",
    "fusion": "eval.models.retrieval:Fusion",
    "fusion-no-sentiment": "eval.models.retrieval:FusionNoSentiment",
    "fusion-no-reviews": "eval.models.retrieval:FusionNoReviews",
    "bert": "eval.models.reranked:Bert",
    "gpt": "eval.models.reranked:Gpt",
    "agent": "eval.models.served:Served",
}


CUSTOM = re.compile(r"[\w.]+:\w+")  # a model of one's own: module:Class


def parse_models(text: str) -> tuple[str, ...]:
    """Names separated by commas, in their order; `all` is every model of the registry, `module:Class` one's own.

    Raises MendableError for a name that no model has, and for a model of one's own that cannot be imported.
    """
    parts = [part.strip() for part in text.split(",") if part.strip()]
    names = tuple(dict.fromkeys(name for part in parts for name in (MODELS if part == "all" else (part,))))
    unknown = [name for name in names if name not in MODELS and not CUSTOM.fullmatch(name)]
    for name in names:
        if name not in MODELS and name not in unknown:
            model_class(name)  # refused before anything is run
    if unknown or not names:
        what = f"no model {', '.join(map(repr, unknown))}" if unknown else "no model is named"
        raise MendableError(
            what, "--models", f"There are: {', '.join(MODELS)}; `all` is every one, `module:Class` one of your own"
        )
    return names


def make_model(name: str, settings: Mapping[str, Setting] | None = None) -> Model:
    """A new model with these settings, the others at their defaults. May raise NotInstalled."""
    return cast(Model, model_class(name)(**(settings or {})))


def default_settings(name: str) -> dict[str, Setting]:
    """The defaults of a model's constructor, as the report states them."""
    parameters = inspect.signature(model_class(name)).parameters
    return {p.name: p.default for p in parameters.values() if p.default is not inspect.Parameter.empty}


def model_class(name: str) -> type[Any]:
    """The class of a model, imported now. Raises MendableError where one's own cannot be imported."""
    module, _, attribute = MODELS.get(name, name).partition(":")
    try:
        return cast(type[Any], getattr(importlib.import_module(module), attribute))
    except (ImportError, AttributeError) as why:
        if name in MODELS:
            raise
        way_out = "Name it as module:Class, the module's file in the working directory"
        raise MendableError(f"cannot import the model {name!r} ({why})", "--models", way_out) from why


def source_key(name: str) -> str:
    """The hash of the file of a model of one's own; "" for those of the registry, whose code is the program's."""
    if name in MODELS:
        return ""
    return hashlib.sha256(Path(inspect.getfile(model_class(name))).read_bytes()).hexdigest()
