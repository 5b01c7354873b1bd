"""A Pillow picture as an RGBA array: every mode that there is, in strips, turned on the way.

Used by :mod:`oxmark.data.decode` alone, which turns whatever goes wrong here into a named error.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from PIL import ExifTags, Image

_STRIP_PIXELS = 1 << 17  # half a megabyte stays in the cache: four fifths of the time of strips of 2**20
_ONE_STEP_BEFORE = {"La": "LA", "LAB": "RGB"}  # modes that do not reach RGBA at once, or lose their alpha
_FULL_SCALE_16 = 65535.0


def orientation_of(picture: Image.Image) -> int:
    """The EXIF orientation of an open picture.

    A damaged EXIF block is no reason to refuse: the pixels are whole, and other programs show the picture.

    Args:
        picture: As Pillow opened it.

    Returns:
        1..8; 1 when there is none, or when the EXIF block itself is damaged.

    Example:
        >>> orientation_of(Image.new("L", (2, 3)))
        1
    """
    try:
        value = picture.getexif().get(ExifTags.Base.Orientation, 1)
    except (SyntaxError, ValueError, TypeError, LookupError, struct.error):
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def to_rgba(picture: Image.Image, orientation: int) -> npt.NDArray[np.uint8]:
    """Convert a loaded picture, strip by strip, into one array.

    Args:
        picture: Any mode; already loaded.
        orientation: 1..8, as EXIF counts them.

    Returns:
        ``uint8 (height, width, 4)``, RGBA, 0..255, C-contiguous; turned upright.

    Example:
        >>> to_rgba(Image.new("L", (3, 2), 7), 6).shape
        (3, 2, 4)
    """
    width, height = picture.size
    shape = (width, height, 4) if orientation >= 5 else (height, width, 4)
    pixels: npt.NDArray[np.uint8] = np.empty(shape, np.uint8)
    stored = _as_stored(pixels, orientation)
    white = _white(picture)
    for top, strip in _strips(picture):
        rows = slice(top, top + strip.height)
        stored[rows] = _convert(strip) if white is None else _convert_numbers(strip, white)
    return pixels


def _as_stored(turned: npt.NDArray[np.uint8], orientation: int) -> npt.NDArray[np.uint8]:
    """A view of the turned picture with rows and columns as they lie in the file; no copy."""
    if orientation in (2, 3, 6, 7):
        turned = turned[:, ::-1]
    if orientation in (3, 4, 7, 8):
        turned = turned[::-1]
    return turned.swapaxes(0, 1) if orientation >= 5 else turned


def _strips(picture: Image.Image) -> Iterator[tuple[int, Image.Image]]:
    """The picture from top to bottom in strips of about a million pixels, each with its first row."""
    width, height = picture.size
    rows = max(1, _STRIP_PIXELS // max(1, width))
    for top in range(0, height, rows):
        yield top, picture.crop((0, top, width, min(top + rows, height)))


def _convert(strip: Image.Image) -> npt.NDArray[np.uint8]:
    """An 8-bit strip as RGBA."""
    step = _ONE_STEP_BEFORE.get(strip.mode)
    return np.asarray((strip.convert(step) if step else strip).convert("RGBA"))


def _white(picture: Image.Image) -> float | None:
    """The value that stands for white in a picture of numbers (I;16, I, F); ``None`` for 8-bit pictures."""
    if picture.mode.startswith("I;16"):
        return _FULL_SCALE_16
    if picture.mode not in ("I", "F"):
        return None
    largest = max(float(np.max(_finite(strip), initial=0.0)) for _, strip in _strips(picture))
    if largest > 255.0:
        return _FULL_SCALE_16
    return 1.0 if picture.mode == "F" and largest <= 1.0 else 255.0


def _finite(strip: Image.Image) -> npt.NDArray[np.float64]:
    values = np.asarray(strip, dtype=np.float64)
    return values[np.isfinite(values)]


def _convert_numbers(strip: Image.Image, white: float) -> npt.NDArray[np.uint8]:
    """A strip of numbers as RGBA: 0..white becomes 0..255; NaN and the transparent value get alpha 0."""
    values = np.asarray(strip, dtype=np.float64)
    clear = np.isnan(values) | (values == strip.info.get("transparency", np.nan))
    grey = np.clip(np.nan_to_num(values, nan=white, posinf=white, neginf=0.0), 0.0, white)
    rgba = np.empty((*values.shape, 4), np.uint8)
    rgba[..., :3] = np.floor(grey * (255.0 / white) + 0.5)[..., None]
    rgba[..., 3] = np.where(clear, 0, 255)
    return rgba
