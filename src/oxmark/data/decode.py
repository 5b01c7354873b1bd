"""One picture, from a file or from bytes, as an array: the only place where oxmark reads pictures.

Everything that Pillow opens in PNG, JPEG, BMP, GIF, WebP and TIFF becomes ``uint8 (height, width, 4)``, RGBA.
Whatever is wrong with the bytes becomes a :class:`~oxmark.errors.PictureError` that names the file and the
cure. The file's content decides, not its suffix: a JPEG named ``.png`` is read as the JPEG that it is.

The picture is converted in strips, straight into the array that is handed out, so that at most two buffers
of the picture's size are alive at once. Pillow's global settings are neither read nor changed.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import os
import re
import stat
import threading
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image

from oxmark.data.kinds import HEAD_BYTES, PICTURE_SUFFIXES, kind_of, likeness, png_size
from oxmark.data.pixels import orientation_of, to_rgba
from oxmark.errors import BrokenPicture, NotAPicture, PictureError, PictureTooLarge

__all__ = ["MAX_PIXELS", "PICTURE_SUFFIXES", "PictureInfo", "decode", "picture_info"]

WORKERS = min(8, os.cpu_count() or 1)
"""Threads that decode side by side: Pillow decodes without Python's lock, and memory for eight is bounded."""

MAX_PIXELS = 64 * 1024 * 1024
"""The largest picture that is read, in pixels: 2**26, that is 8192 x 8192.

A little over 64 million, so that the photos of a 64-megapixel camera (9248 x 6936) pass.
"""

_PLUGINS = {
    "PNG": "PngImagePlugin",
    "JPEG": "JpegImagePlugin",
    "BMP": "BmpImagePlugin",
    "GIF": "GifImagePlugin",
    "WEBP": "WebPImagePlugin",
    "TIFF": "TiffImagePlugin",
}


@dataclass(frozen=True, slots=True)
class PictureInfo:
    """What a picture's header says.

    Attributes:
        width: In pixels, after the EXIF turn.
        height: In pixels, after the EXIF turn.
        format: ``"PNG"``, ``"JPEG"``, ``"BMP"``, ``"GIF"``, ``"WEBP"`` or ``"TIFF"``.
        mode: Pillow's word for the pixels as stored: ``"1"``, ``"L"``, ``"P"``, ``"RGB"``, ``"I;16"``...
    """

    width: int
    height: int
    format: str
    mode: str


class _Source(NamedTuple):
    """Open bytes and how to speak of them."""

    stream: BinaryIO
    path: Path | None
    size: int  # bytes
    head: bytes
    called: str = ""  # what messages call bytes

    @property
    def name(self) -> str:
        return self.called if self.path is None else _shown(self.path)

    @property
    def again(self) -> str:
        if self.path is None:
            return "Read it again from its source."
        return "Copy it again from its source, or leave it out."


def decode(source: str | os.PathLike[str] | bytes, *, name: str | None = None) -> npt.NDArray[np.uint8]:
    """Read one picture.

    The EXIF turn is applied; of an animation or a document the first frame is read. Alpha is kept as it is
    (the model's graph puts it on white); opaque pictures get alpha 255. 16-bit values are divided by 257 and
    rounded. Floating-point pictures may be in 0..1, in 0..255 or in the 16-bit range; the largest value
    decides, and a NaN becomes a transparent pixel. Colour profiles are not applied.

    Args:
        source: A path, or the file's content as bytes.
        name: What messages call a picture that comes as bytes.

    Returns:
        ``uint8 (height, width, 4)``, RGBA, 0..255, C-contiguous and writable.

    Raises:
        NotAPicture: Empty, or something else than PNG, JPEG, BMP, GIF, WebP or TIFF.
        BrokenPicture: Truncated or damaged.
        PictureTooLarge: More than ``MAX_PIXELS``; refused from the header, before decoding.
        PictureError: The file is missing, a folder, or may not be read.

    Example:
        >>> pixels = decode("marks/O/o_01.png")  # doctest: +SKIP
        >>> pixels.shape  # doctest: +SKIP
        (900, 1350, 4)
    """
    with _opened(source, name) as (picture, _):
        picture.load()
        return to_rgba(picture, orientation_of(picture))


def picture_info(source: str | os.PathLike[str] | bytes, *, name: str | None = None) -> PictureInfo:
    """Read a picture's header only.

    Args:
        source: A path, or the file's content as bytes.
        name: What messages call a picture that comes as bytes.

    Returns:
        Size, format and mode.

    Raises:
        PictureError: As :func:`decode`, as far as the header shows it.

    Example:
        >>> picture_info("marks/O/o_01.png")  # doctest: +SKIP
        PictureInfo(width=1350, height=900, format='PNG', mode='RGB')
    """
    with _opened(source, name) as (picture, kind):
        width, height = picture.size
        turned_already = kind == "TIFF"  # Pillow gives the size of a TIFF as it will be shown
        late_exif = kind == "PNG" and "exif" not in picture.info  # asking for it would decode the picture
        if not turned_already and not late_exif and orientation_of(picture) >= 5:
            width, height = height, width
        return PictureInfo(width, height, kind, picture.mode)


