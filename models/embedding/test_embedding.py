"""Losses against loops, and figures against scikit-learn's: `python -m pytest models/embedding`; it needs PyTorch, and scikit-learn for a part."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
import losses  # noqa: E402
import measure  # noqa: E402

RNG = np.random.default_rng(3)


def problem(n=40, d=5, classes=4):
    return RNG.normal(size=(n, d)).astype(np.float32), RNG.integers(0, classes, n)


def test_sgm_is_its_formula_and_a_class_that_is_absent_counts_nothing():
    x, y = problem()
    y[y == 2] = 1
    for sigma in (1.0, 0.5):
        means = {c: x[y == c].mean(0) for c in np.unique(y)}
        want = 0
        for row, own in zip(x, y):
            weights = {c: np.exp(-((row - mean) ** 2).sum() / (2 * sigma**2)) for c, mean in means.items()}
            share = {c: weight / sum(weights.values()) for c, weight in weights.items()}
            want += sum((share.get(c, 0) - (c == own)) ** 2 for c in range(4))
        assert losses.sgm(torch.from_numpy(x), torch.from_numpy(y), 4, sigma).item() == pytest.approx(want / len(x), rel=1e-4)


def test_a_triplet_has_one_of_its_own_class_and_one_of_another():
    x = torch.tensor([[0.0, 0.0], [0.0, 3.0], [9.0, 0.0], [9.0, 1.0]])
    y = torch.tensor([0, 0, 1, 1])
    lengths = [x[i].norm() for i in range(4)]
    found = {round(losses.triplet(x, y, torch.Generator().manual_seed(seed)).item(), 6) for seed in range(20)}
    # The classes are further apart than the margin: what is left is the price of length.
    assert all(0 < value < 0.001 * 3 * max(lengths) for value in found) and len(found) > 1


def test_neighbours_are_the_nearest_ties_by_index_and_none_is_its_own():
    gallery = np.array([[0.0], [1.0], [1.0], [5.0]], np.float32)
    assert measure.neighbours(np.array([[1.0]], np.float32), gallery, 3).tolist() == [[1, 2, 0]]
    assert measure.neighbours(gallery, gallery, 2, same=True).tolist() == [[1, 2], [2, 0], [1, 0], [1, 2]]


def test_most_neighbours_decide_and_the_first_among_equals():
    assert measure.voted(np.array([[2, 1, 1], [2, 1, 0], [0, 0, 2]]), 3).tolist() == [1, 2, 0]


def test_retrieval_counts_hits_within_k():
    x, y = np.array([[0.0], [0.1], [1.0], [1.2]], np.float32), np.array([0, 1, 1, 1])
    assert measure.retrieval(x, y, [1, 2]) == {1: (0.5, 0.5), 2: (0.75, 0.625)}


def test_figures_are_those_of_scikit_learn():
    metrics = pytest.importorskip("sklearn.metrics")
    _, y = problem(300)
    clusters = np.where(RNG.random(300) < 0.5, y, RNG.integers(0, 6, 300))
    assert measure.nmi(clusters, y) == pytest.approx(metrics.normalized_mutual_info_score(y, clusters), abs=1e-9)
    assert measure.accuracy_and_f1(clusters % 4, y)[1] == pytest.approx(metrics.f1_score(y, clusters % 4, average="macro"), abs=1e-9)
