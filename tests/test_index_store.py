"""The vector store: what it finds is what comparing every vector finds, on disk as in memory."""

from pathlib import Path

import numpy as np
import pytest

from index.errors import MendableError
from index.retrieval.vector_store import MIN_RECALL, VectorStore, flat_index
from index.types import Floats
from tests.helpers_index import full_disk

DIM = 24


def unit(vectors: Floats) -> Floats:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def cloud(n: int, seed: int = 0) -> Floats:
    """Vectors that lie in loose groups, as texts do."""
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((40, DIM))
    return unit((centres[rng.integers(0, 40, n)] + 0.7 * rng.standard_normal((n, DIM))).astype(np.float32))


def by_comparing(vectors: Floats, query: Floats, k: int, allowed: np.ndarray | None = None) -> list[int]:
    scores = vectors @ query
    if allowed is not None:
        scores = np.where(allowed, scores, -np.inf)
    return [int(row) for row in np.lexsort((np.arange(len(vectors)), -scores))[:k] if np.isfinite(scores[row])]


@pytest.fixture(scope="module")
def vectors() -> Floats:
    return cloud(3000)


@pytest.fixture(scope="module", params=["flat", "ivf"])
def store(request: pytest.FixtureRequest, vectors: Floats) -> VectorStore:
    made = VectorStore.build(vectors, max_exact=10_000 if request.param == "flat" else 1000)
    assert made.settings.kind == request.param
    return made


def test_an_items_own_vector_finds_it_first(store: VectorStore, vectors: Floats) -> None:
    rows, scores = store.search(vectors[:50], 5)
    assert rows[:, 0].tolist() == list(range(50))
    assert scores[:, 0] == pytest.approx(1.0, abs=1e-5)


def test_scores_are_inner_products_in_falling_order(store: VectorStore, vectors: Floats) -> None:
    queries = cloud(20, seed=5)
    rows, scores = store.search(queries, 30)
    for query, found, said in zip(queries, rows, scores, strict=True):
        assert said == pytest.approx(vectors[found] @ query, abs=1e-5)
        assert (np.diff(said) <= 0).all()
        assert len(set(found.tolist())) == 30


def test_a_flat_store_finds_what_comparing_all_finds(vectors: Floats) -> None:
    flat = VectorStore.build(vectors)
    for query in cloud(20, seed=6):
        assert flat.search(query[None], 100)[0][0].tolist() == by_comparing(vectors, query, 100)


def test_lists_find_nearly_all_that_comparing_finds(vectors: Floats) -> None:
    lists = VectorStore.build(vectors, max_exact=1000)
    queries = unit(vectors[::30] + 0.3 * cloud(100, seed=7))
    rows = lists.search(queries, 100)[0]
    found = [np.isin(by_comparing(vectors, q, 100), mine).mean() for q, mine in zip(queries, rows, strict=True)]
    assert np.mean(found) >= MIN_RECALL - 0.02  # other queries than those by which it was tuned
    assert lists.settings.recall >= MIN_RECALL
    assert 0 < lists.settings.n_probed <= lists.settings.n_lists


def test_only_allowed_rows_are_found(store: VectorStore, vectors: Floats) -> None:
    allowed = np.zeros(len(vectors), bool)
    allowed[np.random.default_rng(1).permutation(len(vectors))[:40]] = True
    rows = store.search(vectors[:3], 100, allowed)[0]
    assert rows.shape == (3, 40)
    for query, found in zip(vectors[:3], rows, strict=True):
        assert found.tolist() == by_comparing(vectors, query, 40, allowed)


def test_lists_read_more_where_few_rows_are_allowed(vectors: Floats, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "index.retrieval.vector_store.MAX_EXACT_ALLOWED", 0
    )  # a constant: so that the lists are searched with a mask
    lists = VectorStore.build(vectors, max_exact=1000)
    allowed = np.random.default_rng(2).random(len(vectors)) < 0.3
    rows = lists.search(vectors[:40], 20, allowed)[0]
    best = [by_comparing(vectors, query, 20, allowed) for query in vectors[:40]]
    assert allowed[rows].all()
    assert np.mean([np.isin(mine, found).mean() for mine, found in zip(best, rows, strict=True)]) >= MIN_RECALL


def test_nothing_allowed_finds_nothing(store: VectorStore, vectors: Floats) -> None:
    rows, scores = store.search(vectors[:2], 10, np.zeros(len(vectors), bool))
    assert rows.shape == scores.shape == (2, 0)


