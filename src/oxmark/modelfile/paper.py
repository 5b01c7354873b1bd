"""What the paper looks like: from the colours of a picture to how much darker than its paper each place is.

1. *Usual colour*: the median of a wide window around each place, or the border's colour where that is surely
   the paper's.
2. *Brightness*: a weighted sum of channels, each turned so that ink is darker than what is usual there.
3. *Local paper*: grey closing (Serra, Image Analysis and Mathematical Morphology, 1982) with a window of a
   third of the picture follows light and shadow and passes over strokes.

Shapes: N pictures of h x w pixels; "side" is that of a coarse canvas.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from oxmark.modelfile.builder import GraphBuilder
from oxmark.modelfile.planes import (
    CANVAS,
    as_numbers,
    clipped,
    highest,
    mean_around,
    resized,
    resized_like,
    strongest,
    sum_of_channels,
)

Floats = npt.NDArray[np.float32]

USUAL_CANVAS = 32
"""Side of the canvas on which usual colours are looked for, coarser than the other one."""
USUAL_RIM = USUAL_CANVAS // 8
"""Outer cells of that canvas that are its rim."""
USUAL_WINDOWS = (17, 11)
"""Cells each way: a wide window passes over thick strokes, a narrower one follows the edges of shadows."""
LEVELS = 24
"""The median is known to about 1 / LEVELS."""
STEEPNESS = 8.0
"""A level counts half where half of the window exceeds it, and fully 1 / 16 of the window above that."""
RIM_IN_MEDIAN, RIM_IN_SKEW = 2.0, 0.003
"""What a cell of the rim counts beside one inside (1): more for what is usual, hardly for what is ink."""
SAME_COLOUR, SAME_SHARE = 0.15, 0.9
"""The border is even where this share of its cells differs from its median by less than that much."""
OTHER_COLOUR, MOST_COVERED = 0.5, 0.62
"""It is the paper's where less than this share of all cells differs from it by more than that much."""
LEAST_RANGE, LEAST_WEIGHT = 1e-4, 1e-3
"""Against division by zero in pictures of one colour, whose channels then count alike."""
PAPER_WINDOW = 21
"""Strokes up to this many cells of the canvas wide are not taken for paper."""
PAPER_SMOOTHING = 5
"""Cells each way over which the closed paper is averaged."""
DARKEST_PAPER = 0.1
"""Differences are not divided by less, lest grain in the dark become ink."""


def darker_than_paper(b: GraphBuilder, colour: str) -> str:
    """Add the operators from colours to what may be ink.

    Args:
        b: The graph.
        colour: float32 ``(N, 3, h, w)``, 0..1, no transparency left.

    Returns:
        By which share of the paper's brightness each place is darker than the paper around it: float32
        ``(N, 1, h, w)``, at most 1, a little below 0 where grain is brighter than the paper.
    """
    brightness = _brightness(b, colour)
    closed = _closed(b, resized(b, brightness, 1, CANVAS))
    local = resized_like(b, closed, brightness)
    return b.op("Div", b.op("Sub", local, brightness), b.op("Max", local, b.float(DARKEST_PAPER)))


def _brightness(b: GraphBuilder, colour: str) -> str:
    """A weighted sum of channels, each turned so that ink is darker than paper.

    A channel counts as much as ink and paper differ in it.

    Returns:
        float32 ``(N, 1, h, w)``, 0..1.
    """
    coarse = resized(b, colour, 3, USUAL_CANVAS)
    low = b.op("ReduceMin", coarse, b.ints(2, 3), keepdims=1)
    range_ = b.op("Sub", strongest(b, coarse), low)
    unit = b.op("Div", b.op("Sub", coarse, low), b.op("Max", range_, b.float(LEAST_RANGE)))
    skew = _skew(b, unit)
    size = b.op("Mul", b.op("Pow", b.op("Abs", skew), b.float(1 / 3)), range_)  # undoes the cube
    size = b.op("Add", size, b.float(LEAST_WEIGHT))
    weight = b.op("Div", size, b.op("ReduceSum", size, b.ints(1), keepdims=1))
    lighter = b.op("Greater", skew, b.float(0))
    # (1 - c) * w is (c - 1) * -w to the last bit, and needs no choice at every pixel
    offset, factor = as_numbers(b, lighter), b.op("Where", lighter, b.op("Neg", weight), weight)
    return sum_of_channels(b, b.op("Mul", b.op("Sub", colour, offset), factor))


def _skew(b: GraphBuilder, unit: str) -> str:
    """Whether ink is lighter (above 0) or darker than what is usual, and how much: float32 ``(N, 3, 1, 1)``.

    The mean cube of differences: strong ones, which are ink, outweigh many weak ones, which are light and
    grain. A wide window alone would see light in the corners of a shadow, so a difference counts as far as
    both windows agree on it. Where the border is surely paper, all differences are those to its colour.

    Args:
        b: The graph.
        unit: float32 ``(N, 3, side, side)``, 0..1, each channel stretched over the whole range.
    """
    wide, narrow = (b.op("Sub", unit, usual) for usual in _usual(b, unit))
    lighter = b.op("Min", b.op("Relu", wide), b.op("Relu", narrow))
    darker = b.op("Min", b.op("Relu", b.op("Neg", wide)), b.op("Relu", b.op("Neg", narrow)))
    differs = b.op("Sub", lighter, darker)  # as far as both windows agree
    inner = b.op("Mul", _cube(b, differs), b.const(_rim_weight(RIM_IN_SKEW)[None, None]))
    border, is_paper = _border_colour(b, unit)
    cubes = b.op("Where", is_paper, _cube(b, b.op("Sub", unit, border)), inner)
    return b.op("ReduceMean", cubes, b.ints(2, 3), keepdims=1)


