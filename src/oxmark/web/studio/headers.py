"""Sizes of pictures from their headers, each read once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from oxmark.data.decode import picture_info
from oxmark.errors import PictureError
from oxmark.web.problems import Problem, without_paths
from oxmark.web.studio.disk import Disk
from oxmark.web.studio.listing import Picture

MOST_KEPT = 100_000
"""So many headers are remembered; pictures that are gone are among them."""


@dataclass(frozen=True, slots=True)
class Header:
    """What a picture's header says.

    Attributes:
        width: In pixels; 0 where it cannot be read.
        height: In pixels; 0 where it cannot be read.
        trouble: Why it cannot be read, in a sentence without the project's path; None if it can.
    """

    width: int
    height: int
    trouble: str | None = None


class Headers:
    """Headers of a project's pictures. Safe from several threads; at worst one is read twice.

    Args:
        disk: The project's.

    Example:
        >>> headers.of(picture)  # doctest: +SKIP
        Header(width=480, height=480, trouble=None)
    """

    def __init__(self, disk: Disk) -> None:
        self._disk = disk
        self._known: dict[tuple[Path, int, int], Header] = {}

    def of(self, one: Picture) -> Header:
        """The header of a picture as it was when it was listed."""
        found = self._known.get(one.stamp)
        if found is None:
            if len(self._known) > MOST_KEPT:
                self._known.clear()
            found = self._known[one.stamp] = self._read(one.path)
        return found

    def unreadable(self, pictures: Iterable[Picture]) -> int:
        """How many of some pictures cannot be read, as far as the header shows it."""
        return sum(self.of(one).trouble is not None for one in pictures)

    def _read(self, path: Path) -> Header:
        try:
            self._disk.check_inside(path)
            info = picture_info(path)
        except PictureError as error:
            return Header(0, 0, without_paths(str(error), self._disk.root))
        except Problem as problem:
            return Header(0, 0, str(problem.detail))
        return Header(info.width, info.height)
