"""A saved LoRA on a BERT in plain PyTorch: the numbers of PEFT on transformers, without loading either.

For inference only. `load_with_lora` returns None for any other base model or kind of adapter, which PEFT then loads. A
test holds both to the same bits.
"""

import json
import shutil
from pathlib import Path
from typing import Any

from safetensors.torch import load_file
from torch import Tensor, nn

from index.embedding.model_files import ADAPTER_WEIGHTS, transformer_folder
from index.embedding.plain_bert import PlainBert, load_plain_bert

CONFIG = "adapter_config.json"
PREFIX = "base_model.model."  # by which PEFT begins the names of tensors
KNOWN = {"peft_type", "r", "lora_alpha", "target_modules", "init_lora_weights"} | {  # the others change no number
    *("task_type", "auto_mapping", "peft_version", "base_model_name_or_path", "revision", "inference_mode"),
    *("lora_dropout", "megatron_core", "qalora_group_size", "loftq_config"),
}


class LoraLinear(nn.Module):
    """A linear layer plus a product of low rank, as PEFT's `lora.Linear` computes it where nothing is merged."""

    def __init__(self, base: nn.Linear, down: Tensor, up: Tensor, scaling: float) -> None:
        super().__init__()
        self.base_layer, self.scaling = base, scaling
        self.lora_A = nn.Parameter(down, requires_grad=False)  # (rank, in)
        self.lora_B = nn.Parameter(up, requires_grad=False)  # (out, rank)

    def forward(self, states: Tensor) -> Tensor:
        """(…, in) to (…, out)."""
        linear, result = nn.functional.linear, self.base_layer(states)
        found: Tensor = result + linear(linear(states.to(self.lora_A.dtype), self.lora_A), self.lora_B) * self.scaling
        return found.to(result.dtype)

    def merged(self) -> nn.Linear:
        """One linear layer that computes the same, but for rounding, with one product in place of three."""
        weight = self.base_layer.weight.detach()
        self.base_layer.weight = nn.Parameter(weight + self.lora_B @ self.lora_A * self.scaling, requires_grad=False)
        return self.base_layer


def load_with_lora(base: Path, layers: int, adapter: Path, words: bool = False) -> PlainBert | None:
    """The first `layers` layers of a base model's folder with a LoRA, with or without word embeddings.

    None where PEFT must load it. Raises what json and safetensors raise for broken files.
    """
    config = json.loads((adapter / CONFIG).read_text(encoding="utf-8"))
    can_be_plain = _is_plain(config) and (adapter / ADAPTER_WEIGHTS).is_file()
    model = load_plain_bert(transformer_folder(base), layers, words) if can_be_plain else None
    if model is None:
        return None
    tensors, modules = load_file(adapter / ADAPTER_WEIGHTS), dict(model.named_modules())
    places = _places(config["target_modules"], modules)
    if places is None:
        return None
    for place in places:
        linear = modules.get(place)
        down, up = (tensors.pop(f"{PREFIX}{place}.lora_{part}.weight", None) for part in "AB")
        if not isinstance(linear, nn.Linear) or down is None or up is None:
            return None
        if down.shape != (config["r"], linear.in_features) or up.shape != (linear.out_features, config["r"]):
            return None
        parent, _, last = place.rpartition(".")
        setattr(modules[parent], last, LoraLinear(linear, down.float(), up.float(), config["lora_alpha"] / config["r"]))
    return None if tensors else model


def merge_lora(model: PlainBert) -> PlainBert:
    """The model with its LoRA added to the weights: faster, and no longer the same bits as PEFT's."""
    modules = dict(model.named_modules())
    for place, layer in modules.items():
        if isinstance(layer, LoraLinear):
            parent, _, last = place.rpartition(".")
            setattr(modules[parent], last, layer.merged())
    return model


def copy_lora(adapter: Path, folder: Path) -> None:
    """Write into a folder the LoRA that was read from another, in PEFT's format."""
    for name in (CONFIG, ADAPTER_WEIGHTS):
        shutil.copyfile(adapter / name, folder / name)


def _places(targets: list[str], modules: dict[str, nn.Module]) -> list[str] | None:
    """The modules that have a LoRA: PEFT names them in full, or many by the ends of their names; None where it must."""
    found: list[str] = []
    for target in targets:
        own = [name for name in modules if name == target or name.endswith(f".{target}")]
        if not own or not all(isinstance(modules[name], nn.Linear) for name in own):
            return None
        found += own
    return found


def _is_plain(config: dict[str, Any]) -> bool:
    """Whether PEFT's settings are those of a LoRA alone: nothing is set but the settings that are known here."""
    others = {name: value for name, value in config.items() if name not in KNOWN}
    return (
        config.get("peft_type") == "LORA"
        and config.get("init_lora_weights", True) is True
        and isinstance(config.get("target_modules"), list)
        and all(not value or value == "none" for value in others.values())
    )
