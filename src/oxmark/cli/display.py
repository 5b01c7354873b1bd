"""How far a training is: a live display on a terminal, plain lines elsewhere. Both on stderr."""

from __future__ import annotations

import math
import signal
import time
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from oxmark.cli.output import percent, say
from oxmark.workflow.progress import Progress as Told

if TYPE_CHECKING:
    from oxmark.training.loop import Epoch

LINES = 20
"""So many epochs get a plain line each; of more, evenly spread ones do."""
QUIET_FOR = 30.0
"""Seconds between two plain lines of a long stage."""


class PlainProgress(Told):
    """Plain lines: one a stage, and about twenty for the epochs."""

    def __init__(self) -> None:
        self.folder: Path | None = None
        self._stop = False
        self._begun: tuple[float, int] | None = None
        self._watching = False
        self._total, self._stage_began, self._last_line = 0, 0.0, 0.0

    def run_folder(self, folder: Path) -> None:
        """Say where, and remember it for a stop."""
        self.folder = folder
        say(f"run folder: {folder}")

    def begin(self, what: str, total: int) -> None:
        """Say what is done now."""
        self._total = total
        self._stage_began = self._last_line = time.monotonic()
        say(f"{what} ({total})" if total else what)

    def advance(self, done: int) -> None:
        """A line now and then, if the stage is long."""
        now = time.monotonic()
        if now - self._last_line >= QUIET_FOR and done > 0:
            self._last_line = now
            left = (now - self._stage_began) / done * (self._total - done)
            known = done <= self._total
            say(f"{done:,} of {self._total:,}, {_duration(left)} left" if known else f"{done:,} done")

    def epoch(self, entry: Epoch, epochs: int) -> None:
        """A line, if it is this epoch's turn."""
        left = self._time_left(entry.epoch, epochs)
        if entry.epoch == epochs or entry.epoch % math.ceil(epochs / LINES) == 0:
            say(f"{epoch_line(entry, epochs)}  {left}")
        if entry.epoch == epochs:
            self._stop_watching()

    def note(self, text: str) -> None:
        """Say it."""
        say(text)

    def should_stop(self) -> bool:
        """True after Ctrl-C. From the first question on, Ctrl-C asks to stop instead of breaking off."""
        if not self._watching:
            self._watching = True
            self._former = signal.signal(signal.SIGINT, self._asked)
        return self._stop

    def _asked(self, number: int, frame: FrameType | None) -> None:
        self._stop = True
        signal.signal(signal.SIGINT, self._former)  # a second Ctrl-C breaks off

    def _stop_watching(self) -> None:
        """After the last epoch Ctrl-C breaks off again, at once."""
        if self._watching:
            signal.signal(signal.SIGINT, self._former)

    def _time_left(self, done: int, epochs: int) -> str:
        now = time.monotonic()
        if self._begun is None:
            self._begun = (now, done)
            return ""
        begun, first = self._begun
        seconds = (now - begun) / max(1, done - first) * (epochs - done)
        return f"{_duration(seconds)} left"


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 2 * 3600 else f"{seconds / 3600:.1f} h"


class LiveProgress(PlainProgress):
    """A bar with the latest epoch beside it."""

    def __init__(self) -> None:
        super().__init__()
        self._console = Console(stderr=True)
        self._bar = self._new_bar()
        self._task: TaskID | None = None

    def _new_bar(self) -> Progress:
        columns: tuple[Any, ...] = (
            TextColumn("{task.description}"),
            BarColumn(bar_width=28),
            TextColumn("{task.fields[text]}", markup=False),
        )
        return Progress(*columns, console=self._console, transient=False)

    def begin(self, what: str, total: int) -> None:
        """A new bar."""
        self.end()
        self._bar = self._new_bar()
        self._bar.start()
        self._task = self._bar.add_task(what, total=total or None, text="")

    def advance(self, done: int) -> None:
        """Move the bar."""
        if self._task is not None:
            self._bar.update(self._task, completed=done, text=str(done))

    def end(self) -> None:
        """Leave the bar standing."""
        self._bar.stop()
        self._task = None

    def epoch(self, entry: Epoch, epochs: int) -> None:
        """Move the bar and show the latest figures."""
        if self._task is None:
            self.begin("training", epochs)
        text = f"{epoch_line(entry, epochs)}  {self._time_left(entry.epoch, epochs)}"
        if self._task is not None:
            self._bar.update(self._task, completed=entry.epoch, text=text)
        if entry.epoch == epochs:
            self._stop_watching()
        if entry.epoch == epochs or self._stop:
            self.end()

    def note(self, text: str) -> None:
        """Say it above the bar."""
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)


def epoch_line(entry: Epoch, epochs: int) -> str:
    """One epoch in figures.

    Example:
        >>> from oxmark.training.loop import Epoch  # doctest: +SKIP
        >>> epoch_line(Epoch(3, 0.51, 0.75, 0.42, 0.875, 0.001), 60)  # doctest: +SKIP
        'epoch  3/60  loss 0.510  accuracy 75.0 %  validation 0.420  87.5 %'
    """
    line = f"epoch {entry.epoch:>{len(str(epochs))}}/{epochs}  loss {entry.loss:.3f}"
    line += f"  accuracy {percent(entry.accuracy):>7}"
    if not math.isnan(entry.validation_loss):
        line += f"  validation {entry.validation_loss:.3f} {percent(entry.validation_accuracy):>7}"
    return line
