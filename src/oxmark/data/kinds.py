"""What the first bytes of a file say about it. No Pillow here: finding pictures must stay light."""

from __future__ import annotations

PICTURE_SUFFIXES: frozenset[str] = frozenset(
    {".png", ".jpg", ".jpeg", ".jfif", ".bmp", ".gif", ".webp", ".tif", ".tiff"}
)
"""The suffixes, in lower case, by which a picture is found in a folder."""

HEAD_BYTES = 512
"""How many bytes from the start :func:`kind_of` and :func:`likeness` want to see."""

_STARTS = {
    "PNG": (b"\x89PNG\r\n\x1a\n",),
    "JPEG": (b"\xff\xd8\xff",),
    "GIF": (b"GIF87a", b"GIF89a"),
    "TIFF": (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+", b"MM*\0", b"II\0*"),
}
_BMP_HEADER_SIZES = {12, 16, 40, 52, 56, 64, 108, 124}
_FOREIGN_STARTS = {
    b"%PDF": "a PDF document",
    b"%!PS": "a PostScript document",
    b"PK\x03\x04": "a ZIP archive or an office document",
    b"\x1f\x8b": "a compressed archive",
    b"8BPS": "a Photoshop document",
    b"\0\0\x01\0": "an icon",
}
_FOREIGN_BRANDS = {
    b"avif": "an AVIF photo",
    b"heic": "a HEIC photo",
    b"heix": "a HEIC photo",
    b"mif1": "a HEIC photo",
}


def kind_of(head: bytes) -> str | None:
    """The picture format that the first bytes announce.

    Args:
        head: The first ``HEAD_BYTES`` bytes, or all of a shorter file.

    Returns:
        ``"PNG"``, ``"JPEG"``, ``"BMP"``, ``"GIF"``, ``"WEBP"``, ``"TIFF"``, or ``None`` for anything else.

    Example:
        >>> kind_of(b"GIF89a...")
        'GIF'
    """
    for kind, starts in _STARTS.items():
        if head.startswith(starts):
            return kind
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "WEBP"
    if head.startswith(b"BM") and int.from_bytes(head[14:18], "little") in _BMP_HEADER_SIZES:
        return "BMP"
    return None


def png_size(head: bytes) -> tuple[int, int]:
    """Width and height in pixels that a PNG file announces.

    Args:
        head: The first ``HEAD_BYTES`` bytes, or all of a shorter file.

    Returns:
        As written in the header, whatever follows.

    Raises:
        EOFError: The file ends within them.

    Example:
        >>> png_size(b"\\x89PNG\\r\\n\\x1a\\n" + b"\\0\\0\\0\\rIHDR" + b"\\0\\0\\0\\x03" + b"\\0\\0\\0\\x02")
        (3, 2)
    """
    if len(head) < 24:
        raise EOFError("a PNG file of less than 24 bytes")
    return int.from_bytes(head[16:20]), int.from_bytes(head[20:24])


def likeness(head: bytes) -> str:
    """What bytes that are no picture of ours seem to be, in words for a message.

    Args:
        head: The first ``HEAD_BYTES`` bytes, or all of a shorter file.

    Returns:
        ``"a PDF document"``, ``"a HEIC photo"``, ``"a text file"``... or ``"something else"``.

    Example:
        >>> likeness(b"%PDF-1.7")
        'a PDF document'
    """
    for start, words in _FOREIGN_STARTS.items():
        if head.startswith(start):
            return words
    if head[4:8] == b"ftyp":
        return _FOREIGN_BRANDS.get(head[8:12], "a film or a photo in a newer format")
    if b"<svg" in head:
        return "an SVG drawing"
    unreadable = head.decode("utf-8", "replace").count("\ufffd")  # the cut at the end makes one or two
    return "a text file" if b"\0" not in head and unreadable <= len(head) // 50 else "something else"
