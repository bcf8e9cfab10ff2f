"""Behaviour signals of a history, from dense and sparse matrices, in memory and on disk."""

from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

from index.build.behaviour_part import FOLDER, pad_matrix
from index.build.builder import add_items, build_with
from index.build.generations import matching_generation
from index.build.saved_retrieval import FUSION, MATRICES, load_behaviour, load_fusion, save_behaviour
from index.data.domain import Domain, Histories, load_domain
from index.data.records import History, Item
from index.errors import MendableError
from index.retrieval.behaviour_signals import (
    CANDIDATE_WEIGHTS,
    COARSE_FACTORS,
    NAMES,
    SIGNALS,
    Behaviour,
    Signal,
)
from index.retrieval.cold_items import MAX_UNPENALISED_SHARE, cold_penalty
from index.retrieval.fusion_features import COLUMNS
from index.retrieval.item_matrices import Factors, Matrix, sum_rows
from index.retrieval.item_similarity import NEIGHBOURS, item_similarity, keep_strongest, users_by_items
from index.retrieval.transitions import Steps, latent_factors, transition_counts
from index.types import Floats
from tests.helpers_small import KINDS, N_ITEMS, builder, history, rows_of, things, walks, write_domain

A, B, C, D = range(4)


def people(*rows: tuple[int, ...]) -> Histories:
    return Histories.of([f"u{n}" for n in range(len(rows))], [history(*each) for each in rows])


def dense(matrix: Matrix) -> Floats:
    if isinstance(matrix, Factors):
        return np.asarray(matrix.before @ matrix.after.T)
    return np.asarray(matrix.todense() if sparse.issparse(matrix) else matrix)


def as_sparse(behaviour: Behaviour) -> Behaviour:
    """The same numbers, kept as a large catalogue's are."""
    kept = {
        name: each if isinstance(each, Factors) else sparse.csr_matrix(each)
        for name, each in behaviour.matrices.items()
    }
    return Behaviour(kept, behaviour.popularity)


@pytest.fixture(scope="module")
def behaviour() -> Behaviour:
    return Behaviour.fit(walks(), N_ITEMS)


HISTORIES = {
    "with values": history(3, 5, 8, 9, 5, values=[1, 5, 3, 4, 2]),
    "without values": history(3, 5, 8, 9),
    "with some values": history(3, 5, 8, values=[2, float("nan"), 5]),
    "one event": history(7, values=[4]),
    "no event": history(),
}


# --- counts -----------------------------------------------------------------


def test_an_item_follows_another_with_the_weight_of_the_gap() -> None:
    found = dense(transition_counts(people((A, B, C)), 4, Steps(window=2, power=1, backwards=0)))
    of_a, of_b = 1 + 1 / 2 + 5, 1 + 5  # the row's sum, and the constant that few events are pulled towards 0 by
    assert found == pytest.approx(
        np.array([[0, 1 / of_a, 0.5 / of_a, 0], [0, 0, 1 / of_b, 0], [0, 0, 0, 0], [0, 0, 0, 0]]), abs=1e-6
    )


def test_what_came_before_counts_by_its_share() -> None:
    found = dense(transition_counts(people((A, B)), 2, Steps(window=5, power=1, backwards=0.5)))
    assert found == pytest.approx(np.array([[0, 1 / 6], [0.5 / 5.5, 0]]), abs=1e-6)


def test_nothing_follows_from_one_person_to_the_next() -> None:
    assert not dense(transition_counts(people((A,), (B,), (), (C,)), 4, Steps(3, 1, 1))).any()


def test_a_window_longer_than_all_events_is_no_mistake() -> None:
    assert dense(transition_counts(people((A, B)), 2, Steps(50, 0.5, 0)))[A, B] == pytest.approx(1 / 6)


def test_a_repeated_event_counts_once_for_a_user() -> None:
    assert users_by_items(people((A, A, B), ()), 3).toarray().tolist() == [[1, 1, 0], [0, 0, 0]]


def test_the_weights_of_ease_predict_each_item_from_the_others_best() -> None:
    users = users_by_items(walks(), N_ITEMS)
    x = users.toarray().astype(np.float64)
    found = item_similarity(users, penalty=10.0).astype(np.float64)
    assert not np.diag(found).any()
    for item in (0, 7, 21):  # ridge regression of one column on the others, solved by itself
        others = np.delete(np.arange(N_ITEMS), item)
        wanted = np.linalg.solve(x[:, others].T @ x[:, others] + 10 * np.eye(N_ITEMS - 1), x[:, others].T @ x[:, item])
        assert found[others, item] == pytest.approx(wanted, abs=1e-5)


