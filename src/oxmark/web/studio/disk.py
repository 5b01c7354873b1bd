"""Writing into a project so that what was confirmed survives a kill and a power cut, and nothing leaves it.

A file is written beside, flushed to the disk, renamed into place, and its folder is flushed, too.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
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
        if leads_out(path, self.root):
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
            with _gone_if_failed(temporary):
                temporary.replace(path)
            if safe:
                sync_folder(path.parent)

    def write_new(self, path: Path, data: bytes, *, safe: bool = True) -> None:
        """Write a file that nobody knows yet; if that fails nothing of it stays. Raises :class:`OSError`."""
        new = path.open("xb")
        with _gone_if_failed(path), new as stream:
            stream.write(data)
            stream.flush()
            if safe:
                os.fsync(stream.fileno())

    def sweep(self) -> None:
        """Take away what a killed studio was about to write, but no folder. Raises :class:`OutputError`."""
        if not self._beside.is_dir():
            return
        with naming(self._beside):
            for file in self._beside.iterdir():
                if file.is_symlink() or not file.is_dir():
                    file.unlink()


@contextlib.contextmanager
def _gone_if_failed(path: Path) -> Iterator[None]:
    """Delete a file that could not be finished: on a full disk its bytes are needed."""
    try:
        yield
    except OSError:
        with contextlib.suppress(OSError):
            path.unlink()
        raise


@contextlib.contextmanager
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


def leads_out(path: Path, root: Path) -> bool:
    """Whether a path ends outside of a folder, or nowhere, when every link is followed.

    Args:
        path: Absolute.
        root: The folder, resolved.

    Example:
        >>> leads_out(Path("/home/anna/marks/../photos"), Path("/home/anna/marks"))
        True
    """
    try:
        return not path.resolve().is_relative_to(root)
    except (OSError, RuntimeError):  # links in a circle
        return True


def outside(name: str = "This") -> Problem:
    """What is said of a link that leads out of the project.

    Args:
        name: Of the link, to begin the sentence with.
    """
    return Problem(
        403,
        "outside_project",
        f"{name} is a link that leads out of the project, so the studio neither shows nor changes it. Put a "
        "copy of what it leads to in its place.",
    )
