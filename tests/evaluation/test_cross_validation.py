"""Out-of-fold figures: no picture has anything to do with the network that answers it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from bars import CLASSES, bars, recipe, thirds, trainings

from oxmark.evaluation import cross_validation
from oxmark.evaluation.cross_validation import Fold, OutOfFold, PictureSet, Training, answered, gathered
from oxmark.recipes import Recipe


def poisoned(pictures: PictureSet, rows: npt.NDArray[np.int64]) -> PictureSet:
    """Some pictures turned into noise, with the labels of others, drawn by strangers."""
    seen, labels = pictures.seen.copy(), pictures.labels.copy()
    assert pictures.views is not None and pictures.hands is not None
    views, hands = pictures.views.copy(), pictures.hands.copy()
    noise = np.random.default_rng(9).random((2, *seen[rows].shape), np.float32)
    seen[rows], views[rows] = noise[0], noise[1][:, None]
    labels[rows], hands[rows] = 1 - labels[rows], hands[rows] + 100
    return PictureSet(seen, labels, views, hands, hands)


def cross_validated(used: Recipe, pictures: PictureSet, folds: list[Fold]) -> OutOfFold:
    every = trainings(used, pictures, folds)
    return gathered(every, [answered(one) for one in every])


def networks(used: Recipe, pictures: PictureSet, folds: list[Fold]) -> list[bytes]:
    return [answered(one).network for one in trainings(used, pictures, folds)]


# The recipe as it is; one that chooses an epoch and calibrates on validation pictures set aside inside; and
# one that cross-fits nothing.
USED = [
    recipe(),
    recipe(keep="best", epochs=2),
    recipe(cross_fit=0.0, validation_views=1),
]
IDS = ["last", "best", "calibrated on validation"]


@pytest.mark.parametrize("used", USED, ids=IDS)
def test_what_a_fold_holds_out_changes_nothing_in_its_network(used: Recipe) -> None:
    pictures = bars()
    folds = thirds(pictures)
    clean = networks(used, pictures, folds)
    changed = networks(used, poisoned(pictures, folds[1][1]), folds)
    assert [one == other for one, other in zip(clean, changed, strict=True)] == [False, True, False]


@pytest.mark.parametrize("used", USED, ids=IDS)
def test_a_second_processor_changes_nothing(used: Recipe) -> None:
    training = trainings(used, bars(), thirds(bars()))[0]
    assert answered(training, spare=True).network == answered(training).network


def test_pictures_of_both_sides_are_refused() -> None:
    pictures = bars()
    rest, held = thirds(pictures)[1]
    with pytest.raises(ValueError, match="would learn from pictures that it is to answer"):
        Training(recipe(), CLASSES, pictures, np.append(rest, held[0]), held, seed=0)


def test_every_picture_is_answered_by_the_network_of_its_fold() -> None:
    pictures = bars()
    epochs: list[int] = []
    every = trainings(recipe(epochs=3), pictures, thirds(pictures))
    answers = [answered(one, on_epoch=lambda entry: epochs.append(entry.epoch)) for one in every]
    found = gathered(every, answers)
    assert epochs == [1, 2, 3] * 3
    for number, one in enumerate(answers):
        np.testing.assert_array_equal(found.probabilities[found.fold == number], one.probabilities)
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
    found = cross_validated(recipe(), pictures, [(rest[:8], held)])
    assert set(found.fold[held]) == {0}
    assert set(found.fold[rest]) == {-1}
    assert not found.probabilities[rest].any()


def test_pictures_alone_are_enough() -> None:
    pictures = replace(bars(), views=None, hands=None, groups=None)
    assert_sound(cross_validated(recipe(keep="best"), pictures, thirds(pictures)), len(pictures.labels))


def test_many_pictures_are_answered_a_few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    pictures = bars()
    whole = cross_validated(recipe(), pictures, thirds(pictures)[:1])
    monkeypatch.setattr(cross_validation, "TOGETHER", 3)
    by_threes = cross_validated(recipe(), pictures, thirds(pictures)[:1])
    np.testing.assert_allclose(by_threes.probabilities, whole.probabilities, atol=1e-6)
    np.testing.assert_allclose(by_threes.heat, whole.heat, atol=1e-5)
