"""How far a training is, put together from the events that its process writes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias

from oxmark.data.walk import shown_name
from oxmark.web.studio.runs_reading import epoch_of, message_of
from oxmark.web.studio.teach_schemas import Epoch
from oxmark.web.studio.teacher_job import Job
from oxmark.web.studio.teaching_files import open_plain
from oxmark.words import Message

State: TypeAlias = Literal["idle", "starting", "running", "finishing", "done", "stopped", "failed"]
MOST_AT_ONCE = 64 * 2**20
"""Bytes of events, some days of a training."""
LARGEST = 1e12
"""Seconds since 1970 have ten digits; nothing else that is told is more."""
AT_WORK = ("starting", "running", "finishing")
STAGES = (
    "import",
    "prepare",
    "examine",
    "fit",
    "calibrate",
    "measure",
    "check",
    "draw",
    "report",
)
"""What a training does, in order."""


@dataclass
class Course:
    """One training as far as it was told.

    Attributes:
        job: What is trained.
        state: ``"finishing"`` once the user asked to end it.
        stage: One of :data:`STAGES`; None before the first.
        stage_at: When it began, in seconds since 1970.
        done: So many pieces of the stage are done,
        total: of so many; 0 where nobody counts.
        epochs: Of the recipe.
        calibrating: What calibrating takes, in epochs of the training.
        history: An entry an epoch.
        ends: When each epoch of this process ended, in seconds since 1970.
        trouble: What goes wrong: what is seen, and what to try.
        has_run: Whether there is a run folder that can be gone on with.
        error: Why it failed.
    """

    job: Job
    state: State = "starting"
    stage: str | None = None
    stage_at: float = 0.0
    done: int = 0
    total: int = 0
    epochs: int = 0
    calibrating: tuple[float, float] = (0.0, 0.0)
    history: list[Epoch] = field(default_factory=list)
    ends: list[float] = field(default_factory=list)
    trouble: list[tuple[Message, Message]] = field(default_factory=list)
    has_run: bool = False
    error: str | None = None

    @property
    def epoch(self) -> int:
        """The number of the last epoch, from 1; 0 before it."""
        return self.history[-1].epoch if self.history else 0

    @property
    def at_work(self) -> bool:
        """Whether its process is expected to be alive."""
        return self.state in AT_WORK

    def take(self, line: bytes) -> Epoch | None:
        """Learn from a line of the events.

        Args:
            line: JSON; a line that is none, or tells what cannot be, is passed over, as only a full disk or
                another program leaves such.

        Returns:
            The entry of the epoch, if the line told of one.
        """
        try:
            event = json.loads(line)
            return self._learn(event["type"], event)
        except (ValueError, LookupError, TypeError, AttributeError, OverflowError, RecursionError):
            return None

    def _learn(self, kind: str, event: Mapping[str, Any]) -> Epoch | None:
        if kind == "plan":
            calibrating = _finite(event["cross_fit"]), _finite(event["factor"])
            self.epochs, self.calibrating = int(_finite(event["epochs"])), calibrating
        elif kind == "stage":
            self._begin(str(event["name"]), _finite(event["at"]))
        elif kind == "pieces":
            self.done, self.total = int(_finite(event["done"])), int(_finite(event["total"]))
        elif kind == "run":
            self.has_run = True
        elif kind == "trouble":
            self.trouble.append((message_of(event["what"]), message_of(event["cure"])))
        elif kind == "epoch":
            at = None if event.get("before") else _finite(event["at"])
            return self._epoch(epoch_of(event["entry"]), at)
        elif kind == "end" and event["state"] in ("done", "stopped", "failed"):
            error = event.get("error")
            self.state, self.error = event["state"], None if error is None else shown_name(str(error))
        return None

    def _begin(self, name: str, at: float) -> None:
        self.stage, self.stage_at = name, at
        self.done, self.total = (self.epoch, self.epochs) if name == "fit" else (0, 0)
        if self.state == "starting" and name != "import":
            self.state = "running"

    def _epoch(self, entry: Epoch, at: float | None) -> Epoch:
        self.done = entry.epoch
        self.history.append(entry)
        if at is not None:
            self.ends.append(at)
        return entry


def _finite(value: Any) -> float:
    """A number that a training can have. Raises :class:`ValueError` for one that it cannot."""
    number = float(value)
    if not abs(number) < LARGEST:
        raise ValueError("no such number")
    return number


class Reader:
    """Reads a growing file of lines, each line once.

    Example:
        >>> reader = Reader(Path("events.jsonl"))  # doctest: +SKIP
        >>> for line in reader.lines():  # doctest: +SKIP
        ...     course.take(line)
    """

    def __init__(self, path: Path) -> None:
        self._path, self._at = path, 0

    def lines(self) -> list[bytes]:
        """The lines that were completed since the last call."""
        try:
            with open_plain(self._path) as file:
                file.seek(self._at)
                data = file.read(MOST_AT_ONCE)
        except OSError:
            return []
        whole = data[: data.rfind(b"\n") + 1]
        self._at += len(whole)
        return whole.splitlines()
