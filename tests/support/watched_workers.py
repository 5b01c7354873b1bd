"""Workers of a cluster that note every step, and may be killed at one: what tests see of other processes."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any


def noting(folder: Path, killed_at: int | None = None) -> Callable[[Mapping[str, Any]], Any]:
    """What a worker does, noting its steps in ``RANK.txt`` and saving a checkpoint after every few of them.

    Args:
        folder: For the notes; one line a step, an empty line where a worker begins.
        killed_at: Before this step the second worker is killed, once.
    """

    def learn(config: Mapping[str, Any]) -> Any:
        from ray import train

        from oxmark.cluster import worker
        from oxmark.training import loop

        rank = train.get_context().get_world_rank()
        notes, step = folder / f"{rank}.txt", vars(loop)["step"]

        def note(line: str) -> None:
            with notes.open("a") as file:
                file.write(f"{line}\n")

        def noted(state: Any, *given: Any, **named: Any) -> Any:
            killed = folder / "killed"
            if rank == 1 and state.steps == killed_at and not killed.exists():
                train.get_all_reported_checkpoints()  # waits until the last one counts
                killed.touch()
                os.kill(os.getpid(), signal.SIGKILL)
            note(str(state.steps))
            return step(state, *given, **named)

        note("")
        vars(loop).update(step=noted, SECONDS_BETWEEN_CHECKPOINTS=0)
        return worker.learn(config)

    return learn


def steps_of(folder: Path, rank: int) -> list[list[int]]:
    """The steps that a worker began, by each of its beginnings."""
    parts = (folder / f"{rank}.txt").read_text().split("\n\n")
    return [[int(line) for line in part.split()] for part in parts]
