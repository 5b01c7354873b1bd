"""predict: files and folders in, answers out; a table and a sheet on request."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from oxmark.data.decode import PICTURE_SUFFIXES, decode
from oxmark.errors import PictureError
from oxmark.inference import Prediction

if TYPE_CHECKING:
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
