"""Writing a data set anew, in parts: pictures copied or linked, and ``metadata.csv``."""

from __future__ import annotations

import csv
import shutil
from collections import Counter
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from oxmark.data.dataset import Dataset, Sample
from oxmark.data.metadata import FILE_COLUMN, HAND_COLUMN, METADATA_NAME
from oxmark.data.walk import disk_name, free_path, shown_name
from oxmark.errors import OutputError

Row = dict[str, str]


def write_parted(dataset: Dataset, parts: Sequence[str], folder: Path, *, link: bool) -> None:
    """Fill a folder with ``PART/CLASS/...`` and, where anything is known of the pictures, ``metadata.csv``.

    A picture keeps its name and its sub-folder of the class. Where two pictures of a class would have the
    same place, because they come from two parts, both get a sub-folder named like the folder of their part.

    Args:
        dataset: N samples; only read.
        parts: The new part of each, in the same order.
        folder: An empty folder.
        link: Make hard links instead of copies.

    Raises:
        OutputError: The disk cannot make hard links there.
        OSError: A file cannot be read or written.

    Example:
        >>> write_parted(dataset, ["train", "test"], Path("parted"), link=False)  # doctest: +SKIP
    """
    names = new_names(dataset)
    places = [f"{part}/{name}" for part, name in zip(parts, names, strict=True)]
    for sample, place in zip(dataset.samples, places, strict=True):
        target = folder / place
        target.parent.mkdir(parents=True, exist_ok=True)
        if link:
            _link(sample.path, target)
        else:
            shutil.copy2(sample.path, target)
    columns, known = _tables(dataset)
    if columns:
        rows = [
            {
                **known.get(shown_name(str(sample.path)), {}),
                FILE_COLUMN: shown_name(place),
                HAND_COLUMN: sample.group or "",
            }
            for sample, place in zip(dataset.samples, places, strict=True)
        ]
        _write_table(folder / METADATA_NAME, columns, rows)


def new_names(dataset: Dataset) -> list[str]:
    """``CLASS/...`` for each sample, with forward slashes; no two alike, even where letter case is ignored.

    They do not depend on the new parts, so that a picture has the same name whatever the seed.

    Example:
        >>> new_names(read_folder("marks"))[0]  # marks/train/O/o_01.png  # doctest: +SKIP
        'O/o_01.png'
    """
    split = [_split_path(dataset, sample) for sample in dataset.samples]
    plain = [f"{name}/{below}" for _, name, below in split]
    number = Counter(disk_name(name) for name in plain)
    taken: set[str] = set()
    names = []
    for name, (top, class_name, below) in zip(plain, split, strict=True):
        wanted = f"{class_name}/{top}/{below}" if top and number[disk_name(name)] > 1 else name
        names.append(str(free_path(PurePosixPath(wanted), taken, "-")))
    return names


def _split_path(dataset: Dataset, sample: Sample) -> tuple[str, str, str]:
    """The folder of the sample's part (empty without parts), its class, its path below the class folder."""
    pieces = sample.path.relative_to(dataset.root).parts
    depth = 1 if sample.part is None else 2
    return pieces[0] if depth == 2 else "", dataset.classes[sample.label], "/".join(pieces[depth:])


def _link(path: Path, target: Path) -> None:
    try:
        target.hardlink_to(path.resolve())
    except OSError as error:
        raise OutputError(
            f"cannot link {shown_name(str(path))} ({(error.strerror or str(error)).lower()}): hard links "
            "need one disk for both folders, a file system that has them, and pictures of your own. Leave "
            "--link out, then the pictures are copied."
        ) from error


def _tables(dataset: Dataset) -> tuple[list[str], dict[str, Row]]:
    """The columns of every ``metadata.csv`` of the data set, and the row of each picture by its path."""
    tops = {sample.path.relative_to(dataset.root).parts[0] for sample in dataset.samples if sample.part}
    columns: dict[str, None] = {}
    rows: dict[str, Row] = {}
    for folder in (dataset.root, *(dataset.root / top for top in sorted(tops))):
        if not (folder / METADATA_NAME).is_file():
            continue
        with (folder / METADATA_NAME).open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream, restval="")
            columns |= dict.fromkeys([FILE_COLUMN, HAND_COLUMN, *(reader.fieldnames or ())])
            for row in reader:
                path = str(folder / row[FILE_COLUMN].strip().replace("\\", "/"))
                rows.setdefault(shown_name(path), {}).update({k: v for k, v in row.items() if k is not None})
    return list(columns), rows


def _write_table(path: Path, columns: Sequence[str], rows: Sequence[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(sorted(rows, key=lambda row: row[FILE_COLUMN]))
