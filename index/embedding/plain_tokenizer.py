"""The tokenizer of a BERT by the `tokenizers` library alone: the tokens of transformers' AutoTokenizer, sooner.

`load_plain_tokenizer` returns None for any other tokenizer, which transformers then loads.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

CLASSES = ("BertTokenizer", "BertTokenizerFast")
NORMALIZER = {  # a setting of tokenizer_config.json by the one of tokenizer.json that must be equal to it
    "do_lower_case": ("lowercase", True),
    "tokenize_chinese_chars": ("handle_chinese_chars", True),
    "strip_accents": ("strip_accents", None),
}


class PlainTokenizer:
    """Texts to token numbers, called as a tokenizer of transformers is."""

    def __init__(self, tokenizer: Any, model_max_length: int, pad_token_id: int) -> None:
        self._tokenizer = tokenizer
        self.model_max_length, self.pad_token_id = model_max_length, pad_token_id

    def __call__(self, texts: Sequence[str], truncation: bool, max_length: int) -> dict[str, list[list[int]]]:
        """`input_ids` of texts, each cut to `max_length` tokens where `truncation` is on."""
        if truncation:
            self._tokenizer.enable_truncation(max_length)
        else:
            self._tokenizer.no_truncation()
        return {"input_ids": [encoding.ids for encoding in self._tokenizer.encode_batch(list(texts))]}


def load_plain_tokenizer(folder: Path) -> PlainTokenizer | None:
    """The tokenizer of a BERT's folder; None where transformers would make another of its files."""
    settings, written = _read(folder / "tokenizer_config.json"), _read(folder / "tokenizer.json")
    normalizer = written.get("normalizer") or {}
    if settings.get("tokenizer_class") not in CLASSES or settings.get("auto_map"):
        return None
    if normalizer.get("type") != "BertNormalizer" or (written.get("model") or {}).get("type") != "WordPiece":
        return None
    for name, (own, usual) in NORMALIZER.items():
        if settings.get(name, usual) != normalizer.get(own, usual):
            return None
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    pad = tokenizer.token_to_id(str(settings.get("pad_token", "[PAD]")))
    length = settings.get("model_max_length")
    return PlainTokenizer(tokenizer, length, pad) if pad is not None and isinstance(length, int) else None


def _read(path: Path) -> dict[str, Any]:
    content = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return content if isinstance(content, dict) else {}
