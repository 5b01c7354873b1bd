"""Answers with their evidence: a page for one picture, and a sheet of many."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from oxmark.report import fonts, style
from oxmark.report.canvas import Page, body_top, page_height, shorten, text_width
from oxmark.report.heat import Box, around, legend, outlined, overlay, overlay_seen, resized, scaled
from oxmark.words import percent

MOST_ON_SHEET = 60
"""Pictures on a sheet; the caller keeps wrong ones first."""
NEAR = 1.5
"""The part of a picture that is shown under its evidence, in sides of the box."""

PANEL = 280  # side of a picture on a page
_PANEL_GAP = 28
_HEADING = 30
_BARS = 6
_BAR_STEP = 26
_SMALL = 150  # side of a picture on a sheet
_PAIR_GAP = 8
_TEXT = 45
_LEGEND = 72
_WIDEST = 1160  # room for title and note; longer ones are cut


@dataclass(frozen=True, eq=False)
class ExplainedPicture:
    """What is drawn of one picture and its answer.

    Attributes:
        name: The file's name.
        whole: The picture, ``uint8 (H, W, 3)``, small enough to keep.
        whole_box: Where the network looked, in pixels of ``whole``.
        near: The part of it around the box, ``uint8 (H, W, 3)``; see :func:`oxmark.report.heat.around`.
        near_box: The box in pixels of ``near``.
        seen: What the network saw, float32 ``(S, S)``, 0 is drawn black and 1 white.
        heat: Evidence for the answer against ``against``, float32 ``(h, w)``; None draws no colours.
        answer: The class answered; None is "none of these".
        against: The class that the answer is compared with.
        probabilities: Class to probability, in the model's order.
        known: 0..1, how far it is a mark of any class.
        truth: The class that it is known to be, or None.
        sentences: What is said beside the picture, each on lines of its own.
    """

    name: str
    whole: NDArray[np.uint8]
    whole_box: Box
    near: NDArray[np.uint8]
    near_box: Box
    seen: NDArray[np.float32]
    heat: NDArray[np.float32] | None
    answer: str | None
    against: str
    probabilities: dict[str, float]
    known: float
    truth: str | None = None
    sentences: tuple[str, ...] = field(default=())

    @property
    def right(self) -> bool | None:
        """Whether the answer is the truth; None where that is not known."""
        return None if self.truth is None else self.answer == self.truth

    @property
    def headline(self) -> str:
        """The answer in a few words, drawable."""
        if self.answer is None:
            return "none of these"
        return f"{self.drawn(self.answer)}  {percent(self.probabilities[self.answer])}"

    def drawn(self, label: str) -> str:
        """A class's name, or "class N" where no font can draw it."""
        return fonts.drawable(label, f"class {list(self.probabilities).index(label) + 1}")


def keep_small(picture: NDArray[np.uint8], box: Box) -> tuple[NDArray[np.uint8], Box, NDArray[np.uint8], Box]:
    """The whole picture and the part around the box, both no larger than they are drawn.

    Args:
        picture: ``uint8 (H, W, 4)``.
        box: Where the network looked.

    Returns:
        ``whole``, ``whole_box``, ``near`` and ``near_box`` of an :class:`ExplainedPicture`.
    """
    part, part_box = around(picture, box, NEAR)
    return (*_shrunk(picture, box), *_shrunk(part, part_box))


