"""From the pen's positions to pixels, with exact distances and soft edges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from oxmark.data.draw.pen import Pen


@dataclass(frozen=True)
class Line:
    """One stroke as it lies on the page.

    Attributes:
        points: float64 ``(n, 2)``, pixels, n at least 1.
        radii: float64 ``(n,)``, half the width at each point, pixels.
    """

    points: np.ndarray
    radii: np.ndarray


def render(lines: Sequence[Line], pen: Pen, size: tuple[int, int]) -> np.ndarray:
    """Draw ``lines`` with ``pen`` on a white page.

    Args:
        lines: The strokes.
        pen: Gives the grey level and the tip.
        size: Width and height, pixels.

    Returns:
        uint8 ``(height, width)``, 255 is paper.
    """
    width, height = size
    page = np.full((height, width), 255, np.uint8)
    if not lines:
        return page
    points = np.concatenate([line.points for line in lines])
    reach = max(float(line.radii.max()) for line in lines) * 1.5 + 2
    left, top = np.maximum(np.floor(points.min(axis=0) - reach), 0).astype(int)
    right, bottom = np.minimum(np.ceil(points.max(axis=0) + reach), [width, height]).astype(int)
    if right <= left or bottom <= top:
        return page
    depth = np.full((bottom - top, right - left), 1.0, np.float32)
    for line in lines:
        _sink(depth, line, pen, np.array([left, top]) + 0.5)
    cover = np.clip(0.5 - depth, 0, 1)
    page[top:bottom, left:right] = np.rint(255 - cover * (255 - pen.ink))
    return page


def _sink(depth: np.ndarray, line: Line, pen: Pen, origin: np.ndarray) -> None:
    """Lower ``depth`` (float32 ``(h, w)``, signed distance to the ink, negative inside) to cover ``line``."""
    points = line.points - origin
    if len(points) == 1:
        points, radii = np.repeat(points, 2, axis=0), np.repeat(line.radii, 2)
    else:
        radii = line.radii
    rows, columns = depth.shape
    for start, end, first, last in zip(points[:-1], points[1:], radii[:-1], radii[1:], strict=True):
        reach = max(first, last) * 1.5 + 1.5
        low = np.floor(np.minimum(start, end) - reach).astype(int)
        high = np.ceil(np.maximum(start, end) + reach).astype(int) + 1
        x0, y0, x1, y1 = max(low[0], 0), max(low[1], 0), min(high[0], columns), min(high[1], rows)
        if x1 <= x0 or y1 <= y0:
            continue
        x = np.arange(x0, x1, dtype=np.float32)[None] - np.float32(start[0])
        y = np.arange(y0, y1, dtype=np.float32)[:, None] - np.float32(start[1])
        part = depth[y0:y1, x0:x1]
        if pen.tip == "square":
            np.minimum(part, _bar(x, y, end - start, (first + last) / 2, pen), out=part)
        else:
            np.minimum(part, _capsule(x, y, end - start, first, last), out=part)


def _capsule(x: np.ndarray, y: np.ndarray, way: np.ndarray, first: float, last: float) -> np.ndarray:
    """Distance to a round pen moved from the origin along ``way``, its radius going from first to last."""
    dx, dy = (np.float32(value) for value in way)
    t = np.clip((x * dx + y * dy) / max(dx * dx + dy * dy, np.float32(1e-6)), 0, 1)
    return np.asarray(np.hypot(x - t * dx, y - t * dy) - (np.float32(first) + t * np.float32(last - first)))


def _bar(x: np.ndarray, y: np.ndarray, way: np.ndarray, radius: float, pen: Pen) -> np.ndarray:
    """Distance to a rectangular tip moved from the origin along ``way``: a hexagon, cut by three strips."""
    dx, dy = (float(value) for value in way)
    cos, sin = float(np.cos(pen.angle)), float(np.sin(pen.angle))
    length = max(float(np.hypot(dx, dy)), 1e-6)
    far = np.full(np.broadcast_shapes(x.shape, y.shape), -np.inf, np.float32)
    for nx, ny in ((cos, sin), (-sin, cos), (-dy / length, dx / length)):
        tip = radius * (abs(nx * cos + ny * sin) + pen.flat * abs(ny * cos - nx * sin))
        shift = nx * dx + ny * dy
        strip = np.abs(x * np.float32(nx) + y * np.float32(ny) - np.float32(shift / 2))
        np.maximum(far, strip - np.float32(tip + abs(shift) / 2), out=far)
    return far
