"""Finding the mark: from the colours of a picture to ink on nothing.

A photograph has shadows, a scan has frames, a page has lines, a thumbnail has strokes a quarter of itself
wide. The steps, in order, in standard ONNX operators:

1. *Paper* (``paper.py``): how much darker than the paper around it each place is, whatever the colours.
2. *Noise*: as much as grain makes of the paper is no ink.
3. *Dust*: single pixels are no ink.
4. *Ruling*: what nearly a whole row or column shows is a line of the paper.
5. *Frames* (``frames.py``): what hangs together with the border is taken away, if a mark remains.
6. *Specks* (``frames.py``): what hangs together with the bulk of the ink stays, the rest goes.

Shapes: N pictures of h x w pixels.
"""

from __future__ import annotations

from oxmark.modelfile.builder import GraphBuilder
from oxmark.modelfile.frames import kept
from oxmark.modelfile.paper import darker_than_paper
from oxmark.modelfile.planes import CANVAS, clipped, mean_around, resized, sampled, strongest

NOISE_CANVAS = 48
"""Grain is measured in this many places each way."""
DEVIATIONS = 2.0
"""So many standard deviations of the grain are no ink."""
DEVIATION_OF_MEDIAN = 1.57
"""Standard deviation of normal noise by the median size of its difference to the mean of nine pixels:
1.4826 / sqrt(8 / 9), because a ninth of the pixel is in that mean."""
DUST_WINDOW = 7
"""Pixels each way around a place that are looked at for other ink."""
DUST, DUST_SLOPE = 0.09, 16.0
"""Ink with less around it than this share of the most goes, and stays whole from 1 / 16 above that."""
CELLS_IN_LINE, CELLS_RULED = 24, 22
"""A row or column has so many cells; as strong as this many of them have it, it is a line of the paper."""
LEAST_LEFT = 0.4
"""Ruling is taken away if the strongest place of what is left has this share of the strength before."""


def add_ink(b: GraphBuilder, colour: str) -> tuple[str, str]:
    """Add the operators from colours to ink.

    Args:
        b: The graph.
        colour: float32 ``(N, 3, h, w)``, 0..1, no transparency left.

    Returns:
        The names of the ink, float32 ``(N, 1, h, w)``, 0 (paper) to 1, and of the noise in it,
        float32 ``(N, 1, 1, 1)``: the standard deviation that paper would have without the noise step.
    """
    darker = darker_than_paper(b, colour)
    noise = _noise(b, darker)
    ink = clipped(b, b.op("Sub", darker, b.op("Mul", noise, b.float(DEVIATIONS))))
    ink = _without_dust(b, ink)
    unruled = _without_ruling(b, ink)
    return b.op("Mul", unruled, kept(b, unruled, ink)), noise


def _noise(b: GraphBuilder, darker: str) -> str:
    """Standard deviation of the grain, from the median of its size: float32 ``(N, 1, 1, 1)``, at least 0."""
    there, around = (sampled(b, plane, NOISE_CANVAS) for plane in (darker, mean_around(b, darker, 3)))
    grain = b.op("Abs", b.op("Sub", there, around))
    places = NOISE_CANVAS * NOISE_CANVAS
    flat = b.op("Reshape", grain, b.ints(0, 1, places))
    half = places // 2
    median = b.slice(b.top_k(flat, half), half - 1, half, 2)
    return b.op("Unsqueeze", b.op("Mul", median, b.float(DEVIATION_OF_MEDIAN)), b.ints(3))


def _without_dust(b: GraphBuilder, ink: str) -> str:
    """Ink without single pixels: what has little ink around it, measured by where most is."""
    around = mean_around(b, ink, DUST_WINDOW)
    most = b.op("Max", strongest(b, around), b.float(1e-3))  # not to divide by zero
    share = b.op("Div", around, most)
    gate = clipped(b, b.op("Mul", b.op("Sub", share, b.float(DUST)), b.float(DUST_SLOPE)))
    return b.op("Mul", ink, gate)


def _without_ruling(b: GraphBuilder, ink: str) -> str:
    """Ink without what nearly all of a row or a column has, unless hardly anything would remain."""
    shape = b.op("Shape", ink)
    batch_and_one = b.slice(shape, 0, 2, 0)
    height, width = b.slice(shape, 2, 3, 0), b.slice(shape, 3, 4, 0)
    cells = b.ints(CELLS_IN_LINE)
    rows = b.op("Concat", batch_and_one, height, cells, axis=0)
    columns = b.op("Concat", batch_and_one, cells, width, axis=0)
    across = b.op("Resize", ink, "", "", rows, mode="linear", antialias=1)  # (N, 1, h, cells)
    down = b.op("Resize", ink, "", "", columns, mode="linear", antialias=1)  # (N, 1, cells, w)
    lines = b.op("Max", _reached_by_most(b, across, 3), _reached_by_most(b, down, 2))
    without = clipped(b, b.op("Sub", ink, lines))
    return b.op("Where", _still_there(b, without, ink), without, ink)


def _reached_by_most(b: GraphBuilder, cells: str, axis: int) -> str:
    """What CELLS_RULED of CELLS_IN_LINE cells along an axis reach; the axis keeps one place."""
    weaker = CELLS_IN_LINE - CELLS_RULED
    return b.slice(b.top_k(cells, weaker + 1, axis=axis, smallest=True), weaker, weaker + 1, axis)


def _still_there(b: GraphBuilder, part: str, whole: str) -> str:
    """Whether a part has a place about as strong as the whole's strongest: bool ``(N, 1, 1, 1)``."""
    left, all_ = (strongest(b, resized(b, ink, 1, CANVAS)) for ink in (part, whole))
    return b.op("Greater", left, b.op("Mul", all_, b.float(LEAST_LEFT)))
