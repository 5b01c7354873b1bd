"""Simple methods answer out of fold, and never break on few pictures."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from oxmark.evaluation.baselines import (
    Folds,
    baselines,
    hog,
    hog_svm,
    majority,
    nearest_neighbour,
    quick_probabilities,
)

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]


def strokes(labels: Ints, seed: int = 0, size: int = 48) -> Floats:
    """A stroke in a direction that tells the class, somewhere near the middle."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:size, :size] / size - 0.5
    pictures = []
    for label in labels:
        angle = np.pi * label / (labels.max() + 1) + rng.normal(0, 0.03)
        across = (x - rng.normal(0, 0.05)) * np.sin(angle) - (y - rng.normal(0, 0.05)) * np.cos(angle)
        pictures.append(np.exp(-((across / 0.05) ** 2)))
    return np.array(pictures, np.float32)[:, None]


def folds_of(labels: Ints, count: int = 5) -> Folds:
    rows = np.arange(len(labels))
    return [(rows[rows % count != one], rows[rows % count == one]) for one in range(count)]


LABELS = np.repeat(np.arange(3), 8)


def test_all_of_them_read_clear_strokes() -> None:
    found = baselines(strokes(LABELS), LABELS, folds_of(LABELS))
    assert list(found) == ["majority", "nearest_neighbour", "hog_svm"]
    assert all(answers.dtype == np.int64 and answers.shape == (24,) for answers in found.values())
    assert (found["nearest_neighbour"] == LABELS).all() and (found["hog_svm"] == LABELS).all()


def test_the_majority_is_that_of_what_may_be_learned_from() -> None:
    labels = np.array([0, 0, 0, 1, 1, 2])
    folds = [(np.array([3, 4, 5]), np.array([0, 1, 2])), (np.array([0, 1, 2]), np.array([3, 4, 5]))]
    assert majority(labels, folds).tolist() == [1, 1, 1, 0, 0, 0]


@pytest.mark.parametrize("method", [nearest_neighbour, hog_svm, quick_probabilities])
def test_what_is_held_out_is_never_learned_from(method: object) -> None:
    """The labels of a fold are poisoned; what is answered to that fold must not change."""
    assert callable(method)
    pictures, folds = strokes(LABELS), folds_of(LABELS)
    honest = method(pictures, LABELS, folds)
    for _, held in folds:
        poisoned = LABELS.copy()
        poisoned[held] = (poisoned[held] + 1) % 3
        assert np.array_equal(method(pictures, poisoned, folds)[held], honest[held])


def test_probabilities_are_probabilities_and_right() -> None:
    found = quick_probabilities(strokes(LABELS), LABELS, folds_of(LABELS))
    assert found.shape == (24, 3) and found.dtype == np.float64
    assert found.sum(axis=1) == pytest.approx(1)
    assert (found.argmax(axis=1) == LABELS).all()


@pytest.mark.parametrize(("labels", "count"), [([0, 1] * 5, 2), ([0, 1, 2] * 4, 4), (list(range(12)) * 4, 4)])
def test_few_pictures_and_many_classes_do(labels: list[int], count: int) -> None:
    numbers = np.sort(np.array(labels))
    found = quick_probabilities(strokes(numbers), numbers, folds_of(numbers, count))
    assert found.shape == (len(labels), max(labels) + 1)
    assert (found.argmax(axis=1) == numbers).mean() > 0.9


def test_nothing_is_known_of_a_class_that_is_missing_in_the_rest() -> None:
    rows = np.arange(24)
    folds = [(rows[LABELS != 2], rows[LABELS == 2]), (rows[LABELS == 2], rows[LABELS != 2])]
    found = quick_probabilities(strokes(LABELS), LABELS, folds)
    assert found[LABELS == 2, 2] == pytest.approx(1 / 3)  # neither likely nor unlikely
    assert found[LABELS != 2] == pytest.approx(1 / 3)  # learned from one class only
    assert found.sum(axis=1) == pytest.approx(1)
    assert (hog_svm(strokes(LABELS), LABELS, folds)[LABELS != 2] == 2).all()


@pytest.mark.parametrize("size", [12, 32, 48, 150])
def test_histograms_of_every_size(size: int) -> None:
    found = hog(strokes(LABELS, size=size))
    assert found.dtype == np.float32 and found.shape[0] == 24
    assert np.isfinite(found).all() and found.any()


def test_an_empty_picture_has_an_empty_histogram() -> None:
    assert not hog(np.zeros((1, 1, 48, 48), np.float32)).any()
