"""How the training process tells how far it is: a JSON object a line, for who follows now or later."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import math
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from oxmark.web.studio.teacher_job import Desk
from oxmark.workflow.progress import Progress

if TYPE_CHECKING:
    from oxmark.evaluation.trouble import Trouble
    from oxmark.training.loop import Epoch

SECONDS_BETWEEN = 0.1
"""So often at most it is told how many pictures of a stage are done."""


class Telling(Progress):
    """Writes events; where they cannot be written the training goes on all the same.

    Args:
        desk: Where the events go, and the request to finish comes from.

    Attributes:
        stopping: Set it to stop, saved so that it can go on.
        finishing: Whether it was asked to end, and agreed.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._stream: IO[str] | None = None
        with contextlib.suppress(OSError):
            self._stream = desk.events.open("a", encoding="utf-8")
        self._told_at = -math.inf
        self._total = 0
        self.stopping = self.finishing = False

    def tell(self, kind: str, **values: Any) -> None:
        """One event, with the time in seconds since 1970."""
        line = json.dumps({"type": kind, "at": round(time.time(), 3), **values})
        if self._stream is not None:
            with contextlib.suppress(OSError, ValueError):
                self._stream.write(line + "\n")
                self._stream.flush()

    def stage(self, name: str) -> None:
        """The training comes to a part of its work."""
        self.tell("stage", name=name)

    def begin(self, what: str, total: int) -> None:
        """So many pieces are to be done."""
        self._total, self._told_at = total, -math.inf
        self.tell("pieces", done=0, total=total)

    def advance(self, done: int) -> None:
        """So many are done."""
        if done == self._total or time.monotonic() - self._told_at >= SECONDS_BETWEEN:
            self._told_at = time.monotonic()
            self.tell("pieces", done=done, total=self._total)

    def end(self) -> None:
        """All are done."""
        self.tell("pieces", done=0, total=0)

    def run_folder(self, folder: Path) -> None:
        """From now on there is a run folder that can be gone on with."""
        self.tell("run")

    def epoch(self, entry: Epoch, epochs: int) -> None:
        """An epoch is done; after the last one answers are calibrated."""
        self.tell("epoch", entry=_finite(dataclasses.asdict(entry)))
        if entry.epoch == epochs:
            self.stage("calibrate")

    def trouble(self, trouble: Trouble) -> None:
        """Something goes wrong; all other notes stand in the run's files."""
        self.tell("trouble", what=trouble.what.as_json(), cure=trouble.cure.as_json())

    def before(self, run: Path) -> None:
        """Tell of the epochs that a run had before it was interrupted."""
        from oxmark.training import checkpoint

        path = run / checkpoint.FILE
        for entry in checkpoint.read(path).facts["history"] if path.exists() else ():
            self.tell("epoch", entry=_finite(entry), before=True)

    def should_stop(self) -> bool:
        """After a signal of the system: saved, so that it can go on."""
        return self.stopping

    def should_finish(self) -> bool:
        """When the studio asked for it."""
        if not self.finishing and self._desk.finish.exists():
            self.finishing = True
            self.stage("calibrate")
        return self.finishing


def _finite(values: Mapping[str, Any]) -> dict[str, Any]:
    """JSON knows no NaN: what was not measured is null."""
    return {
        name: None if isinstance(value, float) and not math.isfinite(value) else value
        for name, value in values.items()
    }
