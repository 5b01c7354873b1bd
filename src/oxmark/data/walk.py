"""Walking folders in the same order on every machine, saying of everything left out why."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TypeVar

from oxmark.errors import FolderError

NO_MEDIA = ".nomedia"
"""A folder that holds a file of this name is left out, as on phones; the one that is read itself never is."""
STUDIO_NAME = ".oxmark"
"""Where the studio keeps what is its own in a project."""

AnyPath = TypeVar("AnyPath", bound=PurePath)
_HIDDEN_NAMES = frozenset({"thumbs.db", "desktop.ini", "__macosx", "__pycache__", "$recycle.bin", "@eadir"})


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something that was found and left out.

    Attributes:
        path: Where it is, as on disk.
        reason: Why, in a few words: ``"hidden"``, ``"not a picture by its name"``...
    """

    path: Path
    reason: str


def shown_name(text: str) -> str:
    """A name or path as it is compared and shown.

    Args:
        text: As the operating system gave it.

    Returns:
        In composed Unicode (NFC); bytes that are no UTF-8 written as ``\\udcXX``, so that it can be printed.

    Example:
        >>> len(shown_name("\\u1112\\u1161\\u11ab"))
        1
    """
    if text.isascii():
        return text
    return unicodedata.normalize("NFC", text).encode("utf-8", "backslashreplace").decode()


def disk_name(text: str) -> str:
    """Equal for names and paths that some disk takes for the same: letter case does not count.

    Example:
        >>> disk_name("O/1.PNG") == disk_name("o/1.png")
        True
    """
    return shown_name(text).casefold()


def free_path(path: AnyPath, taken: set[str], mark: str) -> AnyPath:
    """A path, or one with a number where it is taken; no two are alike on any disk.

    Args:
        path: Wanted, relative to the folder where it will be.
        taken: What was given out before, by :func:`disk_name`; the result is added.
        mark: Stands before the number.

    Example:
        >>> taken = {"o/1.png"}
        >>> print(free_path(Path("O/1.png"), taken, "-"))
        O/1-2.png
    """
    free, number = path, 1
    while disk_name(free.as_posix()) in taken:
        number += 1
        free = path.with_name(f"{path.stem}{mark}{number}{path.suffix}")
    taken.add(disk_name(free.as_posix()))
    return free


def is_hidden(name: str) -> bool:
    """Whether a file or folder of this name is left out wherever it lies: hidden, or the system's own.

    Example:
        >>> is_hidden(".DS_Store"), is_hidden("Thumbs.db"), is_hidden("O")
        (True, True, False)
    """
    return name.startswith(".") or name.lower() in _HIDDEN_NAMES


class Walk:
    """One reading of a tree: collects class names and what was skipped.

    Attributes:
        class_names: The names of the class folders seen, composed.
        skipped: What was left out so far.
    """

    def __init__(self) -> None:
        self.class_names: set[str] = set()
        self.skipped: list[Skipped] = []

    def skip(self, path: Path, reason: str) -> None:
        """Note that ``path`` is left out."""
        self.skipped.append(Skipped(path, reason))

    def skip_files(self, files: Iterable[Path], reason: str, besides: str) -> None:
        """Note that ``files`` are left out, but for the one with the name ``besides``."""
        for path in files:
            if path.name != besides:
                self.skip(path, reason)

    def note_class(self, folder: Path) -> str:
        """Count ``folder`` among the classes and return its name."""
        name = shown_name(folder.name)
        self.class_names.add(name)
        return name

    def list_folder(self, folder: Path) -> tuple[list[Path], list[Path]]:
        """The visible folders and ordinary files in ``folder``, each sorted; the rest is skipped.

        Symbolic links are followed.

        Raises:
            FolderError: The folder may not be read.
        """
        try:
            entries = sorted(folder.iterdir(), key=lambda entry: (shown_name(entry.name), entry.name))
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise FolderError(
                f"{shown_name(str(folder))} cannot be read: {reason}. Give yourself the right to read it, or "
                "move it out of the data."
            ) from error
        folders: list[Path] = []
        files: list[Path] = []
        for entry in entries:
            reason_out = _reason_out(entry)
            if reason_out:
                self.skip(entry, reason_out)
            else:
                (folders if entry.is_dir() else files).append(entry)
        return folders, files

    def files_below(self, folder: Path) -> Iterator[Path]:
        """Every visible file in ``folder`` and its sub-folders, each real folder once.

        A link to a folder that is read already is skipped, so that no picture counts twice.
        """
        seen: set[tuple[int, int]] = set()
        waiting = [folder]
        while waiting:
            here = waiting.pop()
            identity = _identity(here)
            if identity in seen:
                self.skip(here, "a link to a folder that is read already")
                continue
            seen.add(identity)
            folders, files = self.list_folder(here)
            yield from files
            waiting.extend(reversed(folders))


def _reason_out(entry: Path) -> str | None:
    """Why an entry of a folder is left out; ``None`` when it is an ordinary visible file or folder."""
    if entry.name == STUDIO_NAME:
        return "the studio's own folder"
    if is_hidden(entry.name):
        return "hidden, or a system file"
    try:
        if entry.is_symlink() and entry.is_dir() and _leads_up(entry):
            return "a link to a folder above it"
        if entry.is_dir() and os.path.lexists(entry / NO_MEDIA):
            return f"left out by its {NO_MEDIA}"
        if entry.is_dir() or entry.is_file():
            return None
        return "a link to something that is not there" if entry.is_symlink() else "not an ordinary file"
    except OSError as error:
        return f"cannot be read: {(error.strerror or str(error)).lower()}"


def _leads_up(link: Path) -> bool:
    target = _identity(link)
    return any(_identity(parent) == target for parent in link.absolute().parents)


def _identity(folder: Path) -> tuple[int, int]:
    status = folder.stat()
    return status.st_dev, status.st_ino
