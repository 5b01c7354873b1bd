"""What belongs to the mark: not the frame around the picture, and not specks far from the mark.

Both follow ink from a start as far as it hangs together (grey reconstruction: Vincent, 1993,
doi:10.1109/83.217222), on a coarse canvas, whatever the picture's shape.

- *Frames*: from the border inwards. What is reached goes, if a mark remains; if none does, the mark itself
  touches the border, and only sides covered nearly from end to end are wiped.
- *Specks*: from where much ink is, outwards. What is not reached goes.

Shapes: N pictures of h x w pixels; cells are those of the canvas, CANVAS x CANVAS.
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
    resized_like,
    sampled,
    strongest,
)

EDGE = 1
"""Ink in so many outer cells touches the border."""
FRAME = 5
"""Ink this deep that ruling lost still leads to the rest of a frame; wiped sides are wiped this deep."""
RIM = 8
"""Outer cells that are not counted when it is judged whether a mark remains."""
SPREAD_STEPS = 96
"""How far, in cells, things that touch the border are followed into the picture."""
APART, APART_SLOPE = 0.3, 4.0
"""A cell stays whole from 0.55 of its ink unreached, goes below 0.3, and fades between."""
STRONG = 0.4
"""A cell counts if it has this share of the strongest cell's ink."""
LEAST_PART, LEAST_CELLS = 0.3, 4.0
"""A mark remains if more cells count than this share of those reached, and more than so many."""
COVERED = 0.8
"""A side is covered if this share of its length counts."""
LEAST_WIPED = 0.25
"""Covered sides are wiped if more than this share of the cells remains."""
BULK_WINDOW, BULK = 7, 0.4
"""Much ink is where the mean over so many cells each way has this share of the highest mean."""
SPECK_STEPS, SPECK_WINDOW = 20, 5
"""How often ink is followed from there, and over how many cells each way; gaps of a cell are stepped over."""


def kept(b: GraphBuilder, ink: str, ruled: str) -> str:
    """Add the operators that tell the mark from frames and specks.

    Args:
        b: The graph.
        ink: float32 ``(N, 1, h, w)``, 0..1.
        ruled: The same before ruling was taken away.

    Returns:
        What to multiply the ink by: float32 ``(N, 1, h, w)``, 0..1.
    """
    coarse = _coarse_ink(b, ink)
    apart = _apart_from_frames(b, coarse, _coarse_ink(b, ruled))
    gate = b.op("Mul", apart, _bulk(b, b.op("Mul", coarse, apart)))
    return resized_like(b, gate, ink)


def _coarse_ink(b: GraphBuilder, ink: str) -> str:
    """The strongest ink near each cell, grain smoothed: float32 ``(N, 1, CANVAS, CANVAS)``, 0..1.

    The longer side of a picture has at most five pixels a cell, so that five pixels each way miss no stroke.
    """
    return sampled(b, highest(b, mean_around(b, ink, 3), 5), CANVAS)


# --- frames -------------------------------------------------------------------------------------------------


def _apart_from_frames(b: GraphBuilder, coarse: str, ruled: str) -> str:
    """1 where ink does not hang together with the border, 0 where it does: ``(N, 1, CANVAS, CANVAS)``.

    Args:
        b: The graph.
        coarse: The coarse ink.
        ruled: The same before ruling was taken away.
    """
    edge = b.op("Mul", ruled, _outer(b, FRAME))
    whole = b.op("Max", coarse, edge)  # what ruling took from a frame still leads to the rest of it
    spread = b.op("Min", whole, _outer(b, EDGE))
    for _ in range(SPREAD_STEPS):
        spread = b.op("Min", highest(b, spread, 3), whole)
    spread = b.op("Min", spread, coarse)
    remains = b.op("Sub", coarse, spread)
    part = b.op("Div", remains, b.op("Max", coarse, b.float(1e-3)))  # not by zero
    apart = clipped(b, b.op("Mul", b.op("Sub", part, b.float(APART)), b.float(APART_SLOPE)))
    strong = b.op("Mul", strongest(b, coarse), b.float(STRONG))
    least = b.op("Mul", _cells(b, spread, strong), b.float(LEAST_PART))
    mark_apart = b.op("Greater", _cells(b, remains, strong), b.op("Max", least, b.float(LEAST_CELLS)))
    return b.op("Where", mark_apart, apart, _without_sides(b, coarse, whole, strong))


