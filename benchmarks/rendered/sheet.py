"""Contact sheets: many pictures side by side, for the eye."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from .media import Pixels


def contact_sheet(
    pictures: Sequence[Pixels], captions: Sequence[str], columns: int, cell: int = 110
) -> Image.Image:
    """Returns the pictures in rows, each shrunk into a square cell above its caption.

    Args:
        pictures: uint8 (H, W, 3) or (H, W, 4); transparent parts are shown light pink.
        captions: One short line for every picture.
        columns: Pictures in a row.
        cell: Side of a cell in pixels.
    """
    rows = -(-len(pictures) // columns)
    sheet = Image.new("RGB", (columns * (cell + 4), rows * (cell + 16)), (120, 140, 160))
    draw = ImageDraw.Draw(sheet)
    for number, (pixels, caption) in enumerate(zip(pictures, captions, strict=True)):
        left, top = number % columns * (cell + 4) + 2, number // columns * (cell + 16) + 2
        small = _fitted(pixels, cell)
        sheet.paste(small, (left + (cell - small.width) // 2, top + (cell - small.height) // 2))
        draw.text((left, top + cell + 1), caption, fill=(255, 255, 255))
    return sheet


def _fitted(pixels: Pixels, cell: int) -> Image.Image:
    image = Image.fromarray(np.asarray(pixels))
    if image.mode == "RGBA":
        ground = Image.new("RGBA", image.size, (255, 240, 240, 255))
        image = Image.alpha_composite(ground, image)
    image = image.convert("RGB")
    if max(image.size) * 3 <= cell:
        factor = cell // max(image.size)
        return image.resize((image.width * factor, image.height * factor), Image.Resampling.NEAREST)
    image.thumbnail((cell, cell), Image.Resampling.LANCZOS, reducing_gap=None)
    return image
