"""Everything that changes a project goes through here: written down, then done, and undone the same way.

``.oxmark/journal/NUMBER.STATE.json`` holds one action: what it is in words, and its steps. The state is how
far it is::

    doing    written before the first step. After a kill the next start does the rest.
    done     every step is taken. What was confirmed to the page is in this state.
    undoing  named so before the first step back. After a kill the next start undoes the rest.

What an action takes out of sight, and what it is about to bring, lies in ``.oxmark/trash/NUMBER/``. Nothing
that was ever visible is deleted while the studio is open; the next start takes away what no kept action
needs.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from oxmark.data.walk import shown_name
from oxmark.errors import FolderError, OxmarkError
from oxmark.files import make_folder
from oxmark.web.problems import Problem
from oxmark.web.studio.disk import Disk
from oxmark.web.studio.draft import TRASH_NAME, Draft
from oxmark.web.studio.entries import Entries, Entry, numbers_in
from oxmark.web.studio.state import State
from oxmark.web.studio.steps import Blocked, Move, Step
from oxmark.words import Message

LEVELS = 100
"""So many actions can be taken back, one after the other."""


class Journal:
    """The actions of a project, the newest last.

    Opening it completes what a kill cut short, and takes away what is too old to be taken back.

    Args:
        disk: The project's.
        state: The project's.
        lock: Held while the disk changes.
        changed: Called after each change.

    Raises:
        FolderError: What was cut short cannot be completed before somebody mends a ``metadata.csv``.
        OutputError: What was cut short cannot be completed, because the disk is full or read-only.

    Example:
        >>> journal.move_to_trash(project.runs / "first", Message("words.example", {"count": 1}))
        ... # doctest: +SKIP
        >>> journal.undo()  # the run folder is back  # doctest: +SKIP
    """

    def __init__(self, disk: Disk, state: State, lock: threading.RLock, changed: Callable[[], None]) -> None:
        self._disk, self._state, self._lock, self._changed = disk, state, lock, changed
        self._trash = make_folder(disk.home / TRASH_NAME)
        self._files = Entries(disk)
        self._entries = self._files.read()
        self._complete()
        self._forget(self._entries[:-LEVELS])
        self._empty_trash()
        self._next = max([0, *numbers_in(self._files.folder), *numbers_in(self._trash)]) + 1

    def what(self) -> Message | None:
        """What an undo would take back; None when there is nothing."""
        with self._lock:
            return self._entries[-1].what if self._entries else None

    def draft(self) -> Draft:
        """Begin to put an action together; hold the project's lock until it is done."""
        number, self._next = self._next, self._next + 1
        return self._draft(number)

    def do(self, draft: Draft, what: Message) -> None:
        """Do what was put together; when this returns it is on disk and can be taken back.

        Args:
            draft: The action.
            what: What is done, for people.

        Raises:
            Problem: Somebody changed the folder meanwhile.
            OutputError: The disk cannot be written to. Everything is as it was before.
        """
        entry = Entry(draft.number, what, tuple(draft.steps))
        with self._lock:
            self._begin(draft, entry)
            try:
                self._take(entry.steps, lambda: self._drop(draft, entry))
            except Blocked as error:
                raise _changed_meanwhile(error) from error
            self._entries.append(self._files.mark(entry, "done"))
            draft.tidy()
            self._forget(self._entries[:-LEVELS])
            self._changed()

    def undo(self) -> Message:
        """Take the newest action back.

        Returns:
            What it was.

        Raises:
            Problem: There is none, or its files were changed by somebody else since.
            OutputError: The disk cannot be written to. Everything is as it was before.
        """
        with self._lock:
            if not self._entries:
                raise Problem(409, "nothing_to_undo", "There is nothing to take back.")
            entry = self._entries[-1]
            steps = [step.back() for step in reversed(entry.steps)]
            try:
                self._check_back(steps)
                begun = self._files.mark(entry, "undoing", safe=True)
                self._take(steps, lambda: self._files.mark(begun, "done"), back=True)
            except Blocked as error:
                raise _cannot_undo(error) from error
            self._forget([begun])
            self._draft(entry.number).tidy()
            self._changed()
            return entry.what

    def move_to_trash(self, path: Path, what: Message) -> None:
        """Take a file or folder of the project out of sight, as an action that can be taken back.

        Args:
            path: In the project, where no link leads out of it.
            what: What is done, for people.

        Raises:
            Problem: It is not there, or not in the project.
            OutputError: The disk cannot be written to.
        """
        with self._lock:
            draft = self.draft()
            draft.discard(path)
            self.do(draft, what)

    def _draft(self, number: int) -> Draft:
        return Draft(number, self._disk, self._state)

    def _begin(self, draft: Draft, entry: Entry) -> None:
        """Put all that an action needs on disk; nothing of it stays if that fails."""
        try:
            draft.lay_out()
            self._files.write(entry)
        except (OxmarkError, Problem):
            self._drop(draft, entry)
            raise

    def _drop(self, draft: Draft, entry: Entry) -> None:
        """Give an action up whose steps are not taken, or taken back."""
        self._forget([entry])
        draft.clear()

    def _take(self, steps: Sequence[Step], if_failed: Callable[[], object], *, back: bool = False) -> None:
        """Take steps.

        Args:
            steps: In order.
            if_failed: Called when one failed, and everything is as it was before. Where that cannot be
                reached either, the entry is left for the next start to complete.
            back: They take something back.

        Raises:
            Blocked, Problem, OxmarkError: One of them failed.
        """
        taken: list[Step] = []
        try:
            for step in steps:
                step.check(self._disk, back=back)
                taken.append(step)
                step.take(self._disk, self._state)
        except (Blocked, OxmarkError, Problem):
            for step in reversed(taken):
                step.back().take(self._disk, self._state)
            if_failed()
            raise

    def _check_back(self, steps: Sequence[Step]) -> None:
        """Check all steps back before the first is taken, but those that rest on one before."""
        before: list[Move] = []
        for step in steps:
            if not isinstance(step, Move):
                step.check(self._disk, back=True)
                continue
            below = f"{step.source}/"
            if not any(one.target == step.source or one.source.startswith(below) for one in before):
                step.check(self._disk, back=True)
            before.append(step)

    def _forget(self, entries: Sequence[Entry]) -> None:
        """Take entries out of the journal; what they put aside stays until the next start."""
        self._files.forget(entries)
        gone = {entry.number for entry in entries}
        self._entries = [entry for entry in self._entries if entry.number not in gone]

    def _complete(self) -> None:
        """Do, or undo, the rest of what a kill cut short.

        Raises:
            FolderError: A csv file that it is about cannot be read.
            OutputError: The disk cannot be written to.
        """
        for entry in tuple(self._entries):
            try:
                self._complete_one(entry)
            except Problem as error:
                name = shown_name(str(self._disk.root))
                raise FolderError(
                    f"{name} was closed amid a change, which cannot be completed now: {error.detail}"
                ) from error

    def _complete_one(self, entry: Entry) -> None:
        if entry.state == "doing":
            for step in entry.steps:
                step.take(self._disk, self._state)
            self._entries[self._entries.index(entry)] = self._files.mark(entry, "done")
        elif entry.state == "undoing":
            for step in reversed(entry.steps):
                step.back().take(self._disk, self._state)
            self._forget([entry])

    def _empty_trash(self) -> None:
        """Delete what no action in the journal needs, be it readable or not."""
        kept = numbers_in(self._files.folder)
        for folder in self._trash.iterdir():
            number = folder.name.partition(".")[0]
            if number.isdecimal() and int(number) not in kept and not folder.is_symlink():
                shutil.rmtree(folder, ignore_errors=True)


def _changed_meanwhile(error: Blocked) -> Problem:
    why = str(error)
    return Problem(
        409, "changed_on_disk", f"{why[:1].upper()}{why[1:]}: somebody changed the folder. Look again."
    )


def _cannot_undo(error: Blocked) -> Problem:
    return Problem(
        409,
        "undo_blocked",
        f"This cannot be taken back: {error}. Put everything back as it was, then try again.",
    )
