"""``metadata.csv``: which hand drew which picture (the Hugging Face ``imagefolder`` convention)."""

from __future__ import annotations

import csv
import difflib
import io
from collections.abc import Iterable
from pathlib import Path

from oxmark.data.walk import Skipped, shown_name
from oxmark.errors import FolderError

METADATA_NAME = "metadata.csv"
FILE_COLUMN = "file_name"
HAND_COLUMN = "drawer"

_Row = tuple[int, str, str | None]  # line number, file name, hand


def read_hands(folders: Iterable[Path], known: Iterable[Path]) -> tuple[dict[Path, str], list[Skipped]]:
    """Read the ``metadata.csv`` of each folder that has one.

    File names are relative to the folder of the csv, with forward slashes (backslashes are understood). A
    later folder overrides an earlier one. Columns besides ``file_name`` and ``drawer`` are left alone.

    Args:
        folders: Where to look, the root first.
        known: Every file that was found, sample or not.

    Returns:
        The hand by path, and the rows that name files which are not there.

    Raises:
        FolderError: No column ``file_name``, not UTF-8, not a csv, or two hands for one file.

    Example:
        >>> hands, missing = read_hands([Path("marks")], [Path("marks/O/o_01.png")])  # doctest: +SKIP
        >>> hands  # doctest: +SKIP
        {PosixPath('marks/O/o_01.png'): 'anna'}
    """
    by_name = {shown_name(path.as_posix()): path for path in known}
    hands: dict[Path, str] = {}
    missing: list[Skipped] = []
    for folder in folders:
        table = folder / METADATA_NAME
        if not table.is_file():
            continue
        here: dict[Path, str] = {}
        for line, file_name, hand in _rows(table):
            path = _find(folder, file_name, by_name)
            if path is None:
                missing.append(_not_there(table, line, file_name))
            elif hand is not None:
                _set_hand(here, path, hand, table)
        hands.update(here)
    return hands, missing


def _find(folder: Path, file_name: str, by_name: dict[str, Path]) -> Path | None:
    """The file on disk that a row names."""
    return next((by_name[name] for name in row_names(folder, file_name) if name in by_name), None)


def row_names(folder: Path, file_name: str) -> tuple[str, ...]:
    """How the path that a row may name is written: as it stands, and with slashes for its backslashes.

    Args:
        folder: Where the csv is.
        file_name: As the row has it.

    Returns:
        One path or two, by :func:`~oxmark.data.walk.shown_name`.

    Example:
        >>> row_names(Path("marks"), "O\\\\1.png")
        ('marks/O\\\\1.png', 'marks/O/1.png')
    """
    names = dict.fromkeys((file_name, file_name.replace("\\", "/")))
    return tuple(shown_name((folder / name).as_posix()) for name in names)


def read_text(table: Path) -> str:
    """The text of a csv file, line ends and byte order mark as they are.

    Raises:
        FolderError: It is not UTF-8, or cannot be read.
    """
    name = shown_name(str(table))
    try:
        with table.open(encoding="utf-8", newline="") as stream:
            return stream.read()
    except UnicodeDecodeError as error:
        raise FolderError(
            f"{name} is not UTF-8 text. Save it again as UTF-8; in a spreadsheet program choose "
            "'CSV UTF-8 (comma delimited)'."
        ) from error
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise FolderError(f"{name} cannot be read: {reason}. Give yourself the right to read it.") from error


def _not_there(table: Path, line: int, file_name: str) -> Skipped:
    if not file_name:
        return Skipped(table, f"line {line} names no file")
    return Skipped(table.parent / file_name, f"named in {METADATA_NAME}, but not there")


def _set_hand(hands: dict[Path, str], path: Path, hand: str, table: Path) -> None:
    before = hands.setdefault(path, hand)
    if before != hand:
        raise FolderError(
            f"{shown_name(str(table))} gives two hands for {shown_name(path.name)}: {before!r} and {hand!r}. "
            "Keep one of the rows."
        )


def _rows(table: Path) -> list[_Row]:
    """The rows of one csv, checked."""
    name = shown_name(str(table))
    stream = io.StringIO(read_text(table).removeprefix("\ufeff"), newline="")
    try:
        reader = csv.DictReader(stream)
        _check_columns(name, list(reader.fieldnames or ()))
        return [(reader.line_num, (row[FILE_COLUMN] or "").strip(), _hand(row)) for row in reader]
    except csv.Error as error:
        raise FolderError(f"{name} is not a csv file: {error}. Save it again as CSV with commas.") from error


def _hand(row: dict[str, str | None]) -> str | None:
    hand = shown_name((row.get(HAND_COLUMN) or "").strip())
    return hand or None


def _check_columns(name: str, columns: list[str]) -> None:
    if FILE_COLUMN in columns:
        return
    if not columns:
        raise FolderError(f"{name} is empty; its first line must name the columns, {FILE_COLUMN} among them.")
    found = ", ".join(repr(column) for column in columns)
    text = f"{name} has no column {FILE_COLUMN!r}; its columns are {found}."
    if len(columns) == 1 and FILE_COLUMN in columns[0]:
        raise FolderError(f"{text} Separate the columns with commas.")
    close = difflib.get_close_matches(FILE_COLUMN, columns, n=1)
    cure = f"Rename {close[0]!r} to {FILE_COLUMN!r}." if close else "Add it, or take the file away."
    raise FolderError(f"{text} {cure}")
