"""LoRA on a base model, by PEFT: where it is put, its sizes, and its files."""

from pathlib import Path
from typing import Any

from torch import nn

from index.embedding.backbones import layer_list
from index.embedding.model_files import ADAPTER_WEIGHTS
from index.embedding.quiet import quiet_loading

ALPHA_PER_RANK, DROPOUT = 2, 0.05


def lora_places(model: nn.Module) -> list[str]:
    """The names of all linear modules in the layers of a model: attention and feed-forward alike."""
    place, layers = layer_list(model)
    linear = [name for name, module in layers.named_modules() if type(module).__name__ in ("Linear", "Conv1D")]
    return [f"{place}.{name}" for name in linear]


def attention_places(model: nn.Module, layers: int) -> list[str]:
    """The names of the linear modules of attention in the last `layers` layers of a model."""
    first = len(layer_list(model)[1]) - layers
    return [name for name in lora_places(model) if "att" in name and _layer_of(name, model) >= first]


def with_lora(base: Any, rank: int, name: str, places: list[str] | None = None) -> Any:
    """A base with a new LoRA in all its layers or at some places, drawn from torch's random state.

    Its file will call the base `name`.
    """
    from peft import LoraConfig, get_peft_model

    config = LoraConfig(
        r=rank,
        lora_alpha=ALPHA_PER_RANK * rank,
        lora_dropout=DROPOUT,
        target_modules=lora_places(base) if places is None else places,
        base_model_name_or_path=name,
    )
    with quiet_loading():
        return get_peft_model(base, config)


def saved_lora(base: Any, folder: Path) -> Any:
    """A base with the LoRA of a folder in PEFT's format; without the safetensors file PEFT would unpickle another."""
    from peft import PeftModel

    if not (folder / ADAPTER_WEIGHTS).is_file():
        raise FileNotFoundError(f"{ADAPTER_WEIGHTS} is missing")
    with quiet_loading():
        return PeftModel.from_pretrained(base, str(folder))


def save_lora(model: Any, folder: Path, name: str) -> None:
    """Write a LoRA into a folder that is there, under the base's own name and without PEFT's empty card."""
    for config in model.peft_config.values():  # PEFT puts the folder of this machine here
        config.base_model_name_or_path = name
    model.save_pretrained(folder, save_embedding_layers=False)  # else PEFT asks the hub for a vocabulary
    (folder / "README.md").unlink(missing_ok=True)  # the training writes the card


def _layer_of(name: str, model: nn.Module) -> int:
    """In which layer a module lies, from 0."""
    return int(name.removeprefix(f"{layer_list(model)[0]}.").split(".")[0])
