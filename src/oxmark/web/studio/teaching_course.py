"""How far a training is, put together from the events that its process writes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias

from oxmark.web.studio.teacher_job import Job
from oxmark.words import Message

State: TypeAlias = Literal["idle", "starting", "running", "finishing", "done", "stopped", "failed"]
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
        history: An entry an epoch, as ``history.csv`` names its values.
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
    history: list[Mapping[str, Any]] = field(default_factory=list)
    ends: list[float] = field(default_factory=list)
    trouble: list[tuple[Message, Message]] = field(default_factory=list)
    has_run: bool = False
    error: str | None = None

    @property
    def epoch(self) -> int:
        """The number of the last epoch, from 1; 0 before it."""
        return int(self.history[-1]["epoch"]) if self.history else 0

    @property
    def at_work(self) -> bool:
        """Whether its process is expected to be alive."""
        return self.state in AT_WORK

    def take(self, line: bytes) -> Mapping[str, Any] | None:
        """Learn from a line of the events.

        Args:
            line: JSON; a line that is none is passed over, as only a full disk leaves such.

        Returns:
            The entry of the epoch, if the line told of one.
        """
        try:
            event = json.loads(line)
            return self._learn(event["type"], event)
        except (ValueError, KeyError, TypeError):
            return None

    def _learn(self, kind: str, event: Mapping[str, Any]) -> Mapping[str, Any] | None:
        if kind == "plan":
            self.epochs = int(event["epochs"])
            self.calibrating = float(event["cross_fit"]), float(event["factor"])
        elif kind == "stage":
            self._begin(str(event["name"]), float(event["at"]))
        elif kind == "pieces":
            self.done, self.total = int(event["done"]), int(event["total"])
        elif kind == "run":
            self.has_run = True
        elif kind == "trouble":
            self.trouble.append((Message.from_json(event["what"]), Message.from_json(event["cure"])))
        elif kind == "epoch":
            return self._epoch(dict(event["entry"]), None if event.get("before") else float(event["at"]))
        elif kind == "end" and event["state"] in ("done", "stopped", "failed"):
            self.state, self.error = event["state"], event.get("error")
        return None

    def _begin(self, name: str, at: float) -> None:
        self.stage, self.stage_at = name, at
        self.done, self.total = (self.epoch, self.epochs) if name == "fit" else (0, 0)
        if self.state == "starting" and name != "import":
            self.state = "running"

    def _epoch(self, entry: Mapping[str, Any], at: float | None) -> Mapping[str, Any]:
        self.done = int(entry["epoch"])
        self.history.append(entry)
        if at is not None:
            self.ends.append(at)
        return entry


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
            with self._path.open("rb") as file:
                file.seek(self._at)
                data = file.read()
        except OSError:
            return []
        whole = data[: data.rfind(b"\n") + 1]
        self._at += len(whole)
        return whole.splitlines()
