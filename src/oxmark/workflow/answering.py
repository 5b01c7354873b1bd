"""predict: files and folders in, answers out; a table and a sheet on request."""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from oxmark.data.decode import PICTURE_SUFFIXES, decode
from oxmark.errors import PictureError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from oxmark.inference import Classifier, Prediction
    from oxmark.report.sheets import Tile

MOST_ON_SHEET = 400
"""So many pictures are kept for a sheet; a folder of a million must not fill the memory."""


def picture_files(paths: Sequence[str | os.PathLike[str]]) -> Iterator[Path]:
    """The picture files that paths mean, one by one: files as they are, folders recursively, sorted.

    Hidden files and folders are left out, and so is what has no picture suffix, but a file that is named
    itself is always taken.

    Args:
        paths: Files and folders. One that does not exist is passed on, for its error to be shown.

    Example:
        >>> list(picture_files(["photo.png"]))
        [PosixPath('photo.png')]
    """
    for given in map(Path, paths):
        if given.is_dir():
            yield from _below(given)
        else:
            yield given


def _below(folder: Path) -> Iterator[Path]:
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "__MACOSX")))
        for name in sorted(files):
            if not name.startswith(".") and Path(name).suffix.lower() in PICTURE_SUFFIXES:
                yield Path(parent) / name


def open_and_answer(
    model: str | os.PathLike[str] | None, first: Path, others: Iterator[Path]
) -> tuple[Classifier, Iterator[tuple[Path, Prediction | PictureError]]]:
    """Open a model file and answer files with it; the first one is decoded while the model is opened.

    Loading ONNX Runtime and opening a model take about as long as decoding a photo.

    Args:
        model: As :func:`oxmark.inference.load` takes it.
        first: The first picture file.
        others: The rest; consumed as answers are taken.

    Returns:
        The open model, and each file with its answer, or with the error that names the cure.

    Raises:
        ModelFileError: The model cannot be opened.
        RunError: A run folder without a finished model.

    Example:
        >>> classifier, answers = open_and_answer(None, Path("no.png"), iter([]))
        >>> [(path.name, type(answer).__name__) for path, answer in answers]
        [('no.png', 'PictureError')]
    """
    decoding = _Decoding(first)
    decoding.start()
    from oxmark.inference import load

    classifier = load(model)
    return classifier, _answers(classifier, decoding, others)


def _answers(
    classifier: Classifier, first: _Decoding, others: Iterator[Path]
) -> Iterator[tuple[Path, Prediction | PictureError]]:
    first.join()
    found = first.found
    yield first.path, found if isinstance(found, PictureError) else classifier.predict(found)
    del found, first.found
    for second in others:  # no pool of threads, which takes 3 ms to load, for a single file
        yield from classifier.stream(itertools.chain([second], others))


class _Decoding(threading.Thread):
    """One file, decoded in a thread of its own.

    Attributes:
        path: The file.
        found: Its pixels, uint8 ``(height, width, 4)``, or the error; the path itself until then.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(name="first picture")
        self.path = path
        self.found: npt.NDArray[np.uint8] | PictureError | Path = path

    def run(self) -> None:
        """Decode."""
        try:
            self.found = decode(self.path)
        except PictureError as error:
            self.found = error.kept()


@dataclass
class AnswerSheet:
    """Collects answers for a picture of them, in bounded memory."""

    tiles: list[Tile] = field(default_factory=list)
    count: int = 0

    def add(self, path: Path, answer: Prediction | PictureError) -> None:
        """Add one picture and its answer; past the first 400 only their number is kept."""
        from oxmark.report.pictures import thumbnail
        from oxmark.report.sheets import Tile

        self.count += 1
        if len(self.tiles) >= MOST_ON_SHEET or isinstance(answer, PictureError):
            return
        label = answer.label or "none of these"
        certainty = f"  {answer.probabilities[answer.label] * 100:.1f} %" if answer.label else ""
        self.tiles.append(Tile(thumbnail(decode(path), 180), f"{label}{certainty}", path.name))

    def write(self, out: str | os.PathLike[str], title: str) -> None:
        """Draw the sheet. Raises :class:`OutputError`."""
        from oxmark.report.sheets import answers_grid

        answers_grid(out, tiles=self.tiles, title=title)
