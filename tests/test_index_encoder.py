"""The encoder: what sentence-transformers gives, in batches that change nothing, quickly where that is harmless."""

import json
from pathlib import Path

import numpy as np
import pytest

from index.embedding.encoder import MIN_COSINE, Encoder, TextEncoder
from index.embedding.model_files import BERT, resolve
from index.embedding.pipeline import read_pipeline
from index.errors import MendableError
from index.types import Floats
from tests.helpers_models import DIM, tiny_bert, write_json

TEXTS = ("star wars", "", "a film about dogs in space", "dogs " * 60, "ünïcode \u202e", "STAR", "a", "star wars")


def cosines(a: Floats, b: Floats) -> Floats:
    return np.asarray((a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1), np.float32)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_bert(tmp_path_factory.mktemp("model") / "bert")


@pytest.fixture(scope="module")
def encoder(tiny: Path) -> Encoder:
    return Encoder(resolve(str(tiny)), "float32")


@pytest.mark.models
@pytest.mark.parametrize("pooling", ["mean", "cls", "max"])
def test_vectors_are_those_of_sentence_transformers(tmp_path: Path, pooling: str) -> None:
    from sentence_transformers import SentenceTransformer

    folder = tiny_bert(tmp_path / "bert", pooling)
    ours = Encoder(resolve(str(folder)), "float32").encode(TEXTS)
    theirs = SentenceTransformer(str(folder), device="cpu").encode(list(TEXTS))
    assert cosines(ours, np.asarray(theirs)).min() > 0.99999


@pytest.mark.models
def test_the_shipped_encoder_is_that_of_sentence_transformers() -> None:
    from sentence_transformers import SentenceTransformer

    texts = ["Star Wars (1977). Sci-Fi, Action.", "", "a film about dogs " * 80, *(f"film {n} " * n for n in range(12))]
    theirs = SentenceTransformer(str(resolve(BERT).path), device="cpu").encode(texts, normalize_embeddings=True)
    assert cosines(Encoder(resolve(BERT), "float32").encode(texts), theirs).min() > 0.9999
    assert cosines(Encoder(resolve(BERT)).encode(texts), theirs).min() > MIN_COSINE
    assert cosines(Encoder(resolve(BERT), "bfloat16").encode(texts), theirs).min() > MIN_COSINE


def test_a_batch_equals_one_by_one(encoder: Encoder) -> None:
    alone = np.concatenate([encoder.encode([text]) for text in TEXTS])
    assert encoder.encode(TEXTS) == pytest.approx(alone, abs=1e-5)


def test_many_batches_equal_one(encoder: Encoder, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = encoder.encode(TEXTS)
    monkeypatch.setattr("index.embedding.encoder.TOKENS_A_BATCH", 20)  # a constant: so that there are many batches
    assert encoder.encode(TEXTS, "in many batches") == pytest.approx(whole, abs=1e-5)


def test_the_order_of_texts_changes_nothing(encoder: Encoder) -> None:
    assert encoder.encode(TEXTS[::-1])[::-1] == pytest.approx(encoder.encode(TEXTS), abs=1e-5)


def test_vectors_have_length_one(encoder: Encoder) -> None:
    vectors = encoder.encode(TEXTS)
    assert vectors.dtype == np.float32 and vectors.shape == (len(TEXTS), DIM)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1.0, abs=1e-5)


def test_no_text_gives_no_vector(encoder: Encoder) -> None:
    assert encoder.encode([]).shape == (0, DIM)


def test_a_text_is_cut_to_what_the_model_reads(encoder: Encoder) -> None:
    long, longer = "dogs " * 20, "dogs " * 50_000
    assert encoder.encode([long]) == pytest.approx(encoder.encode([longer]), abs=1e-6)


def test_half_of_a_character_is_read_as_a_question_mark(encoder: Encoder) -> None:
    assert encoder.encode(["a \ud800"]) == pytest.approx(encoder.encode(["a ?"]), abs=1e-6)


def test_an_encoder_says_what_it_is_without_loading_its_weights(tiny: Path) -> None:
    (encoder,) = [Encoder(resolve(str(tiny)))]
    stands_for: TextEncoder = encoder
    assert (stands_for.name, stands_for.dim, len(stands_for.sha256)) == (str(tiny), DIM, 64)
    assert encoder._loaded is None


def test_bfloat16_is_only_taken_where_it_changes_nothing(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.embedding.encoder.MIN_COSINE", 1.1)  # a constant: no vector comes so near
    assert Encoder(resolve(str(tiny))).precision == "float32"


def test_a_plain_folder_pools_by_the_mean(tmp_path: Path) -> None:
    folder = tiny_bert(tmp_path / "bert", "mean")
    pooled = Encoder(resolve(str(folder)), "float32").encode(TEXTS)
    (folder / "modules.json").unlink()
    assert Encoder(resolve(str(folder)), "float32").encode(TEXTS) == pytest.approx(pooled, abs=1e-6)


def test_a_default_prompt_stands_before_every_text(tmp_path: Path) -> None:
    folder = tiny_bert(tmp_path / "bert")
    plain = Encoder(resolve(str(folder)), "float32").encode(["a film star"])
    prompts = {"prompts": {"query": "a film "}, "default_prompt_name": "query"}
    write_json(folder / "config_sentence_transformers.json", prompts)
    assert Encoder(resolve(str(folder)), "float32").encode(["star"]) == pytest.approx(plain, abs=1e-6)


@pytest.mark.parametrize(
    ("kind", "pooling", "named"),
    [("Dense", "mean", "'Dense'"), ("Normalize", "weightedmean", "'weightedmean'"), ("Normalize", "mean+max", "mean")],
)
def test_a_pipeline_that_is_not_known_is_refused(tmp_path: Path, kind: str, pooling: str, named: str) -> None:
    folder = tiny_bert(tmp_path / "bert")
    modules = json.loads((folder / "modules.json").read_text())
    modules[2]["type"] = f"sentence_transformers.models.{kind}"
    write_json(folder / "modules.json", modules)
    write_json(folder / "1_Pooling" / "config.json", {"pooling_mode": pooling})
    with pytest.raises(MendableError, match=named):
        read_pipeline(folder)


def test_cut_weights_are_refused(tmp_path: Path) -> None:
    folder = tiny_bert(tmp_path / "bert")
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(MendableError, match="cannot load the model"):
        Encoder(resolve(str(folder))).encode(["a"])
