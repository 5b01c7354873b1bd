"""Calibration beside a training: the same as after it, given up in time, its errors not lost."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

import numpy as np
import pytest
import torch

from oxmark.recipes import Recipe, load_recipe
from oxmark.training.calibrating import Calibrating
from oxmark.training.calibration import Calibration
from oxmark.training.loop import Fitted, fit
from oxmark.training.state import Prepared

RECIPE = load_recipe("marks").with_settings({"cross_fit": 0.5})
NEVER: Callable[[], bool] = lambda: False  # noqa: E731


class Work:
    """A cross-fit that notes how it was asked for, and waits until it may go on."""

    def __init__(self) -> None:
        self.asked: list[tuple[float, bool, int]] = []
        self.go_on = threading.Event()

    def __call__(self, recipe: Recipe, give_up: Callable[[], bool]) -> Calibration | None:
        main = threading.current_thread() is threading.main_thread()
        self.asked.append((recipe.cross_fit, main, torch.get_num_threads()))
        while not self.go_on.wait(0.01):
            if give_up():
                return None
        return Calibration(recipe.cross_fit)


@pytest.fixture
def work() -> Work:
    return Work()


@pytest.mark.parametrize("beside", [True, False])
def test_one_thread_does_it_beside_or_after(beside: bool, work: Work) -> None:
    work.go_on.set()
    before = torch.get_num_threads()
    with Calibrating(RECIPE, work, beside=beside) as calibrating:
        assert calibrating.result(1.0, NEVER) == Calibration(0.5)
    assert work.asked == [(0.5, not beside, 1)]
    assert torch.get_num_threads() == before


@pytest.mark.parametrize("beside", [True, False])
def test_a_training_that_ended_early_is_calibrated_by_shorter_ones(beside: bool, work: Work) -> None:
    with Calibrating(RECIPE, work, beside=beside) as calibrating:
        threading.Timer(0.1, work.go_on.set).start()
        assert calibrating.result(0.25, NEVER) == Calibration(0.25)
    assert work.asked[-1] == (0.25, True, 1)


@pytest.mark.parametrize("beside", [True, False])
def test_the_user_may_stop_while_it_calibrates(beside: bool, work: Work) -> None:
    with Calibrating(RECIPE, work, beside=beside) as calibrating:
        assert calibrating.result(1.0, lambda: True) is None


def test_it_is_given_up_with_the_training(work: Work) -> None:
    with pytest.raises(ValueError, match="astray"), Calibrating(RECIPE, work, beside=True):
        raise ValueError("astray")
    assert len(work.asked) == 1


@pytest.mark.parametrize("beside", [True, False])
def test_its_errors_are_told(beside: bool) -> None:
    def fails(_recipe: Recipe, _give_up: Callable[[], bool]) -> Calibration:
        raise ValueError("no half has both classes")

    with pytest.raises(ValueError, match="no half"), Calibrating(RECIPE, fails, beside=beside) as calibrating:
        calibrating.result(1.0, NEVER)


def test_two_processors_give_the_same_network_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _process: {0, 1}, raising=False)
    one, two, machine = (learned(threads) for threads in (1, 2, None))
    assert one.calibration == two.calibration == machine.calibration
    for name, values in one.weights.items():
        assert values.tobytes() == two.weights[name].tobytes() == machine.weights[name].tobytes()
    assert [fitted.hardware["threads"] for fitted in (one, two, machine)] == [1, 1, 1]


def learned(threads: int | None) -> Fitted:
    tiny = {"size": 24, "width": 4, "epochs": 2, "batch": 4, "least_steps": 4, "outliers": 20}
    recipe = RECIPE.with_settings({**tiny, "outliers_per_batch": 3})
    seen = np.random.default_rng(0).random((16, 1, 24, 24), np.float32)
    pictures = Prepared(seen, np.arange(16, dtype=np.int64) % 2)
    nothing = Prepared(seen[:0], pictures.labels[:0])
    return fit(recipe, pictures, nothing, 2, seed=0, device="cpu", threads=threads)
