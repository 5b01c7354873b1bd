"""Writing a mended copy: pictures, ``metadata.csv``, and ``mended.txt``, which says what was done."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from oxmark.data.dataset import PARTS, Dataset
from oxmark.data.doctor.evidence import Evidence
from oxmark.data.doctor.finding import Finding
from oxmark.data.doctor.mending import Mending, Plan, plan
from oxmark.data.metadata import FILE_COLUMN, METADATA_NAME, row_names
from oxmark.data.ondisk import some_of
from oxmark.data.traits_table import errors_in, some_traits
from oxmark.data.walk import shown_name
from oxmark.errors import FolderError, OutputError

LIST_NAME = "mended.txt"
_RANK: dict[str | None, int] = {part: place for place, part in enumerate(PARTS)} | {None: 0}

Look = Callable[[Evidence], tuple[Finding, ...]]


def check_place(root: Path, out: Path) -> None:
    """Check that a copy of ``root`` may be made in ``out``. Raises :class:`OutputError`."""
    if out.resolve().is_relative_to(root.resolve()):
        raise OutputError(
            f"cannot write {out}: it lies within {root}, which stays as it is; name a folder outside of it."
        )


def write_mended(evidence: Evidence, folder: Path, shown_as: str, look: Look) -> Mending:
    """Fill a folder with the mended copy of a data set. The original is only read.

    Args:
        evidence: What is known of the original, with what the network sees.
        folder: An empty folder.
        shown_as: Its name once it is complete.
        look: Examines the copy, from what was read of the original.

    Returns:
        What was done, and what is left to decide.

    Raises:
        FolderError: Nothing would be left.
        OSError: The folder cannot be written to.

    Example:
        >>> write_mended(evidence, Path("mended"), "mended", examine).kept  # doctest: +SKIP
        98
    """
    todo = plan(evidence)
    if not todo.kept:
        raise FolderError(
            f"{evidence.dataset.root}: nothing would be left in a mended copy. Look at what is wrong with "
            "each picture: run oxmark check without --fix."
        )
    _copy(evidence.dataset, todo, folder)
    rows = list(_carry_tables(evidence.dataset, todo, folder))
    left = look(_remaining(evidence, todo, Path(shown_as)))
    done = Mending(shown_as, len(todo.kept), todo.classes, todo.changes, left)
    text = "\n".join(_lines(evidence.dataset, done, rows))
    (folder / LIST_NAME).write_text(text + "\n", encoding="utf-8", newline="\n")
    return done


def _copy(dataset: Dataset, todo: Plan, folder: Path) -> None:
    for top in _tops(dataset):
        for name in todo.classes:  # a class that lost all its pictures must not vanish in silence
            (folder / top / name).mkdir(parents=True, exist_ok=True)
    for kept in todo.kept.values():
        target = folder / kept.path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(kept.sample.path, target)


def _tops(dataset: Dataset) -> list[Path]:
    """The folders in which class folders stand, relative to the root."""
    if not dataset.parts:
        return [Path()]
    first = {one.part: one.path.relative_to(dataset.root).parts[0] for one in dataset.samples}
    return [Path(first[part]) for part in PARTS if part in first]


def _remaining(evidence: Evidence, todo: Plan, out: Path) -> Evidence:
    """The copy as a data set, with what was read of its pictures."""
    errors = errors_in(evidence.traits)
    readable = [row for row in range(len(evidence.traits)) if row not in errors]
    place = {row: number for number, row in enumerate(readable)}
    labels = {name: label for label, name in enumerate(todo.classes)}
    depth = 1 if evidence.dataset.parts else 0
    moved = {
        row: replace(kept.sample, path=out / kept.path, label=labels[shown_name(kept.path.parts[depth])])
        for row, kept in todo.kept.items()
    }
    rows = sorted(moved, key=lambda row: (_RANK[moved[row].part], moved[row].label, str(moved[row].path)))
    if evidence.seen is None:
        raise ValueError("a mended copy needs what the network sees")
    seen = some_of(evidence.seen, np.array([place[row] for row in rows], np.int64))
    dataset = Dataset(out, todo.classes, tuple(moved[row] for row in rows), ())
    return Evidence(dataset, some_traits(evidence.traits, rows), seen)


def _carry_tables(dataset: Dataset, todo: Plan, folder: Path) -> Iterator[tuple[str, int, int]]:
    """Write each ``metadata.csv`` with the rows that remain; tells its name, rows kept, rows before."""
    new = {shown_name((dataset.root / kept.path).as_posix()): kept.path for kept in todo.kept.values()}
    new |= {shown_name(kept.sample.path.as_posix()): kept.path for kept in todo.kept.values()}
    for top in dict.fromkeys([Path(), *_tops(dataset)]):
        table = dataset.root / top / METADATA_NAME
        if not table.is_file():
            continue
        with table.open(encoding="utf-8-sig", newline="") as stream:
            header, *rows = [row for row in csv.reader(stream) if row]
        column = header.index(FILE_COLUMN)
        remaining = []
        for row in rows:
            path = _renamed(table.parent, row[column].strip() if column < len(row) else "", new)
            if path is not None:
                name = shown_name(path.relative_to(top).as_posix())
                remaining.append([*row[:column], name, *row[column + 1 :]])
        with (folder / top / METADATA_NAME).open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream, lineterminator="\n").writerows([header, *remaining])
        yield shown_name((top / METADATA_NAME).as_posix()), len(remaining), len(rows)


def _renamed(folder: Path, file_name: str, new: dict[str, Path]) -> Path | None:
    """The place in the copy of the file that a row names; None when it is not there."""
    return next((new[name] for name in row_names(folder, file_name) if name in new), None)


def _lines(dataset: Dataset, done: Mending, rows: list[tuple[str, int, int]]) -> Iterator[str]:
    """``mended.txt``, line by line."""
    yield f"A mended copy of {shown_name(str(dataset.root))}, made by oxmark check --fix."
    yield "The original was left as it was."
    out = [change for change in done.changes if change.left_out]
    moved = [change for change in done.changes if not change.left_out]
    yield from ("", f"Pictures kept: {done.kept}", f"Pictures left out: {len(out)}")
    yield from (f"  {change.file}: {change.what}" for change in out)
    if moved:
        yield from ("", f"Pictures that stand elsewhere now: {len(moved)}")
        yield from (f"  {change.file}: {change.what}" for change in moved)
    if dataset.skipped:
        yield from ("", f"Not pictures of a class, not carried over: {len(dataset.skipped)}")
        for item in dataset.skipped:
            yield f"  {shown_name(item.path.relative_to(dataset.root).as_posix())}: {item.reason}"
    for name, kept, there in rows:
        yield from ("", f"{name}: {kept} of {there} rows carried over")
    yield from ("", f"Left for you to decide: {len(done.left) or 'nothing'}")
    for finding in done.left:
        yield from ("", f"  {finding.severity}: {finding.what}", f"    Why: {finding.why}")
        yield f"    Cure: {finding.cure}"
        yield from (f"    {line}" for line in finding.lines())
