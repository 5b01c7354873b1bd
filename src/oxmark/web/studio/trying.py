"""Answers to pictures that are drawn or brought now, by any run."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from oxmark.errors import OxmarkError
from oxmark.web.problems import Problem
from oxmark.web.studio.greys import grey_base64
from oxmark.web.studio.listing import id_of
from oxmark.web.studio.runs import BUILTIN, CURRENT, Shelf
from oxmark.web.studio.runs_reading import MODEL
from oxmark.web.studio.teach_schemas import Pair
from oxmark.web.studio.teaching_files import stamp
from oxmark.web.studio.trying_schemas import Answer, Heat, View

if TYPE_CHECKING:
    from oxmark.inference import Classifier
    from oxmark.inference import View as Seen

WORKERS = 2
"""Pictures answered side by side."""
MOST_WAITING = 16
"""So many pictures may wait; a page sends its next one only when it has the answer to the one before."""
LARGE = 8_000_000
"""Pixels. Of larger pictures one is answered at a time: a graph takes some 20 bytes for each pixel."""
KEPT = 4
"""So many runs are kept open."""


class Answerer:
    """Answers pictures with the runs of a shelf. Safe to use from several threads.

    Args:
        shelf: The runs.
    """

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._open: OrderedDict[Path | None, tuple[object, Classifier]] = OrderedDict()
        self._lock, self._large = threading.Lock(), threading.Lock()
        self._pool = ThreadPoolExecutor(WORKERS, "answers")
        self._waiting = 0

    def close(self) -> None:
        """Let the threads end."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def classifier(self, folder: Path | None) -> Classifier:
        """The model of a run, opened again only if its file is another one.

        Args:
            folder: The run folder; None for the built-in model.

        Raises:
            ModelFileError: The file cannot be opened; the shelf calls the run broken from now on.
        """
        with self._lock:
            of_file = None if folder is None else stamp(folder / MODEL)
            known = self._open.get(folder)
            if known is None or known[0] != of_file:
                known = of_file, self._opened(folder)
                self._open[folder] = known
            self._open.move_to_end(folder)
            while len(self._open) > KEPT:
                self._open.popitem(last=False)
            return known[1]

    def current(self) -> tuple[Path | None, Classifier]:
        """The run that answers, and its model; where that cannot be opened, the next one's.

        Raises:
            FolderError: The folder of the runs cannot be read.
        """
        while True:
            folder = self._shelf.answering(CURRENT)
            try:
                return folder, self.classifier(folder)
            except OxmarkError:  # the shelf knows now, and gives another one
                if folder is None:
                    raise

    def _opened(self, folder: Path | None) -> Classifier:
        from oxmark.inference import load

        try:
            return load(folder)
        except OxmarkError:
            if folder is not None:
                self._shelf.call_damaged(folder)
            raise

    async def answer(self, data: bytes, run: str, *, view: bool) -> Answer:
        """Answer one picture.

        Args:
            data: The bytes of its file.
            run: Id of a run, ``"builtin"`` or ``"current"``.
            view: Also what the network saw, and where the evidence lies.

        Raises:
            Problem: No such run, or too many at the same time.
            PictureError: It cannot be read.
            ModelFileError: The run's model cannot be opened.
        """
        if self._waiting >= MOST_WAITING:
            raise Problem(
                503,
                "busy",
                "Too many pictures at the same time. Try again in a second.",
                headers={"Retry-After": "1"},
            )
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, self._answer, data, run, view)
        finally:
            self._waiting -= 1

    def _answer(self, data: bytes, run: str, view: bool) -> Answer:
        from oxmark.data.decode import decode, picture_info

        begun = time.perf_counter()
        folder, classifier = self._chosen(run)
        info = picture_info(data, name="the picture")
        with self._large if info.width * info.height > LARGE else contextlib.nullcontext():
            pixels = decode(data, name="the picture")
            found = classifier.view(pixels)
        prediction = found.prediction
        return Answer(
            run=id_of(folder.name) if folder else BUILTIN,
            label=prediction.label,
            known=prediction.known,
            probabilities=prediction.probabilities,
            milliseconds=round(1000 * (time.perf_counter() - begun), 2),
            view=_view(found, classifier, pixels) if view else None,
        )

    def _chosen(self, run: str) -> tuple[Path | None, Classifier]:
        if run == CURRENT:
            return self.current()
        folder = self._shelf.answering(run)
        return folder, self.classifier(folder)


def _view(found: Seen, classifier: Classifier, pixels: npt.NDArray[np.uint8]) -> View:
    from oxmark.workflow.explained_folder import sees_ink
    from oxmark.workflow.explaining import Explanation

    explanation = Explanation(Path("picture"), found.prediction, found.seen, found.box, found.heat)
    seen = 1 - found.seen if sees_ink(classifier) else found.seen
    heat = np.nan_to_num(explanation.contrast)
    return View(
        size=len(seen),
        seen=grey_base64(seen),
        box=list(found.box),
        width=pixels.shape[1],
        height=pixels.shape[0],
        heat=Heat(
            h=heat.shape[0],
            w=heat.shape[1],
            values=np.round(heat.astype(np.float64), 4).tolist(),
            classes=[explanation.favoured, explanation.against],
        ),
        sentence=Pair.of(explanation.sentence),
    )
