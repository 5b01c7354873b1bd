"""Stopping at any step and going on gives, bit for bit, what an unbroken training gives."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from quick_fit import quick

from oxmark.errors import RunError
from oxmark.recipes import Recipe, load_recipe
from oxmark.training import checkpoint
from oxmark.training.calibration import UNCALIBRATED
from oxmark.training.loop import Fitted, Prepared, fit

EPOCHS, STEPS = 3, 6  # 21 pictures in batches of 4: the last has one
ASKED = 2  # times an epoch: before the first four batches, and before the other two
CALIBRATING = 4  # times while calibrating: two half-trainings of eight batches
HALVES: dict[str, object] = {"outliers": 20, "outliers_per_batch": 3, "cross_fit": 0.7}
RECIPES: dict[str, dict[str, object]] = {
    "marks": HALVES,
    "marks adamw": {**HALVES, "optimizer": "adamw", "keep": "best", "validation_views": 1},
    "marks plain": {"average": 0, "schedule": "constant", "outliers": 0, "cross_fit": 0.0},
    "tutorial": {},
    "tutorial averaged": {"average": 0.8, "keep": "best", "calibrate": True},
}


def small(name: str, **changes: object) -> Recipe:
    tiny = {"size": 24, "width": 4, "epochs": EPOCHS, "batch": 4, "least_steps": 0}
    tiny |= {"steps_per_epoch": STEPS} if name.startswith("tutorial") else {}
    return load_recipe(name.split()[0]).with_settings({**tiny, **RECIPES[name], **changes})


def noise(count: int, seed: int) -> Prepared:
    """Pictures of nothing in particular, each with one view, by four people."""
    generator = np.random.default_rng(seed)
    seen, view = (generator.random((2, count, 1, 24, 24)) > 0.8).astype(np.float32)
    rows = np.arange(count, dtype=np.int64)
    return Prepared(seen, rows % 2, view[:, None], rows // 2 % 4)


TRAIN, HELD_OUT = noise(21, 0), noise(6, 1)


@pytest.fixture(autouse=True)
def _one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """These arrays are so small that a second thread only waits for the first."""
    quick(monkeypatch)


def run(recipe: Recipe, folder: Path | None = None, **given: Any) -> Fitted:
    settings = {"classes": 2, "seed": 5, "device": "cpu", "fingerprint": "a", **given}
    return fit(recipe, TRAIN, HELD_OUT, run_folder=folder, **settings)


def after(times: int) -> Callable[[], bool]:
    """Says no so many times, and then yes."""
    asked = 0

    def should_stop() -> bool:
        nonlocal asked
        asked += 1
        return asked > times

    return should_stop


def bits(fitted: Fitted) -> dict[str, bytes]:
    arrays = {**fitted.weights, "answers": fitted.train_probabilities}
    return {name: array.tobytes() for name, array in arrays.items()}


def same(one: Fitted, other: Fitted) -> bool:
    facts = [
        (repr(fitted.history), fitted.kept_epoch, fitted.calibration, fitted.finished)
        for fitted in (one, other)
    ]
    return facts[0] == facts[1] and bits(one) == bits(other)


@pytest.fixture(scope="module")
def unbroken() -> dict[str, Fitted]:
    with pytest.MonkeyPatch.context() as patch:
        quick(patch)
        return {name: run(small(name)) for name in RECIPES}


@pytest.mark.parametrize("name", RECIPES)
@pytest.mark.parametrize(
    "stops",
    [
        (0,), (1,), (2,), (3,), (5,), (6,), (7,), (8,), (9,), (10,),
        (1, 3, 1), (2, 2), (0, 0, 5), (6, 0, 3), (8, 3),
    ],
    ids=str,
)  # fmt: skip
def test_stopped_and_resumed_is_bit_for_bit_the_same(
    name: str, stops: tuple[int, ...], unbroken: dict[str, Fitted], tmp_path: Path
) -> None:
    recipe, done = small(name), 0
    for number, times in enumerate(stops):
        part = run(recipe, tmp_path, resume=number > 0, should_stop=after(times))
        learning = min(times, EPOCHS * ASKED - done)
        done += learning
        calibrated = times - learning >= (CALIBRATING if recipe.cross_fit else 0)
        assert part.finished is (done == EPOCHS * ASKED and calibrated)  # calibrating begins anew each time
        assert len(part.history) == done // ASKED
    assert same(run(recipe, tmp_path, resume=True), unbroken[name])


@pytest.mark.parametrize("times", [0, 1, 2, 3])
def test_stopped_while_calibrating_it_is_unfinished_but_learned(
    times: int, unbroken: dict[str, Fitted], tmp_path: Path
) -> None:
    """What is returned is the network as it is, uncalibrated; going on calibrates and learns nothing more."""
    part = run(small("marks"), tmp_path, should_stop=after(EPOCHS * ASKED + times))
    assert (part.finished, part.calibration, part.kept_epoch) == (False, UNCALIBRATED, EPOCHS)
    assert part.history == unbroken["marks"].history
    assert not same(part, unbroken["marks"])
    saved = (tmp_path / checkpoint.FILE).read_bytes()
    told: list[object] = []
    assert same(run(small("marks"), tmp_path, resume=True, on_epoch=told.append), unbroken["marks"])
    assert told == [] and (tmp_path / checkpoint.FILE).read_bytes() == saved


def test_the_recipes_calibrate_differently(unbroken: dict[str, Fitted]) -> None:
    """Else the tests above would show less than they seem to."""
    assert unbroken["marks"].calibration.known_slope != 1
    assert unbroken["marks"].calibration.known_threshold != 0
    assert unbroken["marks"].calibration.temperature > 1
    assert unbroken["marks plain"].calibration.temperature > 1
    assert unbroken["tutorial"].calibration == dataclasses.replace(UNCALIBRATED, known_slope=0.0)


@pytest.mark.parametrize("name", ["marks", "tutorial"])
def test_a_checkpoint_changes_nothing(name: str, unbroken: dict[str, Fitted], tmp_path: Path) -> None:
    assert same(run(small(name), tmp_path), unbroken[name])
    assert [file.name for file in (tmp_path / "checkpoint").iterdir()] == ["state.safetensors"]


def test_nothing_is_written_without_a_folder(tmp_path: Path) -> None:
    run(small("marks"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["marks", "tutorial"])
def test_a_finished_run_resumes_to_itself(name: str, unbroken: dict[str, Fitted], tmp_path: Path) -> None:
    run(small(name), tmp_path)
    told: list[object] = []
    assert same(run(small(name), tmp_path, resume=True, on_epoch=told.append), unbroken[name])
    assert told == []


def test_more_is_saved_than_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With no time between checkpoints there is one after every few steps and every epoch."""
    saved: list[int] = []
    save = checkpoint.save

    def noted(path: Path, state: checkpoint.Checkpoint) -> None:
        saved.append(state.facts["steps"])
        save(path, state)

    monkeypatch.setattr("oxmark.training.loop.SECONDS_BETWEEN_CHECKPOINTS", -1)
    monkeypatch.setattr(checkpoint, "save", noted)
    run(small("marks"), tmp_path)
    assert sorted(set(saved)) == [4, 6, 10, 12, 16, 18]