def test_neighbours_of_a_large_catalogue_are_cosines_without_the_item_itself() -> None:
    users = users_by_items(walks(), N_ITEMS)
    x = users.toarray()
    norms = np.sqrt((x**2).sum(0) + 1)
    wanted = (x / norms).T @ (x / norms)
    np.fill_diagonal(wanted, 0)
    assert dense(item_similarity(users, 500.0, dense_items=0, ease_max_users=0)) == pytest.approx(wanted, abs=1e-6)


def test_the_strongest_entries_of_a_row_are_kept() -> None:
    drawn = np.random.default_rng(1).random((5, NEIGHBOURS + 60)).astype(np.float32)
    drawn[4, 100:] = 0  # a row with fewer entries than are kept
    kept = keep_strongest(sparse.csr_matrix(drawn)).toarray()
    for before, after in zip(drawn, kept, strict=True):
        least = np.sort(before)[-NEIGHBOURS]
        assert np.array_equal(after, np.where(before >= least, before, 0))


def test_sparse_and_dense_counts_agree() -> None:
    steps = Steps(10, 0.5, 0.5)
    few = transition_counts(walks(), N_ITEMS, steps, dense_items=N_ITEMS - 1)
    assert sparse.issparse(few)
    assert np.array_equal(dense(few), transition_counts(walks(), N_ITEMS, steps, dense_items=N_ITEMS))


# --- signals ----------------------------------------------------------------


@pytest.mark.parametrize("name", HISTORIES)
@pytest.mark.parametrize("kept", ["dense", "sparse"])
def test_signals_of_a_history_are_decayed_sums(behaviour: Behaviour, name: str, kept: str) -> None:
    shown = HISTORIES[name]
    found = (behaviour if kept == "dense" else as_sparse(behaviour)).signals(shown)
    assert found.shape == (N_ITEMS, len(NAMES))
    for signal in SIGNALS:
        assert found[:, NAMES.index(signal.name)] == pytest.approx(by_loop(behaviour, signal, shown), abs=1e-5)
    assert found[:, NAMES.index("rated")] == pytest.approx(rated_by_loop(behaviour, shown), abs=1e-5)
    assert found[:, NAMES.index("popularity")] == pytest.approx(np.log(1 + behaviour.popularity))


def by_loop(behaviour: Behaviour, signal: Signal, shown: History) -> Floats:
    total = np.zeros(N_ITEMS, np.float32)
    for age, row in enumerate(reversed(shown.rows.tolist())):
        total += (1 if signal.decay_events is None else np.exp(-age / signal.decay_events)) * dense(
            behaviour.matrices[signal.matrix]
        )[row]
    return total


def rated_by_loop(behaviour: Behaviour, shown: History) -> Floats:
    known = shown.values[~np.isnan(shown.values)]
    total = np.zeros(N_ITEMS, np.float32)
    for row, value in zip(shown.rows.tolist(), shown.values.tolist(), strict=True):
        if not np.isnan(value):
            total += (value - known.mean()) * behaviour.matrices["similarity"][row]
    return total


def test_of_a_long_history_the_newest_events_are_read(behaviour: Behaviour) -> None:
    random = np.random.default_rng(5)
    rows = random.integers(0, N_ITEMS, 260)
    assert np.array_equal(behaviour.signals(history(*rows)), behaviour.signals(history(*rows[-200:])))


def test_the_candidate_scores_are_the_weighted_sum_of_signals(behaviour: Behaviour) -> None:
    shown = HISTORIES["with values"]
    signals = behaviour.signals(shown)
    wanted = sum(weight * signals[:, NAMES.index(name)] for name, weight in CANDIDATE_WEIGHTS.items())
    assert behaviour.candidate_scores(shown) == pytest.approx(wanted)


@pytest.mark.parametrize("kept", ["dense", "sparse"])
def test_similarity_to_items_is_the_largest_weight_of_any_of_the_items(behaviour: Behaviour, kept: str) -> None:
    these, rows = rows_of(3, 9, 12), rows_of(1, 4, 10, 30)
    own = behaviour if kept == "dense" else as_sparse(behaviour)
    wanted = [max(0, *(behaviour.matrices["similarity"][this, row] for this in these)) for row in rows]
    assert own.similarity_to(these, rows) == pytest.approx(wanted)
    assert own.similarity_to(these, rows_of()).shape == (0,)


