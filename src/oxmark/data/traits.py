"""What is measured once of every picture, whoever needs it: the doctor, the parts, the alarms."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from oxmark.data.conditions import is_opaque, on_white
from oxmark.data.copies import near_hash, picture_digest
from oxmark.data.decode import PictureInfo, decode, picture_info

FRAME = 32
"""Side of the small copy of the whole picture, in pixels."""
_BORDER = 0.04  # of the shorter side: how wide the ring of border pixels is


@dataclass(frozen=True, eq=False)
class Traits:
    """One picture in figures.

    Attributes:
        info: What its header says.
        size: Of the file, in bytes.
        digest: Equal for equal pixels (:func:`~oxmark.data.copies.picture_digest`).
        near: Hardly changed by resizing, saving again, trimming (:func:`~oxmark.data.copies.near_hash`),
            bool ``(256,)``; all False for a picture without ink.
        brightness: Mean grey on white, 0 black to 1 white.
        border: Median red, green and blue of the outermost pixels, on white, 0..1.
        frame: The whole picture, margins and all, in grey: float32 ``(32, 32)``, 0..1.
        clear: Share of its pixels that are transparent (alpha below a half), 0..1.
    """

    info: PictureInfo
    size: int
    digest: str
    near: npt.NDArray[np.bool_]
    brightness: float
    border: tuple[float, float, float]
    frame: npt.NDArray[np.float32]
    clear: float = 0.0


def read_traits(path: str | os.PathLike[str]) -> Traits:
    """Read a picture and measure it. Raises :class:`PictureError`."""
    return traits_of(path, decode(path))


def traits_of(
    path: str | os.PathLike[str] | bytes,
    pixels: npt.NDArray[np.uint8],
    small: npt.NDArray[np.float32] | None = None,
) -> Traits:
    """Measure a picture that is decoded already.

    Args:
        path: Where it is, or the file's content; only its header and its size are read.
        pixels: ``uint8 (height, width, 4)``, RGBA, as :func:`~oxmark.data.decode.decode` gives it.
        small: The same by :func:`~oxmark.data.conditions.on_white`, where it has been made already.

    Returns:
        Its traits.

    Raises:
        PictureError: The file's header cannot be read.
    """
    small = on_white(pixels) if small is None else small
    grey = small @ np.array([0.299, 0.587, 0.114], np.float32)
    frame = Image.fromarray(grey).resize((FRAME, FRAME), Image.Resampling.BOX)
    red, green, blue = np.median(_ring(small), axis=0)
    return Traits(
        info=picture_info(path),
        size=len(path) if isinstance(path, bytes) else Path(path).stat().st_size,
        digest=picture_digest(pixels),
        near=near_hash(pixels),
        brightness=float(grey.mean()),
        border=(float(red), float(green), float(blue)),
        frame=np.asarray(frame, np.float32),
        clear=0.0 if is_opaque(pixels) else float((pixels[..., 3] < 128).mean()),
    )


def shortcut_features(traits: Sequence[Traits]) -> dict[str, npt.NDArray[np.float64]]:
    """What must not tell the classes apart, because it is not the mark.

    The brightness is the paper's (the median of the picture), not the picture's: a scribble has more ink than
    a tick, and that is no shortcut.

    Args:
        traits: Of N pictures.

    Returns:
        Name to values: ``"brightness"`` ``(N,)``, 0..1; ``"size"`` ``(N, 2)``, width and height in pixels;
        ``"file type"`` ``(N, d)``, 0 or 1, a column for each format and each pixel mode there is;
        ``"border"`` ``(N, 3)``, red, green, blue, 0..1.

    Example:
        >>> {name: values.shape for name, values in shortcut_features([]).items()}
        {'brightness': (0,), 'size': (0, 2), 'file type': (0, 0), 'border': (0, 3)}
    """
    kinds = [(one.info.format, one.info.mode) for one in traits]
    columns = [[kind[place] == name for kind in kinds] for place, name in _kinds(kinds)]
    return {
        "brightness": np.array([np.median(one.frame) for one in traits], np.float64),
        "size": np.array([(one.info.width, one.info.height) for one in traits], np.float64).reshape(-1, 2),
        "file type": np.array(columns, np.float64).reshape(len(columns), len(traits)).T,
        "border": np.array([one.border for one in traits], np.float64).reshape(-1, 3),
    }


def _kinds(kinds: Sequence[tuple[str, str]]) -> list[tuple[int, str]]:
    """Every format (0) and every mode (1) there is."""
    return sorted({(place, name) for kind in kinds for place, name in enumerate(kind)})


def _ring(colour: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """The outermost pixels of ``(h, w, 3)`` as a list ``(n, 3)``."""
    wide = max(1, round(min(colour.shape[:2]) * _BORDER))
    inside = np.zeros(colour.shape[:2], bool)
    inside[wide:-wide, wide:-wide] = True
    return colour[~inside]