def explanation_page(path: str | os.PathLike[str], *, picture: ExplainedPicture, scale: float) -> None:
    """Draw one picture, its evidence, and its answer with the probabilities.

    Args:
        path: The PNG to write.
        picture: What to draw.
        scale: The evidence that is drawn in full colour, above 0.

    Raises:
        OutputError: The place cannot be written to.
    """
    width = 2 * style.MARGIN + 3 * PANEL + 2 * _PANEL_GAP
    panels = _panels(picture, scale)
    height = max(panel.shape[0] for panel in panels)
    right_column = style.MARGIN + PANEL + _PANEL_GAP + 60
    lines = _wrapped(picture.sentences, style.CAPTION_SIZE, width - style.MARGIN - right_column)
    bars = min(len(picture.probabilities), _BARS) * _BAR_STEP + (2 * _BAR_STEP)
    below = max(bars, (_LEGEND if picture.heat is not None else 0) + 24 * len(lines))
    note = fonts.drawable(picture.name, "picture")
    body = _HEADING + height + 36 + below
    wrong = picture.right is False
    title = shorten(picture.headline, style.TITLE_SIZE, width - 2 * style.MARGIN - (360 if wrong else 0))
    page = Page(width, page_height(body, note=note), title=title, note=note)
    top = body_top(note=note)
    if wrong and picture.truth is not None:
        _verdict(page, title, f"wrong: its folder says {picture.drawn(picture.truth)}")
    _draw_panels(page, top, height, panels, picture)
    top += _HEADING + height + 36
    _draw_bars(page, top, picture)
    if picture.heat is not None and picture.answer is not None:
        against, answer = picture.drawn(picture.against), picture.drawn(picture.answer)
        room = (width - style.MARGIN - right_column) / 2 - 10
        ends = [shorten(f"speaks for {name}", style.DETAIL_SIZE, room) for name in (against, answer)]
        legend(page, right_column, top, width - style.MARGIN - right_column, scale=scale,
               against=ends[0], in_favour=ends[1])  # fmt: skip
        top += _LEGEND
    for number, line in enumerate(lines):
        page.text(right_column, top + 15 + 24 * number, line, style.CAPTION_SIZE)
    page.save(path)


