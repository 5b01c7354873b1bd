"""The networks of a cross-validation side by side: the same answers, and what the user is told meanwhile."""

from __future__ import annotations

import os
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from bars import bars, recipe, thirds, trainings

from oxmark.errors import TrainingError
from oxmark.evaluation.cross_validation import Answers, OutOfFold, Training
from oxmark.workflow import folds_at_work
from oxmark.workflow.folds_at_work import FoldsAtWork
from oxmark.workflow.progress import Progress

EPOCHS = 3


class Told(Progress):
    """Remembers what it is told."""

    def __init__(self) -> None:
        self.done: list[int] = []
        self.said: list[str] = []

    def begin(self, what: str, total: int) -> None:
        self.said.append(f"{what}: {total}")

    def advance(self, done: int) -> None:
        self.done.append(done)

    def note(self, text: str) -> None:
        self.said.append(text)

    def end(self) -> None:
        self.said.append("end")


def processors(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _process: set(range(count)), raising=False)


def divisions() -> list[list[Training]]:
    """Two divisions, the second with another seed, and calibrated on validation pictures."""
    pictures, other = bars(), {"cross_fit": 0.0, "validation_views": 1}
    return [
        trainings(recipe(epochs=EPOCHS), pictures, thirds(pictures), seed=0),
        trainings(recipe(epochs=EPOCHS, **other), pictures, thirds(pictures), seed=1),
    ]


def found_with(monkeypatch: pytest.MonkeyPatch, count: int, told: Told) -> list[OutOfFold]:
    processors(monkeypatch, count)
    with FoldsAtWork(6, told) as work:
        work.begin(divisions())
        return work.gathered(told=1)


def test_side_by_side_gives_the_same_bits_as_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folds_at_work, "LOOKED_EVERY", 0.01)
    told = Told(), Told()
    alone, beside = (found_with(monkeypatch, n, one) for n, one in enumerate(told, start=1))
    for one, other in zip(alone, beside, strict=True):
        for name in ("probabilities", "known", "heat", "fold"):
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    assert not np.array_equal(alone[0].probabilities, alone[1].probabilities)
    assert told[0].said == told[1].said
    assert told[0].said[0] == "training 6 networks: 18" and told[0].said[-1] == "end"
    rights = (alone[0].probabilities.argmax(axis=1) == bars().labels).reshape(3, 8).sum(axis=1)
    assert told[0].said[1:-1] == [
        f"fold {number} of 3: {right} of 8 right" for number, right in enumerate(rights, start=1)
    ]
    assert told[0].done == list(range(1, 19))
    assert told[1].done == sorted(told[1].done) and told[1].done[-1] <= 18


def test_another_process_tells_of_each_epoch(tmp_path: Path) -> None:
    for training in divisions()[0][:2]:
        folds_at_work._answered(training, spare=False, told=str(tmp_path / "epochs"))
    assert (tmp_path / "epochs").read_bytes() == b"." * 2 * EPOCHS


@pytest.mark.parametrize("count", [1, 2])
def test_the_error_of_a_fold_reaches_the_user_as_it_is(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    processors(monkeypatch, count)
    pictures = bars()
    unlearnable = replace(pictures, seen=np.full_like(pictures.seen, np.nan))
    right, wrong = (trainings(recipe(), some, thirds(pictures)) for some in (pictures, unlearnable))
    with pytest.raises(TrainingError) as caught, FoldsAtWork(2, Progress()) as work:
        work.begin([[right[0], wrong[1]]])
        work.gathered(told=0)
    assert str(caught.value).startswith("In epoch 1 the loss is no longer a number. Try a smaller step: ")


def test_no_other_fold_is_waited_for_when_one_has_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folds_at_work, "LOOKED_EVERY", 0.01)
    unfinished, failed = Future[Answers](), Future[Answers]()
    failed.set_exception(TrainingError("no longer a number"))
    with FoldsAtWork(1, Progress()) as work:
        work._told.touch()
        work._divisions, work._trainings = [divisions()[0][:2]], divisions()[0][:2]
        work._futures = [unfinished, failed]
        with pytest.raises(TrainingError, match="no longer a number"):
            work.gathered(told=0)


@pytest.mark.parametrize(
    ("count", "processes", "there", "spare"),
    [(5, 2, 2, 1), (4, 2, 2, 0), (2, 2, 4, 2), (5, 4, 4, 1), (5, 5, 8, 0), (5, 5, 12, 5), (17, 16, 64, 1)],
)
def test_the_last_ones_find_two_processors_free(count: int, processes: int, there: int, spare: int) -> None:
    assert folds_at_work._spare(count, processes, there) == spare
