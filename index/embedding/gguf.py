"""Turns a GGUF file into a folder with safetensors, once, so that later loads take a second and not thirteen."""

import contextlib
import io
import json
import os
import shutil
import struct
import sys
from pathlib import Path
from typing import Any

from index.embedding.imports import is_import_failure
from index.errors import MendableError, first_line
from index.progress import note
from index.storage.home import home, mendable_writes, replace_folder, restore_folder, write_json

SOURCE = "source.json"  # what the folder was made of; the last file to be written


def convert_gguf(gguf: Path, name: str) -> Path:
    """The safetensors folder of a GGUF file below PALATE_HOME/models, made where it is not there; bfloat16 weights."""
    target = home() / "models" / name
    restore_folder(target)
    source = {"file": gguf.name, "bytes": gguf.stat().st_size}
    if _source_of(target) == source:
        return target
    note(f"model {name}: converting {gguf.name} to safetensors, once (about 15 s)")
    aside = target.with_name(f".{name}.{os.getpid()}.tmp")
    with mendable_writes(target):
        target.parent.mkdir(parents=True, exist_ok=True)
    try:
        _convert(gguf, aside)
        write_json(aside / SOURCE, source)
        replace_folder(aside, target)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return target


def _source_of(folder: Path) -> object:
    path = folder / SOURCE
    try:
        return json.loads(path.read_text()) if path.is_file() else None
    except ValueError:
        return None


def _convert(gguf: Path, folder: Path) -> None:
    """`save_pretrained` refuses a model that came from a GGUF: so its tensors go into a plain one."""
    import torch
    from safetensors import SafetensorError
    from transformers import AutoModelForCausalLM, AutoTokenizer

    hidden = contextlib.nullcontext() if sys.stderr.isatty() else contextlib.redirect_stderr(io.StringIO())
    try:
        with hidden:  # the library draws its bar even where stderr is no terminal
            options = {"gguf_file": gguf.name, "local_files_only": True, "trust_remote_code": False}
            loaded = AutoModelForCausalLM.from_pretrained(gguf.parent, dtype=torch.float32, **options)
            tokenizer = AutoTokenizer.from_pretrained(gguf.parent, **options)
    except (OSError, ValueError, LookupError, RuntimeError, struct.error) as why:
        if is_import_failure(why):
            raise
        reason = first_line(why)
        raise MendableError(f"cannot read the GGUF ({reason})", str(gguf), "Choose another model") from why
    config = type(loaded.config).from_dict(loaded.config.to_dict())
    if hasattr(config, "quantization_config"):
        del config.quantization_config
    untyped: Any = AutoModelForCausalLM
    plain = untyped.from_config(config, dtype=torch.bfloat16)
    plain.load_state_dict(loaded.state_dict())
    with mendable_writes(folder):
        try:
            plain.save_pretrained(folder)
            tokenizer.save_pretrained(folder)
        except SafetensorError as why:  # the library wraps the error of the operating system
            raise OSError(None, str(why), str(folder)) from why