def _cube(b: GraphBuilder, values: str) -> str:
    return b.op("Mul", values, b.op("Mul", values, values))


def _border_colour(b: GraphBuilder, unit: str) -> tuple[str, str]:
    """The colour of the outermost cells, and whether it is surely the paper's, each ``(N, 3, 1, 1)``.

    It is where it is the same all around and not too much of the picture differs from it: a mark as thick as
    a thumbnail's may, the paper inside a frame does.
    """
    last = USUAL_CANVAS - 1
    places = ((0, 1, 2), (last, last + 1, 2), (0, 1, 3), (last, last + 1, 3))
    sides = [b.slice(unit, *place) for place in places]
    ring = b.op("Concat", *(b.op("Reshape", side, b.ints(0, 3, -1)) for side in sides), axis=2)
    half = 2 * USUAL_CANVAS  # of four sides
    colour = b.slice(b.top_k(ring, half), half - 1, half, 2)  # the median
    same = b.op("Less", b.op("Abs", b.op("Sub", ring, colour)), b.float(SAME_COLOUR))
    even = b.op("ReduceMean", as_numbers(b, same), b.ints(2), keepdims=1)
    all_around = b.op("Greater", b.op("Unsqueeze", even, b.ints(3)), b.float(SAME_SHARE))
    colour = b.op("Unsqueeze", colour, b.ints(3))
    other = b.op("Greater", b.op("Abs", b.op("Sub", unit, colour)), b.float(OTHER_COLOUR))
    covered = b.op("ReduceMean", as_numbers(b, other), b.ints(2, 3), keepdims=1)
    return colour, b.op("And", all_around, b.op("Less", covered, b.float(MOST_COVERED)))


def _usual(b: GraphBuilder, unit: str) -> list[str]:
    """The median of a window around each cell, the rim counting more: what is there but ink.

    It is counted, for each of LEVELS levels, which share of the window exceeds it. The median exceeds as many
    levels as more than half of the window does. Both steps are soft, so that a small change of the picture
    makes a small change of the median.

    Args:
        b: The graph.
        unit: float32 ``(N, 3, side, side)``, 0..1.

    Returns:
        For each of USUAL_WINDOWS, the name of a float32 ``(N, 3, side, side)``, 0..1.
    """
    side, weight = USUAL_CANVAS, _rim_weight(RIM_IN_MEDIAN)
    levels = b.const(((np.arange(LEVELS) + 0.5) / LEVELS).astype(np.float32).reshape(1, 1, -1, 1, 1))
    above = b.op("Sub", b.op("Unsqueeze", unit, b.ints(2)), levels)  # (N, 3, LEVELS, side, side)
    soft = clipped(b, b.op("Add", b.op("Mul", above, b.float(LEVELS)), b.float(0.5)))
    weighted = b.op("Mul", soft, b.const(weight[None, None]))
    counted = b.op("Reshape", weighted, b.ints(0, 3 * LEVELS, side, side))
    usual = []
    for window in USUAL_WINDOWS:
        band = _band(window)
        sums = b.op("MatMul", b.op("MatMul", b.const(band), counted), b.const(band.T))  # rows, then columns
        whole = (band @ weight @ band.T) / np.float32(STEEPNESS)
        steep = b.op("Div", sums, b.const(whole[None, None]))  # the share that exceeds it, STEEPNESS times
        more = clipped(b, b.op("Sub", steep, b.float((STEEPNESS - 1) / 2)))  # 0.5 at half of the window
        planes = b.op("Reshape", more, b.ints(0, 3, LEVELS, side, side))
        usual.append(b.op("ReduceMean", planes, b.ints(2), keepdims=0))
    return usual


def _rim_weight(rim: float) -> Floats:
    """What each cell counts, ``(USUAL_CANVAS, USUAL_CANVAS)``: 1 inside, ``rim`` in the rim."""
    weight = np.full((USUAL_CANVAS, USUAL_CANVAS), rim, np.float32)
    weight[USUAL_RIM:-USUAL_RIM, USUAL_RIM:-USUAL_RIM] = 1
    return weight


def _band(window: int) -> Floats:
    """The matrix that takes the mean of ``window`` cells around each, those outside counting as zero."""
    cells = np.arange(USUAL_CANVAS)
    near = np.abs(np.subtract.outer(cells, cells)) <= window // 2
    return near.astype(np.float32) / np.float32(window)


def _closed(b: GraphBuilder, brightness: str) -> str:
    """Brightness of the paper, strokes closed over: float32 ``(N, 1, CANVAS, CANVAS)``, 0..1."""
    wide = highest(b, brightness, PAPER_WINDOW)
    narrow = b.op("Neg", highest(b, b.op("Neg", wide), PAPER_WINDOW))
    return mean_around(b, narrow, PAPER_SMOOTHING)