def _without_sides(b: GraphBuilder, coarse: str, whole: str, strong: str) -> str:
    """0 in sides covered nearly from end to end, else 1; 1 everywhere if the mark would go with them.

    Args:
        b: The graph.
        coarse: The coarse ink.
        whole: The same with the frames that ruling took.
        strong: What a cell needs to count, ``(N, 1, 1, 1)``.
    """
    unframed = b.op("Sub", b.float(1), _covered_sides(b, whole, strong))
    left = _cells(b, b.op("Mul", coarse, unframed), strong)
    least = b.op("Mul", _cells(b, coarse, strong), b.float(LEAST_WIPED))
    return b.op("Where", b.op("Greater", left, least), unframed, b.float(1))


def _covered_sides(b: GraphBuilder, coarse: str, strong: str) -> str:
    """1 in the outer FRAME cells of each side that is covered nearly from end to end, else 0."""
    sides = []
    for axis in (2, 3):
        for start in (0, CANVAS - FRAME):
            end = start + FRAME
            deepest = b.op("ReduceMax", b.slice(coarse, start, end, axis), b.ints(axis), keepdims=1)
            there = as_numbers(b, b.op("Greater", deepest, strong))
            share = b.op("ReduceMean", there, b.ints(2, 3), keepdims=1)
            covered = as_numbers(b, b.op("Greater", share, b.float(COVERED)))
            zone = np.zeros(CANVAS, np.float32)
            zone[start:end] = 1
            sides.append(b.op("Mul", covered, _along(b, zone, axis)))
    return b.op("Max", *sides)


def _cells(b: GraphBuilder, values: str, strong: str) -> str:
    """How many cells inside the rim are stronger: float32 ``(N, 1, 1, 1)``."""
    within = b.op("Sub", b.float(1), _outer(b, RIM))
    there = as_numbers(b, b.op("Greater", values, strong))
    return b.op("ReduceSum", b.op("Mul", there, within), b.ints(1, 2, 3), keepdims=1)


def _outer(b: GraphBuilder, cells: int) -> str:
    """1 in so many outer cells of every side, 0 inside: float32 ``(1, 1, CANVAS, CANVAS)``."""
    ends = np.ones(CANVAS, np.float32)
    ends[cells:-cells] = 0
    return b.op("Max", _along(b, ends, 2), _along(b, ends, 3))


def _along(b: GraphBuilder, values: npt.NDArray[np.float32], axis: int) -> str:
    """A constant that varies along axis 2 or 3: float32 ``(1, 1, CANVAS, 1)`` or ``(1, 1, 1, CANVAS)``."""
    return b.const(values.reshape((1, 1, -1, 1) if axis == 2 else (1, 1, 1, -1)))


# --- specks -------------------------------------------------------------------------------------------------


def _bulk(b: GraphBuilder, coarse: str) -> str:
    """What of the ink hangs together with places where much of it is: ``(N, 1, CANVAS, CANVAS)``, 0..1."""
    much = mean_around(b, coarse, BULK_WINDOW)
    enough = b.op("Mul", strongest(b, much), b.float(BULK))
    spread = b.op("Min", coarse, as_numbers(b, b.op("GreaterOrEqual", much, enough)))
    for _ in range(SPECK_STEPS):
        spread = b.op("Min", highest(b, spread, SPECK_WINDOW), coarse)
    return b.op("Div", spread, b.op("Max", coarse, b.float(1e-3)))  # not by zero