def test_a_training_of_a_moment_is_saved_at_its_end_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved: list[int] = []
    monkeypatch.setattr("oxmark.training.loop.SECONDS_BETWEEN_CHECKPOINTS", 1000.0)
    monkeypatch.setattr(checkpoint, "save", lambda _path, state: saved.append(state.facts["steps"]))
    run(small("marks"), tmp_path)
    assert saved == [18]


def test_what_was_kept_so_far_comes_back_when_stopped(tmp_path: Path) -> None:
    before = run(small("marks"), tmp_path, should_stop=after(0))
    assert (before.kept_epoch, before.history, before.finished) == (0, (), False)
    later = run(small("marks"), tmp_path, resume=True, should_stop=after(3))
    assert later.kept_epoch == 1 and not later.finished


def test_a_checkpoint_without_the_commonest_answer_goes_on(
    unbroken: dict[str, Fitted], tmp_path: Path
) -> None:
    """Older versions did not count it."""
    run(small("marks"), tmp_path, should_stop=after(3))
    path = tmp_path / checkpoint.FILE
    saved = checkpoint.read(path)
    for entry in saved.facts["history"]:
        del entry["validation_commonest"]
    checkpoint.save(path, saved)
    fitted = run(small("marks"), tmp_path, resume=True)
    assert bits(fitted) == bits(unbroken["marks"])
    first, *later = fitted.history
    assert math.isnan(first.validation_commonest)
    assert later == list(unbroken["marks"].history[1:])


@pytest.mark.parametrize("name", ["marks", "tutorial"])
def test_other_data_or_another_recipe_is_refused(name: str, tmp_path: Path) -> None:
    run(small(name), tmp_path, should_stop=after(2))
    with pytest.raises(RunError) as caught:
        run(small(name), tmp_path, resume=True, fingerprint="b")
    assert str(caught.value) == (
        "The pictures or the recipe changed since this run was stopped, so it cannot go on. "
        "Train again into another folder with --out."
    )


def test_nothing_to_resume_has_its_sentence(tmp_path: Path) -> None:
    with pytest.raises(RunError) as caught:
        run(small("marks"), tmp_path, resume=True)
    assert str(caught.value) == (
        f"{tmp_path / checkpoint.FILE} does not exist: "
        "this run was stopped before its first epoch was saved. Delete the folder and train again."
    )
