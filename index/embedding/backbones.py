"""The base models of rerankers: the first layers of any encoder or decoder, and where LoRA is put."""

import json
from pathlib import Path
from typing import Any

import torch
from torch import nn

from index.embedding.model_files import BERT, GPT, resolve, transformer_folder
from index.errors import MendableError

BACKBONES = {"bert": BERT, "gpt": GPT}  # the short names of --backbone
WAY_OUT = "Choose a Transformer whose layers are in one list, for example all-MiniLM-L6-v2 or SmolLM2-135M-Instruct"


def load_base(name: str, layers: int, words: bool = False) -> Any:
    """A base model in float32 with its first `layers` layers only; without word embeddings unless `words` is true.

    Raises MendableError where it has fewer layers, or none that are known here.
    """
    from transformers import AutoModel

    folder = resolve(name)
    options = {"local_files_only": True, "trust_remote_code": False, "use_safetensors": True}
    model = AutoModel.from_pretrained(transformer_folder(folder.path), dtype=torch.float32, **options)
    return shorten(model, layers, words, name)


def kind_of(folder: Path) -> str:
    """`gpt` for a causal model's folder, `bert` for any other."""
    config = json.loads((transformer_folder(folder) / "config.json").read_text())
    causal = any(str(name).endswith("ForCausalLM") for name in config.get("architectures") or ())
    return "gpt" if causal or config.get("model_type") == "gpt2" else "bert"


def count_layers(folder: Path) -> int:
    """The number of layers that a model's folder has, 0 where it does not say."""
    config = json.loads((transformer_folder(folder) / "config.json").read_text())
    return int(config.get("num_hidden_layers") or config.get("n_layer") or config.get("n_layers") or 0)


def shorten(model: Any, layers: int, words: bool = False, name: str = "the base model") -> Any:
    """A model with its first layers only and without pooler: its states are what is used."""
    place, found = layer_list(model, name)
    if len(found) < layers:
        raise MendableError(f"{name!r} has {len(found)} layers where {layers} are wanted", "--backbone", WAY_OUT)
    parent, _, last = place.rpartition(".")
    setattr(model.get_submodule(parent), last, found[:layers])
    model.config.num_hidden_layers = layers
    if getattr(model, "pooler", None) is not None:
        model.pooler = None
    if not words:
        width = model.get_input_embeddings().embedding_dim
        model.set_input_embeddings(nn.Embedding(1, width, _weight=torch.zeros(1, width)))
    return model


def layer_list(model: nn.Module, name: str = "the base model") -> tuple[str, nn.ModuleList]:
    """The place of a model's list of layers, and the list. Raises MendableError where it has no such list."""
    wanted = getattr(getattr(model, "config", None), "num_hidden_layers", 0)
    for place, module in model.named_modules():
        if isinstance(module, nn.ModuleList) and len(module) == wanted > 0:
            return place, module
    raise MendableError(f"{name!r} has no list of layers that is known here", "--backbone", WAY_OUT)


def backbone_of(model: Any) -> Any:
    """The Hugging Face model itself, inside PEFT's or not; a LoRA stays in its layers."""
    return model.get_base_model() if hasattr(model, "get_base_model") else model
