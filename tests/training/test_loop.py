"""The loop: it learns, keeps the right epoch, repeats itself, and says what went wrong."""

from __future__ import annotations

import math
import os
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from oxmark.errors import TrainingError
from oxmark.recipes import Recipe, load_recipe
from oxmark.training import answering, loop, steps
from oxmark.training.calibration import UNCALIBRATED, Calibration
from oxmark.training.loop import Epoch, Fitted, Prepared, fit, for_classes
from oxmark.training.steps import learning_rate

SIZE = 24
QUIET = {
    "rotation": 0, "zoom": 0.1, "shear": 0, "bend": 0, "thickness": 0.5, "fade": 0.1, "noise": 0.02, "cut": 0,
    "specks": 0, "crop": 0, "outliers": 24, "outliers_per_batch": 3, "least_steps": 0, "cross_fit": 0.0,
}  # fmt: skip


def small(name: str, **changes: object) -> Recipe:
    """A recipe for 24x24 pictures and a network of a few thousand weights."""
    tiny = {"size": SIZE, "width": 4, "epochs": 3, "batch": 4, "steps_per_epoch": 0, "validation_views": 1}
    return load_recipe(name).with_settings({**tiny, **(QUIET if name == "marks" else {}), **changes})


def pictures(count: int, classes: int = 2, seed: int = 0) -> Prepared:
    """One class has a bar across, one a bar down, one a square; small and large ones."""
    generator = np.random.default_rng(seed)
    seen = np.zeros((count, 1, SIZE, SIZE), np.float32)
    labels = np.arange(count, dtype=np.int64) % classes
    for picture, label in zip(seen[:, 0], labels, strict=True):
        start, width = generator.integers(2, 6), generator.integers(1, 4)
        along, across = slice(start, SIZE - start), slice(12 - width, 12 + width)
        picture[[(across, along), (along, across), (along, along)][label]] = 1
    return Prepared(seen, labels)


TRAIN, HELD_OUT, NONE = pictures(12), pictures(6, seed=1), pictures(0)


def run(recipe: Recipe, train: Prepared = TRAIN, held_out: Prepared = HELD_OUT, **given: Any) -> Fitted:
    return fit(recipe, train, held_out, **{"classes": 2, "seed": 0, "device": "cpu", **given})


