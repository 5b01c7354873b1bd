"""The networks of a cross-validation, trained side by side, each with one thread in a process of its own.

A step of so small a network hardly gains from a second thread, so two trainings beside each other take two
thirds of the time that they take one after the other with two threads each. The answers are the same, bit for
bit, however many are trained side by side.
"""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, wait
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from oxmark.evaluation.cross_validation import (
    Answers,
    OutOfFold,
    Training,
    answered,
    device_kind,
    gathered,
)
from oxmark.machine import cores
from oxmark.workflow.crew import Crew, Workers
from oxmark.workflow.progress import Progress

if TYPE_CHECKING:
    from oxmark.training.state import Epoch

LOOKED_EVERY = 0.2
"""Seconds between two looks at how far the processes are."""


class FoldsAtWork:
    """Has networks trained. Made early: the processes load what they need while pictures are read.

    Args:
        most: So many networks there are at most.
        progress: Told how far all of them together are, in epochs.
        crew: Who trains them; None takes processes of this machine.

    Example:
        >>> with FoldsAtWork(2, Progress()) as work:  # doctest: +SKIP
        ...     work.begin([trainings])
        ...     found = work.gathered(told=1)
    """

    def __init__(self, most: int, progress: Progress, crew: Workers | None = None) -> None:
        self._progress = progress
        self._crew = crew or Crew(most)
        self._loaded = self._crew.everybody(device_kind)
        self._folder = tempfile.TemporaryDirectory(prefix="oxmark-", ignore_cleanup_errors=True)
        self._told = Path(self._folder.name) / "epochs"  # a byte for each epoch that a process has done
        self._divisions: Sequence[Sequence[Training]] = ()
        self._trainings: list[Training] = []
        self._futures: list[Future[Answers]] = []

    def __enter__(self) -> FoldsAtWork:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._crew.__exit__(kind, error, trace)
        self._folder.cleanup()

    def begin(self, divisions: Sequence[Sequence[Training]]) -> None:
        """Begin to train, where there are processes for it, and return at once.

        A graphics card is not shared: where one is used, one network is trained after the other.

        Args:
            divisions: Of each division of the pictures, one training a fold.
        """
        self._divisions = divisions
        self._trainings = [training for division in divisions for training in division]
        count, epochs = len(self._trainings), sum(one.recipe.epochs for one in self._trainings)
        self._progress.begin(f"training {count} networks", epochs)
        if self._crew.size == 0:
            return
        self._told.touch()
        if self._loaded[0].result() == "cuda":
            self._crew.only_one()
        spare = _spare(count, self._crew.size, cores()) if self._crew.is_here else 0
        told = str(self._told) if self._crew.is_here else ""
        self._futures = [
            self._crew.do(_answered, training, spare=number >= count - spare, told=told)
            for number, training in enumerate(self._trainings)
        ]

    def gathered(self, *, told: int) -> list[OutOfFold]:
        """The answers of each division, when all are there.

        Args:
            told: Of the folds of so many divisions, the first ones, the user is told how they went.

        Raises:
            OxmarkError: That of the first training that fails; the others are given up.
        """
        answers = self._awaited() if self._futures else self._one_by_one()
        found = []
        for number, division in enumerate(self._divisions):
            given = []
            for fold, one in enumerate(itertools.islice(answers, len(division)), start=1):
                given.append(one)
                if number < told:
                    self._tell(fold, division, one)
            found.append(gathered(division, given))
        self._progress.end()
        return found

    def _tell(self, fold: int, division: Sequence[Training], answers: Answers) -> None:
        training = division[fold - 1]
        truth = training.pictures.labels[training.held]
        right = int((answers.probabilities.argmax(axis=1) == truth).sum())
        self._progress.note(f"fold {fold} of {len(division)}: {right} of {len(truth)} right")

    def _one_by_one(self) -> Iterator[Answers]:
        done = 0

        def on_epoch(_: Epoch) -> None:
            nonlocal done
            done += 1
            self._progress.advance(done)

        for training in self._trainings:
            yield answered(training, on_epoch=on_epoch)

    def _awaited(self) -> Iterator[Answers]:
        done = 0
        for training, future in zip(self._trainings, self._futures, strict=True):
            while not wait([future], LOOKED_EVERY).done:
                self._give_up_with_the_first_that_failed()
                self._progress.advance(max(done, self._told.stat().st_size))
            yield future.result()
            done += training.recipe.epochs

    def _give_up_with_the_first_that_failed(self) -> None:
        for future in self._futures:
            if future.done():
                future.result()


def _spare(count: int, processes: int, processors: int) -> int:
    """How many of so many trainings, the last ones, find two processors free for each of them.

    Example:
        >>> _spare(5, processes=2, processors=2), _spare(4, processes=2, processors=2)
        (1, 0)
    """
    last = count % processes or processes
    return last if 2 * last <= processors else 0


def _answered(training: Training, spare: bool, told: str) -> Answers:
    """In another process: train and answer, and add a byte to a file, if one is named, for each epoch."""
    if not told:
        return answered(training)
    with Path(told).open("ab", buffering=0) as file:

        def on_epoch(_: Epoch) -> None:
            file.write(b".")

        return answered(training, spare=spare, on_epoch=on_epoch)
