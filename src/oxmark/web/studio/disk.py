"""Writing into a project so that what was confirmed survives a kill and a power cut, and nothing leaves it.

A file is written beside, flushed to the disk, renamed into place, and its folder is flushed, too.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from oxmark.data.walk import STUDIO_NAME
from oxmark.files import make_folder, output_error
from oxmark.web.problems import Problem


class Disk:
    """One project's folder.

    Args:
        root: The project, resolved.

    Attributes:
        root: The same.
        home: The studio's own folder in it.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.home = root / STUDIO_NAME
        self._beside = self.home / "new"

    def path(self, relative: str) -> Path:
        """The place that a relative path with forward slashes names.

        Raises:
            Problem: It would lie outside of the project, by its name or by a link on its way.
        """
        pure = PurePosixPath(relative)
        wrong = pure.is_absolute() or ".." in pure.parts or not pure.parts or "\0" in relative
        if wrong or (os.name == "nt" and any(sign in relative for sign in ":\\")):
            raise outside()
        place = self.root / pure
        self.check_inside(place.parent)
        return place

    def relative(self, path: Path) -> str:
        """A place in the project with forward slashes, as it is on disk."""
        return path.relative_to(self.root).as_posix()

    def check_inside(self, path: Path) -> None:
        """Follow every link and check that it ends in the project. Raises :class:`Problem`."""
        try:
            real = path.resolve()
        except (OSError, RuntimeError) as error:  # links in a circle
            raise outside() from error
        if not real.is_relative_to(self.root):
            raise outside()

    def write(self, path: Path, data: bytes, *, safe: bool = True) -> None:
        """Replace a file as a whole.

        Args:
            path: In the project.
            data: Its new content.
            safe: Return only when it is on the disk itself, not in the system's memory alone.

        Raises:
            OutputError: It cannot be written.
        """
        temporary = self._beside / f"{secrets.token_hex(6)}.part"
        with naming(path):
            self.check_inside(path.parent)
            make_folder(self._beside)
            self.write_new(temporary, data, safe=safe)
            temporary.replace(path)
            if safe:
                sync_folder(path.parent)

    def write_new(self, path: Path, data: bytes, *, safe: bool = True) -> None:
        """Write a file that nobody knows yet. Raises :class:`OSError`."""
        with path.open("xb") as stream:
            stream.write(data)
            stream.flush()
            if safe:
                os.fsync(stream.fileno())

    def sweep(self) -> None:
        """Take away what a killed studio was about to write. Raises :class:`OutputError`."""
        if not self._beside.is_dir():
            return
        with naming(self._beside):
            for file in self._beside.iterdir():
                file.unlink()


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Turn an :class:`OSError` into the sentence that names the file and the cure."""
    try:
        yield
    except OSError as error:
        raise output_error(path, error) from error


def sync_folder(folder: Path) -> None:
    """Make the names in a folder survive a power cut, where the system has a way to ask for it."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def outside() -> Problem:
    """What is said of a link that leads out of the project."""
    return Problem(
        403,
        "outside_project",
        "This is a link that leads out of the project, so the studio neither shows nor changes it. Put a "
        "copy of what it leads to in its place.",
    )