@contextlib.contextmanager
def _opened(source: str | os.PathLike[str] | bytes, name: str | None) -> Iterator[tuple[Image.Image, str]]:
    """The picture behind ``source``, opened but not decoded, and its format; size already checked."""
    with _reading(source, name) as found:
        kind = kind_of(found.head)
        if kind is None:
            raise _not_a_picture(found)
        with _named_errors(found, kind), _SILENT_PILLOW:
            if kind == "PNG":
                _check_size(found, png_size(found.head))  # Pillow would first want more than the header
            importlib.import_module(f"PIL.{_PLUGINS[kind]}")
            with Image.open(found.stream, formats=[kind]) as picture:
                _check_size(found, picture.size)
                yield picture, kind


@contextlib.contextmanager
def _reading(source: str | os.PathLike[str] | bytes, name: str | None) -> Iterator[_Source]:
    """Open a path or bytes; closed again at the end."""
    if isinstance(source, bytes):
        called = "The picture given as bytes" if name is None else name
        yield _Source(io.BytesIO(source), None, len(source), source[:HEAD_BYTES], called)
        return
    path = Path(source)
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise _no_file(path, status.st_mode)
        stream = path.open("rb")
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error
    with stream:
        try:
            head = stream.read(HEAD_BYTES)
            stream.seek(0)
        except OSError as error:
            raise _unreadable(path, error) from error
        yield _Source(stream, path, status.st_size, head)


def _no_file(path: Path, mode: int) -> PictureError:
    if stat.S_ISDIR(mode):
        return PictureError(f"{_shown(path)} is a folder, not a picture. Give the picture's own path.", path)
    return PictureError(f"{_shown(path)} is not an ordinary file. Save the picture as a file first.", path)


def _unreadable(path: Path, error: OSError | ValueError) -> PictureError:
    name = _shown(path)
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return PictureError(f"{name} does not exist. Check the spelling and the folder.", path)
    if isinstance(error, PermissionError):
        text = f"{name} may not be read: permission denied. Give yourself the right to read it."
        return PictureError(text, path)
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return PictureError(f"{name} cannot be read: {reason}. Check the disk and the path.", path)


def _shown(path: Path) -> str:
    """The path for a message; bytes that are no UTF-8 become question marks."""
    return str(path).encode("utf-8", "replace").decode()


def _not_a_picture(source: _Source) -> NotAPicture:
    if not source.head:
        return NotAPicture(f"{source.name} is empty (0 bytes). {source.again}", source.path)
    skip = "" if source.path is None else ", or leave it out"
    text = (
        f"{source.name} is not a picture that oxmark reads: it looks like {likeness(source.head)}. "
        f"Save the picture as PNG or JPEG{skip}."
    )
    return NotAPicture(text, source.path)


@contextlib.contextmanager
def _named_errors(source: _Source, kind: str) -> Iterator[None]:
    """Turn whatever Pillow raises into a :class:`PictureError` that names the file and the cure.

    Pillow's readers raise nearly every exception there is on damaged bytes, so all are caught here, in the
    one place that knows they come from decoding.
    """
    try:
        yield
    except PictureError:
        raise
    except Image.DecompressionBombError as error:
        found = re.search(r"\d+", str(error))
        raise _too_large(source, f"{int(found[0]):,} pixels" if found else "more pixels") from error
    except MemoryError as error:
        text = f"{source.name} asks for more memory than there is. {source.again}"
        raise BrokenPicture(text, source.path) from error
    except Exception as error:
        raise _broken(source, kind, error) from error


def _broken(source: _Source, kind: str, error: Exception) -> BrokenPicture:
    if _ends_early(source, kind, error):
        text = f"{source.name} is truncated: the file ends before the picture does. {source.again}"
    else:
        text = (
            f"{source.name} is damaged: it starts as a {kind} picture, but cannot be decoded. {source.again}"
        )
    return BrokenPicture(text, source.path)


def _ends_early(source: _Source, kind: str, error: Exception) -> bool:
    if kind == "WEBP":
        return source.size < int.from_bytes(source.head[4:8], "little") + 8
    return isinstance(error, EOFError) or re.search(r"truncated|unexpected end", str(error), re.I) is not None


def _check_size(source: _Source, size: tuple[int, int]) -> None:
    width, height = size
    if width * height > MAX_PIXELS:
        raise _too_large(source, f"{width} x {height} pixels")


def _too_large(source: _Source, has: str) -> PictureTooLarge:
    skip = "" if source.path is None else ", or leave it out"
    text = (
        f"{source.name} has {has}; oxmark reads at most 64 megapixels ({MAX_PIXELS:,} pixels). "
        f"Save it smaller{skip}."
    )
    return PictureTooLarge(text, source.path)


class _SilentPillow:
    """Switches off the warnings of Pillow's own modules while at least one thread decodes.

    ``warnings.catch_warnings`` alone is not safe here: two threads that leave it in the wrong order would
    leave the caller's filters changed. The first thread in saves them, the last one out restores them.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._saved = contextlib.ExitStack()

    def __enter__(self) -> None:
        with self._lock:
            if self._inside == 0:
                self._saved.enter_context(warnings.catch_warnings())
                warnings.filterwarnings("ignore", module=r"PIL\.")
            self._inside += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0:
                self._saved.close()


_SILENT_PILLOW = _SilentPillow()
