"""Canvases, paper, ink, and how a mark lies on its picture.

Pictures under work are floats (H, W, 3), 0..1; `finished` makes them uint8.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .strokes import Plane, Trace, bounds, coverage, placed

Picture = NDArray[np.floating[Any]]
Pixels = NDArray[np.uint8]
Colour = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Mark:
    """A mark on its canvas.

    Attributes:
        alpha: The share of ink in every pixel: float32 (H, W), 0..1.
        box: Left, top, right and bottom of the lines' middles, in pixels.
        width: The line's width in pixels.
    """

    alpha: Plane
    box: tuple[float, float, float, float]
    width: float

    @property
    def size(self) -> float:
        """The longer side of the mark, in pixels."""
        return max(self.box[2] - self.box[0], self.box[3] - self.box[1])

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of the canvas."""
        return self.alpha.shape[0], self.alpha.shape[1]


def canvas(
    rng: np.random.Generator, low: int = 100, high: int = 1400, median: int = 380, stretch: float = 0.35
) -> tuple[int, int]:
    """Returns a random height and width, about `median`, sides within low..high."""
    side = median * np.exp(rng.normal(0, 0.45))
    ratio = np.exp(rng.uniform(-stretch, stretch) * rng.choice([0.1, 1.0]))
    height, width = side * np.sqrt(ratio), side / np.sqrt(ratio)
    return int(np.clip(height, low, high)), int(np.clip(width, low, high))


def put(
    traces: Sequence[Trace],
    rng: np.random.Generator,
    shape: tuple[int, int] | None = None,
    fraction: tuple[float, float] = (0.4, 0.85),
    width: tuple[float, float] = (0.03, 0.1),
    least: float = 1.3,
) -> Mark:
    """Draws a mark of random size somewhere on a canvas, whole inside it.

    Args:
        traces: The mark, in mark units.
        rng: The source of all chances.
        shape: Height and width of the canvas; random where left out.
        fraction: The mark's longer side as a share of the canvas's shorter side.
        width: The line's width as a share of the mark's longer side.
        least: The least line width in pixels.
    """
    shape = shape or canvas(rng)
    size = min(shape) * rng.uniform(*fraction)
    pen = max(least, size * float(np.exp(rng.uniform(*np.log(width)))))
    size = min(size, min(shape) - 1.6 * pen - 2)
    low, high = bounds(placed(traces, size, (0.0, 0.0)))
    half = (high - low) / 2 + pen * 0.75 + 1
    spare = np.maximum(np.array([shape[1], shape[0]]) / 2 - half, 0)
    offset = spare * (rng.beta(2, 2, size=2) * 2 - 1)
    return put_at(traces, shape, size, (shape[1] / 2 + offset[0], shape[0] / 2 + offset[1]), pen)


def put_at(
    traces: Sequence[Trace], shape: tuple[int, int], size: float, centre: tuple[float, float], pen: float
) -> Mark:
    """Draws a mark of `size` pixels about `centre` (x, y) with a line of `pen` pixels."""
    on = placed(traces, size, centre)
    low, high = bounds(on)
    box = (float(low[0]), float(low[1]), float(high[0]), float(high[1]))
    return Mark(coverage(on, pen, shape), box, pen)


def field(rng: np.random.Generator, shape: tuple[int, int], cells: float) -> Plane:
    """Returns a smooth random field (H, W), about unit deviation, `cells` bumps along the longer side."""
    cell = max(shape) / cells
    grid = rng.normal(size=(int(shape[0] / cell) + 3, int(shape[1] / cell) + 3)).astype(np.float32)
    image = Image.fromarray(grid).resize(
        (shape[1], shape[0]),
        Image.Resampling.BICUBIC,
        box=(0.5, 0.5, 0.5 + shape[1] / cell, 0.5 + shape[0] / cell),
    )
    return np.asarray(image, dtype=np.float32) * 1.3


def grain(rng: np.random.Generator, shape: tuple[int, int], *channels: int) -> Picture:
    """Returns normal noise of unit deviation: (H, W) or (H, W, channels)."""
    return rng.standard_normal((*shape, *channels), dtype=np.float32)


def solid(shape: tuple[int, int], colour: Colour | Sequence[float] | float) -> Picture:
    """Returns a picture of one colour."""
    out = np.empty((*shape, 3), dtype=np.float32)
    out[:] = np.asarray(colour, dtype=np.float32)
    return out


def paper_colour(rng: np.random.Generator) -> Colour:
    """Returns the colour of ordinary paper: white, cream, greyish."""
    base = rng.choice([1.0, rng.uniform(0.88, 1.0)])
    tint = np.array([1.0, 1.0 - rng.uniform(0, 0.02), 1.0 - rng.uniform(0, 0.07)])
    return (base * tint if base < 1 else np.ones(3)).astype(np.float32)


def plain_paper(rng: np.random.Generator, shape: tuple[int, int]) -> Picture:
    """Returns ordinary white or off-white paper, half the time with faint noise."""
    paper = solid(shape, paper_colour(rng))
    if rng.random() < 0.5:
        paper += rng.uniform(0.003, 0.015) * grain(rng, shape)[..., None]
    return paper


INKS = {
    "black": ((0.0, 0.15), (0.0, 0.15), (0.0, 0.17)),
    "blue": ((0.0, 0.25), (0.05, 0.35), (0.45, 0.85)),
    "red": ((0.6, 0.9), (0.0, 0.2), (0.05, 0.25)),
    "green": ((0.0, 0.2), (0.35, 0.6), (0.1, 0.4)),
    "pencil": ((0.25, 0.45), (0.25, 0.45), (0.25, 0.47)),
    "brown": ((0.35, 0.5), (0.18, 0.3), (0.05, 0.2)),
    "violet": ((0.3, 0.5), (0.05, 0.25), (0.5, 0.75)),
}


def ink_colour(rng: np.random.Generator) -> Colour:
    """Returns the colour of an ordinary pen."""
    name = rng.choice(list(INKS), p=[0.36, 0.22, 0.1, 0.07, 0.15, 0.05, 0.05])
    return np.array([rng.uniform(*limits) for limits in INKS[name]], dtype=np.float32)


def textured_ink(alpha: Plane, rng: np.random.Generator) -> Plane:
    """Returns the ink as some pens leave it: even, grainy like pencil, or in uneven flow."""
    kind = rng.choice(["even", "even", "grainy", "flow"])
    if kind == "even":
        return alpha
    if kind == "flow":
        flow = field(rng, (alpha.shape[0], alpha.shape[1]), rng.uniform(8, 25))
        return np.asarray(alpha * np.clip(0.9 + 0.1 * flow, 0.65, 1))
    shape = alpha.shape[0], alpha.shape[1]
    tooth = field(rng, shape, max(shape) / rng.uniform(1.3, 2.2)) + 0.5 * field(rng, shape, max(shape) / 6)
    return np.asarray(alpha * np.clip(0.88 + rng.uniform(0.05, 0.2) * tooth - 0.25 * (1 - alpha), 0.4, 1))


def inked(paper: Picture, alpha: Plane, colour: Colour | Sequence[float] | float) -> Picture:
    """Returns the paper with ink of one colour laid over it, `alpha` (H, W) thick."""
    ink = np.asarray(colour, dtype=np.float32)
    return paper + alpha[..., None] * (ink - paper)


def finished(picture: Picture) -> Pixels:
    """Returns the picture as uint8 (H, W, 3)."""
    return np.asarray(np.clip(picture * 255 + 0.5, 0, 255), dtype=np.uint8)


def plainly(mark: Mark, rng: np.random.Generator) -> Picture:
    """Returns the mark in an ordinary pen on ordinary paper."""
    return inked(plain_paper(rng, mark.shape), textured_ink(mark.alpha, rng), ink_colour(rng))
