"""The three things that the studio does to a project's disk, each known backwards as well.

Every action is a list of these steps, written down before the first is taken. A step may be taken again after
a kill: what is done already is left as it is.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from oxmark.data.walk import Walk, shown_name
from oxmark.files import make_folder
from oxmark.web.problems import Problem
from oxmark.web.studio.disk import Disk, leads_out, naming, outside, sync_folder
from oxmark.web.studio.state import State
from oxmark.web.studio.table import Record, Table


class Blocked(Exception):
    """Why a step cannot be taken, as the end of a sentence."""


class Step(Protocol):
    """One step; paths are relative to the project, with forward slashes."""

    def check(self, disk: Disk, *, back: bool = False) -> None:
        """Raise :class:`Blocked` if the step cannot be taken now.

        Args:
            disk: The project's.
            back: It takes something back: what is not there any more need not be.
        """

    def take(self, disk: Disk, state: State) -> None:
        """Take it. What is done already, or cannot be done any more, is passed over.

        Raises:
            Problem: A csv file in question cannot be read.
            OutputError: The disk cannot be written to.
        """

    def back(self) -> Step:
        """The step that takes it back."""

    def as_json(self) -> dict[str, Any]:
        """For the journal."""


@dataclass(frozen=True)
class Move:
    """A file or a folder gets another place.

    Attributes:
        source: Where it is.
        target: Where it will be; nothing is there.
        new: It was made by this action. As a folder it is taken back only while nothing visible is in it.
    """

    source: str
    target: str
    new: bool = False

    def check(self, disk: Disk, *, back: bool = False) -> None:
        """Raise :class:`Blocked` if the source is gone or the target is taken."""
        source, target = disk.path(self.source), disk.path(self.target)
        if not os.path.lexists(source):
            if back:
                return
            raise Blocked(f"{shown_name(self.source)} is not there any more")
        if os.path.lexists(target):
            raise Blocked(f"something else has the name {shown_name(self.target)} now")
        if self.new and source.is_dir() and any(Walk().list_folder(source)):
            raise Blocked(f"{shown_name(self.source)} is not empty any more")

    def take(self, disk: Disk, state: State) -> None:
        """Rename it, and flush both folders."""
        source, target = disk.path(self.source), disk.path(self.target)
        if os.path.lexists(target) or not os.path.lexists(source):
            return
        make_folder(target.parent)
        with naming(target):
            source.rename(target)
            sync_folder(target.parent)
            sync_folder(source.parent)

    def back(self) -> Move:
        """The same the other way round."""
        return Move(self.target, self.source, self.new)

    def as_json(self) -> dict[str, Any]:
        """For the journal."""
        return {"step": "move", "source": self.source, "target": self.target, "new": self.new}


@dataclass(frozen=True)
class Rows:
    """Records of a ``metadata.csv`` leave, others come; all others stay as they are written.

    Attributes:
        table: The file.
        out: What leaves; places as before.
        into: What comes; places as after.
        before: Digest of the file before, empty if there was none.
        after: Digest of the file after, empty if there is none.
    """

    table: str
    out: tuple[Record, ...]
    into: tuple[Record, ...]
    before: str
    after: str

    def check(self, disk: Disk, *, back: bool = False) -> None:
        """Raise :class:`Problem` if the file cannot be read, or a link leads out of the project."""
        read_table(disk.path(self.table), disk)

    def take(self, disk: Disk, state: State) -> None:
        """Write the file anew; where somebody else changed it meanwhile, only the records in question."""
        path = disk.path(self.table)
        table = read_table(path, disk)
        if digest(table) == self.after:
            return
        changed = table.patched(self.out, self.into)
        if changed.records or self.after:
            disk.write(path, changed.as_bytes())
            return
        with naming(path):
            path.unlink(missing_ok=True)
            sync_folder(path.parent)

    def back(self) -> Rows:
        """The same the other way round."""
        return Rows(self.table, self.into, self.out, self.after, self.before)

    def as_json(self) -> dict[str, Any]:
        """For the journal."""
        return {
            "step": "rows",
            "table": self.table,
            "out": [list(record) for record in self.out],
            "into": [list(record) for record in self.into],
            "before": self.before,
            "after": self.after,
        }


@dataclass(frozen=True)
class Setting:
    """A value of the project's settings changes.

    Attributes:
        key: Which.
        before: JSON value; None where there was none.
        after: JSON value; None takes it away.
    """

    key: str
    before: Any
    after: Any

    def check(self, disk: Disk, *, back: bool = False) -> None:
        """It can always be taken."""

    def take(self, disk: Disk, state: State) -> None:
        """Store the value."""
        state.set(self.key, self.after)

    def back(self) -> Setting:
        """The same the other way round."""
        return Setting(self.key, self.after, self.before)

    def as_json(self) -> dict[str, Any]:
        """For the journal."""
        return {"step": "setting", "key": self.key, "before": self.before, "after": self.after}


def step_from_json(data: Mapping[str, Any], disk: Disk) -> Step:
    """The step that was written down.

    Raises:
        ValueError: It is none, or would lead out of the project.
    """
    try:
        kind = data["step"]
        if kind == "setting":
            return Setting(str(data["key"]), data["before"], data["after"])
        if kind == "move":
            disk.path(data["source"]), disk.path(data["target"])
            return Move(data["source"], data["target"], bool(data["new"]))
        if kind == "rows":
            disk.path(data["table"])
            out, into = (tuple((int(at), str(raw)) for at, raw in data[name]) for name in ("out", "into"))
            return Rows(data["table"], out, into, str(data["before"]), str(data["after"]))
    except (KeyError, TypeError, Problem) as error:
        raise ValueError(f"not a step of the journal: {data}") from error
    raise ValueError(f"not a step of the journal: {data}")


def read_table(path: Path, disk: Disk) -> Table:
    """A csv file of a project.

    Raises:
        Problem: It cannot be read, or a link leads out of the project.
    """
    if leads_out(path, disk.root):
        raise outside(path.name)
    return Table.read(path)


def digest(table: Table) -> str:
    """A fingerprint of a table's file; empty where it has no records.

    Example:
        >>> digest(Table())
        ''
    """
    return hashlib.blake2b(table.as_bytes(), digest_size=16).hexdigest() if table.records else ""
