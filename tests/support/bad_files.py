"""Every kind of file that is no picture, or no longer one, by name."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
from PIL import Image


def _saved(picture: Image.Image, kind: str) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, kind)
    return stream.getvalue()


def _png_header(width: int, height: int) -> bytes:
    body = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + body + struct.pack(">I", zlib.crc32(body))


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def good_picture(seed: int = 0) -> bytes:
    """A PNG of noise."""
    noise = np.random.default_rng(seed).integers(0, 256, (40, 60, 3), np.uint8)
    return _saved(Image.fromarray(noise), "PNG")


def bad_files() -> dict[str, bytes]:
    """File name to content."""
    noise = Image.open(io.BytesIO(good_picture()))
    cut = {kind: _saved(noise, kind) for kind in ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF")}
    huge_bmp = struct.pack("<IIIIiiHHIIIIII", 54, 0, 54, 40, 50_000, 50_000, 1, 24, 0, 0, 0, 0, 0, 0)
    return {
        "empty.png": b"",
        "diary.png": b"dear diary",
        "일기.png": "일기 ".encode() * 400,
        "report.pdf.png": b"%PDF-1.7 \xff\xfe",
        "archive.png": b"PK\x03\x04abc",
        "photo.heic.png": b"\0\0\0\x18ftypheic",
        "drawing.svg.png": b"<?xml?><svg onload='window.hacked = 1'/>",
        "page.png": b"<html><script>window.hacked = 1</script></html>",
        "noise.png": bytes(range(256)),
        "bomb.png": _png_header(50_000, 50_000),
        "bomb.bmp": b"BM" + huge_bmp,
        "bomb.gif": _saved(Image.new("1", (8200, 8200)), "GIF"),
        "flat.png": _png_header(4, 0),
        "head.png": _png_header(4, 4)[:20],
        "not zlib.png": _png_header(4, 4) + _chunk(b"IDAT", b"not zlib") + _chunk(b"IEND", b""),
        "no frame.gif": b"GIF89a" + bytes(30),
        **{f"cut.{kind.lower()}": content[: len(content) // 2] for kind, content in cut.items()},
    }
