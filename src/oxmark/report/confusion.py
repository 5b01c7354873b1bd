"""Which classes are taken for which: a table of counts."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oxmark.report import fonts, style
from oxmark.report.canvas import Page, body_top, page_height, shorten, text_width

MOST_CLASSES = 100
"""Classes in one table; of more, those with the most wrong answers are shown."""

_FEW = 8  # classes; with more, zeros are left out
_SPLIT = 10  # between the classes and "none of these"
_LONGEST_NAME = 280
_LONGEST_HEAD = 200
_BESIDE = 150  # room for "11 of 12 right"
_NARROWEST = 880  # of a page, so that title and note have room


@dataclass(frozen=True)
class _Table:
    """Where the table lies on its page; everything in pixels."""

    left: int
    top: int
    cell: int
    classes: int

    def x(self, column: int) -> int:
        return self.left + column * self.cell + (_SPLIT if column >= self.classes else 0)

    def y(self, row: int) -> int:
        return self.top + row * self.cell


def confusion(
    path: str | os.PathLike[str],
    *,
    matrix: NDArray[np.integer],
    classes: Sequence[str],
    columns: Sequence[str] | None = None,
    title: str,
) -> None:
    """Draw true classes as rows and answers as columns, with counts and each row's shares.

    Right answers are blue, wrong ones orange, refusals grey; the deeper, the larger the share of the row.

    Args:
        path: The PNG to write.
        matrix: Counts, integer ``(classes, columns)``; one column more than classes is "none of these".
        classes: Names of the rows.
        columns: Names of the columns; ``None`` takes the classes, and "none of these" for one more.
        title: At the top left.

    Raises:
        OutputError: The place cannot be written to.
        ValueError: Names and matrix do not fit together.

    Example:
        >>> counts = np.array([[6, 0], [1, 5]])
        >>> confusion("confusion.png", matrix=counts, classes=["O", "X"], title="Test")  # doctest: +SKIP
    """
    rows, heads = _names(matrix, classes, columns)
    kept = _most_confused(matrix)
    shown = [*kept, *range(len(rows), len(heads))]
    names = _Names(len(kept), [rows[row] for row in kept], [heads[column] for column in shown])
    note = "Each row: what the pictures are. Each column: the answers. Shares are of the row."
    if len(kept) < len(rows):
        note = f"The {len(kept)} of {len(rows)} classes with the most wrong answers."
    table = _Table(style.MARGIN + names.width + 16, body_top(note=note) + names.height, names.cell, len(kept))
    width = table.x(len(shown) - 1) + table.cell + _BESIDE + style.MARGIN
    height = page_height(names.height + len(kept) * table.cell, note=note)
    page = Page(max(_NARROWEST, width), height, title=title, note=note, untitled="Answers")
    _draw_names(page, table, names)
    for row, label in enumerate(kept):
        counts = [int(matrix[label, column]) for column in shown]
        _draw_row(page, table, row, counts, int(matrix[label].sum()))
    page.save(path)


def _most_confused(matrix: NDArray[np.integer]) -> list[int]:
    """The classes that are shown, in their order: all, or those with the most wrong answers."""
    wrong = matrix.sum(axis=1) - np.diagonal(matrix)
    return sorted(int(label) for label in np.argsort(-wrong, kind="stable")[:MOST_CLASSES])


class _Names:
    """The names around the table, shortened, and the room they take; sizes in pixels."""

    def __init__(self, classes: int, rows: Sequence[str], heads: Sequence[str]) -> None:
        self.cell = _cell_size(classes)
        self.size = min(16, max(12, self.cell // 2))
        self.rows = [shorten(name, self.size, _LONGEST_NAME) for name in rows]
        self.heads = [shorten(name, self.size, _LONGEST_HEAD) for name in heads]
        longest = max(text_width(name, self.size) for name in self.heads)
        self.flat = longest <= self.cell - 6
        self.height = 34 if self.flat else 20 + round(longest)
        self.width = round(max([60, *(text_width(name, self.size) for name in self.rows)]))


def _names(
    matrix: NDArray[np.integer], classes: Sequence[str], columns: Sequence[str] | None
) -> tuple[list[str], list[str]]:
    """Drawable names of rows and columns, checked against the matrix."""
    if matrix.ndim != 2 or matrix.shape[0] != len(classes) or not classes:
        raise ValueError(f"a matrix of shape {matrix.shape} does not fit {len(classes)} classes")
    rows = fonts.class_labels(classes)
    extra = ["none of these"] if matrix.shape[1] == len(classes) + 1 else []
    if columns is None or list(columns[: len(classes)]) == list(classes):
        heads = rows + ([fonts.drawable(columns[-1], extra[0])] if columns and extra else extra)
    else:
        heads = [fonts.drawable(name, f"answer {number}") for number, name in enumerate(columns, start=1)]
    if matrix.shape[1] != len(heads) or (columns is not None and len(columns) != len(heads)):
        raise ValueError(f"a matrix of shape {matrix.shape} does not fit {len(heads)} columns")
    return rows, heads


def _cell_size(classes: int) -> int:
    """Side of a cell: large for few classes, never too small for a count of two digits."""
    return max(28, min(180, 1300 // max(classes, 1), 210 - 18 * classes if classes < 7 else 84))


def _draw_names(page: Page, table: _Table, names: _Names) -> None:
    size = names.size
    for row, name in enumerate(names.rows):
        page.text(table.left - 14, table.y(row) + table.cell / 2 + 0.36 * size, name, size, align=1.0)
    for column, name in enumerate(names.heads):
        middle = table.x(column) + table.cell / 2
        if names.flat:
            page.text(middle, table.top - 14, name, size, align=0.5)
        else:
            page.upright(middle, table.top - 10, name, size)


def _draw_row(page: Page, table: _Table, row: int, counts: Sequence[int], total: int) -> None:
    for column, count in enumerate(counts):
        _draw_cell(page, table, row, column, count, count / total if total else 0.0)
    right = f"{counts[row]} of {total} right" if total else "no pictures"
    x = table.x(len(counts) - 1) + table.cell + 14
    page.text(x, table.y(row) + table.cell / 2 + 5, right, style.CAPTION_SIZE, style.QUIET)


def _draw_cell(page: Page, table: _Table, row: int, column: int, count: int, share: float) -> None:
    x, y, cell = table.x(column), table.y(row), table.cell
    hue = style.BLUE if row == column else style.QUIET if column >= table.classes else style.ORANGE
    depth = 0.0 if count == 0 else 0.12 + 0.88 * share
    page.pen.rectangle((x, y, x + cell - 2, y + cell - 2), fill=style.blend(hue, depth))
    if count == 0:
        page.pen.rectangle((x, y, x + cell - 2, y + cell - 2), outline=style.blend(style.LINE, 0.6))
    roomy = cell >= 60
    colour: str = style.PAPER if depth > 0.75 else style.INK if count else style.FAINT
    if count or (roomy and table.classes <= _FEW):  # many zeros would hide what counts
        size = _count_size(str(count), cell) if count else max(13, cell // 6)
        page.text(
            x + cell / 2,
            y + cell / 2 + (0 if roomy and count else 0.36 * size),
            str(count),
            size,
            colour,
            align=0.5,
        )
    if count and roomy:
        small = max(12, cell // 8)
        page.text(x + cell / 2, y + cell / 2 + 1.5 * small, f"{100 * share:.0f} %", small, colour, align=0.5)


def _count_size(count: str, cell: int) -> int:
    """The largest size, in pixels, at which the count fits its cell."""
    size = max(13, cell // 4)
    while size > 7 and text_width(count, size) > cell - 6:
        size -= 1
    return size
