"""Evidence in colour over a picture: orange speaks for the answer, blue against it.

The picture beneath is made grey, so that the paper's colour cannot be taken for evidence. Strength is
opacity, in proportion up to the scale; pictures that are to be compared must have the same scale. On light
paper colours are multiplied, on dark paper screened, so that ink keeps its contrast. Orange and blue are
told apart with every common kind of colour blindness.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from oxmark.report import style
from oxmark.report.canvas import Page
from oxmark.report.pictures import fit, from_floats, on_white

Box = tuple[float, float, float, float]
"""x0, y0, x1, y1 in pixels of a picture; pixel 0 covers 0 to 1, and it may reach beyond the border."""

STRONGEST = 0.85
"""Opacity of the strongest evidence; more would hide the picture."""
USUAL = 98
"""The scale is this percentile of the evidence's size: the few places beyond it are drawn as strong as it."""
ON_BLACK = 0.6
"""On dark paper the strength is raised to this power: a little colour on black is hard to see."""
GREY = np.array([0.299, 0.587, 0.114], np.float32)


def scale_of(heats: Iterable[NDArray[np.float32]]) -> float:
    """One scale for several pictures: the evidence that is drawn in full colour.

    Args:
        heats: Evidence, float32 ``(h, w)`` each, signed, in logits; the sizes may differ.

    Returns:
        The 98th percentile of the size of all their values, above 0; 1 where there is nothing.

    Example:
        >>> scale_of([np.array([[-4.0, 4.0]], np.float32)])
        4.0
    """
    sizes = [np.abs(_finite(heat)).ravel() for heat in heats]
    every = np.concatenate([np.zeros(0, np.float32), *sizes])
    scale = float(np.percentile(every, USUAL)) if every.size else 0.0
    return scale if scale > 0 else 1.0


def overlay(
    picture: NDArray[np.uint8], heat: NDArray[np.float32], box: Box, *, scale: float, size: int = style.CELL
) -> NDArray[np.uint8]:
    """Evidence over a picture as it was drawn.

    Args:
        picture: ``uint8 (H, W, 4)``, ``(H, W, 3)`` or ``(H, W)``.
        heat: Evidence at each place of the box, float32 ``(h, w)``: above 0 for the answer, below against it.
        box: Where the network looked; a thin line shows it. One that is no box leaves the picture grey.
        scale: The evidence that is drawn in full colour, above 0; see :func:`scale_of`.
        size: Longest side of the result, in pixels.

    Returns:
        ``uint8 (h', w', 3)``, the picture's shape kept.

    Example:
        >>> white = np.full((90, 120, 3), 255, np.uint8)
        >>> overlay(white, np.ones((6, 6), np.float32), (20, 10, 90, 80), scale=1.0).shape
        (150, 200, 3)
    """
    small = resized(picture, size)
    height, width = small.shape[:2]
    place = scaled(box, picture, small)
    return outlined(_coloured(small, _spread(heat, place, width, height), scale), place)


def overlay_seen(
    seen: NDArray[np.float32], heat: NDArray[np.float32], *, scale: float, size: int = style.CELL
) -> NDArray[np.uint8]:
    """Evidence over what the network saw.

    Args:
        seen: float32 ``(S, S)``, 0 is drawn black and 1 white.
        heat: Evidence at each place, float32 ``(h, w)``.
        scale: The evidence that is drawn in full colour, above 0.
        size: Side of the result, in pixels.

    Returns:
        ``uint8 (h', w', 3)``.

    Example:
        >>> overlay_seen(np.ones((48, 48), np.float32), np.ones((6, 6), np.float32), scale=1.0).shape
        (192, 192, 3)
    """
    small = resized(from_floats(seen), size)
    height, width = small.shape[:2]
    return _coloured(small, _spread(heat, (0.0, 0.0, width, height), width, height), scale)


