"""Making pictures smaller or larger for a sheet so that a person still sees the mark."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

# How much thin strokes gain for each halving of the size; 0 is plain averaging. Chosen by eye: a line of one
# pixel in 1350 stays plain at 160 pixels while a line of 28 pixels keeps its width.
_GAIN = 0.8


def thumbnail(picture: NDArray[np.uint8], size: int = 160) -> NDArray[np.uint8]:
    """A small version in which thin strokes stay visible: alpha on white, aspect kept, antialiased.

    Plain averaging turns a hairline of a large drawing into a tenth of its darkness. Here the distance of
    each small pixel from the background is the geometric mean of what averaging gives and of the strongest
    original pixel under it, so thin strokes gain much, wide ones and smooth shades nothing. Dark on light
    and light on dark are treated alike.

    Args:
        picture: ``uint8 (H, W, 4)`` RGBA; also ``(H, W, 3)`` or ``(H, W)``.
        size: Longest side of the result in pixels, at least 1; smaller pictures are returned unchanged.

    Returns:
        ``uint8 (h, w, 3)``.

    Example:
        >>> thumbnail(np.zeros((900, 1350, 4), np.uint8)).shape
        (107, 160, 3)
    """
    height, width = picture.shape[:2]
    ratio = size / max(height, width)
    if ratio >= 1:
        return on_white(picture)
    return _shrink(_opaque(picture), max(1, round(width * ratio)), max(1, round(height * ratio)))


def on_white(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Any of ``(H, W)``, ``(H, W, 3)``, ``(H, W, 4)`` as ``uint8 (H, W, 3)``, alpha on white.

    Raises:
        ValueError: The array is no picture.

    Example:
        >>> on_white(np.zeros((1, 1, 4), np.uint8)).tolist()
        [[[255, 255, 255]]]
    """
    return np.asarray(_opaque(picture))


def _opaque(picture: NDArray[np.uint8]) -> Image.Image:
    if picture.ndim != 2 and (picture.ndim != 3 or picture.shape[2] not in (3, 4)):
        raise ValueError(f"expected (H, W), (H, W, 3) or (H, W, 4), not {picture.shape}")
    image = Image.fromarray(picture)
    if image.mode != "RGBA" or picture[:, :, 3].min() == 255:
        return image.convert("RGB")
    paper = Image.new("RGB", image.size, "white")
    paper.paste(image, mask=image)
    return paper


def _shrink(image: Image.Image, width: int, height: int) -> NDArray[np.uint8]:
    """Reduce an RGB image to ``uint8 (height, width, 3)``, thin strokes kept; neither side may grow."""
    smaller = image.resize((width, height), Image.Resampling.HAMMING, reducing_gap=3.0)
    mean = np.asarray(smaller, dtype=np.float32)
    paper = np.median(mean.reshape(-1, 3), axis=0)
    grey_paper = float(paper @ _GREY)
    ink = (grey_paper - mean @ _GREY) / 255  # signed: positive is darker than the paper
    darkest, lightest = _extremes(np.asarray(image.convert("L")), width, height)
    strongest = np.where(ink > 0, grey_paper - darkest, lightest - grey_paper) / 255
    halvings = math.log2(max(image.height / height, image.width / width, 1.0))
    power = 1 / (1 + _GAIN * halvings)
    plain = np.abs(ink)
    boosted = np.maximum(plain, plain**power * np.clip(strongest, 0, 1) ** (1 - power))
    factor = boosted / np.maximum(plain, 1e-6)
    result = paper + (mean - paper) * factor[:, :, None]
    return np.clip(np.rint(result), 0, 255).astype(np.uint8)


_GREY = np.array([0.299, 0.587, 0.114], dtype=np.float32)


def _extremes(
    grey: NDArray[np.uint8], width: int, height: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Darkest and lightest original pixel under and around each small one, ``float32 (height, width)``."""
    rows = np.arange(height + 1) * grey.shape[0] // height
    columns = np.arange(width) * grey.shape[1] // width
    strips = [
        grey[first:end] for first, end in pairwise(rows)
    ]  # strip by strip: reduceat takes ten times as long
    darkest = np.minimum.reduceat(np.stack([strip.min(axis=0) for strip in strips]), columns, axis=1)
    lightest = np.maximum.reduceat(np.stack([strip.max(axis=0) for strip in strips]), columns, axis=1)
    wider = [
        np.asarray(Image.fromarray(darkest).filter(ImageFilter.MinFilter(3)), dtype=np.float32),
        np.asarray(Image.fromarray(lightest).filter(ImageFilter.MaxFilter(3)), dtype=np.float32),
    ]
    return wider[0], wider[1]


def fit(picture: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    """Scale a picture to lie within a box.

    Larger pictures are reduced as by :func:`thumbnail`; much smaller ones are enlarged by a whole factor, so
    that their pixels stay square and sharp; those between are left as they are.

    Args:
        picture: ``uint8 (H, W)``, ``(H, W, 3)`` or ``(H, W, 4)``.
        width: Of the box, in pixels.
        height: Of the box, in pixels.

    Returns:
        ``uint8 (h, w, 3)``.

    Example:
        >>> fit(np.zeros((28, 28), np.uint8), 100, 100).shape
        (84, 84, 3)
    """
    tall, wide = picture.shape[:2]
    if tall == 0 or wide == 0:
        return np.full((1, 1, 3), 255, np.uint8)
    ratio = min(width / wide, height / tall)
    if ratio < 1:
        return _shrink(_opaque(picture), max(1, round(wide * ratio)), max(1, round(tall * ratio)))
    factor = int(ratio)
    return on_white(picture).repeat(factor, axis=0).repeat(factor, axis=1)


def from_floats(picture: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Turn ``float32 (h, w)`` in 0..1 into ``uint8 (h, w)``; 0 is black, 1 white; not a number is black.

    Example:
        >>> from_floats(np.array([[0.0, 1.0]], np.float32)).tolist()
        [[0, 255]]
    """
    return np.rint(np.clip(np.nan_to_num(picture), 0, 1) * 255).astype(np.uint8)
