"""An action that is being put together, before anything of it is visible."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

from oxmark.files import make_folder
from oxmark.web.studio.disk import Disk, naming
from oxmark.web.studio.state import State
from oxmark.web.studio.steps import Move, Rows, Setting, Step, digest, read_table
from oxmark.web.studio.table import Changes, Table

TRASH_NAME = "trash"
"""In the studio's own folder: what an action takes out of sight, and what it is about to bring."""


class Draft:
    """An action that is being put together; nothing is on disk before the journal does it.

    Args:
        number: What it will have in the journal.
        disk: The project's.
        state: The project's.

    Attributes:
        number: The same.
        steps: In order.
    """

    def __init__(self, number: int, disk: Disk, state: State) -> None:
        self.number = number
        self.steps: list[Step] = []
        self._disk, self._state = disk, state
        self._home = disk.home / TRASH_NAME / f"{number:08}"
        self._brought: list[tuple[Path, Path, bytes | None]] = []  # place, target, content of a file
        self._places = 0

    def bring(self, data: bytes, target: Path) -> None:
        """A new file."""
        place = self._place(target.name)
        self._brought.append((place, target, data))
        self._add(Move, place, target, True)

    def bring_folder(self, target: Path) -> None:
        """A new empty folder."""
        place = self._place(target.name)
        self._brought.append((place, target, None))
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

    def table(self, path: Path) -> Table:
        """A csv file as it is now. Raises :class:`Problem`: unusable, or behind a link out of the project."""
        return read_table(path, self._disk)

    def rows(self, path: Path, table: Table, changes: Changes) -> None:
        """Records of a csv file change."""
        out, into = table.patch(changes)
        after = digest(table.patched(out, into))
        self.steps.append(Rows(self._disk.relative(path), out, into, digest(table), after))

    def set(self, key: str, value: Any) -> None:
        """A setting changes."""
        self.steps.append(Setting(key, self._state.get(key), value))

    def lay_out(self) -> None:
        """Write what comes, still out of sight; it is on disk when this returns.

        Raises:
            OutputError: It cannot be written.
        """
        for place, target, data in self._brought:
            with naming(target):
                make_folder(place if data is None else place.parent)
                if data is not None:
                    self._disk.write_new(place, data)

    def clear(self) -> None:
        """After a failure: take away what was to come. What was put aside stays."""
        for place, _, data in self._brought:
            with contextlib.suppress(OSError):
                place.rmdir() if data is None else place.unlink()
        self.tidy()

    def tidy(self) -> None:
        """Take away the folders that this left empty."""
        with contextlib.suppress(OSError):
            for place in [*self._home.iterdir(), self._home]:
                with contextlib.suppress(OSError):
                    place.rmdir()

    def _add(self, kind: type[Move], source: Path, target: Path, new: bool = False) -> None:
        self.steps.append(kind(self._disk.relative(source), self._disk.relative(target), new))

    def _place(self, name: str) -> Path:
        self._places += 1
        return self._home / str(self._places) / name
