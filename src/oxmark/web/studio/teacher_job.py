"""What the studio and the process that trains agree on: the job, its files, and the lock for one only.

Everything about the training of a project lies in ``.oxmark/teaching/``::

    lock            held by the training process for its whole life, so that there are never two
    job.json        what is trained
    events.jsonl    how far it is, a JSON object a line
    finish          asks it to end with the best epoch so far
    errors.log      what it wrote to stderr
    pictures/RUN/   the pictures of that run as they were when it began, as links; kept until it is finished

Files, not pipes: the training goes on when the studio is killed, and the next studio reads them from the
start.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path, PurePath
from typing import IO, Any

from oxmark.errors import FolderError
from oxmark.files import output_error, write_bytes, write_text
from oxmark.web.studio.teaching_files import open_plain, read_plain

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

ALREADY = 75
"""Exit code of a training process that found another one."""
STARTING = 10.0
"""Seconds that a process may take until it holds the lock and says so."""
PATIENCE = 2.0
"""Seconds that a new training process waits for a lock which somebody only looks at."""


@dataclass(frozen=True)
class Job:
    """One training.

    Attributes:
        project: The project's folder, absolute.
        runs: The folder of its runs, absolute.
        run: Name of the run folder in it.
        recipe: Every knob and its value.
        seed: Everything random comes from it.
        resume: Go on with that run.
    """

    project: str
    runs: str
    run: str
    recipe: dict[str, Any]
    seed: int = 0
    resume: bool = False

    def text(self) -> str:
        """As one line of JSON."""
        return json.dumps(asdict(self))

    @staticmethod
    def read(text: str) -> Job:
        """The job that :meth:`text` wrote. Raises :class:`ValueError` for anything else."""
        try:
            job = Job(**json.loads(text))
        except (TypeError, RecursionError) as error:
            raise ValueError(f"not a job: {error}") from error
        if not all(isinstance(one, str) for one in (job.project, job.runs, job.run)):
            raise ValueError("not a job: a name has another type")
        if not isinstance(job.recipe, dict) or not isinstance(job.seed, int):
            raise ValueError("not a job: a value has another type")
        if not job.run or job.run != PurePath(job.run).name:
            raise ValueError("not a job: the run's name is no name of a folder")
        return job


@dataclass(frozen=True)
class Desk:
    """The folder of a project's training.

    Attributes:
        folder: ``.oxmark/teaching`` in the project.

    Example:
        >>> Desk(Path("marks/.oxmark/teaching")).lock.name
        'lock'
    """

    folder: Path

    @property
    def lock(self) -> Path:
        """Held while a training process lives."""
        return self.folder / "lock"

    @property
    def job(self) -> Path:
        """What is trained."""
        return self.folder / "job.json"

    @property
    def events(self) -> Path:
        """How far it is."""
        return self.folder / "events.jsonl"

    @property
    def finish(self) -> Path:
        """Its being there asks the training to end."""
        return self.folder / "finish"

    @property
    def errors(self) -> Path:
        """What the process wrote to stderr."""
        return self.folder / "errors.log"

    def pictures(self, run: str) -> Path:
        """Where the pictures of a run are kept until it is finished."""
        return self.kept / run

    @property
    def kept(self) -> Path:
        """Where the pictures of all runs are that are not finished."""
        return self.folder / "pictures"

    def check(self) -> None:
        """Make sure that nothing is made or deleted through a link. Raises :class:`FolderError`."""
        for folder in (self.folder, self.kept):
            if folder.is_symlink():
                raise FolderError(
                    f"{folder} is a link, so nothing is made or deleted there. Take the link away; the "
                    "studio makes a folder of that name itself."
                )

    def is_fresh(self) -> bool:
        """Whether the job was put down so lately that its process may not have taken the lock yet."""
        try:
            age = time.time() - self.job.stat().st_mtime
            return age < STARTING and self.events.stat().st_size == 0
        except OSError:
            return False

    def read_job(self) -> Job | None:
        """The job that was begun last; None if there is none that can be read."""
        try:
            return Job.read(read_plain(self.job).decode())
        except (OSError, ValueError):
            return None

    def begin(self, job: Job) -> None:
        """Make the files of a new training, before its process. Raises :class:`OutputError`."""
        self.take_away(self.finish)
        write_text(self.events, "")
        write_text(self.job, job.text() + "\n")

    def ask_to_finish(self) -> None:
        """Ask the training to end after its epoch. Raises :class:`OutputError`."""
        write_bytes(self.finish, b"")

    def take_away(self, file: Path) -> None:
        """Delete one of the files, if it is there. Raises :class:`OutputError`."""
        try:
            file.unlink(missing_ok=True)
        except OSError as error:
            raise output_error(file, error) from error


class Lock:
    """A lock that the system takes back when its process ends, however it ends.

    Example:
        >>> with Lock(Path("lock")) as lock:  # doctest: +SKIP
        ...     if lock.take():
        ...         train()
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[bytes] | None = None

    def __enter__(self) -> Lock:
        return self

    def __exit__(self, *exception: object) -> None:
        self.release()

    def take(self, patience: float = 0.0) -> bool:
        """Try to get it, for so many seconds. Raises :class:`OSError` if its file cannot be made."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        file = open_plain(self._path, make=True)
        until = time.monotonic() + patience
        while not _locked(file):
            if time.monotonic() >= until:
                file.close()
                return False
            time.sleep(0.01)
        self._file = file
        return True

    def release(self) -> None:
        """Let go of it."""
        if self._file is not None:
            self._file.close()
            self._file = None


def is_held(path: Path) -> bool:
    """Whether a living process holds the lock. Raises :class:`OutputError` if its file cannot be made."""
    try:
        with Lock(path) as lock:
            return not lock.take()
    except OSError as error:
        raise output_error(path, error) from error


def _locked(file: IO[bytes]) -> bool:
    try:
        if sys.platform == "win32":
            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
