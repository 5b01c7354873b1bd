"""The actions of a project on disk: one small file each, whose name says how far it is."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypeAlias

from oxmark.data.walk import shown_name
from oxmark.files import make_folder
from oxmark.web.studio.disk import Disk, naming, sync_folder
from oxmark.web.studio.steps import Step, step_from_json
from oxmark.words import LANGUAGES, Message

logger = logging.getLogger("oxmark.web")

Progress: TypeAlias = Literal["doing", "done", "undoing"]
_NO_ENTRY = (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError)
_PROGRESS: dict[str, Progress] = {"doing": "doing", "done": "done", "undoing": "undoing"}


@dataclass(frozen=True)
class Entry:
    """One action.

    Attributes:
        number: Its place in the order, from 1.
        what: What was done, for people.
        steps: In order.
        state: How far it is.
    """

    number: int
    what: Message
    steps: tuple[Step, ...]
    state: Progress = "doing"

    @property
    def file_name(self) -> str:
        """Of its file."""
        return f"{self.number:08}.{self.state}.json"

    def as_json(self) -> dict[str, Any]:
        """What is in its file."""
        return {"what": self.what.as_json(), "steps": [step.as_json() for step in self.steps]}


class Entries:
    """The files of the journal.

    Args:
        disk: The project's.

    Example:
        >>> [entry.state for entry in Entries(disk).read()]  # doctest: +SKIP
        ['done', 'done']
    """

    def __init__(self, disk: Disk) -> None:
        self._disk = disk
        self.folder = make_folder(disk.home / "journal")

    def read(self) -> list[Entry]:
        """Every entry, the oldest first. A file that is none is renamed and told to the log.

        Raises:
            OutputError: It cannot be renamed.
        """
        found = []
        for file in sorted(self.folder.glob("*.json")):
            try:
                found.append(_entry(file, self._disk))
            except _NO_ENTRY as error:
                logger.warning("%s is left out of the undo journal: %s", shown_name(file.name), error)
                with naming(file):
                    file.rename(file.with_suffix(".unreadable"))
        return found

    def write(self, entry: Entry) -> None:
        """Write a new entry; it is on the disk when this returns. Raises :class:`OutputError`."""
        self._disk.write(self.folder / entry.file_name, json.dumps(entry.as_json()).encode())

    def mark(self, entry: Entry, state: Progress, *, safe: bool = False) -> Entry:
        """The entry in another state; flushed to the disk only if asked, as any state may be resumed."""
        new = replace(entry, state=state)
        if new != entry:
            with naming(self.folder):
                (self.folder / entry.file_name).rename(self.folder / new.file_name)
                if safe:
                    sync_folder(self.folder)
        return new

    def forget(self, entries: Iterable[Entry]) -> None:
        """Delete the files of some entries. Raises :class:`OutputError`."""
        with naming(self.folder):
            for entry in entries:
                (self.folder / entry.file_name).unlink(missing_ok=True)


def numbers_in(folder: Path) -> set[int]:
    """The numbers that names in a folder begin with, up to a dot."""
    starts = (entry.name.partition(".")[0] for entry in folder.iterdir())
    return {int(start) for start in starts if start.isdecimal()}


def _entry(file: Path, disk: Disk) -> Entry:
    """Read an entry. Raises one of ``_NO_ENTRY`` on something else."""
    if file.is_symlink():
        raise ValueError("it is a link")
    number, state = file.name.split(".")[:2]
    data = json.loads(file.read_bytes())
    what = Message.from_json(data["what"])
    for language in LANGUAGES:
        what.text(language).encode()  # its sentence is there, asks for these values, and can be sent
    steps = tuple(step_from_json(step, disk) for step in data["steps"])
    entry = Entry(int(number), what, steps, _PROGRESS[state])
    if file.name != entry.file_name:
        raise ValueError("the journal names its files otherwise")
    return entry
