"""split: a data set divided anew into train, validation and test, as a folder of its own."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from oxmark.data.dataset import PARTS, Dataset
from oxmark.data.decode import WORKERS
from oxmark.data.doctor.mended_copy import check_place
from oxmark.data.draw.writing import new_folder
from oxmark.data.folder import read_folder
from oxmark.data.groups import GROUPINGS
from oxmark.data.parted_copy import write_parted
from oxmark.data.split import divide
from oxmark.data.traits import Traits, read_traits
from oxmark.data.walk import shown_name
from oxmark.errors import BadPictures, DataError, PictureError, require_packages
from oxmark.workflow.preparing import bad_pictures
from oxmark.workflow.progress import Progress, done_for_each

_FAR = 5.0
"""Percentage points that a part may be off before the user is told."""


@dataclass(frozen=True)
class Splitting:
    """What was divided.

    Attributes:
        folder: Where the parts are.
        counts: Part -> class -> number of pictures; parts that should get none are left out.
        hands: Part -> how many hands drew in it, as far as they are known.
        notes: What was done and what could not be, in sentences for the user.
        errors: Pictures that were left out because they cannot be read.
    """

    folder: Path
    counts: dict[str, dict[str, int]]
    hands: dict[str, int]
    notes: tuple[str, ...]
    errors: tuple[PictureError, ...]

    def as_json(self) -> dict[str, Any]:
        """For ``oxmark split --json``."""
        return {
            "folder": str(self.folder),
            "counts": self.counts,
            "hands": self.hands,
            "notes": list(self.notes),
            "errors": [str(error) for error in self.errors],
        }


def split(
    data: str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    parts: Sequence[float] = (70, 15, 15),
    group: str = "drawer",
    seed: int = 0,
    link: bool = False,
    skip_bad: bool = False,
    progress: Progress | None = None,
) -> Splitting:
    """Divide a folder of pictures into parts, groups first, in a new folder.

    Parts that ``data`` has already are dissolved: all its pictures are divided anew. The new folder is
    complete or not there at all; ``data`` stays as it is.

    Args:
        data: Class folders, or part folders with class folders in them.
        out: A new or empty folder outside of ``data``. Pictures keep their names in ``out/PART/CLASS``;
            ``metadata.csv`` goes with them.
        parts: The shares of train, validation and test in percent, 0 to 100 each, 100 together.
        group: What never stands in two parts. ``"drawer"``: drawings of one hand, copies and near copies, and
            frames of one series; ``"near-copies"``: all that but hands; ``"none"``: exact copies only.
        seed: Any whole number; the same seed makes the same parts.
        link: Make hard links instead of copies: no room is taken, but a picture changed in one place is
            changed in both.
        skip_bad: Leave unreadable pictures out instead of refusing.
        progress: Told how far it is.

    Returns:
        How many pictures of which class are in which part, and what the user should know.

    Raises:
        DataError: ``parts`` or ``group`` cannot be used.
        FolderError: There is nothing to divide.
        BadPictures: Some pictures cannot be read; all of them are named.
        OutputError: ``out`` holds something, lies within ``data``, or cannot be written or linked to.
        MissingExtra: The packages for it are not installed.

    Example:
        >>> split("photos", "marks", parts=(80, 10, 10)).counts["test"]  # doctest: +SKIP
        {'O': 6, 'X': 6}
    """
    shares = _checked_shares(parts)
    if group not in GROUPINGS:
        raise DataError(f"got the grouping {group!r}, expected one of {', '.join(GROUPINGS)}.")
    require_packages("Splitting", "imagehash", "scipy", "sklearn")
    dataset = read_folder(data)
    check_place(dataset.root, Path(out))
    with new_folder(out) as folder:
        dataset, traits, bad = _read(dataset, skip_bad, progress or Progress())
        named, notes = divide(dataset.samples, traits, shares, classes=dataset.classes, by=group, seed=seed)
        write_parted(dataset, named, folder, link=link)
    done = _placed(dataset, named)
    counts = {part: done.counts().get(part, dict.fromkeys(done.classes, 0)) for part in shares}
    notes = (*_dissolved(dataset), *notes, *_off(shares, counts), *_left_behind(dataset))
    return Splitting(Path(out), counts, _hands(done, counts), notes, bad)


def _checked_shares(parts: Sequence[float]) -> dict[str, float]:
    """Part -> share in 0..1, of the parts that get any."""
    given = ",".join(f"{number:g}" for number in parts)
    cure = "Give the shares of train, validation and test in percent, for example 70,15,15."
    if len(parts) != len(PARTS):
        raise DataError(f"got {len(parts)} parts ({given}), expected 3. {cure}")
    if not all(math.isfinite(number) and number >= 0 for number in parts):
        raise DataError(f"got the parts {given}, expected numbers from 0 to 100. {cure}")
    if not math.isclose(sum(parts), 100, abs_tol=0.05):
        raise DataError(f"the parts {given} make {sum(parts):g} together, expected 100. {cure}")
    return {name: number / sum(parts) for name, number in zip(PARTS, parts, strict=True) if number > 0}


def _read(
    dataset: Dataset, skip_bad: bool, progress: Progress
) -> tuple[Dataset, list[Traits], tuple[PictureError, ...]]:
    """The readable samples, their traits, and the errors of the others."""

    def one(path: Path) -> Traits | PictureError:
        try:
            return read_traits(path)
        except PictureError as error:
            return error.kept()

    paths = [sample.path for sample in dataset.samples]
    results = done_for_each("reading the pictures", one, paths, progress, WORKERS)
    bad = tuple(result for result in results if isinstance(result, PictureError))
    traits = [result for result in results if isinstance(result, Traits)]
    if bad and (not skip_bad or not traits):
        raise BadPictures(bad_pictures(bad), bad)
    pairs = zip(dataset.samples, results, strict=True)
    good = tuple(sample for sample, result in pairs if isinstance(result, Traits))
    return replace(dataset, samples=good), traits, bad


def _placed(dataset: Dataset, parts: Sequence[str]) -> Dataset:
    samples = (replace(s, part=part) for s, part in zip(dataset.samples, parts, strict=True))
    return replace(dataset, samples=tuple(samples))


def _hands(dataset: Dataset, counts: dict[str, dict[str, int]]) -> dict[str, int]:
    return {part: len({sample.group for sample in dataset.part(part)} - {None}) for part in counts}


def _dissolved(dataset: Dataset) -> list[str]:
    if not dataset.parts:
        return []
    return [f"The parts that were there ({', '.join(dataset.parts)}) were dissolved and divided anew."]


def _off(shares: dict[str, float], counts: dict[str, dict[str, int]]) -> list[str]:
    """A sentence where the parts are far from what was asked for."""
    total = sum(sum(row.values()) for row in counts.values())
    made = {part: 100 * sum(counts[part].values()) / total for part in shares}
    if all(abs(made[part] - 100 * shares[part]) <= _FAR for part in shares):
        return []
    listed = ", ".join(f"{part} {made[part]:.0f} % instead of {100 * shares[part]:g} %" for part in shares)
    return [f"The parts could not be made as large as asked, because groups stay whole: {listed}."]


def _left_behind(dataset: Dataset) -> list[str]:
    if not dataset.skipped:
        return []
    names = [shown_name(item.path.relative_to(dataset.root).as_posix()) for item in dataset.skipped]
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return [f"Not carried over, as no pictures of a class: {', '.join(names[:3])}{more}."]
