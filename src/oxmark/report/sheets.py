"""Sheets of pictures: what is in a folder, what the network answered, what augmentation makes.

All three are put together by Pillow. Captions are file names or answers; a name that no installed font can
draw becomes "picture 7".
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oxmark.report import fonts, style
from oxmark.report.augmentation import AugmentationRow, augmentation_sheet
from oxmark.report.canvas import Page, body_top, page_height, shorten, text_width
from oxmark.report.pictures import fit, thumbnail

__all__ = [
    "AugmentationRow",
    "Tile",
    "answers_grid",
    "augmentation_sheet",
    "contact_sheet",
    "thumbnail",
]

MOST_ROWS = 60
"""Rows of pictures on a contact sheet; what does not fit is counted in a line under the title."""
MOST_ANSWERS = 120
"""Pictures on a sheet of answers; wrong ones are kept first."""

_CAPTION_HEIGHT = 26
_DETAIL_HEIGHT = 19
_HEADING_HEIGHT = 40
_SECTION_GAP = 18


@dataclass(frozen=True, eq=False)
class Tile:
    """One picture of a sheet.

    Attributes:
        picture: ``uint8 (H, W, 4)``, ``(H, W, 3)`` or ``(H, W)``, of any size; see
            :func:`oxmark.report.pictures.thumbnail`.
        caption: The line under it; shortened in its middle.
        detail: A second, smaller line, or nothing.
        ok: ``False`` marks the picture as answered wrongly, ``True`` as rightly, ``None`` says nothing.
    """

    picture: NDArray[np.uint8]
    caption: str
    detail: str = ""
    ok: bool | None = None


@dataclass(frozen=True)
class _Cell:
    """Size in pixels of the box that each picture of a sheet has, and of the lines under it."""

    width: int
    height: int
    text: int

    @property
    def step_x(self) -> int:
        return self.width + style.GAP

    @property
    def step_y(self) -> int:
        return self.height + self.text + style.GAP


def contact_sheet(
    path: str | os.PathLike[str],
    *,
    rows: Sequence[tuple[str, Sequence[Tile]]],
    title: str,
    columns: int = 8,
) -> None:
    """Draw some pictures of each class under the class's name.

    Args:
        path: The PNG to write.
        rows: Class name and its pictures, in the order to show them; more than ``columns`` go on below.
        title: At the top left.
        columns: Pictures side by side, at least 1.

    Raises:
        OutputError: The place cannot be written to.
        ValueError: ``columns`` is less than 1.

    Example:
        >>> white = np.full((90, 135, 3), 255, np.uint8)
        >>> contact_sheet("show.png", rows=[("O", [Tile(white, "1.png")])], title="marks")  # doctest: +SKIP
    """
    _check_columns(columns)
    shown = _first_rows(rows, columns)
    note = _shown_of_all(shown, rows)
    tiles = [tile for _, some in shown for tile in some]
    small, cell = _lay_out(tiles)
    lines = [-(-len(some) // columns) for _, some in shown]
    body = sum(_HEADING_HEIGHT + count * cell.step_y + _SECTION_GAP for count in lines) - _SECTION_GAP
    page = _page(cell, columns, body, title, note, "Pictures")
    top, start = body_top(note=note), 0
    for number, ((name, some), count) in enumerate(zip(shown, lines, strict=True), start=1):
        _heading(page, top, fonts.drawable(name, f"class {number}"))
        top += _HEADING_HEIGHT
        _draw_tiles(page, top, some, small[start : start + len(some)], cell, columns, first=start)
        top += count * cell.step_y + _SECTION_GAP
        start += len(some)
    page.save(path)


def answers_grid(
    path: str | os.PathLike[str],
    *,
    tiles: Sequence[Tile],
    title: str,
    columns: int | None = None,
) -> None:
    """Draw pictures with their answers; wrong ones have a red frame and the word "wrong".

    At most :data:`MOST_ANSWERS` are drawn, wrong ones kept first, in the order given; a line under the title
    says how many are not shown and how many of those are wrong.

    Args:
        path: The PNG to write.
        tiles: The pictures in the order to show them.
        title: At the top left.
        columns: Pictures side by side, at least 1; ``None`` chooses.

    Raises:
        OutputError: The place cannot be written to.
        ValueError: ``columns`` is less than 1.

    Example:
        >>> tile = Tile(np.zeros((28, 28), np.uint8), caption="X 98 %", detail="is O", ok=False)
        >>> answers_grid("test.png", tiles=[tile], title="Test")  # doctest: +SKIP
    """
    shown, note = _keep_wrong_first(tiles)
    columns = _good_columns(len(shown)) if columns is None else columns
    _check_columns(columns)
    small, cell = _lay_out([tile for _, tile in shown])
    body = -(-len(shown) // columns) * cell.step_y
    page = _page(cell, columns, body, title, note, "Answers")
    chosen = [tile for _, tile in shown]
    numbers = [number for number, _ in shown]
    _draw_tiles(page, body_top(note=note), chosen, small, cell, columns, numbers=numbers)
    page.save(path)


def _check_columns(columns: int) -> None:
    if columns < 1:
        raise ValueError(f"columns must be at least 1, not {columns}")


def _first_rows(rows: Sequence[tuple[str, Sequence[Tile]]], columns: int) -> list[tuple[str, Sequence[Tile]]]:
    """The classes that fit on the sheet, the last of them cut where its rows would be too many."""
    shown: list[tuple[str, Sequence[Tile]]] = []
    room = MOST_ROWS
    for name, tiles in rows:
        if room <= 0:
            break
        kept = tiles[: room * columns]
        shown.append((name, kept))
        room -= max(1, -(-len(kept) // columns))
    return shown


def _shown_of_all(
    shown: Sequence[tuple[str, Sequence[Tile]]], rows: Sequence[tuple[str, Sequence[Tile]]]
) -> str:
    """The line about what does not fit on the sheet; nothing where all does."""
    if not rows:
        return "There is nothing to show."
    some, every = (sum(len(tiles) for _, tiles in part) for part in (shown, rows))
    if len(shown) == len(rows) and some == every:
        return ""
    return f"Shown are {len(shown)} of {len(rows)} classes and {some} of {every} pictures."


def _keep_wrong_first(tiles: Sequence[Tile]) -> tuple[list[tuple[int, Tile]], str]:
    """Numbered tiles to draw, at most :data:`MOST_ANSWERS`, and the line about the rest."""
    numbered = list(enumerate(tiles))
    if not numbered:
        return [], "There is nothing to show."
    if len(numbered) <= MOST_ANSWERS:
        return numbered, ""
    by_need = sorted(numbered, key=lambda item: item[1].ok is not False)  # stable: order kept within each
    shown = sorted(by_need[:MOST_ANSWERS], key=lambda item: item[0])
    rest = by_need[MOST_ANSWERS:]
    wrong = sum(tile.ok is False for _, tile in rest)
    about = f"{wrong} of them wrong" if wrong else "none of them wrong"
    return shown, f"{len(shown)} of {len(tiles)} pictures are shown; {len(rest)} are not, {about}."


def _good_columns(count: int) -> int:
    """Columns for a sheet a little wider than high, with few empty places in its last row."""
    if count <= 7:
        return max(1, count)
    return min(range(6, 11), key=lambda columns: (-count % columns, abs(columns - 8)))


def _lay_out(tiles: Sequence[Tile]) -> tuple[list[NDArray[np.uint8]], _Cell]:
    """The pictures in the size they are drawn, and the cell that holds each of them."""
    small = [fit(tile.picture, style.CELL, style.CELL) for tile in tiles]
    width = max([style.SMALLEST_CELL, *(picture.shape[1] for picture in small)])
    height = max([style.SMALLEST_CELL // 2, *(picture.shape[0] for picture in small)])
    second = any(tile.detail for tile in tiles)
    return small, _Cell(width, height, _CAPTION_HEIGHT + (_DETAIL_HEIGHT if second else 0))


def _page(cell: _Cell, columns: int, body: int, title: str, note: str, untitled: str) -> Page:
    width = max(640, 2 * style.MARGIN + columns * cell.step_x - style.GAP)
    return Page(width, page_height(body, note=note), title=title, note=note, untitled=untitled)


def _heading(page: Page, top: int, name: str) -> None:
    line = shorten(name, style.HEADING_SIZE, page.width - 2 * style.MARGIN)
    page.text(style.MARGIN, top + 20, line, style.HEADING_SIZE)


def _draw_tiles(
    page: Page,
    top: int,
    tiles: Sequence[Tile],
    small: Sequence[NDArray[np.uint8]],
    cell: _Cell,
    columns: int,
    *,
    first: int = 0,
    numbers: Sequence[int] | None = None,
) -> None:
    for place, (tile, picture) in enumerate(zip(tiles, small, strict=True)):
        x = style.MARGIN + (place % columns) * cell.step_x
        y = top + (place // columns) * cell.step_y
        number = first + place if numbers is None else numbers[place]
        _draw_tile(page, x, y, tile, picture, cell, number)


def _draw_tile(
    page: Page, x: int, y: int, tile: Tile, picture: NDArray[np.uint8], cell: _Cell, number: int
) -> None:
    height, width = picture.shape[:2]
    page.picture(x + (cell.width - width) // 2, y + (cell.height - height) // 2, picture)
    page.frame(x, y, cell.width, cell.height, style.LINE)
    colour = style.INK
    if tile.ok is False:
        colour = style.WRONG
        page.frame(x, y, cell.width, cell.height, style.WRONG, thick=4)
        _flag(page, x - 4, y - 4)
    room = cell.width - (22 if tile.ok else 0)
    caption = shorten(fonts.drawable(tile.caption, f"picture {number + 1}"), style.CAPTION_SIZE, room)
    page.text(x, y + cell.height + 22, caption, style.CAPTION_SIZE, colour)
    if tile.ok:
        _tick(page, x + cell.width, y + cell.height + 22)
    if tile.detail:
        detail = shorten(fonts.drawable(tile.detail, ""), style.DETAIL_SIZE, cell.width)
        page.text(x, y + cell.height + 41, detail, style.DETAIL_SIZE, style.QUIET)


def _flag(page: Page, x: int, y: int) -> None:
    """A filled corner with the word; a cross would look like one of the marks."""
    width = round(text_width("wrong", style.DETAIL_SIZE, bold=True)) + 16
    page.pen.rectangle((x, y, x + width, y + 23), fill=style.WRONG)
    page.text(x + 8, y + 16, "wrong", style.DETAIL_SIZE, style.PAPER, bold=True)


def _tick(page: Page, x: int, y: int) -> None:
    page.text(x, y, "\N{CHECK MARK}", style.CAPTION_SIZE, style.BLUE, align=1.0)