def explanation_sheet(
    path: str | os.PathLike[str],
    *,
    pictures: Sequence[ExplainedPicture],
    scale: float,
    title: str,
    note: str = "",
    columns: int = 4,
) -> None:
    """Draw many pictures with their evidence, each beside what the network saw; wrong ones are marked.

    Args:
        path: The PNG to write.
        pictures: At most :data:`MOST_ON_SHEET` are drawn, in the order given.
        scale: The evidence that is drawn in full colour, the same for all, above 0.
        title: At the top left.
        note: A line of small print under the title.
        columns: Pictures side by side, at least 1.

    Raises:
        OutputError: The place cannot be written to.
    """
    shown = pictures[:MOST_ON_SHEET]
    columns = max(1, min(columns, len(shown)))
    pair = 2 * _SMALL + _PAIR_GAP
    step_x, step_y = pair + style.MARGIN, _SMALL + _TEXT + style.GAP
    line = text_width(fonts.drawable(title, "Explained"), style.TITLE_SIZE)
    under = text_width(fonts.drawable(note, ""), style.NOTE_SIZE)
    needed = max(columns * step_x - style.MARGIN, min(max(line, under), _WIDEST))
    width = max(720, 2 * style.MARGIN + math.ceil(needed))
    body = _LEGEND + max(1, -(-len(shown) // columns)) * step_y
    page = Page(width, page_height(body, note=note), title=title, note=note, untitled="Explained")
    top = body_top(note=note)
    legend(page, style.MARGIN, top - 8, 320, scale=scale, against="against the answer",
           in_favour="for the answer")  # fmt: skip
    for place, picture in enumerate(shown):
        x, y = style.MARGIN + place % columns * step_x, top + _LEGEND + place // columns * step_y
        _draw_pair(page, x, y, picture, scale, place + 1)
    page.save(path)


def _shrunk(picture: NDArray[np.uint8], box: Box) -> tuple[NDArray[np.uint8], Box]:
    small = resized(picture, PANEL) if max(picture.shape[:2]) > PANEL else picture
    return np.array(small), scaled(box, picture, small)


def _panels(picture: ExplainedPicture, scale: float) -> list[NDArray[np.uint8]]:
    whole = resized(picture.whole, PANEL)
    return [
        outlined(whole, scaled(picture.whole_box, picture.whole, whole)),
        *_evidence(picture, scale, PANEL),
    ]


def _evidence(picture: ExplainedPicture, scale: float, size: int) -> list[NDArray[np.uint8]]:
    heat = picture.heat if picture.heat is not None else np.zeros((1, 1), np.float32)
    near = overlay(picture.near, heat, picture.near_box, scale=scale, size=size)
    return [near, overlay_seen(picture.seen, heat, scale=scale, size=size)]


def _draw_panels(
    page: Page, top: int, height: int, panels: Sequence[NDArray[np.uint8]], picture: ExplainedPicture
) -> None:
    words = ("the picture", "the evidence over it", "and over what the network saw")
    if picture.heat is None:
        words = ("the picture", "where the network looked", "what it saw")
    for number, (panel, heading) in enumerate(zip(panels, words, strict=True)):
        x = style.MARGIN + number * (PANEL + _PANEL_GAP)
        page.text(x, top + 14, heading, style.CAPTION_SIZE, style.QUIET)
        tall, wide = panel.shape[:2]
        y = top + _HEADING + (height - tall) // 2
        page.picture(x, y, panel)
        page.frame(x, y, wide, tall, style.LINE)


def _draw_bars(page: Page, top: int, picture: ExplainedPicture) -> None:
    """The most probable classes, each with its share; colours as in the evidence."""
    ordered = sorted(picture.probabilities.items(), key=lambda item: -item[1])
    x, room = style.MARGIN, 84
    for number, (label, share) in enumerate(ordered[:_BARS]):
        y = top + number * _BAR_STEP
        colour = style.FAINT
        if picture.answer is not None:
            colour = {picture.answer: style.ORANGE, picture.against: style.BLUE}.get(label, style.FAINT)
        name = shorten(picture.drawn(label), style.CAPTION_SIZE, room)
        page.text(x, y + 15, name, style.CAPTION_SIZE)
        width = max(1, round(share * 170))
        page.pen.rectangle((x + room + 8, y + 2, x + room + 8 + width, y + 17), fill=colour)
        page.text(x + room + 16 + width, y + 15, percent(share), style.DETAIL_SIZE, style.QUIET)
    y = top + min(len(ordered), _BARS) * _BAR_STEP
    if len(ordered) > _BARS:
        page.text(x, y + 14, f"and {len(ordered) - _BARS} more", style.DETAIL_SIZE, style.QUIET)
        y += _BAR_STEP
    known = f"known {picture.known:.2f}" + ("" if picture.answer else ", below 0.5")
    page.text(x, y + 14, known, style.DETAIL_SIZE, style.QUIET)


def _draw_pair(page: Page, x: int, y: int, picture: ExplainedPicture, scale: float, number: int) -> None:
    pair = 2 * _SMALL + _PAIR_GAP
    for place, small in enumerate(_evidence(picture, scale, _SMALL)):
        tall, wide = small.shape[:2]
        left = x + place * (_SMALL + _PAIR_GAP)
        corner = left + (_SMALL - wide) // 2, y + (_SMALL - tall) // 2
        page.picture(*corner, small)
        page.frame(*corner, wide, tall, style.LINE)
    colour = style.INK
    if picture.right is False:
        colour = style.WRONG
        page.frame(x, y, pair, _SMALL, style.WRONG, thick=4)
        _flag(page, x - 4, y - 4)
    line = shorten(picture.headline, style.CAPTION_SIZE, pair - 22)
    page.text(x, y + _SMALL + 22, line, style.CAPTION_SIZE, colour)
    if picture.right:
        page.text(x + pair, y + _SMALL + 22, "\N{CHECK MARK}", style.CAPTION_SIZE, style.BLUE, align=1.0)
    name = fonts.drawable(picture.name, f"picture {number}")
    detail = name if picture.truth is None or picture.right else f"{name}: {picture.drawn(picture.truth)}"
    page.text(x, y + _SMALL + 41, shorten(detail, style.DETAIL_SIZE, pair), style.DETAIL_SIZE, style.QUIET)


def _flag(page: Page, x: int, y: int) -> None:
    """A filled corner with the word; a cross would look like one of the marks."""
    width = round(text_width("wrong", style.DETAIL_SIZE, bold=True)) + 16
    page.pen.rectangle((x, y, x + width, y + 23), fill=style.WRONG)
    page.text(x + 8, y + 16, "wrong", style.DETAIL_SIZE, style.PAPER, bold=True)


def _verdict(page: Page, title: str, line: str) -> None:
    """In red after the title."""
    x = style.MARGIN + text_width(title, style.TITLE_SIZE) + 28
    shown = shorten(line, style.HEADING_SIZE, page.width - style.MARGIN - x)
    page.text(x, style.MARGIN + 22, shown, style.HEADING_SIZE, style.WRONG, bold=True)


def _wrapped(sentences: Sequence[str], size: int, room: float) -> list[str]:
    """Sentences cut into lines at spaces; each begins a line of its own."""
    lines: list[str] = []
    for sentence in sentences:
        line = ""
        for word in fonts.drawable(sentence, "").split():
            longer = f"{line} {word}" if line else word
            if line and text_width(longer, size) > room:
                lines.append(line)
                longer = word
            line = longer
        lines += [line] if line else []
    return lines
