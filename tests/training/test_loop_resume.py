"""Stopping at any step and going on gives, bit for bit, what an unbroken training gives."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from oxmark.errors import RunError
from oxmark.recipes import Recipe, load_recipe
from oxmark.training import checkpoint
from oxmark.training.loop import Fitted, Prepared, fit

EPOCHS, STEPS = 3, 4  # 13 pictures in batches of 4: the last has one
RECIPES: dict[str, dict[str, object]] = {
    "marks": {},
    "tutorial": {"steps_per_epoch": 4},
    "tutorial averaged": {"steps_per_epoch": 4, "average": 0.8, "keep": "best", "calibrate": True},
    "marks plain": {"average": 0, "validation_views": 0, "schedule": "constant"},
}


def small(name: str, **changes: object) -> Recipe:
    tiny = {"size": 24, "width": 4, "epochs": EPOCHS, "batch": 4}
    return load_recipe(name.split()[0]).with_settings({**tiny, **RECIPES[name], **changes})


def noise(count: int, seed: int) -> Prepared:
    generator = np.random.default_rng(seed)
    seen = (generator.random((count, 1, 24, 24)) > 0.8).astype(np.float32)
    return Prepared(seen, np.arange(count, dtype=np.int64) % 2)


TRAIN, HELD_OUT = noise(13, 0), noise(6, 1)


@pytest.fixture(autouse=True)
def _one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """These arrays are so small that a second thread only waits for the first."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _process: {0}, raising=False)


def run(recipe: Recipe, folder: Path | None = None, **given: Any) -> Fitted:
    settings = {"classes": 2, "seed": 5, "device": "cpu", "fingerprint": "a", **given}
    return fit(recipe, TRAIN, HELD_OUT, run_folder=folder, **settings)


def after(steps: int) -> Callable[[], bool]:
    """Says yes from the step on that comes after so many."""
    asked = 0

    def should_stop() -> bool:
        nonlocal asked
        asked += 1
        return asked > steps

    return should_stop


def bits(fitted: Fitted) -> dict[str, bytes]:
    arrays = {**fitted.weights, "answers": fitted.train_probabilities}
    return {name: array.tobytes() for name, array in arrays.items()}


def same(one: Fitted, other: Fitted) -> bool:
    facts = [
        (repr(fitted.history), fitted.kept_epoch, fitted.temperature, fitted.finished)
        for fitted in (one, other)
    ]
    return facts[0] == facts[1] and bits(one) == bits(other)


@pytest.fixture(scope="module")
def unbroken() -> dict[str, Fitted]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "sched_getaffinity", lambda _process: {0}, raising=False)
        return {name: run(small(name)) for name in RECIPES}


@pytest.mark.parametrize("name", RECIPES)
@pytest.mark.parametrize(
    "stops", [(0,), (1,), (3,), (4,), (5,), (11,), (12,), (2, 3, 1), (4, 4), (0, 0, 7)], ids=str
)
def test_stopped_and_resumed_is_bit_for_bit_the_same(
    name: str, stops: tuple[int, ...], unbroken: dict[str, Fitted], tmp_path: Path
) -> None:
    recipe, done = small(name), 0
    for number, steps in enumerate(stops):
        part = run(recipe, tmp_path, resume=number > 0, should_stop=after(steps))
        done += steps
        assert part.finished is (done == EPOCHS * STEPS)
        assert len(part.history) == done // STEPS
    assert same(run(recipe, tmp_path, resume=True), unbroken[name])


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
    """With no time between checkpoints there is one after every step and every epoch."""
    saved: list[int] = []
    save = checkpoint.save

    def noted(path: Path, state: checkpoint.Checkpoint) -> None:
        saved.append(state.facts["steps"])
        save(path, state)

    monkeypatch.setattr("oxmark.training.loop.SECONDS_BETWEEN_CHECKPOINTS", -1)
    monkeypatch.setattr(checkpoint, "save", noted)
    run(small("marks"), tmp_path)
    assert sorted(set(saved)) == list(range(1, EPOCHS * STEPS + 1))


def test_what_was_kept_so_far_comes_back_when_stopped(tmp_path: Path) -> None:
    before = run(small("marks"), tmp_path, should_stop=after(0))
    assert (before.kept_epoch, before.history, before.finished) == (0, (), False)
    later = run(small("marks"), tmp_path, resume=True, should_stop=after(6))
    assert later.kept_epoch == 1 and not later.finished


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
