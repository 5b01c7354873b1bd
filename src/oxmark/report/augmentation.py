"""What training makes of a picture: the original, what the network sees, and variants of it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oxmark.report import fonts, style
from oxmark.report.canvas import Page, body_top, page_height, shorten
from oxmark.report.pictures import fit, from_floats

MOST_PICTURES = 40
"""Pictures (rows) on a sheet; how many there are beyond is said under the title."""

_CELL = 150
_HEADING_HEIGHT = 30
_CAPTION_HEIGHT = 26
_BLOCK_GAP = 28  # between the original, what is seen, and the variants


@dataclass(frozen=True, eq=False)
class AugmentationRow:
    """One picture and what training makes of it.

    Attributes:
        original: ``uint8 (H, W, 4)`` RGBA.
        seen: ``float32 (h, w)`` in 0..1, what the network sees of it; 0 is drawn black, 1 white.
        variants: ``float32 (n, h, w)`` in 0..1, what it saw in training; usually eight.
        name: The file's name.
    """

    original: NDArray[np.uint8]
    seen: NDArray[np.float32]
    variants: NDArray[np.float32]
    name: str


def augmentation_sheet(path: str | os.PathLike[str], *, rows: Sequence[AugmentationRow], title: str) -> None:
    """Draw a row for each picture: the original, what the network sees, its variants.

    The network's small pictures are enlarged by a whole factor, so its pixels can be seen as they are.

    Args:
        path: The PNG to write.
        rows: The pictures; their ``seen`` may differ in size.
        title: At the top left.

    Raises:
        OutputError: The place cannot be written to.

    Example:
        >>> seen = np.ones((64, 64), np.float32)
        >>> row = AugmentationRow(np.zeros((90, 135, 4), np.uint8), seen, np.stack([seen] * 8), "1.png")
        >>> augmentation_sheet("augmentations.png", rows=[row], title="Variants")  # doctest: +SKIP
    """
    shown = list(rows[:MOST_PICTURES])
    note = f"The first {len(shown)} of {len(rows)} pictures are shown." if len(rows) > len(shown) else ""
    note = note if rows else "There is nothing to show."
    pictures = [_pictures(row) for row in shown]
    side = max([64, *(max(small.shape[:2]) for row in pictures for small in row[1:])])
    lefts = _lefts([row[0].shape[1] for row in pictures], side, max([8, *(len(row) - 2 for row in pictures)]))
    height = max([side, *(row[0].shape[0] for row in pictures)])
    step = height + _CAPTION_HEIGHT + style.GAP
    width = lefts[-1] + side + style.MARGIN
    body = _HEADING_HEIGHT + len(shown) * step if shown else 0
    page = Page(width, page_height(body, note=note), title=title, note=note, untitled="Variants")
    top = body_top(note=note)
    if shown:
        _headings(page, top + 14, lefts)
    for number, (row, small) in enumerate(zip(shown, pictures, strict=True), start=1):
        _draw_row(page, top + _HEADING_HEIGHT + (number - 1) * step, height, lefts, small)
        name = shorten(
            fonts.drawable(row.name, f"picture {number}"),
            style.CAPTION_SIZE,
            lefts[1] - lefts[0] - _BLOCK_GAP,
        )
        page.text(
            lefts[0], top + _HEADING_HEIGHT + (number - 1) * step + height + 22, name, style.CAPTION_SIZE
        )
    page.save(path)


def _pictures(row: AugmentationRow) -> list[NDArray[np.uint8]]:
    """Original, seen, variants, each ``uint8 (h, w, 3)`` in the size it is drawn."""
    original = fit(row.original, round(1.4 * _CELL), _CELL)
    return [original, *(fit(from_floats(one), _CELL, _CELL) for one in (row.seen, *row.variants))]


def _lefts(originals: Sequence[int], side: int, variants: int) -> list[int]:
    """Left edges in pixels of the original, of what is seen, and of each variant."""
    seen = style.MARGIN + max([side, *originals]) + _BLOCK_GAP
    first = seen + side + _BLOCK_GAP
    return [style.MARGIN, seen, *(first + number * (side + 12) for number in range(variants))]


def _headings(page: Page, baseline: int, lefts: Sequence[int]) -> None:
    words = ("the picture", "the network sees", "and in training, changed at random each time")
    for x, line in zip(lefts[:3], words, strict=True):
        page.text(x, baseline, line, style.CAPTION_SIZE, style.QUIET)


def _draw_row(
    page: Page, top: int, height: int, lefts: Sequence[int], small: list[NDArray[np.uint8]]
) -> None:
    for x, picture in zip(lefts, small, strict=False):
        y = top + (height - picture.shape[0]) // 2
        page.picture(x, y, picture)
        page.frame(x, y, picture.shape[1], picture.shape[0], style.LINE)
