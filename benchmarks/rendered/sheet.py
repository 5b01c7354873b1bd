"""Contact sheets: many pictures side by side, for the eye."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from .media import Pixels

GROUND = (120, 140, 160)
LINE = 14
"""Height of a line of text in pixels."""


def contact_sheet(
    pictures: Sequence[Pixels],
    captions: Sequence[str],
    columns: int,
    cell: int = 110,
    below: Sequence[Pixels] | None = None,
) -> Image.Image:
    """Returns the pictures in rows, each shrunk into a square cell above its caption.

    Args:
        pictures: uint8 (H, W), (H, W, 3) or (H, W, 4); transparent parts are shown light pink.
        captions: For every picture; each of its lines is one line.
        columns: Pictures in a row.
        cell: Side of a cell in pixels.
        below: A second picture for each cell, shown between the first and the caption.
    """
    layers = [pictures] if below is None else [pictures, below]
    lines = max((caption.count("\n") + 1 for caption in captions), default=1)
    width, height = cell + 4, len(layers) * (cell + 2) + lines * LINE + 4
    rows = -(-len(pictures) // columns)
    sheet = Image.new("RGB", (columns * width, rows * height), GROUND)
    for number, caption in enumerate(captions):
        left, top = number % columns * width + 2, number // columns * height + 2
        for layer in layers:
            small = _fitted(layer[number], cell)
            sheet.paste(small, (left + (cell - small.width) // 2, top + (cell - small.height) // 2))
            top += cell + 2
        for line in caption.split("\n"):
            _write(sheet, line, (left, top), cell)
            top += LINE
    return sheet


def stacked(sheets: Sequence[tuple[str, Image.Image]]) -> Image.Image:
    """Returns sheets below each other, each under its title."""
    bar = 2 * LINE
    width = max(image.width for _, image in sheets)
    whole = Image.new("RGB", (width, sum(image.height + bar for _, image in sheets)), GROUND)
    top = 0
    for title, image in sheets:
        whole.paste((50, 60, 75), (0, top, width, top + bar))
        _write(whole, title, (6, top + 5), width - 12, size=15)
        whole.paste(image, (0, top + bar))
        top += image.height + bar
    return whole


def _write(sheet: Image.Image, text: str, place: tuple[int, int], width: int, size: int = 11) -> None:
    """One line of text, smaller where it would not fit."""
    font = ImageFont.load_default(size)
    while size > 7 and font.getlength(text) > width:
        size -= 1
        font = ImageFont.load_default(size)
    ImageDraw.Draw(sheet).text(place, text, fill=(255, 255, 255), font=font)


def _fitted(pixels: Pixels, cell: int) -> Image.Image:
    image = Image.fromarray(np.asarray(pixels))
    if image.mode == "RGBA":
        ground = Image.new("RGBA", image.size, (255, 240, 240, 255))
        image = Image.alpha_composite(ground, image)
    image = image.convert("RGB")
    if max(image.size) * 2 <= cell:
        factor = cell // max(image.size)
        return image.resize((image.width * factor, image.height * factor), Image.Resampling.NEAREST)
    image.thumbnail((cell, cell), Image.Resampling.LANCZOS, reducing_gap=None)
    return image
