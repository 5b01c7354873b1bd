"""The process that trains: ``python -m oxmark.web.studio.teacher FOLDER``, where the job lies.

It does not need the studio: killed or closed, the training goes on to its end. See
:mod:`oxmark.web.studio.teacher_job` for the files by which the two speak.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from oxmark.data.folder import read_folder
from oxmark.errors import OxmarkError
from oxmark.web.studio.teacher_job import ALREADY, PATIENCE, Desk, Job, Lock
from oxmark.web.studio.teacher_telling import Telling

if TYPE_CHECKING:
    from oxmark.recipes import Recipe
    from oxmark.workflow.training_run import TrainingRun

NICENESS = 5
"""The page answers first, and one processor is left to it. With 15 answers a second beside it, a training on
both of two cores did 2 to 4 epochs a second, on one of them 7.6: threads wait for each other at every step.
"""
INTERRUPTED = (
    "The system ended the training, for example because it shuts down. What was learned is saved: go on with "
    "it, or delete it."
)


def main(arguments: list[str]) -> int:
    """Train what the job says.

    Args:
        arguments: The folder of the project's training.

    Returns:
        0 when the training came to an end that was told, good or bad; 75 when another one is at work.

    Example:
        >>> main([".oxmark/teaching"])  # doctest: +SKIP
        0
    """
    desk = Desk(Path(arguments[0]).absolute())
    with Lock(desk.lock) as lock:
        if not lock.take(PATIENCE):
            return ALREADY
        _errors_into(desk.errors)
        _be_nice()
        job = desk.read_job()
        if job is not None:
            _teach(desk, job)
    return 0


def _teach(desk: Desk, job: Job) -> None:
    """Train, and tell how it ended. What is no error of ours ends the process; its log says why."""
    telling = Telling(desk)
    telling.tell("begin", process=os.getpid())
    _stop_on_signals(telling)
    try:
        run = _train(desk, job, telling)
    except OxmarkError as error:
        telling.tell("end", state="failed", error=str(error))
        return
    if not run.finished:
        telling.tell("end", state="failed", error=INTERRUPTED)
    else:
        telling.tell("end", state="done" if len(run.history) == run.recipe.epochs else "stopped")


def _train(desk: Desk, job: Job, telling: Telling) -> TrainingRun:
    """Train in the folder above the kept pictures: what the run records then fits the project's own place."""
    from oxmark.recipes import parse_recipe
    from oxmark.web.studio.teacher_pictures import keep_pictures
    from oxmark.workflow.training_run import train

    desk.check()
    project, home = Path(job.project), desk.pictures(job.run)
    kept = home / (project.resolve().name or "project")
    if not (job.resume and kept.is_dir()):
        kept = keep_pictures(project, home)
    recipe = parse_recipe(job.recipe, "the recipe")
    telling.tell("plan", epochs=recipe.epochs, cross_fit=recipe.cross_fit, factor=_calibrating(recipe, kept))
    sys.path[:] = [str(Path(entry).absolute()) for entry in sys.path]  # some parts are imported late
    os.chdir(home)
    if job.resume:
        telling.before(Path(job.runs) / job.run)
    return train(
        kept.name,
        None if job.resume else recipe,
        out=_run_folder(Path(job.runs), kept, job.run),
        seed=job.seed,
        resume=job.resume,
        skip_bad=True,
        progress=telling,
    )


def _run_folder(runs: Path, kept: Path, run: str) -> Path:
    """The run folder, by way of a link beside the kept pictures, so that its recorded path is a short one."""
    link = kept / runs.name
    with contextlib.suppress(OSError):  # links are a privilege on some systems
        if not link.is_symlink():
            link.symlink_to(runs, target_is_directory=True)
    return (Path(kept.name) / runs.name if link.is_symlink() else runs) / run


def _calibrating(recipe: Recipe, kept: Path) -> float:
    """What calibrating an epoch's worth of training takes, in epochs: the two halves learn as many steps."""
    from oxmark.training.loop import for_classes
    from oxmark.training.steps import steps_in_epoch

    dataset = read_folder(kept)
    full = for_classes(recipe, len(dataset.classes))
    learned = dataset.part("train") or dataset.samples
    held = [*dataset.part("train"), *dataset.part("validation")] or dataset.samples
    whole, half = (max(1, steps_in_epoch(len(some), full)) for some in (learned, held[: len(held) // 2]))
    return 2 * half / whole if recipe.calibrate else 0.0


def _errors_into(path: Path) -> None:
    """Whatever is printed, by a library too, goes into the log, which is a new file: a link is no log."""
    path.unlink(missing_ok=True)
    with path.open("xb") as log:
        for number in (1, 2):
            os.dup2(log.fileno(), number)


def _be_nice() -> None:
    with contextlib.suppress(OSError):
        if hasattr(os, "nice"):
            os.nice(NICENESS)
        if hasattr(os, "sched_setaffinity"):
            processors = sorted(os.sched_getaffinity(0))
            os.sched_setaffinity(0, processors[1:] or processors)


def _stop_on_signals(telling: Telling) -> None:
    def stop(number: int, frame: FrameType | None) -> None:
        telling.stopping = True

    for name in ("SIGTERM", "SIGINT", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), stop)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