def around(picture: NDArray[np.uint8], box: Box, times: float = 2.0) -> tuple[NDArray[np.uint8], Box]:
    """The part of a picture around the box, so that a small mark on a large sheet can be seen.

    Args:
        picture: ``uint8 (H, W)`` or ``(H, W, channels)``.
        box: Where the network looked.
        times: The part's sides, in those of the box; the picture's border ends it.

    Returns:
        The part, and the box in its pixels. The whole picture where the box lies outside of it.

    Example:
        >>> part, box = around(np.zeros((1000, 1000, 3), np.uint8), (400, 400, 500, 500))
        >>> part.shape, box
        ((200, 200, 3), (50.0, 50.0, 150.0, 150.0))
    """
    height, width = picture.shape[:2]
    if not _is_box(box):
        return picture, box
    more_x, more_y = ((times - 1) / 2 * (box[high] - box[high - 2]) for high in (2, 3))
    left, right = max(0, math.floor(box[0] - more_x)), min(width, math.ceil(box[2] + more_x))
    top, bottom = max(0, math.floor(box[1] - more_y)), min(height, math.ceil(box[3] + more_y))
    if left >= right or top >= bottom:
        return picture, box
    moved = (float(box[0] - left), float(box[1] - top), float(box[2] - left), float(box[3] - top))
    return picture[top:bottom, left:right], moved


