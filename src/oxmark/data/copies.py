"""Fingerprints of pictures: one for the same pixels, one for nearly the same drawing."""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt
from PIL import Image

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
    import imagehash

    grey = _on_white(picture)
    ink = _ink_box(np.asarray(grey))
    if ink is None:
        return np.zeros(_HASH_SIDE * _HASH_SIDE, np.bool_)
    bits: npt.NDArray[np.bool_] = imagehash.phash(grey.crop(ink), hash_size=_HASH_SIDE).hash
    return bits.ravel()


def _on_white(picture: npt.NDArray[np.uint8]) -> Image.Image:
    """The picture in grey, transparent parts white."""
    image = Image.fromarray(picture)
    if picture[..., 3].min(initial=255) < 255:
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image.convert("L")


def _ink_box(grey: npt.NDArray[np.uint8]) -> tuple[int, int, int, int] | None:
    """Left, top, right, bottom of what stands out from the picture's edge; ``None`` when nothing does."""
    edge = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    contrast = np.abs(grey.astype(np.int16) - np.int16(np.median(edge)))
    ink = contrast > max(_FAINTEST_INK, int(contrast.max()) // 2)
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if not rows.size:
        return None
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1
