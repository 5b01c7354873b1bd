"""How a verb tells how far it is, without knowing who listens."""

from __future__ import annotations

import contextlib
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from oxmark.evaluation.trouble import Trouble
    from oxmark.training.loop import Epoch

One = TypeVar("One")
Result = TypeVar("Result")

AHEAD = 16
"""So many results for each worker are made ahead of the one that is wanted next."""


class Progress:
    """Silent by itself; a command line or a page overrides what it wants to show.

    Attributes:
        started: Seconds that the process had lived when the work began, if it was started for it.
    """

    started = 0.0

    def begin(self, what: str, total: int) -> None:
        """A stage begins: what is done, and of how many pieces."""

    def advance(self, done: int) -> None:
        """So many pieces of the stage are done."""

    def end(self) -> None:
        """The stage is done."""

    def stage(self, name: str) -> None:
        """A training comes to a part of its work, named as in ``seconds`` of ``run.json``."""

    def run_folder(self, folder: Path) -> None:
        """The training keeps its state in this folder from now on."""

    def epoch(self, entry: Epoch, epochs: int) -> None:
        """An epoch of the training is done."""

    def note(self, text: str) -> None:
        """Something that the user should know."""

    def trouble(self, trouble: Trouble) -> None:
        """Something goes wrong in the training."""
        self.note(str(trouble))

    def should_stop(self) -> bool:
        """Asked during training; True stops it, saved so that it can go on."""
        return False

    def should_finish(self) -> bool:
        """Asked after every epoch; True ends the training: the best epoch so far becomes the finished run."""
        return False


def done_for_each(
    what: str, function: Callable[[One], Result], items: Sequence[One], progress: Progress, workers: int
) -> list[Result]:
    """A stage that does the same for many, several side by side.

    Args:
        what: Is done.
        function: Does it; its errors end the stage, so it returns what is to be gathered.
        items: One by one.
        progress: Told how far it is.
        workers: So many at a time.

    Returns:
        The results in the order of the items.

    Example:
        >>> done_for_each("doubling", lambda number: 2 * number, [1, 2, 3], Progress(), workers=2)
        [2, 4, 6]
    """
    return list(each_done(what, function, items, progress, workers))


def each_done(
    what: str, function: Callable[[One], Result], items: Sequence[One], progress: Progress, workers: int
) -> Iterator[Result]:
    """As :func:`done_for_each`, one result after the other: only a few wait to be taken."""
    progress.begin(what, len(items))
    with contextlib.closing(in_order(function, items, workers, ahead=AHEAD * workers)) as results:
        for taken, result in enumerate(results, start=1):
            yield result
            progress.advance(taken)
    progress.end()


def in_order(
    function: Callable[[One], Result], items: Iterable[One], workers: int, *, ahead: int
) -> Generator[Result, None, None]:
    """The results one after the other, made side by side, so many ahead of the one that is wanted next.

    Example:
        >>> list(in_order(lambda number: 2 * number, [1, 2, 3], workers=2, ahead=4))
        [2, 4, 6]
    """
    waiting: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(workers) as pool:
        try:
            for item in items:
                waiting.append(pool.submit(function, item))
                if len(waiting) >= ahead:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


class Clock:
    """Where the time of a training goes, for ``run.json``; a progress is told of each stage when it begins.

    Attributes:
        seconds: How long each stage took, in the order in which they began.
        phases: What the training itself spent its time on, in seconds.
        beside: Seconds that other threads and processes worked for it meanwhile, by what they did.
    """

    def __init__(self, progress: Progress | None = None) -> None:
        self.seconds: dict[str, float] = {}
        self.phases: dict[str, float] = {}
        self.beside: dict[str, float] = {}
        self._progress = progress or Progress()
        self._begun = time.perf_counter()

    @contextlib.contextmanager
    def stage(self, name: str, *, phase: str = "") -> Iterator[None]:
        """Time what happens inside; all of it is one phase, if that is named."""
        self._progress.stage(name)
        begun = time.perf_counter()
        yield
        took = time.perf_counter() - begun
        self.seconds[name] = round(self.seconds.get(name, 0.0) + took, 3)
        if phase:
            self.spend({phase: took})

    @contextlib.contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Time what happens inside, and tell nobody."""
        begun = time.perf_counter()
        yield
        self.spend({name: time.perf_counter() - begun})

    def spend(self, seconds: Mapping[str, float], *, beside: bool = False) -> None:
        """Add what was timed elsewhere, by phase."""
        spent = self.beside if beside else self.phases
        for name, more in seconds.items():
            spent[name] = spent.get(name, 0.0) + more

    def profile(self, start: float = 0.0) -> dict[str, Any]:
        """Where the time went: seconds altogether, of the training itself, and beside it.

        Args:
            start: Seconds that the process had lived before this clock began, if it lives for this training.

        Example:
            >>> sorted(Clock().profile(start=0.1))
            ['beside', 'phases', 'wall']
        """
        wall = start + time.perf_counter() - self._begun
        phases = {"start": start, **self.phases}
        phases["other"] = wall - sum(phases.values())
        return {
            "wall": round(wall, 3),
            "phases": {name: round(value, 3) for name, value in phases.items()},
            "beside": {name: round(value, 3) for name, value in self.beside.items()},
        }
