"""A sentiment adapter of a few thousand weights, trained on lines of seven words in a second."""

import json
from pathlib import Path

from finetune.__main__ import main

GOOD, BAD = ("a star about space", "a film about a star"), ("a film about dogs", "dogs about a film")


def write_lines(path: Path, n: int = 60, aspects: bool = False) -> Path:
    """Lines whose label follows from their words; every third with an aspect where these are wanted."""
    rows = []
    for place in range(n):
        text = (GOOD if place % 2 else BAD)[place // 2 % 2] + " a" * (place // 4)
        row = {"text": text, "label": 1 if place % 2 else -1}
        rows.append({**row, "aspect": "film"} if aspects and place % 3 == 0 else row)
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return path


def train_adapter(folder: Path, tiny: Path, *arguments: str) -> Path:
    """The folder of an adapter that was trained on such lines."""
    data = write_lines(folder / "lines.jsonl", aspects=True)
    out = folder / "adapter"
    chosen = arguments or ("--epochs", "2")
    main(["sentiment", "--data", str(data), "--out", str(out), "--backbone", str(tiny), "--seed", "3", *chosen])
    return out
