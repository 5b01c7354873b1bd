"""show: what is in a folder of pictures, as a table and as a contact sheet."""

from __future__ import annotations

import collections
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from oxmark.data.dataset import Dataset, Sample
from oxmark.data.decode import WORKERS, PictureInfo, decode, picture_info
from oxmark.data.folder import read_folder
from oxmark.errors import PictureError

SHOWN = 8
One = TypeVar("One")


@dataclass(frozen=True)
class Group:
    """The pictures of one class in one part.

    Attributes:
        part: ``"train"``, ``"validation"``, ``"test"``, or ``"all"`` where the tree has no parts.
        name: The class.
        pictures: How many.
        sizes: The smallest and the largest, width x height in pixels, or empty.
        formats: Format to number, most frequent first.
        modes: Pillow mode to number, most frequent first.
        hands: How many hands are known.
    """

    part: str
    name: str
    pictures: int
    sizes: str
    formats: dict[str, int]
    modes: dict[str, int]
    hands: int

    def as_json(self) -> dict[str, Any]:
        """For ``oxmark show --json``."""
        return {
            "part": self.part,
            "class": self.name,
            "pictures": self.pictures,
            "sizes": self.sizes,
            "formats": self.formats,
            "modes": self.modes,
            "hands": self.hands,
        }


@dataclass(frozen=True)
class Overview:
    """What is in a folder: its groups, what was skipped, and what cannot be read."""

    dataset: Dataset
    groups: tuple[Group, ...]
    errors: tuple[PictureError, ...]


def look(data: str | os.PathLike[str]) -> Overview:
    """Read the folder and every picture's header.

    Args:
        data: Class folders, or part folders with class folders in them.

    Raises:
        FolderError: There is nothing to look at.

    Example:
        >>> look("marks").groups[0].pictures  # doctest: +SKIP
        38
    """
    dataset = read_folder(data)
    with ThreadPoolExecutor(WORKERS) as pool:
        headers = list(pool.map(_header, dataset.samples))
    found: dict[tuple[str, int], list[tuple[Sample, PictureInfo]]] = collections.defaultdict(list)
    for sample, header in zip(dataset.samples, headers, strict=True):
        if isinstance(header, PictureInfo):
            found[sample.part or "all", sample.label].append((sample, header))
    groups = tuple(
        _group(part, name, found[part, label])
        for part in dataset.counts()
        for label, name in enumerate(dataset.classes)
    )
    return Overview(dataset, groups, tuple(h for h in headers if isinstance(h, PictureError)))


def draw_overview(overview: Overview, out: str | os.PathLike[str]) -> tuple[str, ...]:
    """Draw a contact sheet, eight pictures of each class.

    Returns:
        What should be known about the sheet, in sentences: damaged pictures, names without a font.

    Raises:
        OutputError: The sheet cannot be written.
    """
    from oxmark.report.fonts import missing_font_note
    from oxmark.report.pictures import thumbnail
    from oxmark.report.sheets import Tile, contact_sheet

    broken = {error.path for error in overview.errors}
    rows, notes = [], []
    for label, name in enumerate(overview.dataset.classes):
        samples = [s for s in overview.dataset.samples if s.label == label and s.path not in broken]
        tiles: list[Tile] = []
        for sample in spread(samples, SHOWN):
            try:
                tiles.append(Tile(thumbnail(decode(sample.path), 180), sample.path.name))
            except PictureError as error:  # a readable header, but a damaged picture
                notes.append(f"cannot be read: {error}")
                tiles.append(Tile(_cross(), sample.path.name, type(error).__name__, False))
        rows.append((f"{name}  ({len(samples)})", tiles))
    contact_sheet(out, rows=rows, title=overview.dataset.root.resolve().name)
    if note := missing_font_note(overview.dataset.classes):
        notes.append(note)
    return tuple(notes)


def spread(samples: Sequence[One], count: int) -> list[One]:
    """So many of a list, evenly spread over it.

    Example:
        >>> spread(range(10), 4)  # of any kind
        [0, 3, 6, 9]
    """
    places = np.unique(np.linspace(0, len(samples) - 1, min(count, len(samples))).astype(int))
    return [samples[place] for place in places]


def _cross() -> npt.NDArray[np.uint8]:
    return np.full((120, 180), 235, np.uint8)


def _header(sample: Sample) -> PictureInfo | PictureError:
    try:
        return picture_info(sample.path)
    except PictureError as error:
        return error.kept()


def _group(part: str, name: str, pictures: list[tuple[Sample, PictureInfo]]) -> Group:
    headers = [header for _, header in pictures]
    sizes = sorted({(h.width * h.height, h.width, h.height) for h in headers})
    ends = dict.fromkeys(f"{w}x{h}" for _, w, h in (sizes[:1] + sizes[-1:]))
    return Group(
        part=part,
        name=name,
        pictures=len(pictures),
        sizes=" to ".join(ends),
        formats=dict(collections.Counter(h.format for h in headers).most_common()),
        modes=dict(collections.Counter(h.mode for h in headers).most_common()),
        hands=len({sample.group for sample, _ in pictures} - {None}),
    )
