"""The demo set: signs drawn by hands with habits, pens with widths, on white pages.

::

    chance.py    even quantiles for habits, smooth noise for movement
    pen.py       width, grey and tip of a pen
    hand.py      the habits of one person
    marks.py     how a hand makes an O and an X
    signs.py     ... and every other sign; the table of all
    stroke.py    from intended points to where the pen really went
    render.py    from there to pixels
    page.py      all of that for one drawing
    dataset.py   which hand draws which picture, and writing them
"""

from __future__ import annotations

from oxmark.data.draw.dataset import draw_dataset, draw_mark
from oxmark.data.draw.signs import SIGNS

__all__ = ["SIGNS", "draw_dataset", "draw_mark"]