@pytest.fixture(autouse=True)
def _one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """These arrays are so small that a second thread only waits for the first."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _process: {0}, raising=False)


def equal(one: Fitted, other: Fitted) -> bool:
    return one.weights.keys() == other.weights.keys() and all(
        one.weights[name].tobytes() == other.weights[name].tobytes() for name in one.weights
    )


@pytest.mark.parametrize("name", ["marks", "tutorial"])
@pytest.mark.parametrize("classes", [2, 3])
def test_it_learns_what_is_easy(name: str, classes: int) -> None:
    more = {"epochs": 40, "width": 8, "rotation": 0, "average": 0.0, "calibrate": False}
    train, held_out = pictures(24, classes), pictures(12, classes, seed=1)
    fitted = run(small(name, **more), train, held_out, classes=classes)
    assert fitted.history[-1].validation_accuracy == 1
    assert fitted.history[-1].loss < fitted.history[0].loss
    assert (fitted.train_probabilities.argmax(1) == train.labels).all()
    assert fitted.train_probabilities.shape == (24, classes)
    assert fitted.train_probabilities.dtype == np.float32


def test_the_history_has_one_entry_an_epoch() -> None:
    told: list[Epoch] = []
    fitted = run(small("marks", epochs=4), on_epoch=told.append)
    assert fitted.history == tuple(told)
    assert [entry.epoch for entry in told] == [1, 2, 3, 4]
    assert fitted.finished and fitted.device == "cpu"
    for entry in told:
        assert entry.loss > 0 and entry.validation_loss > 0
        assert (entry.accuracy * 12).is_integer() and 0 <= entry.accuracy <= 1


def test_the_commonest_answer_is_counted_without_answering_again(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    genuine = steps.answers

    def counted(network: Any, weights: Any, seen: torch.Tensor) -> Any:
        asked.append(len(seen))
        output = genuine(network, weights, seen)
        output.logits[:] = torch.tensor([0.0, 1.0])  # always the second class ...
        output.logits[0, 0] = 2.0  # ... but once
        return output

    monkeypatch.setattr(answering, "answers", counted)
    fitted = run(small("marks", validation_views=0, calibrate=False))
    assert [entry.validation_commonest for entry in fitted.history] == pytest.approx([5 / 6] * 3)
    assert asked == [6, 6, 6, 12]  # once an epoch, and the training pictures at the end


def test_without_validation_there_is_no_commonest_answer() -> None:
    fitted = run(small("marks", calibrate=False), held_out=NONE)
    assert all(math.isnan(entry.validation_commonest) for entry in fitted.history)


@pytest.mark.parametrize("threads", [1, 2])
def test_what_decides_the_last_bits_is_told(threads: int) -> None:
    before = torch.get_num_threads()
    assert run(small("marks", epochs=1, calibrate=False, precision="float32"), threads=threads).hardware == {
        "threads": threads,
        "instructions": torch.backends.cpu.get_cpu_capability(),
        "precision": "float32",
    }
    assert torch.get_num_threads() == before


def test_where_the_time_goes_is_told() -> None:
    fitted = run(small("marks", cross_fit=0.5))
    assert list(fitted.spent) == [
        "outliers", "augment", "forward", "backward", "optimizer", "validate", "calibrate",
    ]  # fmt: skip
    assert all(seconds > 0 for seconds in fitted.spent.values())
    assert fitted.beside == 0  # with one thread the calibration comes after


@pytest.mark.parametrize("name", ["marks", "tutorial"])
def test_the_seed_decides_everything(name: str) -> None:
    torch.manual_seed(1)
    one = run(small(name), seed=1)
    torch.manual_seed(2)  # nothing outside changes what is learned
    same, other = (run(small(name), seed=seed) for seed in (1, 2))
    assert equal(one, same) and one.history == same.history
    assert (one.train_probabilities == same.train_probabilities).all() and not equal(one, other)


# --- which epoch is kept ------------------------------------------------------------------------------------


def with_losses(monkeypatch: pytest.MonkeyPatch, losses: list[float]) -> list[dict[str, torch.Tensor]]:
    """Let the validation give these losses; the averages it measured, epoch by epoch."""
    seen: list[dict[str, torch.Tensor]] = []

    def measure(state: Any, _pictures: Prepared, _place: torch.device) -> tuple[float, float, float]:
        seen.append({name: value.clone() for name, value in state.answering.items()})
        return losses[len(seen) - 1], 0.5, 0.75

    monkeypatch.setattr(loop, "_measure", measure)
    return seen


@pytest.mark.parametrize(
    ("keep", "losses", "kept"),
    [
        ("best", [3.0, 1.0, 2.0], 2),
        ("best", [1.0, 2.0, 3.0], 1),
        ("best", [1.0, 2.0, 1.0], 3),
        ("best", [2.0, 1.0, 1.0, 3.0], 3),
        ("last", [1.0, 2.0, 3.0], 3),
        ("best", [math.nan] * 3, 3),  # no validation pictures
        ("best", [2.0, math.nan], 1),  # the last step went astray
    ],
)
@pytest.mark.parametrize("name", ["marks", "tutorial"])
def test_the_kept_epoch(
    name: str, keep: str, losses: list[float], kept: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured = with_losses(monkeypatch, losses)
    fitted = run(small(name, keep=keep, epochs=len(losses), calibrate=False))
    assert fitted.kept_epoch == kept
    last = "head.bias" if name == "marks" else "dense2.bias"
    biases = [weights[last].numpy().tobytes() for weights in measured]
    assert fitted.weights[last].tobytes() == biases[kept - 1]
    assert len(set(biases)) == len(losses)


def test_the_average_is_what_is_validated_and_kept() -> None:
    averaged = run(small("marks", average=0.99, calibrate=False, keep="last"))
    plain = run(small("marks", average=0.0, calibrate=False, keep="last"))
    assert [entry.loss for entry in averaged.history] == [entry.loss for entry in plain.history]
    assert averaged.history[-1].validation_loss != plain.history[-1].validation_loss
    assert not equal(averaged, plain)


def test_validation_views_stand_beside_the_pictures() -> None:
    recipe = small("marks", validation_views=2)
    more = loop._with_views(HELD_OUT, recipe, 0)
    assert more.seen.shape == (18, 1, SIZE, SIZE)
    assert more.labels.tolist() == HELD_OUT.labels.tolist() * 3
    assert (more.seen[:6] == HELD_OUT.seen).all() and not (more.seen[6:12] == HELD_OUT.seen).all()
    assert not (more.seen[6:12] == more.seen[12:]).all()
    assert (more.seen == loop._with_views(HELD_OUT, recipe, 0).seen).all()


def test_without_cross_fitting_a_temperature_comes_from_the_validation_pictures() -> None:
    wrong = Prepared(HELD_OUT.seen, 1 - HELD_OUT.labels)
    recipe = small("marks", epochs=10, average=0.0, validation_views=0)
    soft, sharp = run(recipe, held_out=wrong), run(recipe, held_out=HELD_OUT)
    plain = run(recipe.with_settings({"calibrate": False}), held_out=wrong)
    assert soft.calibration.temperature == 20 and 1 <= sharp.calibration.temperature < 20
    assert plain.calibration == UNCALIBRATED
    assert (soft.calibration.known_slope, soft.calibration.known_threshold) == (1.0, 0.0)
    np.testing.assert_allclose(soft.weights["head.bias"] * 20, plain.weights["head.bias"], rtol=1e-5)
    assert (soft.weights["known.weight"] == plain.weights["known.weight"]).all()
    assert (soft.train_probabilities.max(1) < plain.train_probabilities.max(1)).all()


def test_with_cross_fitting_it_comes_from_half_trainings(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[Any] = []

    def cross_fitted(_recipe: Recipe, shown: Prepared, *_: Any, **__: Any) -> Calibration:
        given.append(shown)
        return Calibration(2.0, 0.5, 3.0)

    monkeypatch.setattr(loop, "cross_fitted", cross_fitted)
    recipe = small("marks", cross_fit=0.3)
    fitted, plain = run(recipe), run(recipe.with_settings({"calibrate": False}))
    assert fitted.calibration == Calibration(2.0, 0.5, 3.0) and fitted.finished
    (shown,) = given  # the training and the validation pictures, once
    assert (shown.seen == np.concatenate([TRAIN.seen, HELD_OUT.seen])).all()
    np.testing.assert_allclose(fitted.weights["head.weight"] * 2, plain.weights["head.weight"], rtol=1e-5)
    np.testing.assert_allclose(fitted.weights["known.weight"], plain.weights["known.weight"] * 0.5)
    np.testing.assert_allclose(
        fitted.weights["known.bias"], (plain.weights["known.bias"] - 3) * 0.5, rtol=1e-5
    )


@pytest.mark.parametrize(("train", "held_out", "asked"), [(6, 1, 0), (6, 2, 1), (8, 0, 1), (7, 0, 0)])
def test_with_few_pictures_of_a_class_the_validation_pictures_must_do(
    train: int, held_out: int, asked: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four of each class, training and validation pictures together, are the fewest that are shared out."""
    calls: list[int] = []

    def cross_fitted(*_: Any, **__: Any) -> Calibration:
        calls.append(1)
        return UNCALIBRATED

    monkeypatch.setattr(loop, "cross_fitted", cross_fitted)
    fitted = run(small("marks", cross_fit=0.3), pictures(train), pictures(held_out, seed=1))
    assert len(calls) == asked and fitted.finished


