"""A white page to put text and pictures on, and its way to disk."""

from __future__ import annotations

import functools
import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from oxmark.files import replacing
from oxmark.report import fonts, style

Colour = str | tuple[int, int, int]


@functools.lru_cache(maxsize=128)
def _font(file: Path, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(file), size)


def _pieces(text: str, size: int, bold: bool) -> list[tuple[str, ImageFont.FreeTypeFont, float]]:
    """Text, font and width in pixels of each piece of a drawable line."""
    runs = fonts.book().runs(text)
    if runs is None:
        raise ValueError(f"no font for {text!r}; pass it through fonts.drawable first")
    bold_file = fonts.base_font_file(bold=True) if bold and text.isascii() else None
    found = [(part, _font(bold_file or file, size)) for part, file in runs]
    return [(part, font, font.getlength(part)) for part, font in found]


def text_width(text: str, size: int, *, bold: bool = False) -> float:
    """Width in pixels of one line that :func:`oxmark.report.fonts.drawable` gave.

    Example:
        >>> text_width("ox", 15) > text_width("o", 15) > 0
        True
    """
    return sum(width for _, _, width in _pieces(text, size, bold))


def shorten(text: str, size: int, room: float) -> str:
    """Cut the middle of ``text`` out until it is at most ``room`` pixels wide; the ends tell names apart.

    Example:
        >>> shorten("short", 15, 500)
        'short'
        >>> "\\u2026" in shorten("a very long name.png", 15, 90)
        True
    """
    if text_width(text, size) <= room:
        return text
    low, high = 0, len(text)
    while low < high:  # the most characters that fit
        middle = (low + high + 1) // 2
        low, high = (middle, high) if text_width(_cut(text, middle), size) <= room else (low, middle - 1)
    return _cut(text, low)


def _cut(text: str, kept: int) -> str:
    tail = kept // 2
    return text[: kept - tail].rstrip() + "\N{HORIZONTAL ELLIPSIS}" + (text[-tail:].lstrip() if tail else "")


class Page:
    """A white page with a title at its top left.

    Args:
        width: In pixels.
        height: In pixels.
        title: One line; shortened in the middle to the page's width.
        note: A line of small print under the title, or nothing.
        untitled: The title's stand-in where no installed font can draw it.

    Example:
        >>> page = Page(400, 200, title="Ten drawings")
        >>> page.text(48, 150, "a caption")
    """

    def __init__(self, width: int, height: int, *, title: str, note: str = "", untitled: str = "") -> None:
        self.image = Image.new("RGB", (width, height), style.PAPER)
        self.pen = ImageDraw.Draw(self.image)
        self.width = width
        room = width - 2 * style.MARGIN
        line = shorten(fonts.drawable(title, untitled), style.TITLE_SIZE, room)
        self.text(style.MARGIN, style.MARGIN + 22, line, style.TITLE_SIZE)
        if note:
            small = shorten(note, style.NOTE_SIZE, room)
            self.text(style.MARGIN, style.MARGIN + 56, small, style.NOTE_SIZE, style.QUIET)

    def text(
        self,
        x: float,
        y: float,
        line: str,
        size: int = style.CAPTION_SIZE,
        colour: Colour = style.INK,
        *,
        align: float = 0.0,
        bold: bool = False,
    ) -> None:
        """Write one drawable line with its baseline at ``y``.

        Args:
            x: Where it is anchored, in pixels.
            y: The baseline, in pixels.
            line: What :func:`oxmark.report.fonts.drawable` gave.
            size: Of the font, in pixels.
            colour: Of the text.
            align: 0 starts at ``x``, 0.5 centres on it, 1 ends there.
            bold: For plain ASCII only.
        """
        pieces = _pieces(line, size, bold)
        x -= align * sum(width for _, _, width in pieces)
        for part, font, width in pieces:
            self.pen.text((round(x), round(y)), part, fill=colour, font=font, anchor="ls")
            x += width

    def upright(self, x: float, y: float, line: str, size: int, colour: Colour = style.INK) -> None:
        """Write one drawable line upwards, starting at ``y``, centred on ``x``."""
        strip = Page(max(1, round(text_width(line, size)) + 4), 2 * size, title="")
        strip.text(2, round(1.35 * size), line, size, colour)
        turned = strip.image.rotate(90, expand=True)
        self.image.paste(turned, (round(x - size), round(y) - turned.height))

    def picture(self, x: int, y: int, picture: NDArray[np.uint8]) -> None:
        """Put a picture, ``uint8 (h, w, 3)``, with its top left corner at ``(x, y)``."""
        self.image.paste(Image.fromarray(picture), (x, y))

    def frame(self, x: int, y: int, width: int, height: int, colour: Colour, thick: int = 1) -> None:
        """Draw a frame just outside of a box; ``thick`` in pixels."""
        edge = thick
        box = (x - edge, y - edge, x + width + edge - 1, y + height + edge - 1)
        self.pen.rectangle(box, outline=colour, width=thick)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a PNG by rename; equal pages give equal bytes.

        Raises:
            OutputError: The place cannot be written to.
        """
        with replacing(path) as temporary:
            self.image.save(temporary, format="PNG", compress_level=4)


def page_height(body: int, *, note: str = "") -> int:
    """Height in pixels of a page whose content below title and note is ``body`` high."""
    return body_top(note=note) + body + style.MARGIN


def body_top(*, note: str = "") -> int:
    """Where the content starts, in pixels from the top."""
    return style.MARGIN + style.TITLE_HEIGHT + (style.NOTE_HEIGHT if note else 0)
