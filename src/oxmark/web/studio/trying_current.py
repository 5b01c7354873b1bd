"""The model that answers, for programs that ask the service: without a look at the disk for each picture."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, TypeAlias

from oxmark.web.problems import hiding
from oxmark.web.studio.project import Project
from oxmark.web.studio.runs import CHOSEN
from oxmark.web.studio.trying import Answerer

if TYPE_CHECKING:
    from oxmark.inference import Classifier

    _Found: TypeAlias = tuple[str | None, Classifier]

FRESH = 1.0
"""Seconds after which the runs are looked at again; one that is chosen, brought or deleted counts at once."""


class CurrentModel:
    """Remembers which run answers. Safe to use from several threads.

    Args:
        project: Whose runs.
        answerer: Opens them.

    Example:
        >>> folder, classifier = CurrentModel(project, answerer).found()  # doctest: +SKIP
    """

    def __init__(self, project: Project, answerer: Answerer) -> None:
        self._project, self._answerer = project, answerer
        self._lock = threading.Lock()
        self._known: tuple[object, float, _Found] | None = None

    def found(self) -> _Found:
        """The name of the run's folder (None for the built-in model), and its model.

        Raises:
            Problem: The folder of the runs cannot be read.
        """
        now, state = time.monotonic(), self._state()
        with self._lock:
            known = self._known
            if known is None or known[0] != state or now - known[1] > FRESH:
                with hiding(self._project.root):
                    folder, classifier = self._answerer.current()
                known = self._known = state, now, (folder.name if folder else None, classifier)
            return known[2]

    def forget(self) -> None:
        """Look again at the next request."""
        with self._lock:
            self._known = None

    def _state(self) -> object:
        try:
            changed = self._project.runs.stat().st_mtime_ns
        except OSError:
            changed = None
        return self._project.state.get(CHOSEN), changed