# --- odd amounts --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["marks", "tutorial"])
@pytest.mark.parametrize(
    ("changes", "count"),
    [
        ({"batch": 100}, 12),  # a batch larger than the data
        ({"steps_per_epoch": 9}, 12),  # an epoch larger than the data
        ({"steps_per_epoch": 2}, 12),  # and smaller
        ({"batch": 4}, 13),  # one picture left over
        ({"batch": 1}, 4),
        ({"batch": 3}, 2),
    ],
)
def test_any_amount_works(name: str, changes: dict[str, int], count: int) -> None:
    fitted = run(small(name, epochs=2, **changes), pictures(count))
    assert len(fitted.history) == 2
    assert all(np.isfinite(value).all() for value in fitted.weights.values())


@pytest.mark.parametrize("name", ["marks", "tutorial"])
def test_no_validation_pictures(name: str, tmp_path: Path) -> None:
    fitted = run(small(name), held_out=NONE, run_folder=tmp_path)
    assert all(math.isnan(entry.validation_loss) for entry in fitted.history)
    assert all(math.isnan(entry.validation_accuracy) for entry in fitted.history)
    slope = 1.0 if name == "marks" else 0.0  # what has no outliers never refuses
    assert (fitted.kept_epoch, fitted.calibration) == (3, Calibration(1.0, slope, 0.0))


