"""One drawing: a hand puts one sign on a page with one of its pens."""

from __future__ import annotations

import numpy as np

from oxmark.data.draw.chance import clipped
from oxmark.data.draw.hand import Hand
from oxmark.data.draw.pen import Pen, radii_along
from oxmark.data.draw.render import Line, render
from oxmark.data.draw.signs import MAKERS
from oxmark.data.draw.stroke import curve, move


def draw_page(
    sign: str, hand: Hand, pen: Pen, rng: np.random.Generator, page: tuple[float, float], scale: float = 1.0
) -> np.ndarray:
    """Draw one sign.

    Args:
        sign: One of :data:`SIGNS`.
        hand: Who draws.
        pen: With what.
        rng: Everything about this drawing that is not habit.
        page: Width and height of the page on which the hand moves, pixels.
        scale: Pixels of the picture per pixel of that page.

    Returns:
        uint8 ``(height, width)``, 255 is paper.
    """
    paths = [curve(stroke) for stroke in MAKERS[sign](hand, rng)]
    lines = []
    if paths:
        paths, size = _place(_lean(paths, hand, rng), hand, pen, rng, page)
        for path in paths:
            points = move(path, hand, size, rng) if len(path) > 1 else path
            steps = np.linalg.norm(np.diff(points, axis=0), axis=1)
            lines.append(Line(points * scale, np.maximum(radii_along(pen, steps, rng) * scale, 0.35)))
    return render(lines, pen, (round(page[0] * scale), round(page[1] * scale)))


def _lean(paths: list[np.ndarray], hand: Hand, rng: np.random.Generator) -> list[np.ndarray]:
    """Stretch, slant and turn a sign as this hand does."""
    aspect = float(np.clip(hand.aspect * np.exp(rng.normal(0, 0.09 * hand.care)), 0.5, 1.8)) ** 0.5
    slant = hand.slant + rng.normal(0, 0.05 * hand.care)
    tilt = hand.tilt + rng.normal(0, 0.06 * hand.care)
    cos, sin = np.cos(tilt), np.sin(tilt)
    matrix = (
        np.array([[cos, -sin], [sin, cos]]) @ np.array([[1, -slant], [0, 1]]) @ np.diag([aspect, 1 / aspect])
    )
    return [path @ matrix.T for path in paths]


def _place(
    paths: list[np.ndarray], hand: Hand, pen: Pen, rng: np.random.Generator, page: tuple[float, float]
) -> tuple[list[np.ndarray], float]:
    """Give a sign its size and place on the page; returns the paths and the longer side, both in pixels."""
    points = np.concatenate(paths)
    low, high = points.min(axis=0), points.max(axis=0)
    extent = np.maximum(high - low, 1e-6)
    room = np.maximum(np.array(page) * 0.97 - pen.width, 1)  # a pen may be wider than the page
    share = clipped(rng, hand.size, 0.08 * hand.care, 0.2, 0.93)
    size = min(max(share * page[1], 6.5 * pen.width), float((room * extent.max() / extent).min()))
    zoom = size / extent.max() if len(points) > 1 else 0.0
    middle = np.array(page) * (0.5 + np.array(hand.aside) + rng.normal(0, [0.03, 0.03]) * hand.care)
    if rng.random() < 0.12:
        middle = np.array(page) * rng.uniform(0.1, 0.9, 2)
    free = np.maximum((room - extent * zoom) / 2, 0)
    middle = np.clip(middle, np.array(page) / 2 - free, np.array(page) / 2 + free)
    return [(path - (low + high) / 2) * zoom + middle for path in paths], size
