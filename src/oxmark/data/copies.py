"""Fingerprints of pictures: one for the same pixels, one for nearly the same drawing."""

from __future__ import annotations

import functools
import hashlib

import numpy as np
import numpy.typing as npt
from PIL import Image

from oxmark.data.conditions import is_opaque

NEAR_BITS = 16
"""Up to how many of the 256 bits of :func:`near_hash` may differ between near copies.

Measured on drawn O, X, lines and ticks: 16 sets of 300 drawings, each set by one hand with one pen, 105 to
675 pixels wide. Of the 717,600 pairs of different drawings none differs in fewer than 18 bits. Copies made
half or one and a half times as large, saved as JPEG (quality 30 and 75), brightened or with their margins
trimmed are found in 96 of 100 cases where the picture is more than 300 pixels wide, and in 55 of 100 where it
is smaller: with ink only 20 or 30 pixels wide, a shrunken copy looks like another drawing. Exact copies are
always found, by their digest.
"""

_HASH_SIDE = 16
_COSINES = 4 * _HASH_SIDE  # side of the small copy whose lowest frequencies are the hash
_ROUNDING = 1e-6  # coefficients are sums of 4096 products up to 1020, right to about 1e-11
_FAINTEST_INK = 24  # of 255


def picture_digest(picture: npt.NDArray[np.uint8]) -> str:
    """A short fingerprint of the pixels, the same whatever file they came from.

    Args:
        picture: ``uint8 (height, width, 4)``, RGBA, 0..255.

    Returns:
        16 hexadecimal characters (BLAKE2b over the shape and the pixels).

    Example:
        >>> picture_digest(np.zeros((2, 3, 4), np.uint8))
        'd5932530f33151b1'
    """
    digest = hashlib.blake2b(repr(picture.shape).encode(), digest_size=8)
    digest.update(np.ascontiguousarray(picture).data)
    return digest.hexdigest()


def near_hash(picture: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    """A fingerprint that hardly changes when a drawing is resized, saved again, brightened or trimmed.

    The picture is put on white and cut to its ink, then ImageHash's perceptual hash (lowest frequencies of
    a cosine transform) is taken; two pictures are near copies when at most ``NEAR_BITS`` bits differ.

    Args:
        picture: ``uint8 (height, width, 4)``, RGBA, 0..255.

    Returns:
        ``bool (256,)``; all ``False`` for a picture without ink, which is a near copy of nothing.

    Example:
        >>> near_hash(np.full((20, 30, 4), 255, np.uint8)).any()
        np.False_
    """
    grey = _on_white(picture)
    ink = _ink_box(np.asarray(grey))
    if ink is None:
        return np.zeros(_HASH_SIDE * _HASH_SIDE, np.bool_)
    return _perceptual_hash(grey.crop(ink))


def _perceptual_hash(grey: Image.Image) -> npt.NDArray[np.bool_]:
    """ImageHash's ``phash``, bool ``(256,)``: which of the lowest frequencies are above their median.

    Computed here, because ImageHash loads SciPy (0.2 s) and transforms all frequencies. Where rounding could
    decide, as in symmetric pictures, whose frequencies are half zeros, ImageHash itself is asked.
    """
    small = np.asarray(grey.resize((_COSINES, _COSINES), Image.Resampling.LANCZOS), np.float64)
    waves = _waves()
    low = (waves @ small @ waves.T).ravel()
    above = low - np.median(low)
    if np.abs(above).min() > _ROUNDING:
        return np.asarray(above > 0)
    import imagehash

    bits: npt.NDArray[np.bool_] = imagehash.phash(grey, hash_size=_HASH_SIDE).hash
    return bits.ravel()


@functools.cache
def _waves() -> npt.NDArray[np.float64]:
    """The lowest frequencies of the cosine transform (type II, not normalised), float64 ``(16, 64)``."""
    frequency, place = np.arange(_HASH_SIDE)[:, None], np.arange(_COSINES)
    return np.asarray(2 * np.cos(np.pi * frequency * (2 * place + 1) / (2 * _COSINES)))


def _on_white(picture: npt.NDArray[np.uint8]) -> Image.Image:
    """The picture in grey, transparent parts white."""
    image = Image.fromarray(picture)
    if not is_opaque(picture):
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image.convert("L")


def _ink_box(grey: npt.NDArray[np.uint8]) -> tuple[int, int, int, int] | None:
    """Left, top, right, bottom of what stands out from the picture's edge; ``None`` when nothing does."""
    edge = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    paper = int(np.median(edge))
    contrast = max(int(grey.max()) - paper, paper - int(grey.min()))
    least = max(_FAINTEST_INK, contrast // 2)
    ink = (grey < paper - least) | (grey > paper + least)  # comparing bytes takes a fifth of subtracting them
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if not rows.size:
        return None
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1