@pytest.mark.parametrize("settings", [{}, {"cross_fit": 0.5}, {"calibrate": False}])
def test_without_outliers_known_says_nothing(settings: dict[str, object]) -> None:
    """It is near 1 for every picture."""
    fitted = run(small("marks", outliers=0, **settings))
    assert fitted.calibration.known_slope == 0
    assert not fitted.weights["known.weight"].any() and fitted.weights["known.bias"] >= 7


def test_the_history_has_the_rate_of_each_epochs_last_step() -> None:
    recipe = small("marks", epochs=5)
    rates = [entry.learning_rate for entry in run(recipe).history]
    assert rates == pytest.approx([learning_rate(recipe, 3 * epoch + 2, 15) for epoch in range(5)])


# --- what can go wrong --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["marks", "tutorial"])
def test_a_loss_that_is_no_number_has_its_sentence(name: str) -> None:
    broken = Prepared(np.full_like(TRAIN.seen, np.nan), TRAIN.labels)
    with pytest.raises(TrainingError) as caught:
        run(small(name, learning_rate=0.5), broken)
    assert str(caught.value) == (
        "In epoch 1 the loss is no longer a number. Try a smaller step: --set learning_rate=0.05"
    )


@pytest.mark.parametrize("device", ["gpu", "", "cuda:x"])
def test_an_unknown_device_has_its_sentence(device: str) -> None:
    with pytest.raises(TrainingError) as caught:
        run(small("marks"), device=device)
    assert str(caught.value) == f"There is no device '{device}'. Choose auto, cpu, cuda or cuda:1."


def test_a_device_that_is_not_here_has_its_sentence() -> None:
    with pytest.raises(TrainingError) as caught:
        run(small("marks"), device="cuda:99")
    sentence = r"The device 'cuda:99' cannot be used: [^\n]*[^.\n]\. Try --device auto\."
    assert re.fullmatch(sentence, str(caught.value))


@pytest.mark.parametrize(("classes", "steps"), [(2, 8), (3, 12), (5, 20), (20, 80)])
def test_more_classes_take_more_steps(classes: int, steps: int) -> None:
    recipe = load_recipe("marks", ["least_steps=8"])
    assert for_classes(recipe, classes).least_steps == steps
    assert for_classes(recipe, classes).with_settings({"least_steps": 8}) == recipe
    assert for_classes(load_recipe("tutorial"), classes) == load_recipe("tutorial")