# --- nothing to go on -------------------------------------------------------


@pytest.mark.parametrize("dense_items", [0, 1000])
def test_a_domain_without_events_has_signals_of_zeros(dense_items: int) -> None:
    empty = Behaviour.fit(Histories.of((), ()), 5, dense_items)
    assert empty.signals(history(1, 2, values=[1, 5])).tolist() == [[0] * len(NAMES)] * 5


# --- on disk ----------------------------------------------------------------


@pytest.mark.parametrize("dense_items", [0, 1000])
def test_saving_and_loading_behaviour_changes_nothing(tmp_path: Path, dense_items: int) -> None:
    own = Behaviour.fit(walks(), N_ITEMS, dense_items)
    save_behaviour(tmp_path, own)
    loaded = load_behaviour(tmp_path)
    assert all(sparse.issparse(loaded.matrices[name]) == (dense_items == 0) for name in MATRICES)
    for shown in HISTORIES.values():
        assert np.array_equal(own.signals(shown), loaded.signals(shown))
    assert np.array_equal(own.similarity_to(rows_of(3), rows_of(4, 5)), loaded.similarity_to(rows_of(3), rows_of(4, 5)))


def test_sparse_matrices_without_an_entry_are_loaded(tmp_path: Path) -> None:
    save_behaviour(tmp_path, Behaviour.fit(Histories.of((), ()), 5, dense_items=0))
    assert not load_behaviour(tmp_path).signals(history(1, 2)).any()


@pytest.mark.parametrize("dense_items", [0, 1000])
def test_a_file_that_is_cut_off_is_refused(tmp_path: Path, dense_items: int) -> None:
    save_behaviour(tmp_path, Behaviour.fit(walks(), N_ITEMS, dense_items))
    path = next(tmp_path.glob("next*"))
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(MendableError, match="index build"):
        load_behaviour(tmp_path)


# --- items are added --------------------------------------------------------


@pytest.mark.parametrize("before", [0, 1000])
@pytest.mark.parametrize("after", [0, 1000])
def test_a_padded_matrix_is_the_same_for_the_old_items_and_zero_for_the_new(before: int, after: int) -> None:
    matrix = transition_counts(walks(), N_ITEMS, Steps(3, 1, 0), before)
    longer = pad_matrix(matrix, N_ITEMS + 2, after)
    assert sparse.issparse(longer) == (before == 0 or after == 0)
    assert np.array_equal(dense(longer)[:N_ITEMS, :N_ITEMS], dense(matrix))
    assert not dense(longer)[N_ITEMS:].any()
    assert not dense(longer)[:, N_ITEMS:].any()


def test_a_matrix_that_grows_beyond_the_dense_ones_keeps_its_strongest_entries() -> None:
    matrix = np.random.default_rng(1).random((NEIGHBOURS + 50, NEIGHBOURS + 50)).astype(np.float32)
    longer = pad_matrix(matrix, NEIGHBOURS + 51, dense_items=NEIGHBOURS + 50)
    assert np.diff(longer.indptr).tolist() == [NEIGHBOURS] * (NEIGHBOURS + 50) + [0]


def test_a_matrix_on_disk_is_not_changed_by_padding(tmp_path: Path) -> None:
    save_behaviour(tmp_path, Behaviour.fit(walks(), N_ITEMS, dense_items=0))
    matrix = load_behaviour(tmp_path).matrices["next_items"]
    pad_matrix(matrix, N_ITEMS + 5)
    assert matrix.shape == (N_ITEMS, N_ITEMS)


def behaviour_on_disk(domain: Domain) -> Path:
    return matching_generation(domain.name, domain.sha256).folder / FOLDER


def test_an_added_item_changes_no_signal_of_the_others(home: Path) -> None:
    domain = write_domain(walks())
    build_with(builder(), domain.name)
    old, fusion = load_behaviour(behaviour_on_disk(domain)), load_fusion(behaviour_on_disk(domain))
    signals = {name: old.signals(shown) for name, shown in HISTORIES.items()}
    add_items(domain.name, [Item("new", "Star of tomorrow (2031)", None, KINDS[:1])], builder())
    folder = behaviour_on_disk(load_domain(domain.name))
    for name, shown in HISTORIES.items():
        now = load_behaviour(folder).signals(shown)
        assert np.array_equal(now[:-1], signals[name])
        assert not now[-1].any()
    after = load_fusion(folder)
    features = np.random.default_rng(0).random((9, len(COLUMNS))).astype(np.float32)
    assert np.array_equal(after.score(features), fusion.score(features))


