"""Which classes are taken for which: a table of counts."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oxmark.report import fonts, style
from oxmark.report.canvas import Page, body_top, page_height, shorten, text_width

_SPLIT = 10  # between the classes and "none of these"
_LONGEST_NAME = 280
_BESIDE = 150  # room for "11 of 12 right"


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

    @property
    def name_size(self) -> int:
        return min(18, max(12, self.cell // 2))


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
    cell = _cell_size(len(rows))
    size = min(18, max(12, cell // 2))
    rows = [shorten(name, size, _LONGEST_NAME) for name in rows]
    heads = [shorten(name, size, _LONGEST_NAME) for name in heads]
    flat = all(text_width(name, size) <= cell - 8 for name in heads)
    head_height = 34 if flat else 20 + round(max(text_width(name, size) for name in heads))
    note = "Rows: what the pictures are. Columns: what was answered. Shares are of the row."
    left = style.MARGIN + round(max([60, *(text_width(name, size) for name in rows)])) + 16
    table = _Table(left, body_top(note=note) + head_height, cell, len(rows))
    width = table.x(len(heads) - 1) + cell + _BESIDE + style.MARGIN
    page = Page(
        max(720, width), page_height(head_height + len(rows) * cell, note=note), title=title, note=note
    )
    _draw_names(page, table, rows, heads, flat)
    for row, counts in enumerate(matrix):
        _draw_row(page, table, row, [int(count) for count in counts])
    page.save(path)


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
    return max(28, min(150, 1300 // max(classes, 1), 190 - 14 * classes if classes < 8 else 84))


def _draw_names(page: Page, table: _Table, rows: Sequence[str], heads: Sequence[str], flat: bool) -> None:
    size = table.name_size
    for row, name in enumerate(rows):
        page.text(table.left - 14, table.y(row) + table.cell / 2 + 0.36 * size, name, size, align=1.0)
    for column, name in enumerate(heads):
        middle = table.x(column) + table.cell / 2
        if flat:
            page.text(middle, table.top - 14, name, size, align=0.5)
        else:
            page.upright(middle, table.top - 10, name, size)


def _draw_row(page: Page, table: _Table, row: int, counts: Sequence[int]) -> None:
    total = sum(counts)
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
    colour: str = style.PAPER if depth > 0.55 else style.INK if count else style.FAINT
    if count or roomy:
        size = _count_size(str(count), cell)
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
