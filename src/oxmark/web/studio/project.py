"""A project: a folder of pictures that is also taught and tried.

::

    PROJECT/<class>/20261122-204501-873.png    or PROJECT/train/<class>/... where there are parts
    PROJECT/metadata.csv                       who drew what
    PROJECT/runs/<name>/                       one folder a training
    PROJECT/.oxmark/                           studio.json, journal/, trash/
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable
from pathlib import Path

from oxmark.data.dataset import Dataset
from oxmark.data.folder import read_folder
from oxmark.data.walk import shown_name
from oxmark.web.problems import Problem
from oxmark.web.studio.disk import Disk
from oxmark.web.studio.journal import Journal
from oxmark.web.studio.layout import Claim, open_folder, runs_folder
from oxmark.web.studio.listing import Lister, Listing, Picture, id_of
from oxmark.web.studio.state import State


class Project:
    """A project that is open.

    Opening makes the folder if it is new, and completes what a kill cut short.

    Args:
        root: Its folder.

    Attributes:
        root: The same, absolute, links followed.
        runs: Where the runs are.
        state: Small settings that are kept.
        journal: Everything that changes the project goes through it.
        lock: Held while the disk changes, and while several things must be read as of one moment.

    Raises:
        FolderError: No folder, parts that cannot be told, a link among the studio's own files, a change that
            cannot be completed, or open in another studio.
        OutputError: The folder cannot be written to.

    Example:
        >>> project = Project(Path("marks"))  # doctest: +SKIP
        >>> project.classes()  # doctest: +SKIP
        ('O', 'X')
    """

    def __init__(self, root: str | os.PathLike[str]) -> None:
        self.root = open_folder(Path(root))
        self.disk = Disk(self.root)
        self.lock = threading.RLock()
        self._watchers: list[Callable[[], None]] = []
        self._lister = Lister(self.root)
        self._seen: Listing | None = None
        self._told = False
        with contextlib.ExitStack() as undone:
            self._claim = Claim(self.disk.home)
            undone.callback(self._claim.end)
            self.disk.sweep()
            self.state = State(self.disk)
            self.journal = Journal(self.disk, self.state, self.lock, self._changed)
            self.runs = runs_folder(self.root)
            self.listing()
            undone.pop_all()

    @property
    def name(self) -> str:
        """As shown."""
        return shown_name(self.root.name) or "/"

    def close(self) -> None:
        """Let another studio open it."""
        self._claim.end()

    def watch(self, told: Callable[[], None]) -> None:
        """Have a function called, in any thread, whenever the project was found changed."""
        self._watchers.append(told)

    def listing(self) -> Listing:
        """What is on disk now. Raises :class:`FolderError`."""
        with self.lock:
            order = self.state.get("order", [])
            names = [name for name in order if isinstance(name, str)] if isinstance(order, list) else []
            found = self._lister.read(names)
            news = self._seen is not None and self._seen is not found and not self._told
            if self._seen is not found:
                self._seen, self._told = found, False
        if news:
            self._tell()
        return found

    def dataset(self) -> Dataset:
        """The pictures as the rest of oxmark reads them. Raises :class:`FolderError` where there are none."""
        with self.lock:
            return read_folder(self.root)

    def classes(self) -> tuple[str, ...]:
        """The class names in the order in which they are shown."""
        return tuple(one.name for one in self.listing().classes.values())

    def latest(self) -> Listing:
        """What was on disk at the last look."""
        with self.lock:
            return self._seen or self.listing()

    def picture(self, id: str) -> Picture:
        """The picture with an id.

        Raises:
            Problem: There is none, or it lies outside of the project, behind a link.
        """
        with self.lock:
            known = self._seen.pictures.get(id) if self._seen else None
        if known is None or not known.path.is_file():
            known = self.listing().pictures.get(id)
        if known is None:
            raise Problem(404, "no_such_picture", "This picture is not there any more. Reload the page.")
        self.disk.check_inside(known.path)
        return known

    def picture_path(self, id: str) -> Path:
        """Where the picture with an id is. Raises as :meth:`picture`."""
        return self.picture(id).path

    def picture_id(self, path: str | os.PathLike[str]) -> str:
        """The id of a picture.

        Args:
            path: Where it is; absolute, or relative to the project.

        Returns:
            Its id, also if it is not there any more.
        """
        full = self.root / path
        with self.lock:
            known = self._seen.ids.get(full) if self._seen else None
        return known or id_of(full.relative_to(self.root).as_posix())

    def _changed(self) -> None:
        """The studio itself changed something: told now, so that the next listing need not tell it again."""
        self._told = True
        self._tell()

    def _tell(self) -> None:
        for told in self._watchers:
            told()
