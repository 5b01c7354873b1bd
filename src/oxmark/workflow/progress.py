"""How a verb tells how far it is, without knowing who listens."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from oxmark.evaluation.trouble import Trouble
    from oxmark.training.loop import Epoch

One = TypeVar("One")
Result = TypeVar("Result")


class Progress:
    """Silent by itself; a command line or a page overrides what it wants to show."""

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
    progress.begin(what, len(items))
    results = []
    with ThreadPoolExecutor(workers) as pool:
        for number, result in enumerate(pool.map(function, items), start=1):
            results.append(result)
            progress.advance(number)
    progress.end()
    return results


class Clock:
    """Seconds that each stage took, for ``run.json``; a progress is told of each when it begins."""

    def __init__(self, progress: Progress | None = None) -> None:
        self.seconds: dict[str, float] = {}
        self._progress = progress or Progress()

    @contextlib.contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time what happens inside."""
        self._progress.stage(name)
        begun = time.perf_counter()
        yield
        self.seconds[name] = round(self.seconds.get(name, 0.0) + time.perf_counter() - begun, 3)