def test_k_beyond_the_catalogue_gives_each_row_once() -> None:
    rows = VectorStore.build(cloud(7)).search(cloud(1, seed=3), 100)[0][0]
    assert sorted(rows.tolist()) == list(range(7))


def test_an_empty_store_finds_nothing() -> None:
    assert VectorStore.build(np.zeros((0, DIM), np.float32)).search(cloud(1), 5)[0].shape == (1, 0)


def test_equal_scores_come_in_order_of_their_rows(vectors: Floats) -> None:
    same = vectors.copy()
    same[100:200] = same[7]
    rows = VectorStore.build(same).search(same[7][None], 50)[0][0]
    assert rows.tolist() == [7, *range(100, 149)]


def test_a_batch_equals_one_by_one(store: VectorStore) -> None:
    queries = cloud(40, seed=9)
    rows, scores = store.search(queries, 25)
    for n, query in enumerate(queries):
        alone, said = store.search(query[None], 25)
        assert alone[0].tolist() == rows[n].tolist()
        assert said[0] == pytest.approx(scores[n], abs=1e-5)


def test_saving_and_loading_changes_nothing(store: VectorStore, tmp_path: Path) -> None:
    store.save(tmp_path)
    loaded = VectorStore.load(tmp_path)
    queries = cloud(10, seed=4)
    assert isinstance(loaded.vectors, np.memmap)
    assert loaded.settings == store.settings
    rows, scores = store.search(queries, 20)
    again, said = loaded.search(queries, 20)
    assert np.array_equal(rows, again) and np.array_equal(scores, said)


def test_building_twice_gives_the_same_store(vectors: Floats, tmp_path: Path) -> None:
    for name in ("a", "b"):
        VectorStore.build(vectors, max_exact=1000).save(tmp_path / name)
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes(), path.name


def test_added_vectors_are_found_beside_the_old(store: VectorStore, vectors: Floats, tmp_path: Path) -> None:
    store.save(tmp_path)
    more = np.concatenate([vectors, cloud(20, seed=11)])
    longer = VectorStore.load(tmp_path, writable=True).extend(more, max_exact=len(store))
    assert longer.settings.kind == ("ivf" if store.settings.kind == "ivf" else longer.settings.kind)
    assert longer.search(more[-20:], 1)[0][:, 0].tolist() == list(range(3000, 3020))
    assert longer.search(vectors[:5], 1)[0][:, 0].tolist() == list(range(5))


def test_lists_are_made_anew_after_a_fifth_was_added(vectors: Floats) -> None:
    lists = VectorStore.build(vectors[:2000], max_exact=1000)
    assert lists.extend(vectors, max_exact=1000).settings.n_measured == 3000


@pytest.mark.parametrize("name", ["vectors.npy", "lists.faiss", "store.json"])
def test_a_cut_file_is_refused(vectors: Floats, tmp_path: Path, name: str) -> None:
    VectorStore.build(vectors, max_exact=1000).save(tmp_path)
    path = tmp_path / name
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(MendableError, match="index build"):
        VectorStore.load(tmp_path)


def test_a_disk_too_full_for_the_vectors_is_an_error_that_can_be_mended(store: VectorStore, tmp_path: Path) -> None:
    with full_disk(50_000), pytest.raises(MendableError, match="cannot write"):
        store.save(tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_disk_too_full_for_the_lists_is_an_error_that_can_be_mended(vectors: Floats, tmp_path: Path) -> None:
    VectorStore.build(vectors, max_exact=1000).save(tmp_path)
    made = VectorStore.load(tmp_path)
    (tmp_path / "lists.faiss").unlink()
    with full_disk(50_000), pytest.raises(MendableError, match="cannot write"):
        made.save(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["store.json", "vectors.npy"]


@pytest.mark.parametrize("barred", [0, 5, 2500])
def test_a_device_finds_what_the_processor_finds(vectors: Floats, barred: int) -> None:
    flat = VectorStore.build(vectors)
    device = VectorStore(vectors, flat.settings, flat_index(vectors), on_device=flat_index(vectors))
    allowed = np.ones(len(vectors), bool)
    allowed[:barred] = False
    for query in cloud(10, seed=8):
        assert device.search(query[None], 30, allowed)[0].tolist() == flat.search(query[None], 30, allowed)[0].tolist()
    assert (flat.device, device.device) == ("cpu", "gpu")