def resized(picture: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """A picture with its longest side ``size`` pixels long.

    Smaller as by :func:`oxmark.report.pictures.thumbnail`; much larger by a whole factor, so that its pixels
    stay sharp (the side is then a little shorter); a little larger smoothly.

    Args:
        picture: ``uint8 (H, W)``, ``(H, W, 3)`` or ``(H, W, 4)``.
        size: In pixels, at least 1.

    Returns:
        ``uint8 (h, w, 3)``.

    Example:
        >>> resized(np.zeros((100, 150), np.uint8), 200).shape
        (133, 200, 3)
    """
    height, width = picture.shape[:2]
    ratio = size / max(height, width)
    if not 1 < ratio < 4:
        return fit(picture, size, size)
    sides = max(1, round(width * ratio)), max(1, round(height * ratio))
    return np.asarray(Image.fromarray(on_white(picture)).resize(sides, Image.Resampling.BICUBIC))


def scaled(box: Box, picture: NDArray[np.uint8], other: NDArray[np.uint8]) -> Box:
    """A box of one picture in the pixels of the same picture in another size.

    Example:
        >>> scaled((0, 0, 10, 20), np.zeros((40, 20), np.uint8), np.zeros((20, 10), np.uint8))
        (0.0, 0.0, 5.0, 10.0)
    """
    across, down = other.shape[1] / picture.shape[1], other.shape[0] / picture.shape[0]
    return box[0] * across, box[1] * down, box[2] * across, box[3] * down


def outlined(picture: NDArray[np.uint8], box: Box) -> NDArray[np.uint8]:
    """A picture, ``uint8 (h, w, 3)``, with a thin line around the box, as far as that lies within it."""
    if not _is_box(box):
        return picture
    image = Image.fromarray(picture)
    edges = np.clip(np.rint(box), -2, [image.width + 2, image.height + 2] * 2).astype(int).tolist()
    left, top, right, bottom = edges[0], edges[1], max(edges[0], edges[2] - 1), max(edges[1], edges[3] - 1)
    ImageDraw.Draw(image).rectangle((left, top, right, bottom), outline=style.FAINT)
    return np.asarray(image)


def legend(page: Page, x: int, y: int, width: int, *, scale: float, against: str, in_favour: str) -> None:
    """Draw the colour scale with its ends in words and in logits; 62 pixels high.

    Args:
        page: Where to draw.
        x: Left edge in pixels.
        y: Top edge in pixels.
        width: Of the bar, in pixels.
        scale: The evidence that is drawn in full colour.
        against: What the left end means; drawable.
        in_favour: What the right end means; drawable.
    """
    values = np.linspace(-scale, scale, width, dtype=np.float32)[None].repeat(14, axis=0)
    page.text(x, y + 12, against, style.DETAIL_SIZE, style.INK)
    page.text(x + width, y + 12, in_favour, style.DETAIL_SIZE, style.INK, align=1.0)
    page.picture(x, y + 20, _coloured(np.full((14, width, 3), 255, np.uint8), values, scale))
    page.frame(x, y + 20, width, 14, style.LINE)
    for value, align in ((-scale, 0.0), (0.0, 0.5), (scale, 1.0)):
        words = signed(value) + (" logits" if value > 0 else "")
        page.text(x + align * width, y + 50, words, style.DETAIL_SIZE, style.QUIET, align=align)


def signed(value: float) -> str:
    """A number of logits for people, two digits and its sign.

    Example:
        >>> signed(-15.41), signed(0.0), signed(241.5), signed(0.0312)
        ('\\u221215', '0', '+240', '+0.031')
    """
    if value == 0:
        return "0"
    decimals = 1 - math.floor(math.log10(abs(value)))  # two digits
    sign = "+" if value > 0 else "\N{MINUS SIGN}"
    return f"{sign}{round(abs(value), decimals):.{max(0, decimals)}f}"


def _coloured(picture: NDArray[np.uint8], heat: NDArray[np.float32], scale: float) -> NDArray[np.uint8]:
    """The picture in grey under its evidence, float32 ``(H, W)`` of the same size."""
    grey, light = _grey(picture)
    colour = np.where(heat[:, :, None] > 0, _unit(style.ORANGE), _unit(style.BLUE))
    strength = STRONGEST * np.clip(np.abs(heat) / scale, 0, 1)[:, :, None] ** (1.0 if light else ON_BLACK)
    multiplied, screened = grey * (1 - strength * (1 - colour)), 1 - (1 - grey) * (1 - strength * colour)
    mixed: NDArray[np.uint8] = np.rint(255 * np.clip(multiplied if light else screened, 0, 1)).astype(
        np.uint8
    )
    return mixed


def _grey(picture: NDArray[np.uint8]) -> tuple[NDArray[np.float32], bool]:
    """In grey, float32 ``(H, W, 1)``, 0..1, with the paper made white or black; and whether it is light."""
    grey: NDArray[np.float32] = picture.astype(np.float32) @ GREY / np.float32(255)
    paper = np.float32(np.median(grey))
    light = bool(paper >= 0.5)
    stretched = grey / paper if light else (grey - paper) / (1 - paper)
    return np.clip(stretched, np.float32(0), np.float32(1))[:, :, None], light


def _spread(heat: NDArray[np.float32], place: Box, width: int, height: int) -> NDArray[np.float32]:
    """The coarse evidence smoothly over its place in a picture, float32 ``(height, width)``, 0 outside."""
    full = np.zeros((height, width), np.float32)
    if not _is_box(place) or 0 in heat.shape:
        return full
    x0, y0, x1, y1 = place
    left, right = max(0, round(x0)), min(width, round(x1))
    top, bottom = max(0, round(y0)), min(height, round(y1))
    if left >= right or top >= bottom:
        return full
    rows, columns = heat.shape
    across, down = columns / (x1 - x0), rows / (y1 - y0)
    part = np.array([(left - x0) * across, (top - y0) * down, (right - x0) * across, (bottom - y0) * down])
    part = np.clip(part, 0, [columns, rows, columns, rows])
    if min(part[2] - part[0], part[3] - part[1]) < 1e-3:  # of one place: nothing to see
        return full
    coarse = Image.fromarray(_finite(heat))
    fine = coarse.resize((right - left, bottom - top), Image.Resampling.BICUBIC, box=tuple(part.tolist()))
    full[top:bottom, left:right] = np.asarray(fine)
    return full


def _is_box(box: Box) -> bool:
    """A model file from elsewhere may say anything; the line and the heat need a real box."""
    return all(math.isfinite(value) for value in box) and box[2] - box[0] > 0 and box[3] - box[1] > 0


def _finite(heat: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.nan_to_num(heat.astype(np.float32, copy=False), nan=0.0, posinf=0.0, neginf=0.0)


def _unit(colour: str) -> NDArray[np.float32]:
    return np.array(style.rgb(colour), np.float32) / np.float32(255)
