"""An action that is being put together, before anything of it is visible."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from oxmark.files import make_folder
from oxmark.web.studio.disk import Disk, naming
from oxmark.web.studio.state import State
from oxmark.web.studio.steps import Move, Rows, Setting, Step, digest
from oxmark.web.studio.table import Changes, Table

TRASH_NAME = "trash"
"""In the studio's own folder: what an action takes out of sight, and what it is about to bring."""


class Draft:
    """An action that is being put together; nothing is visible before the journal does it.

    Args:
        number: What it will have in the journal.
        disk: The project's.
        state: The project's.
    """

    def __init__(self, number: int, disk: Disk, state: State) -> None:
        self.number = number
        self.steps: list[Step] = []
        self._disk, self._state = disk, state
        self._places = 0

    def bring(self, data: bytes, target: Path) -> None:
        """A new file; its bytes are on disk when this returns. Raises :class:`OutputError`."""
        place = self._place(target.name)
        with naming(target):
            make_folder(place.parent)
            self._disk.write_new(place, data)
        self._add(Move, place, target, True)

    def bring_folder(self, target: Path) -> None:
        """A new empty folder. Raises :class:`OutputError`."""
        place = make_folder(self._place(target.name))
        self._add(Move, place, target, True)

    def move(self, source: Path, target: Path) -> None:
        """Another place; by way of a third one where a disk may take both names for the same."""
        if target.parent == source.parent:
            between = self._place(source.name)
            self._add(Move, source, between)
            source = between
        self._add(Move, source, target)

    def discard(self, path: Path) -> None:
        """Out of sight, but not away."""
        self._add(Move, path, self._place(path.name))

    def rows(self, path: Path, table: Table, changes: Changes) -> None:
        """Records of a csv file change."""
        out, into = table.patch(changes)
        after = digest(table.patched(out, into))
        self.steps.append(Rows(self._disk.relative(path), out, into, digest(table), after))

    def set(self, key: str, value: Any) -> None:
        """A setting changes."""
        self.steps.append(Setting(key, self._state.get(key), value))

    def _add(self, kind: type[Move], source: Path, target: Path, new: bool = False) -> None:
        self.steps.append(kind(self._disk.relative(source), self._disk.relative(target), new))

    def _place(self, name: str) -> Path:
        self._places += 1
        return self._disk.home / TRASH_NAME / f"{self.number:08}" / str(self._places) / name
