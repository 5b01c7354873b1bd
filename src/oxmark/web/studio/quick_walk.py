"""Names in folders, read again only when a folder changed."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from oxmark.data.walk import NO_MEDIA, Walk

SETTLED = 2.5e9
"""Nanoseconds. A folder that was changed so shortly before it was read may have changed again unseen: some
disks count time in steps of two seconds."""


@dataclass(frozen=True, slots=True)
class _Read:
    """The names in a folder, and what they hold true for."""

    status: tuple[int, int, int]
    marks: tuple[bool, ...]
    folders: tuple[Path, ...]
    files: tuple[Path, ...]
    inner: tuple[Path, ...]  # all folders, those left out by their .nomedia among them


class Folders:
    """What was read of each folder."""

    def __init__(self) -> None:
        self._known: dict[Path, _Read] = {}

    def get(self, folder: Path) -> tuple[list[Path], list[Path]] | None:
        """Its folders and files, if they can still be relied on."""
        known = self._known.get(folder)
        if known is None or known.status != _identity(folder) or known.marks != _marks(known.inner):
            return None
        return list(known.folders), list(known.files)

    def put(
        self, folder: Path, status: tuple[int, int, int], walk: Walk, read: tuple[list[Path], list[Path]]
    ) -> None:
        """Remember what was read, unless it may have changed unseen."""
        folders, files = read
        left_out = [one.path for one in walk.skipped if one.path.parent == folder and one.path.is_dir()]
        inner = (*folders, *left_out)
        settled = time.time_ns() - status[0] > SETTLED and status == _identity(folder)
        if not settled or _has_links(folder):  # what a link leads to changes without the folder
            self._known.pop(folder, None)
        else:
            self._known[folder] = _Read(status, _marks(inner), tuple(folders), tuple(files), inner)


class QuickWalk(Walk):
    """A walk that reads a folder again only if it changed; what it skips is not told."""

    def __init__(self, folders: Folders) -> None:
        super().__init__()
        self._known = folders

    def list_folder(self, folder: Path) -> tuple[list[Path], list[Path]]:
        """As :meth:`Walk.list_folder`; what it leaves out is not noted."""
        found = self._known.get(folder)
        if found is not None:
            return found
        fresh = Walk()
        status = _identity(folder)
        read = fresh.list_folder(folder)
        if status is not None:
            self._known.put(folder, status, fresh, read)
        return read


def _identity(folder: Path) -> tuple[int, int, int] | None:
    try:
        status = folder.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_ino, status.st_dev


def _has_links(folder: Path) -> bool:
    with os.scandir(folder) as entries:
        return any(entry.is_symlink() for entry in entries)


def _marks(folders: Iterable[Path]) -> tuple[bool, ...]:
    return tuple(os.path.lexists(folder / NO_MEDIA) for folder in folders)
