"""Pictures as the page shows them: always made anew as PNG, upright, on white, never larger than needed."""

from __future__ import annotations

import io
import threading
from collections import OrderedDict
from pathlib import Path

from PIL import Image

from oxmark.data.conditions import on_white, opaque
from oxmark.data.decode import decode

THUMBNAIL = 192
"""Longer side of a thumbnail in pixels, at most."""
WHOLE = 1600
"""Longer side of a picture that is shown by itself, in pixels, at most."""
MOST_KEPT = 32_000_000
"""Bytes of thumbnails that are kept in memory. A drawing's has about 5 kB, a photo's 60 kB."""


def as_png(path: Path, longest: int) -> bytes:
    """A picture for the page.

    Args:
        path: Where it is.
        longest: Longer side in pixels, at most.

    Returns:
        A PNG file: upright, the first frame, transparent parts white; grey where the picture is.

    Raises:
        PictureError: It cannot be read.
    """
    pixels = opaque(on_white(decode(path), longest))[:, :, :3]
    red = pixels[:, :, :1]
    image = Image.fromarray(red[:, :, 0] if (pixels == red).all() else pixels)
    file = io.BytesIO()
    image.save(file, "PNG", compress_level=4)
    return file.getvalue()


class Thumbnails:
    """Thumbnails made before, as long as there is room; the one not asked for longest goes first.

    Example:
        >>> Thumbnails().get(picture.path, picture.stamp)[:4]  # doctest: +SKIP
        b'\\x89PNG'
    """

    def __init__(self, most: int = MOST_KEPT) -> None:
        self._most, self._size = most, 0
        self._kept: OrderedDict[tuple[object, ...], bytes] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, path: Path, stamp: tuple[object, ...]) -> bytes:
        """A picture's thumbnail.

        Args:
            path: Where the picture is.
            stamp: Different when the file was written anew.

        Raises:
            PictureError: It cannot be read.
        """
        with self._lock:
            if stamp in self._kept:
                self._kept.move_to_end(stamp)
                return self._kept[stamp]
        made = as_png(path, THUMBNAIL)
        with self._lock:
            if stamp not in self._kept:
                self._kept[stamp] = made
                self._size += len(made)
            while self._size > self._most:
                self._size -= len(self._kept.popitem(last=False)[1])
        return made

    def has(self, stamp: tuple[object, ...]) -> bool:
        """Whether a thumbnail is at hand, so that nothing must be decoded."""
        with self._lock:
            return stamp in self._kept
