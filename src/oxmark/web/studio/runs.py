"""The runs of a project: which there are, what they are called, and which one answers."""

from __future__ import annotations

import datetime
import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from oxmark.data.walk import shown_name
from oxmark.errors import FolderError
from oxmark.web.problems import Problem
from oxmark.web.studio.listing import id_of
from oxmark.web.studio.project import Project
from oxmark.web.studio.runs_reading import MODEL, Reading, Readings, is_run_folder
from oxmark.web.studio.teaching_files import Stamp, stamp
from oxmark.words import Message

BUILTIN = "builtin"
"""The id of the built-in model."""
CURRENT = "current"
"""Stands for the run that answers."""
NAMES, CHOSEN = "run_names", "run_in_use"
"""Where the project's settings keep them."""
LONGEST_NAME = 60


class Shelf:
    """All runs of a project. Safe to use from several threads.

    Args:
        project: Whose.
        at_work: Gives the name of the run that is being trained, or None; it is not on the shelf yet.

    Example:
        >>> shelf = Shelf(project, lambda: None)  # doctest: +SKIP
        >>> [run.folder.name for run in shelf.all()]  # doctest: +SKIP
        ['2026-11-22-212453-marks']
    """

    def __init__(self, project: Project, at_work: Callable[[], str | None]) -> None:
        self._project, self._at_work = project, at_work
        self._readings = Readings()
        self._damaged: dict[Path, Stamp | None] = {}
        self._lock = threading.Lock()

    def all(self) -> list[Reading]:
        """Every run, the newest first. Raises :class:`FolderError` if their folder cannot be read."""
        with self._lock:
            folders = self._folders()
            self._readings.keep_only(folders)
            found = [self._reading(one) for one in folders if one.name != self._at_work()]
        return sorted(found, key=lambda run: (run.begun, run.folder.name), reverse=True)

    def call_damaged(self, folder: Path) -> None:
        """Note that a run's model file cannot be opened; the run is broken until it is another file."""
        self._damaged[folder] = stamp(folder / MODEL)

    def find(self, id: str) -> Reading:
        """The run with an id. Raises :class:`Problem` if there is none."""
        for run in self.all():
            if id_of(run.folder.name) == id:
                return run
        raise Problem(404, "no_such_run", "There is no such run any more. Reload the page.")

    def answering(self, id: str) -> Path | None:
        """The folder of a run that answers.

        Args:
            id: Of a run, ``"builtin"``, or ``"current"``.

        Returns:
            None for the built-in model.

        Raises:
            Problem: No such run, or one without a model.
        """
        wanted = self.current() if id == CURRENT else id
        if wanted == BUILTIN:
            return None
        run = self.find(wanted)
        if run.damaged:
            raise Problem(
                422,
                "model_file",
                "The model file of this run cannot be opened: it is damaged, or none of oxmark's. Put a copy "
                "of it back, or delete the run.",
            )
        if not run.answers:
            raise Problem(
                409, "run_unfinished", "This run has no model, because its training did not come to its end."
            )
        return run.folder

    def current(self) -> str:
        """The id of the run that answers: the chosen one, else the newest with a model, else the built-in."""
        chosen = self._project.state.get(CHOSEN)
        if chosen == BUILTIN:
            return BUILTIN
        answering = [run.folder.name for run in self.all() if run.answers]
        if chosen in answering:
            return id_of(chosen)
        return id_of(answering[0]) if answering else BUILTIN

    def use(self, id: str) -> None:
        """Let a run answer from now on. Raises :class:`Problem`."""
        folder = self.answering(id)
        self._project.state.set(CHOSEN, BUILTIN if folder is None else folder.name)

    def use_newest(self) -> None:
        """Forget what was chosen: a new run was made to be tried."""
        self._project.state.set(CHOSEN, None)

    def name(self, folder: str) -> str:
        """What a run is called."""
        return shown_name(self._names().get(folder, folder))

    def rename(self, id: str, name: str) -> Reading:
        """Call a run otherwise. Raises :class:`Problem`."""
        run = self.find(id)
        self._name(run.folder.name, checked_name(name))
        return run

    def new(self, recipe: str, name: str | None) -> str:
        """Choose the folder name of a new run, and note what it is called.

        Args:
            recipe: Name of the recipe.
            name: What the user calls it; None for a name with a number.

        Returns:
            The name of a folder that does not exist.

        Raises:
            Problem: The name cannot be used.
        """
        called = checked_name(name) if name is not None else self._free_name(recipe)
        date = datetime.datetime.now().astimezone().strftime("%Y-%m-%d-%H%M%S")
        folder, number = f"{date}-{recipe}", 1
        while (self._project.runs / folder).exists():
            number += 1
            folder = f"{date}-{recipe}-{number}"
        self._name(folder, called)
        return folder

    def discard(self, id: str) -> None:
        """Delete a run; it can be taken back. Raises :class:`Problem`."""
        run = self.find(id)
        name = self.name(run.folder.name)
        self._project.journal.move_to_trash(run.folder, Message("studio.teach.deleted", {"name": name}))

    def seconds(self) -> Mapping[str, float] | None:
        """What each stage of the newest finished run took."""
        return next((run.seconds for run in self.all() if run.seconds), None)

    def resumable(self) -> set[str]:
        """Folder names of the runs that can be gone on with."""
        return {run.folder.name for run in self.all() if run.resumable}

    def _folders(self) -> list[Path]:
        try:
            with os.scandir(self._project.runs) as entries:
                return [Path(entry.path) for entry in entries if is_run_folder(entry)]
        except (FileNotFoundError, NotADirectoryError):  # taken away while the studio is open
            return []
        except OSError as error:
            raise FolderError(
                f"{self._project.runs} cannot be read: {error.strerror}. Change its permissions."
            ) from error

    def _reading(self, folder: Path) -> Reading:
        run = self._readings.of(folder)
        bad = run.answers and folder in self._damaged and self._damaged[folder] == stamp(folder / MODEL)
        return replace(run, state="broken", damaged=True) if bad else run

    def _free_name(self, recipe: str) -> str:
        taken = {self.name(run.folder.name) for run in self.all()}
        number = 1
        while f"{recipe} {number}" in taken:
            number += 1
        return f"{recipe} {number}"

    def _names(self) -> dict[str, str]:
        kept = self._project.state.get(NAMES)
        items = kept.items() if isinstance(kept, dict) else ()
        return {str(folder): name for folder, name in items if isinstance(name, str)}

    def _name(self, folder: str, name: str) -> None:
        with self._lock:
            self._project.state.set(NAMES, {**self._names(), folder: name})


def checked_name(name: str) -> str:
    """A name for a run, without spaces around it. Raises :class:`Problem`.

    Example:
        >>> checked_name("  with thick pens ")
        'with thick pens'
    """
    found = name.strip()
    if not found or len(found) > LONGEST_NAME or not found.isprintable():
        raise Problem(
            422,
            "bad_name",
            f"A run's name has 1 to {LONGEST_NAME} characters, none of them a control character.",
        )
    return found
