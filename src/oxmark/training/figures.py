"""Figures of random strokes, as letters and signs are made: one kind of outlier.

Every figure is drawn with a round pen into a box with the recipe's margin, as the network sees marks. No kind
of figure is a class of anybody's by intention; what looks like a mark by chance is left out later.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

Array = npt.NDArray[np.float32]
Path = npt.NDArray[np.float64]

FINER = 2
"""Figures are drawn this many times larger, then averaged."""
WIDTHS = (0.045, 0.17)
"""Widths of a stroke, shares of the picture: those that the ink graph leaves, and a little beyond."""


def made_figures(count: int, size: int, margin: float, rng: np.random.Generator) -> Array:
    """Figures of random strokes.

    Args:
        count: How many.
        size: Side of each in pixels.
        margin: Empty border around the ink, as a fraction of its longer side.
        rng: Where the chance comes from.

    Returns:
        float32 ``(count, 1, size, size)``, values 0..1.
    """
    kinds = (*[_letter] * 3, *[_loop] * 2, *[_bent] * 2, *ONCE)
    figures = [_drawn(kinds[rng.integers(len(kinds))](rng), size, margin, rng) for _ in range(count)]
    return np.stack(figures)[:, None] if figures else np.zeros((0, 1, size, size), np.float32)


# --- strokes: lists of paths, float64 (n, 2), about -1..1 ---------------------------------------------------


def _letter(rng: np.random.Generator) -> list[Path]:
    """Straight and curved strokes between the places of a three by three grid, as letters are made."""
    grid = np.stack(np.meshgrid([-1, 0, 1], [-1, 0, 1]), axis=2).reshape(9, 2).astype(float)
    grid += rng.normal(0, 0.12, grid.shape)
    strokes: list[Path] = []
    at = int(rng.integers(9))
    for _ in range(int(rng.integers(2, 6))):
        if strokes and rng.random() < 0.4:
            at = int(rng.integers(9))
        to = int((at + rng.integers(1, 9)) % 9)
        bulge = 0.0 if rng.random() < 0.5 else rng.uniform(0.3, 1.1) * rng.choice([-1, 1])
        strokes.append(_bow(grid[at], grid[to], bulge))
        at = to
    return strokes


def _bow(start: Path, end: Path, bulge: float) -> Path:
    """A stroke that stands out sideways by ``bulge`` half lengths in its middle: an arc of an ellipse."""
    half = np.linspace(0, np.pi, 17)
    along, aside = (end - start) / 2, np.array([start[1] - end[1], end[0] - start[0]]) / 2
    return (start + end) / 2 - np.cos(half)[:, None] * along + np.sin(half)[:, None] * aside * bulge


def _loop(rng: np.random.Generator) -> list[Path]:
    """A ring that is closed or nearly so and one or two strokes that begin on it, as in many letters."""
    angle = np.linspace(0, 2 * np.pi * rng.uniform(0.75, 1.05), 24) + rng.uniform(0, 2 * np.pi)
    ring = np.stack([np.cos(angle), np.sin(angle)], axis=1) * rng.uniform(0.45, 0.9, 2)
    strokes = [ring]
    for _ in range(int(rng.integers(1, 3))):
        start = ring[rng.integers(len(ring))]
        end = start * rng.uniform(-0.6, 0.6, 2) + rng.uniform(-1.5, 1.5, 2)
        strokes.append(_bow(start, end, rng.normal(0, 0.4)))
    return strokes


def _bent(rng: np.random.Generator) -> list[Path]:
    """One stroke with one to three bends, round or sharp, as in u, v, s and z."""
    knots = int(rng.integers(3, 6))
    points = np.cumsum(rng.normal(0, 1, (knots, 2)), axis=0)
    return [_smooth(points) if rng.random() < 0.5 else points]


def _polygon(rng: np.random.Generator) -> list[Path]:
    """Three to seven corners, closed or not, one corner perhaps drawn in."""
    corners = int(rng.integers(3, 8))
    angle = rng.uniform(0, 2 * np.pi) + np.arange(corners) * 2 * np.pi / corners
    reach = np.where(rng.random(corners) < 0.3, rng.uniform(0.2, 0.7), 1.0)
    reach[0] *= rng.uniform(0.3, 1) if corners > 4 else 1
    points = np.stack([np.cos(angle), np.sin(angle)], axis=1) * reach[:, None]
    points += rng.normal(0, 0.1, points.shape)
    if rng.random() < 0.7 or corners == 3:
        points = np.concatenate([points, points[:1] + rng.normal(0, 0.05, (1, 2))])
    extra = [_bow(points[0], points[len(points) // 2], 0.0)] if rng.random() < 0.3 else []
    return [points, *extra]


def _wandering(rng: np.random.Generator) -> list[Path]:
    """One to three smooth curves through random places."""
    return [_smooth(rng.uniform(-1, 1, (int(rng.integers(3, 9)), 2))) for _ in range(int(rng.integers(1, 4)))]


def _smooth(points: Path) -> Path:
    """A Catmull-Rom curve through points (Catmull and Rom, 1974)."""
    ends = np.concatenate([points[:1], points, points[-1:]])
    t = np.linspace(0, 1, 9)[:, None]
    parts = []
    for p0, p1, p2, p3 in zip(ends[:-3], ends[1:-2], ends[2:-1], ends[3:], strict=True):
        cubic = 3 * p1 - p0 - 3 * p2 + p3
        parts.append(p1 + t / 2 * (p2 - p0 + t * (2 * p0 - 5 * p1 + 4 * p2 - p3 + t * cubic)))
    return np.concatenate(parts)


def _spokes(rng: np.random.Generator) -> list[Path]:
    """One arm, or three to six, out of one place or through it."""
    arms = int(rng.choice([1, 3, 3, 4, 5, 6]))
    angle = rng.uniform(0, np.pi) + np.arange(arms) * (np.pi / arms) * rng.choice([1.0, 2.0])
    angle = angle + rng.normal(0, 0.15, arms)
    ends = np.stack([np.cos(angle), np.sin(angle)], axis=1) * rng.uniform(0.6, 1, (arms, 1))
    through = -ends if rng.random() < 0.5 else np.zeros_like(ends)
    return [_bow(a, b, rng.normal(0, 0.1)) for a, b in zip(through, ends, strict=True)]


def _zigzag(rng: np.random.Generator) -> list[Path]:
    """To and fro."""
    turns = int(rng.integers(2, 12))
    points = np.stack([np.linspace(-1, 1, turns + 1), np.where(np.arange(turns + 1) % 2, -1, 1)], axis=1)
    points[:, 1] *= rng.uniform(0.2, 1)
    points += rng.normal(0, 0.12, points.shape)
    return [_smooth(points) if rng.random() < 0.5 else points]


def _coil(rng: np.random.Generator) -> list[Path]:
    """Round and round, inwards or along."""
    rounds = rng.uniform(1.8, 5)
    t = np.linspace(0, 1, int(rounds * 20))
    angle = rng.uniform(0, 2 * np.pi) + rng.choice([-1, 1]) * t * 2 * np.pi * rounds
    radius = 1 - rng.uniform(0.5, 1) * t
    points = np.stack([np.cos(angle), np.sin(angle)], axis=1) * radius[:, None]
    points[:, 0] += t * rng.choice([0.0, 0.0, 2.5])
    return [points]


def _several(rng: np.random.Generator) -> list[Path]:
    """Two to four small figures side by side, like a word."""
    strokes: list[Path] = []
    for number in range(int(rng.integers(2, 5))):
        figure = (_letter, _wandering, _zigzag)[rng.integers(3)](rng)
        strokes += [path * 0.6 + np.array([1.5 * number, rng.normal(0, 0.2)]) for path in figure]
    return strokes


ONCE = (_polygon, _wandering, _spokes, _zigzag, _coil, _several)
"""Kinds of figures of which there are fewer."""


def _drawn(strokes: list[Path], size: int, margin: float, rng: np.random.Generator) -> Array:
    """Strokes turned, stretched, brought to the box and drawn with a round pen: float32 ``(size, size)``."""
    turn, stretch = rng.normal(0, 0.25), np.exp(rng.normal(0, 0.2))
    cos, sin = np.cos(turn), np.sin(turn)
    matrix = np.array([[cos, -sin], [sin, cos]]) @ np.diag([stretch, 1 / stretch])
    paths = [path @ matrix.T for path in strokes]
    width = np.exp(rng.uniform(*np.log(WIDTHS))) * size * FINER
    points = np.concatenate(paths)
    low, high = points.min(axis=0), points.max(axis=0)
    room = size * FINER / (1 + 2 * margin) - width
    zoom = room / max(float((high - low).max()), 1e-6)
    picture = Image.new("L", (size * FINER, size * FINER))
    pen = ImageDraw.Draw(picture)
    for path in paths:
        places = (path - (low + high) / 2) * zoom + size * FINER / 2
        pen.line(places.ravel().tolist(), fill=255, width=round(width))
        for x, y in places if len(places) < 9 else places[:: len(places) - 1]:  # corners and ends are round
            pen.ellipse((x - width / 2, y - width / 2, x + width / 2, y + width / 2), fill=255)
    small = picture.resize((size, size), Image.Resampling.BOX)
    return np.asarray(small, np.float32) / np.float32(255)