def test_building_twice_gives_the_same_files(home: Path) -> None:
    domain = write_domain(walks(n_users=60))
    made = []
    for _ in range(2):
        build_with(builder(), domain.name, force=True)
        folder = behaviour_on_disk(domain)
        made.append({path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()})
    assert made[0] == made[1]
    assert FUSION in made[0]


def test_a_domain_of_things_without_events_is_built(home: Path) -> None:
    domain = write_domain(Histories.of((), ()), things(3))
    build_with(builder(), domain.name)
    assert load_behaviour(behaviour_on_disk(domain)).popularity.tolist() == [0, 0, 0]


# --- factors, and EASE in the space of users --------------------------------


def test_ease_is_the_same_solved_among_users_and_among_items() -> None:
    users = users_by_items(walks(n_users=15), N_ITEMS)  # fewer users than items: solved among users
    gram = np.asarray((users.T @ users).todense(), np.float64) + 30 * np.eye(N_ITEMS)
    inverse = np.linalg.inv(gram)
    wanted = inverse / -np.diag(inverse)
    np.fill_diagonal(wanted, 0)
    assert dense(item_similarity(users, 30.0)) == pytest.approx(wanted, abs=1e-5)


def test_ease_of_many_items_and_few_users_keeps_the_strongest_of_each_row() -> None:
    users = users_by_items(walks(n_users=15), N_ITEMS)
    whole, kept = dense(item_similarity(users, 30.0)), item_similarity(users, 30.0, dense_items=4)
    assert sparse.issparse(kept)
    assert dense(kept) == pytest.approx(np.maximum(whole, 0), abs=1e-5)  # no row has more than NEIGHBOURS


def test_all_factors_together_are_the_scaled_counts() -> None:
    histories, steps = walks(), Steps(window=3, power=1, backwards=1.0)
    found = latent_factors(histories, N_ITEMS, steps, n_factors=N_ITEMS - 1)
    counts = dense(transition_counts(histories, N_ITEMS, steps))  # both ways, each row by its sum
    scores = found.before @ found.after.T
    nearest = [set(np.argsort(-scores[row])[:3]) & set(np.argsort(-counts[row])[:6]) for row in range(N_ITEMS)]
    assert np.mean([len(each) / 3 for each in nearest]) > 0.8


def test_factors_bring_items_near_that_never_met_but_met_the_same_others() -> None:
    histories = people(*[(A, B)] * 6, *[(C, B)] * 6)
    smooth = latent_factors(histories, 4, Steps(window=2, power=1, backwards=1.0), n_factors=1)
    plain = dense(transition_counts(histories, 4, Steps(window=2, power=1, backwards=1.0)))
    assert plain[A, C] == 0
    assert (smooth.before @ smooth.after.T)[A, B] > 0.05
    assert smooth.shape == (4, 4)


def test_a_sum_of_rows_of_factors_is_that_of_their_product(behaviour: Behaviour) -> None:
    factors = behaviour.matrices["latent"]
    rows, weights = rows_of(3, 9, 3), np.array([[1.0, 0.5, 2.0], [0.0, 1.0, 0.0]], np.float32)
    product = factors.before @ factors.after.T
    assert sum_rows(weights, factors, rows) == pytest.approx(weights @ product[rows], abs=1e-4)


def test_the_coarse_factors_are_the_strongest_of_all(behaviour: Behaviour) -> None:
    fine, coarse = behaviour.matrices["latent"], behaviour.matrices["coarse"]
    assert np.array_equal(coarse.before, fine.before[:, :COARSE_FACTORS])


def test_cold_items_get_no_penalty_while_they_are_few() -> None:
    few = Behaviour({}, np.concatenate([np.zeros(1), np.ones(199)]).astype(np.float32))
    many = Behaviour({}, np.concatenate([np.zeros(100), np.ones(100)]).astype(np.float32))
    assert cold_penalty(few.popularity) == 0
    assert cold_penalty(many.popularity) == pytest.approx(np.log(0.5 / MAX_UNPENALISED_SHARE))
    assert cold_penalty(np.zeros(0, np.float32)) == 0
