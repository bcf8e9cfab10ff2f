"""The pipeline of a sentence-transformers folder: how long a text may be, how its tokens become one vector."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from index.embedding.model_files import transformer_folder
from index.errors import MendableError

POOLINGS = ("mean", "cls", "max")
MODULES = ("Transformer", "Pooling", "Normalize")


@dataclass(frozen=True)
class Pipeline:
    """How a text becomes a vector: prepared, cut to `max_tokens` (None: the model's own), pooled."""

    folder: Path  # of the weights
    dim: int
    pooling: str
    max_tokens: int | None
    lower: bool
    prompt: str

    def prepare(self, text: str) -> str:
        """A text as the tokenizer gets it; characters that are half of a pair become `?`."""
        text = (self.prompt + text).encode("utf-8", "replace").decode()
        return text.lower() if self.lower else text

    def cut_length(self, of_tokenizer: int) -> int:
        """The number of tokens to which a text is cut."""
        return min(self.max_tokens or 512, of_tokenizer)

    def pool(self, states: Any, mask: Any) -> Any:
        """One vector a text: (B, T, V) tokens with their mask (B, T) to (B, V)."""
        if self.pooling == "cls":
            return states[:, 0]
        if self.pooling == "max":
            return states.masked_fill(mask[..., None] == 0, -1e9).amax(1)
        return (states * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)


def read_pipeline(path: Path) -> Pipeline:
    """The settings of a model folder, plain ones included. Raises MendableError for a module that is not known here."""
    folder = transformer_folder(path)
    config = _settings(folder / "config.json")
    sentence = _settings(folder / "sentence_bert_config.json")
    prompts = _settings(path / "config_sentence_transformers.json")
    named = prompts.get("default_prompt_name")
    max_tokens = sentence.get("max_seq_length") or config.get("max_position_embeddings")
    return Pipeline(
        folder,
        int(config.get("hidden_size") or config.get("dim") or 0),
        _pooling(path),
        int(max_tokens) if max_tokens else None,
        bool(sentence.get("do_lower_case")),
        str(prompts.get("prompts", {}).get(named, "")) if named else "",
    )


def _pooling(path: Path) -> str:
    """The way of pooling; the mean where the folder has no modules, as sentence-transformers does it."""
    listed = path / "modules.json"
    if not listed.is_file():
        return "mean"
    found = "mean"
    for module in _settings(listed):
        library, _, kind = str(module.get("type", "")).rpartition(".")
        if kind not in MODULES:
            raise _unknown(f"a module {kind!r}", listed)
        if library.split(".")[0] != "sentence_transformers":
            raise _unknown(f"a module of its own code ({library}.{kind})", listed)
        if kind == "Pooling":
            settings = _settings(path / str(module["path"]) / "config.json")
            modes = [name.removeprefix("pooling_mode_") for name, on in settings.items() if on is True]
            modes = [name.removesuffix("_tokens").removesuffix("_token") for name in modes if name != "include_prompt"]
            found = str(settings.get("pooling_mode") or (modes[0] if len(modes) == 1 else "+".join(modes)))
            if found not in POOLINGS:
                raise _unknown(f"pooling {found!r}", listed)
    return found


def _settings(path: Path) -> Any:
    """A JSON file's content, nothing where it is not there."""
    try:
        return json.loads(path.read_text()) if path.is_file() else {}
    except ValueError as why:
        raise MendableError("a model's settings cannot be read", str(path), "Choose another model") from why


def _unknown(what: str, where: Path) -> MendableError:
    known = f"Choose a model of {', '.join(MODULES)} with pooling {' or '.join(POOLINGS)}"
    return MendableError(f"the encoder has {what}, which is not known here", str(where), known)
