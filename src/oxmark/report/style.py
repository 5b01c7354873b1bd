"""Colours and sizes that every picture shares: white, quiet, one blue, one orange.

Blue and orange are told apart with every common kind of colour blindness; what is wrong is marked by a
word as well. All sizes are in pixels of the finished picture.
"""

from __future__ import annotations

PAPER = "#ffffff"
INK = "#1f2328"
QUIET = "#667078"
FAINT = "#a7afb6"
LINE = "#d5dade"
GRID = "#eef0f2"
BLUE = "#1f6fb4"
ORANGE = "#d9730d"
WRONG = "#c92f1c"

MARGIN = 48
TITLE_SIZE = 28
HEADING_SIZE = 20
NOTE_SIZE = 17
CAPTION_SIZE = 15
DETAIL_SIZE = 13
TITLE_HEIGHT = 60  # from the top margin to the first thing below the title
NOTE_HEIGHT = 30  # one line of small print below it

CELL = 200  # largest side of a picture on a sheet
SMALLEST_CELL = 136  # so that a usual file name fits under it
GAP = 20
"""Space between two pictures of a sheet."""


def rgb(colour: str) -> tuple[int, int, int]:
    """Turn ``"#rrggbb"`` into three numbers in 0..255.

    Example:
        >>> rgb("#ff8000")
        (255, 128, 0)
    """
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def blend(colour: str, share: float) -> tuple[int, int, int]:
    """Mix ``colour`` onto white paper: ``share`` 0 gives white, 1 the colour itself.

    Example:
        >>> blend("#000000", 0.0), blend("#000000", 1.0)
        ((255, 255, 255), (0, 0, 0))
    """
    red, green, blue = (round(255 + (part - 255) * share) for part in rgb(colour))
    return red, green, blue
