"""Starting the process that trains, and following it: one of our own, or one that an earlier studio left."""

from __future__ import annotations

import asyncio
import functools
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from oxmark.errors import OutputError
from oxmark.files import make_folder, output_error
from oxmark.web.studio.teach_schemas import Epoch
from oxmark.web.studio.teacher_job import ALREADY, Desk, Job, is_held
from oxmark.web.studio.teaching_course import Course, Reader

Result = TypeVar("Result")
MODULE = "oxmark.web.studio.teacher"
_NOTHING_LOST = "Your pictures are untouched; go on with it, or delete it."


class Follower:
    """Follows one training to its end.

    Args:
        desk: Its files.
        job: What is trained.
        process: Our own process; None for one that an earlier studio left.
    """

    def __init__(self, desk: Desk, job: Job, process: subprocess.Popen[bytes] | None = None) -> None:
        self.course = Course(job)
        self._desk, self._process = desk, process
        self._reader = Reader(desk.events)

    def look(self) -> tuple[list[Epoch], bool]:
        """Read what is new; a process that died untold makes the training a failed one.

        Returns:
            The entries of new epochs, and whether there was any news at all.
        """
        alive = self._alive()  # asked first: whatever the process wrote is read after it died
        lines = self._reader.lines()
        entries = [entry for line in lines if (entry := self.course.take(line))]
        news = bool(lines)
        if self._desk.finish.exists() and self.course.state in ("starting", "running"):
            self.course.state, news = "finishing", True
        if not alive and self.course.at_work:
            self.course.state, self.course.error, news = "failed", self._reason(), True
        return entries, news

    def _alive(self) -> bool:
        if self._process is not None:
            return self._process.poll() is None
        try:
            return is_held(self._desk.lock) or self._desk.is_fresh()
        except OutputError:  # where no lock can be, nobody holds it
            return False

    def _reason(self) -> str:
        """Why the process died without saying so."""
        code = self._process.returncode if self._process is not None else None
        if code == ALREADY:
            return "Another training of this project is at work. Wait for it to end."
        if code is not None and code < 0:
            name = signal.Signals(-code).name if -code in set(signal.Signals) else str(-code)
            memory = ", most often because memory ran out" if name == "SIGKILL" else ""
            return f"The system ended the training ({name}){memory}. {_NOTHING_LOST}"
        if code is None:
            return f"The training broke off while the studio was closed. {_NOTHING_LOST}"
        return f"The training broke off; .oxmark/teaching/errors.log says why. {_NOTHING_LOST}"


def begin(desk: Desk, job: Job) -> Follower:
    """Start a process that trains; it lives on when the studio ends.

    Args:
        desk: The files of the project's training.
        job: What to train.

    Raises:
        OutputError: The process cannot be started.
    """
    make_folder(desk.folder)
    desk.begin(job)
    flags = sum(getattr(subprocess, name, 0) for name in ("CREATE_NEW_PROCESS_GROUP", "CREATE_NO_WINDOW"))
    try:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", MODULE, str(desk.folder)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=os.name == "posix",
            creationflags=flags,
        )
    except OSError as error:
        raise output_error(desk.folder, error) from error
    threading.Thread(target=process.wait, name="training", daemon=True).start()  # takes note of its end
    return Follower(desk, job, process)


def left_behind(desk: Desk) -> Follower | None:
    """The training that an earlier studio began and did not see end; None where there is none."""
    job = desk.read_job()
    return Follower(desk, job) if job is not None else None


def put_away(desk: Desk, runs: set[str]) -> None:
    """Take away what no unfinished run needs any more.

    Args:
        desk: The files of the project's training.
        runs: Names of the runs that can be gone on with.

    Raises:
        FolderError: One of its folders is a link; nothing is deleted through that.
        OutputError: The job cannot be taken away.
    """
    desk.check()
    desk.take_away(desk.job)
    for folder in desk.kept.iterdir() if desk.kept.is_dir() else ():
        if folder.name not in runs:
            shutil.rmtree(folder, ignore_errors=True)  # which follows no link


async def aside(function: Callable[..., Result], *given: Any) -> Result:
    """Run what waits for the disk in a thread, so that the event loop stays free."""
    return await asyncio.get_running_loop().run_in_executor(None, functools.partial(function, *given))
