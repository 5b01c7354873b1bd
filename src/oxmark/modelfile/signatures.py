"""What a file that is no ONNX model looks like, told from its first bytes, for a helpful message."""

from __future__ import annotations

_MAGIC: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x89PNG\r\n\x1a\n", "a PNG picture"),
    (0, b"\xff\xd8\xff", "a JPEG picture"),
    (0, b"GIF8", "a GIF picture"),
    (8, b"WEBP", "a WebP picture"),
    (0, b"BM", "a BMP picture"),
    (0, b"II*\0", "a TIFF picture"),
    (0, b"MM\0*", "a TIFF picture"),
    (0, b"%PDF-", "a PDF document"),
    (0, b"\x89HDF\r\n\x1a\n", "an HDF5 file, such as Keras saves as .h5"),
    (0, b"\x93NUMPY", "a NumPy array file"),
    (0, b"\x1f\x8b", "a gzip archive"),
    (0, b"\x7fELF", "a program"),
    (0, b"MZ", "a program"),
    (4, b"TFL3", "a TensorFlow Lite model"),
    (4, b"ORTM", "an ONNX Runtime model in ORT format"),
    (8, b'{"', "a safetensors file"),
)
_ZIP_MEMBERS: tuple[tuple[bytes, str], ...] = (
    (b"model.weights.h5", "a Keras model (.keras)"),
    (b"data.pkl", "a PyTorch file (.pt)"),
    (b".npy", "a NumPy archive (.npz)"),
)


def looks_like(data: bytes) -> str:
    """Name the kind of a file from its beginning; only used when it is no model.

    Args:
        data: The whole file.

    Returns:
        Words such as ``"a PNG picture"``; ``""`` when it looks like a model that begins as ONNX files do,
        so that what is wrong with it is damage.

    Example:
        >>> looks_like(b"GIF89a")
        'a GIF picture'
    """
    for offset, magic, what in _MAGIC:
        if data.startswith(magic, offset):
            return what
    if data.startswith(b"PK\x03\x04"):
        return next((what for member, what in _ZIP_MEMBERS if member in data), "a zip archive")
    if len(data) > 2 and data[0] == 0x80 and 2 <= data[1] <= 5:
        return "a Python pickle"
    if (
        data[:1] == b"\x08" and len(data) > 1 and 3 <= data[1] <= 20
    ):  # ir_version, the first field of ONNX files
        return ""
    return "a text" if _is_text(data[:4096]) else "something else than ONNX"


def _is_text(start: bytes) -> bool:
    """Whether bytes read as UTF-8 (cut anywhere) without control characters other than white space."""
    text = start.decode("utf-8", errors="replace")
    if "�" in text[:-3]:
        return False
    return all(character >= " " or character in "\t\r\n\f" for character in text)
