"""Opening a project: an ordinary folder of pictures, with two folders more for the studio and its runs."""

from __future__ import annotations

import os
import weakref
from pathlib import Path

from oxmark.data.kinds import PICTURE_SUFFIXES
from oxmark.data.walk import NO_MEDIA, STUDIO_NAME, shown_name
from oxmark.errors import FolderError
from oxmark.files import make_folder, write_text

RUN_FOLDERS = ("runs", "oxmark-runs")
"""Where the runs are: the first of these that is no class of the project."""


def open_folder(root: Path) -> Path:
    """Make the folder of a project if it is new, and the studio's own in it.

    Args:
        root: The project; what is there already stays.

    Returns:
        The same, absolute, with all links followed.

    Raises:
        FolderError: It is a file, or the studio's own folder is a link or a file, or has links in it.
        OutputError: It cannot be written to.
    """
    if root.exists() and not root.is_dir():
        raise FolderError(f"{shown_name(str(root))} is a file, not a folder. Give the project's folder.")
    real = make_folder(root).resolve()
    home = real / STUDIO_NAME
    if home.is_symlink() or (home.exists() and not home.is_dir()):
        raise FolderError(
            f"{shown_name(str(home))} must be a folder: the studio keeps its own files there. Take it away."
        )
    _check_no_links(make_folder(home))
    return real


def _check_no_links(home: Path) -> None:
    """The studio empties some of its own folders: none of them may be somewhere else."""
    from oxmark.web.studio.disk import naming

    with naming(home):
        links = sorted(entry for entry in home.iterdir() if entry.is_symlink())
    if links:
        raise FolderError(
            f"{shown_name(str(links[0]))} is a link, but the studio writes and deletes its own files there. "
            "Take the link away; what it leads to stays."
        )


def runs_folder(root: Path) -> Path:
    """The folder of the runs; it is made, and marked as no class.

    Raises:
        FolderError: Every name for it is taken.
        OutputError: It cannot be written to.
    """
    for name in RUN_FOLDERS:
        folder = root / name
        if folder.is_symlink() or (folder.exists() and not folder.is_dir()) or _holds_pictures(folder):
            continue
        if not (folder / NO_MEDIA).exists():
            make_folder(folder)
            write_text(folder / NO_MEDIA, "")
        return folder
    names = " and ".join(RUN_FOLDERS)
    raise FolderError(
        f"{shown_name(str(root))} has something else under the names {names}, where the studio keeps its "
        "runs. Rename one of them."
    )


def _holds_pictures(folder: Path) -> bool:
    """Whether pictures lie in it directly, as in a class; those of a run lie one folder deeper."""
    if not folder.is_dir():
        return False
    return any(entry.suffix.lower() in PICTURE_SUFFIXES for entry in folder.iterdir())


class Claim:
    """Keeps a second studio out of a project; the system ends it with the process, however that ends.

    Args:
        home: The studio's own folder in the project.

    Raises:
        FolderError: Another studio has the project open.
        OutputError: It cannot be written to, or the file to lock is a link.
    """

    def __init__(self, home: Path) -> None:
        from oxmark.web.studio.disk import naming

        file = home / "open"
        with naming(file):
            handle = os.open(file, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
        self.end = weakref.finalize(self, os.close, handle)
        if not _locked(handle):
            self.end()
            raise FolderError(
                f"{shown_name(str(home.parent))} is open in another studio. Use that one, or end it first."
            )


def _locked(handle: int) -> bool:
    """Whether the lock was got; True on disks that have no locks."""
    if os.name == "nt":
        return _locked_on_windows(handle)
    import errno
    import fcntl

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno not in (errno.EWOULDBLOCK, errno.EACCES)
    return True


def _locked_on_windows(handle: int) -> bool:
    import importlib

    msvcrt = importlib.import_module("msvcrt")
    try:
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
    except OSError:
        return False
    return True
