"""``metadata.csv`` as records that stay as they are written: quotes, line ends, other columns and all."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from oxmark.data.metadata import FILE_COLUMN, HAND_COLUMN, read_text
from oxmark.data.walk import shown_name
from oxmark.errors import FolderError
from oxmark.web.problems import Problem

Record: TypeAlias = "tuple[int, str]"
"""A record as written, and its place among the records."""
Changes: TypeAlias = "Mapping[int, str | None]"

_MARK = "\ufeff"  # some spreadsheet programs begin a UTF-8 file with it


@dataclass(frozen=True)
class Table:
    """The records of a csv file, the header first.

    Attributes:
        records: Each as written, with its line end; a quoted line break stays inside its record.
        mark: What stands before the header: the byte order mark, or nothing.
    """

    records: tuple[str, ...] = ()
    mark: str = ""
    _newline: str = field(default="\n", repr=False)

    @staticmethod
    def read(path: Path) -> Table:
        """Read a file; one that is not there has no records.

        Raises:
            Problem: It cannot be read, or is no csv file with a column ``file_name``.
        """
        if not path.is_file():
            return Table()
        try:
            table = Table.parse(read_text(path))
        except FolderError as error:
            raise _unusable(str(error).replace(shown_name(str(path)), path.name)) from error
        except csv.Error as error:
            raise _unusable(
                f"{path.name} is not a csv file: {error}. Save it again as CSV with commas."
            ) from error
        if FILE_COLUMN not in table.columns:
            raise _unusable(f"{path.name} has no column {FILE_COLUMN!r}. Add it, or take the file away.")
        return table

    @staticmethod
    def parse(text: str) -> Table:
        """Cut a text into records. Raises :class:`csv.Error`.

        Example:
            >>> Table.parse('file_name,note\\na.png,"two\\nlines"\\n').records
            ('file_name,note\\n', 'a.png,"two\\nlines"\\n')
        """
        mark = _MARK if text.startswith(_MARK) else ""
        lines = list(io.StringIO(text.removeprefix(_MARK), newline=""))
        reader = csv.reader(lines)
        ends = [reader.line_num for _ in reader]
        records = tuple("".join(lines[start:end]) for start, end in zip([0, *ends], ends, strict=False))
        return Table(records, mark, "\r\n" if lines and lines[0].endswith("\r\n") else "\n")

    @property
    def columns(self) -> list[str]:
        """The names in the header."""
        return self.cells(0) if self.records else []

    def cells(self, place: int) -> list[str]:
        """The cells of a record."""
        return next(csv.reader(io.StringIO(self.records[place], newline="")), [])

    def names(self) -> Iterator[tuple[int, str]]:
        """Place and file name of each record that names a file."""
        if not self.records:
            return
        column = self.columns.index(FILE_COLUMN)
        for place in range(1, len(self.records)):
            cells = self.cells(place)
            if len(cells) > column and cells[column].strip():
                yield place, cells[column].strip()

    def renamed(self, place: int, name: str) -> str:
        """A record with another file name, all other cells as they are."""
        cells = self.cells(place)
        cells[self.columns.index(FILE_COLUMN)] = name
        return self._line(cells, _line_end(self.records[place]))

    def row_for(self, name: str, hand: str) -> Changes:
        """What adds a row for a file at the end; a header and its columns are made where there are none."""
        columns = self.columns or [FILE_COLUMN, HAND_COLUMN]
        changes: dict[int, str | None] = {}
        if HAND_COLUMN not in columns:
            columns = [*columns, HAND_COLUMN]
            changes[0] = self._line(columns, _line_end(self.records[0]))
        elif not self.records:
            changes[0] = self._line(columns)
        last = len(self.records) - 1
        if last >= 0 and not _line_end(self.records[last]):
            changes[last] = (changes.get(last) or self.records[last]) + self._newline
        known = {FILE_COLUMN: name, HAND_COLUMN: hand}
        changes[max(1, last + 1)] = self._line([known.get(column, "") for column in columns])
        return changes

    def patch(self, changes: Changes) -> tuple[tuple[Record, ...], tuple[Record, ...]]:
        """What leaves and what comes with some changes, for :meth:`patched`.

        Args:
            changes: Place before to the new text, or to None for what leaves; places past the end come anew.

        Example:
            >>> Table(("file_name\\n", "a\\n", "b\\n")).patch({1: None, 2: "c\\n"})
            (((1, 'a\\n'), (2, 'b\\n')), ((1, 'c\\n'),))
        """
        out = [(place, self.records[place]) for place in sorted(changes) if place < len(self.records)]
        into, gone = [], 0
        for place in sorted(changes):
            text = changes[place]
            if text is None:
                gone += 1
            else:
                into.append((place - gone, text))
        return tuple(out), tuple(into)

    def patched(self, out: Iterable[Record], into: Iterable[Record]) -> Table:
        """The table without some records and with others.

        Args:
            out: Place and text of each record to leave; where the place holds something else by now, the same
                text is looked for, and passed over if it is nowhere.
            into: Place afterwards and text of each record to come, in order.
        """
        records: list[str | None] = list(self.records)
        for place, text in out:
            if place < len(records) and records[place] == text:
                records[place] = None
            elif text in records:
                records[records.index(text)] = None
        left = [text for text in records if text is not None]
        for place, text in into:
            left.insert(place, text)
        for place, text in enumerate(left[:-1]):
            if not _line_end(text):  # it was the last one before
                left[place] = text + self._newline
        return Table(tuple(left), self.mark, self._newline)

    def as_bytes(self) -> bytes:
        """The file."""
        return (self.mark + "".join(self.records)).encode()

    def _line(self, cells: Sequence[str], end: str | None = None) -> str:
        buffer = io.StringIO(newline="")
        csv.writer(buffer, lineterminator="").writerow(cells)
        return buffer.getvalue() + (self._newline if end is None else end)


def _line_end(record: str) -> str:
    return record[len(record.rstrip("\r\n")) :]


def _unusable(sentence: str) -> Problem:
    return Problem(409, "bad_metadata", sentence)
