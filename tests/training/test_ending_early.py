"""A training that the user ends: the best epoch so far is kept, as a finished training keeps its own."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from quick_fit import quick

from oxmark.recipes import Recipe, load_recipe
from oxmark.training import checkpoint, crossfit, loop
from oxmark.training.loop import Fitted, Prepared, fit

EPOCHS, ASKED = 8, 2  # asked whether to stop: twice an epoch
PLAIN: dict[str, object] = {
    "size": 24,
    "margin": 0.125,
    "precision": "float32",  # the same curve on every machine
    "width": 4,
    "epochs": EPOCHS,
    "batch": 4,
    "least_steps": 0,
    "steps_per_epoch": 6,
    "outliers": 20,
    "outliers_per_batch": 3,
    "calibrate": False,
}
CALIBRATED = {**PLAIN, "calibrate": True, "cross_fit": 0.5}


def noise(count: int, seed: int) -> Prepared:
    """Pictures of nothing in particular by four people: what is learned of them soon is by heart."""
    generator = np.random.default_rng(seed)
    seen = (generator.random((count, 1, 24, 24)) > 0.8).astype(np.float32)
    rows = np.arange(count, dtype=np.int64)
    return Prepared(seen, rows % 2, seen[:, None], rows // 2 % 4)


TRAIN, HELD_OUT = noise(21, 0), noise(6, 1)
NOTHING = Prepared(HELD_OUT.seen[:0], HELD_OUT.labels[:0], HELD_OUT.seen[:0, None], HELD_OUT.labels[:0])


@pytest.fixture(autouse=True)
def _one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """These arrays are so small that a second thread only waits for the first."""
    quick(monkeypatch)


def after(times: int) -> Callable[[], bool]:
    """Says no so many times, and then yes."""
    asked = 0

    def answer() -> bool:
        nonlocal asked
        asked += 1
        return asked > times

    return answer


def run(folder: Path | None = None, settings: dict[str, object] = PLAIN, **given: Any) -> Fitted:
    """Train on noise; ``end`` ends it after so many epochs."""
    recipe: Recipe = load_recipe("marks").with_settings(settings)
    if "end" in given:
        given["should_finish"] = after(given.pop("end") - 1)
    held_out = given.pop("validation", HELD_OUT)
    return fit(recipe, TRAIN, held_out, 2, seed=5, device="cpu", run_folder=folder, **given)


def bits(fitted: Fitted) -> dict[str, bytes]:
    arrays = {**fitted.weights, "answers": fitted.train_probabilities}
    return {name: array.tobytes() for name, array in arrays.items()}


def lowest(fitted: Fitted) -> int:
    """The epoch with the lowest validation loss, of equals the later."""
    losses = [entry.validation_loss for entry in fitted.history]
    return max(number for number, loss in enumerate(losses, start=1) if loss == min(losses))


@pytest.fixture(scope="module")
def whole() -> Fitted:
    with pytest.MonkeyPatch.context() as patch:
        quick(patch)
        return run()


def test_a_training_left_alone_keeps_what_its_recipe_says(whole: Fitted) -> None:
    assert (whole.finished, whole.ended, whole.kept_epoch) == (True, False, EPOCHS)
    assert 1 < lowest(whole) < EPOCHS  # else the tests below would show less than they seem to


@pytest.mark.parametrize("end", [1, 2, EPOCHS - 1])
def test_ended_it_is_finished_with_the_best_epoch_so_far(end: int, whole: Fitted) -> None:
    ended = run(end=end)
    assert (ended.finished, ended.ended) == (True, True)
    assert ended.history == whole.history[:end]
    assert ended.kept_epoch == lowest(ended)


def test_the_weights_are_those_of_the_epoch_that_is_named(whole: Fitted) -> None:
    ended = run(end=EPOCHS - 1)
    assert ended.kept_epoch < EPOCHS - 1
    until_then = run(end=ended.kept_epoch)
    assert (until_then.kept_epoch, len(until_then.history)) == (ended.kept_epoch, ended.kept_epoch)
    assert bits(ended) == bits(until_then)
    assert bits(ended) != bits(whole)


def test_without_validation_pictures_the_last_epoch_is_kept() -> None:
    ended = run(end=3, validation=NOTHING)
    assert (ended.finished, ended.ended, ended.kept_epoch) == (True, True, 3)


def test_after_the_last_epoch_nobody_is_asked(whole: Fitted) -> None:
    same = run(end=EPOCHS)
    assert (same.ended, same.kept_epoch, same.history) == (False, EPOCHS, whole.history)
    assert bits(same) == bits(whole)


# --- stopped, or killed, on the way to its end --------------------------------------------------------------


@pytest.mark.parametrize("times", [0, 1, 3])
def test_an_ended_training_stopped_while_calibrating_goes_on_to_the_same_end(
    times: int, tmp_path: Path
) -> None:
    ended = run(tmp_path / "unbroken", CALIBRATED, end=3)
    part = run(tmp_path / "run", CALIBRATED, end=3, should_stop=after(3 * ASKED + times))
    assert (part.finished, part.ended) == (False, True)
    told: list[object] = []
    resumed = run(tmp_path / "run", CALIBRATED, resume=True, on_epoch=told.append)
    assert (told, resumed.history, resumed.kept_epoch) == ([], ended.history, ended.kept_epoch)
    assert (resumed.finished, resumed.ended) == (True, True)
    assert bits(resumed) == bits(ended)


def test_stopped_before_it_is_ended_it_remembers_the_best_epoch(tmp_path: Path) -> None:
    ended = run(end=EPOCHS - 1)
    stop = (EPOCHS - 2) * ASKED + 1  # in the middle of the epoch after which it is ended
    run(tmp_path, should_stop=after(stop))
    resumed = run(tmp_path, resume=True, should_finish=lambda: True)
    assert resumed.kept_epoch == ended.kept_epoch < EPOCHS - 2
    assert bits(resumed) == bits(ended)


def test_a_checkpoint_that_knows_no_best_epoch_goes_on(tmp_path: Path) -> None:
    """Older versions kept none where the recipe keeps the last; of those epochs none can come back."""
    run(tmp_path, should_stop=after((EPOCHS - 2) * ASKED + 1))
    path = tmp_path / checkpoint.FILE
    saved = checkpoint.read(path)
    for name in ("best_epoch", "ended"):
        del saved.facts[name]
    tensors = {name: value for name, value in saved.tensors.items() if not name.startswith("best.")}
    checkpoint.save(path, dataclasses.replace(saved, tensors=tensors))
    resumed = run(tmp_path, resume=True, should_finish=lambda: True)
    assert (resumed.finished, resumed.ended, resumed.kept_epoch) == (True, True, EPOCHS - 1)


@pytest.mark.parametrize(("end", "length"), [(1, 1 / EPOCHS), (3, 3 / EPOCHS), (6, 0.5), (EPOCHS, 0.5)])
def test_networks_that_calibrate_learn_no_longer_than_it_did(
    end: int, length: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    lengths: list[float] = []
    cross_fitted = crossfit.cross_fitted

    def noted(recipe: Recipe, *given: Any, **named: Any) -> Any:
        lengths.append(recipe.cross_fit)
        return cross_fitted(recipe, *given, **named)

    monkeypatch.setattr(loop, "cross_fitted", noted)
    run(settings=CALIBRATED, end=end)
    assert lengths == [length]
