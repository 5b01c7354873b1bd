"""Out-of-fold figures: no picture has anything to do with the network that answers it."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from oxmark.evaluation import cross_validation
from oxmark.evaluation.cross_validation import Fold, OutOfFold, cross_validate
from oxmark.recipes import Recipe, load_recipe
from oxmark.training.loop import Prepared

SIZE = 24
CLASSES = ("across", "down")


@pytest.fixture(autouse=True)
def _one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """These arrays are so small that a second thread only waits for the first."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _process: {0}, raising=False)


def recipe(**changes: object) -> Recipe:
    tiny = {"size": SIZE, "width": 4, "epochs": 1, "batch": 4, "least_steps": 8, "cross_fit": 0.5}
    return load_recipe("marks").with_settings({**tiny, "outliers": 20, "outliers_per_batch": 3, **changes})


def bars(count: int = 24, seed: int = 0) -> Prepared:
    """Bars across and down with grain, and one view of each; six people drew four each."""
    generator = np.random.default_rng(seed)
    rows = np.arange(count, dtype=np.int64)
    drawn = np.zeros((count, 1, SIZE, SIZE), np.float32)
    drawn[rows % 2 == 0, :, 9:14, 2:22] = 0.8
    drawn[rows % 2 == 1, :, 2:22, 9:14] = 0.8
    grain = generator.random((2, count, 1, SIZE, SIZE), np.float32) * np.float32(0.2)
    return Prepared(drawn + grain[0], rows % 2, (drawn + grain[1])[:, None], rows // 4)


def thirds(pictures: Prepared) -> list[Fold]:
    rows = np.arange(len(pictures.labels))
    return [(rows[rows // 8 != number], rows[rows // 8 == number]) for number in range(3)]


def poisoned(pictures: Prepared, rows: npt.NDArray[np.int64]) -> Prepared:
    """Some pictures turned into noise, with the labels of others, drawn by strangers."""
    seen, labels = pictures.seen.copy(), pictures.labels.copy()
    assert pictures.views is not None and pictures.groups is not None
    views, groups = pictures.views.copy(), pictures.groups.copy()
    noise = np.random.default_rng(9).random((2, *seen[rows].shape), np.float32)
    seen[rows], views[rows] = noise[0], noise[1][:, None]
    labels[rows], groups[rows] = 1 - labels[rows], groups[rows] + 100
    return Prepared(seen, labels, views, groups)


def networks(used: Recipe, pictures: Prepared, folds: list[Fold], **given: Any) -> list[bytes]:
    found: list[bytes] = []
    cross_validate(
        used, pictures, CLASSES, folds, on_fold=lambda number, network, _: found.append(network), **given
    )
    return found


# The recipe as it is; one that chooses an epoch and calibrates on validation pictures set aside inside; and
# one that cross-fits nothing.
USED = [
    recipe(),
    recipe(keep="best", epochs=2),
    recipe(cross_fit=0.0, validation_views=1),
]


@pytest.mark.parametrize("used", USED, ids=["last", "best", "calibrated on validation"])
def test_what_a_fold_holds_out_changes_nothing_in_its_network(used: Recipe) -> None:
    pictures = bars()
    folds = thirds(pictures)
    poison = poisoned(pictures, folds[1][1])
    clean = networks(used, pictures, folds, groups=pictures.groups)
    changed = networks(used, poison, folds, groups=poison.groups)
    assert [one == other for one, other in zip(clean, changed, strict=True)] == [False, True, False]


def test_pictures_of_both_sides_are_refused() -> None:
    pictures = bars()
    rest, held = thirds(pictures)[1]
    with pytest.raises(ValueError, match="fold 0 learns from pictures that it holds out"):
        cross_validate(recipe(), pictures, CLASSES, [(np.append(rest, held[0]), held)])


def test_every_picture_is_answered_by_the_network_of_its_fold() -> None:
    pictures = bars()
    folds = thirds(pictures)
    told: list[tuple[int, npt.NDArray[np.float32]]] = []
    epochs: list[int] = []
    found = cross_validate(
        recipe(epochs=3),
        pictures,
        CLASSES,
        folds,
        on_epoch=lambda entry: epochs.append(entry.epoch),
        on_fold=lambda number, network, answers: told.append((number, answers)),
    )
    assert epochs == [1, 2, 3] * 3
    assert [number for number, _ in told] == [0, 1, 2]
    for number, answers in told:
        np.testing.assert_array_equal(found.probabilities[found.fold == number], answers)
    assert_sound(found, len(pictures.labels))
    assert (found.probabilities.argmax(axis=1) == pictures.labels).mean() > 0.9


def assert_sound(found: OutOfFold, count: int) -> None:
    assert found.probabilities.shape == (count, 2)
    assert found.known.shape == (count,)
    assert found.heat.shape[:2] == (count, 2)
    np.testing.assert_allclose(found.probabilities.sum(axis=1), 1, atol=1e-5)
    logits = found.heat.mean(axis=(2, 3))
    expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(found.probabilities, expected, atol=1e-5)


def test_pictures_may_be_left_out_of_the_rest_and_of_all_folds() -> None:
    pictures = bars()
    rest, held = thirds(pictures)[0]
    found = cross_validate(recipe(), pictures, CLASSES, [(rest[:8], held)])
    assert set(found.fold[held]) == {0}
    assert set(found.fold[rest]) == {-1}
    assert not found.probabilities[rest].any()


def test_many_pictures_are_answered_a_few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    pictures = bars()
    whole = cross_validate(recipe(), pictures, CLASSES, thirds(pictures)[:1])
    monkeypatch.setattr(cross_validation, "TOGETHER", 3)
    by_threes = cross_validate(recipe(), pictures, CLASSES, thirds(pictures)[:1])
    np.testing.assert_allclose(by_threes.probabilities, whole.probabilities, atol=1e-6)
    np.testing.assert_allclose(by_threes.heat, whole.heat, atol=1e-5)
