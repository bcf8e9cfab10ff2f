"""Models of a few thousand weights, made on the spot: a BERT with its pooling, and a GGUF."""

import json
from pathlib import Path

import numpy as np

WORDS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "star", "wars", "a", "film", "about", "dogs", "space", "##s")
DIM = 32


def tiny_bert(folder: Path, pooling: str = "mean", longest: int = 16) -> Path:
    """A sentence-transformers folder with a random BERT; the weights are the same every time."""
    import torch
    from transformers import AutoTokenizer, BertConfig, BertModel

    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(WORDS),
        hidden_size=DIM,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=32,
    )
    BertModel(config).save_pretrained(folder)
    (folder / "vocab.txt").write_text("\n".join(WORDS))
    AutoTokenizer.from_pretrained(folder, local_files_only=True).save_pretrained(folder)
    kinds = {"mean": "mean_tokens", "cls": "cls_token", "max": "max_tokens"}
    modes = {f"pooling_mode_{kind}": name == pooling for name, kind in kinds.items()}
    write_json(folder / "1_Pooling" / "config.json", {"word_embedding_dimension": DIM, **modes})
    types = ("Transformer", "Pooling", "Normalize")
    paths = ("", "1_Pooling", "2_Normalize")
    modules = [
        {"idx": n, "name": str(n), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for n, (path, kind) in enumerate(zip(paths, types, strict=True))
    ]
    write_json(folder / "modules.json", modules)
    write_json(folder / "sentence_bert_config.json", {"max_seq_length": longest, "do_lower_case": False})
    return folder


def write_json(path: Path, content: object) -> None:
    """A JSON file, its folder made where it is missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))


def tiny_gguf(path: Path) -> Path:
    """A Llama of one layer with random weights and a tokenizer of single letters."""
    import gguf

    letters = ["<unk>", *"bcdefgh", "bc"]
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_block_count(1)
    writer.add_context_length(32)
    writer.add_embedding_length(DIM)
    writer.add_feed_forward_length(2 * DIM)
    writer.add_head_count(2)
    writer.add_head_count_kv(2)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(len(letters))
    writer.add_tokenizer_model("gpt2")
    writer.add_token_list(letters)
    writer.add_token_types([gguf.TokenType.NORMAL] * len(letters))
    writer.add_token_merges(["b c"])
    for add in (writer.add_bos_token_id, writer.add_eos_token_id, writer.add_unk_token_id):
        add(0)
    rng = np.random.default_rng(0)
    shapes = {"token_embd": (len(letters), DIM), "output": (len(letters), DIM), "output_norm": (DIM,)}
    layer: dict[str, tuple[int, ...]] = {name: (DIM, DIM) for name in ("attn_q", "attn_k", "attn_v", "attn_output")}
    layer |= {"ffn_gate": (2 * DIM, DIM), "ffn_up": (2 * DIM, DIM), "ffn_down": (DIM, 2 * DIM)}
    layer |= {"attn_norm": (DIM,), "ffn_norm": (DIM,)}
    for name, shape in {**shapes, **{f"blk.0.{name}": shape for name, shape in layer.items()}}.items():
        values = np.ones(shape) if len(shape) == 1 else rng.standard_normal(shape) * 0.3
        writer.add_tensor(f"{name}.weight", values.astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def tiny_gpt(folder: Path) -> Path:
    """A folder with a random Llama and a byte-level tokenizer that has whole words for some and pieces of others."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import LlamaConfig, LlamaForCausalLM

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=300, special_tokens=["<end>"], initial_alphabet=alphabet)
    tokenizer.train_from_iterator(["Facts: you liked X; both are K. Reason: You liked X: this is K too."] * 9, trainer)
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=DIM,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        eos_token_id=0,
        bos_token_id=None,
        tie_word_embeddings=True,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder
