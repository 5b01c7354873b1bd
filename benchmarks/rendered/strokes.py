"""Pen traces, the hands that draw them, and their anti-aliased rasterisation.

A *trace* is a float array of shape (N, 3): x, y (y grows downwards) and the
pressure of the pen there (1 is the usual one; it scales the line's width).
Traces of a mark live in "mark units", about -1..1, until `placed` puts them
on a picture, in pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

Trace = NDArray[np.float64]
Plane = NDArray[np.floating[Any]]


def smooth_noise(rng: np.random.Generator, count: int, cells: float) -> NDArray[np.float64]:
    """Returns (count,) smooth random values of about unit deviation, with `cells` bumps."""
    knots = rng.normal(size=int(np.ceil(cells)) + 4)
    at = np.linspace(0.0, cells, count) + 1.0
    left = np.floor(at).astype(int)
    t = at - left
    a, b, c, d = (knots[left + k] for k in (-1, 0, 1, 2))
    return np.asarray(
        b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a))), dtype=np.float64
    )


def resampled(points: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """Returns (count, K) points evenly spaced along the polyline `points` (N, K)."""
    steps = np.hypot(*np.diff(points[:, :2], axis=0).T)
    along = np.concatenate([[0.0], np.cumsum(np.maximum(steps, 1e-9))])
    at = np.linspace(0.0, along[-1], count)
    return np.stack([np.interp(at, along, column) for column in points.T], axis=1)


def spline(controls: NDArray[np.float64], count: int = 80) -> NDArray[np.float64]:
    """Returns a (count, 2) Catmull-Rom curve through the control points (N, 2)."""
    padded = np.concatenate([2 * controls[:1] - controls[1:2], controls, 2 * controls[-1:] - controls[-2:-1]])
    at = np.linspace(0.0, len(controls) - 1 - 1e-9, count)
    left = np.floor(at).astype(int)
    t = (at - left)[:, None]
    a, b, c, d = (padded[left + k] for k in range(4))
    curve = b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)))
    return np.asarray(curve, dtype=np.float64)


def trace(points: NDArray[np.float64], pressure: float = 1.0, count: int = 90) -> Trace:
    """Returns the polyline `points` (N, 2) as an evenly sampled trace of constant pressure."""
    return resampled(np.column_stack([points, np.full(len(points), pressure)]), count)


def extended(points: Trace, length: float, bend: float, fade: float = 0.8) -> Trace:
    """Continues a trace past its end.

    Args:
        points: The trace.
        length: How far it goes on, in the trace's units.
        bend: How far the direction turns on the way, in radians.
        fade: The pressure at the new end, relative to the old end.
    """
    count = 30
    back = points[-1, :2] - points[-min(4, len(points)), :2]
    heading = np.arctan2(back[1], back[0]) + np.linspace(0.0, bend, count)
    steps = np.stack([np.cos(heading), np.sin(heading)], axis=1) * (length / count)
    pressure = points[-1, 2] * np.linspace(1.0, fade, count)
    return np.concatenate([points, np.column_stack([points[-1, :2] + np.cumsum(steps, axis=0), pressure])])


@dataclass(frozen=True)
class Hand:
    """How steadily somebody draws: all amplitudes are in mark units.

    Attributes:
        wobble: Slow deviations from the intended line.
        tremor: Quick deviations.
        shakes: Tremor bumps along one stroke.
        pressing: Deviation of the pressure along a stroke.
        taper: How much thinner a stroke starts and ends, 0..1.
    """

    wobble: float
    tremor: float = 0.0
    shakes: float = 25.0
    pressing: float = 0.12
    taper: float = 0.0


def random_hand(rng: np.random.Generator) -> Hand:
    """Returns one person's hand, from neat to hasty."""
    return Hand(
        wobble=float(rng.uniform(0.005, 0.035)),
        tremor=float(rng.choice([0.0, rng.uniform(0.0, 0.008)])),
        shakes=float(rng.uniform(12, 35)),
        pressing=float(rng.choice([0.0, rng.uniform(0.03, 0.2)])),
        taper=float(rng.choice([0.0, rng.uniform(0.0, 0.6)])),
    )


def by_hand(traces: Sequence[Trace], hand: Hand, rng: np.random.Generator) -> list[Trace]:
    """Returns the traces (mark units) as this hand would really draw them."""
    return [_one_by_hand(points, hand, rng) for points in traces]


def _one_by_hand(points: Trace, hand: Hand, rng: np.random.Generator) -> Trace:
    length = float(np.hypot(*np.diff(points[:, :2], axis=0).T).sum())
    count = int(np.clip(length * 40, 12, 260))
    out = resampled(points, count)
    slow, quick = max(1.0, length * 0.8), max(2.0, hand.shakes * length / 4)
    for axis in (0, 1):
        out[:, axis] += hand.wobble * smooth_noise(rng, count, slow)
        if hand.tremor:
            out[:, axis] += hand.tremor * smooth_noise(rng, count, quick)
    out[:, 2] *= np.clip(1 + hand.pressing * smooth_noise(rng, count, slow * 1.5), 0.5, 1.6)
    u = np.linspace(0.0, 1.0, count)
    start, end = rng.uniform(0.2, 1.0, size=2)
    out[:, 2] *= 1 - hand.taper * (start * np.exp(-u / 0.08) + end * np.exp((u - 1) / 0.12))
    return out


def turned(traces: Sequence[Trace], radians: float, slant: float = 0.0) -> list[Trace]:
    """Returns the traces slanted (x grows by slant * -y), then turned about the origin."""
    c, s = np.cos(radians), np.sin(radians)
    matrix = np.array([[c, -s], [s, c]]) @ np.array([[1.0, -slant], [0.0, 1.0]])
    return [np.column_stack([points[:, :2] @ matrix.T, points[:, 2]]) for points in traces]


def bounds(traces: Sequence[Trace]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Returns the lower and upper corner (x, y) of all traces together."""
    points = np.concatenate(traces)[:, :2]
    return points.min(axis=0), points.max(axis=0)


def placed(traces: Sequence[Trace], size: float, centre: tuple[float, float]) -> list[Trace]:
    """Returns the traces scaled to a longer side of `size` pixels about `centre` (x, y)."""
    low, high = bounds(traces)
    scale = size / max(float((high - low).max()), 1e-6)
    shift = np.asarray(centre) - scale * (low + high) / 2
    return [np.column_stack([points[:, :2] * scale + shift, points[:, 2]]) for points in traces]


def coverage(traces: Sequence[Trace], width: float, shape: tuple[int, int]) -> Plane:
    """Rasterises traces given in pixels, with round caps and soft edges.

    Args:
        traces: The traces, in pixels of the picture.
        width: The line's width in pixels where the pressure is 1.
        shape: Height and width of the picture.

    Returns:
        The share of every pixel that ink covers: float32 (H, W), 0..1.
    """
    full = np.zeros(shape, dtype=np.float32)
    low, high = bounds(traces)
    margin = width * 1.7 + 2
    left, top = (max(0, int(v - margin)) for v in low)
    right = min(shape[1], int(high[0] + margin) + 1)
    bottom = min(shape[0], int(high[1] + margin) + 1)
    if right <= left or bottom <= top:
        return full
    factor = 4 if width < 6 or max(right - left, bottom - top) < 200 else 2
    image = Image.new("L", ((right - left) * factor, (bottom - top) * factor))
    draw = ImageDraw.Draw(image)
    for points in traces:
        local = (points[:, :2] - (left, top)) * factor
        _draw(draw, local, points[:, 2] * width * factor)
    full[top:bottom, left:right] = np.asarray(image.reduce(factor), dtype=np.float32) / 255
    return full


def _draw(draw: ImageDraw.ImageDraw, points: NDArray[np.float64], widths: NDArray[np.float64]) -> None:
    """Draws one polyline of varying width: capsules with round ends."""
    radii = widths / 2
    normal = np.diff(points, axis=0)
    normal = np.stack([-normal[:, 1], normal[:, 0]], axis=1) / np.maximum(np.hypot(*normal.T), 1e-9)[:, None]
    start, end = normal * radii[:-1, None], normal * radii[1:, None]
    quads = np.concatenate(
        [points[:-1] + start, points[1:] + end, points[1:] - end, points[:-1] - start], axis=1
    )
    for quad in quads.tolist():
        draw.polygon(quad, fill=255)
    boxes = np.concatenate([points - radii[:, None], points + radii[:, None]], axis=1)
    for box in boxes.tolist():
        draw.ellipse(box, fill=255)


def calmer(hand: Hand, **changes: float) -> Hand:
    """Returns the hand with some of its habits changed."""
    return replace(hand, **changes)
