"""Drawings that are neither O nor X: letters, figures, faces, scribbles, and pictures of nothing at all."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .glyphs import GLYPHS, glyph
from .media import Colour, Pixels, canvas, field, finished, grain, plainly, put
from .signs import cross_traces, loop_traces, random_cross, random_loop
from .strokes import Trace, by_hand, calmer, random_hand, smooth_noise, spline, trace, turned

Points = Sequence[tuple[float, float]]


def shown(traces: list[Trace], rng: np.random.Generator) -> Pixels:
    """Returns the traces as a person would draw them, in ordinary ink on ordinary paper."""
    traces = by_hand(traces, random_hand(rng), rng)
    return finished(plainly(put(traces, rng, width=(0.025, 0.08)), rng))


def _loose(points: Points, rng: np.random.Generator, loose: float = 0.06) -> np.ndarray:
    array = np.array(points, dtype=np.float64)
    return array + rng.normal(0, loose, size=array.shape)


def _straight(rng: np.random.Generator, *strokes: Points) -> list[Trace]:
    return [trace(_loose(points, rng)) for points in strokes]


def _moved(stroke: Trace, right: float, down: float) -> Trace:
    return np.asarray(stroke + np.array([right, down, 0.0]))


def _closed(points: np.ndarray, rng: np.random.Generator) -> Trace:
    """Returns the polygon through points (N, 2), closed about as well as people close it."""
    return trace(np.concatenate([points, points[:1] + rng.normal(0, 0.03, size=(1, 2))]))


def letter(rng: np.random.Generator) -> Pixels:
    """A letter or a digit."""
    name = list(GLYPHS)[rng.integers(len(GLYPHS))]
    return shown(turned(glyph(name, rng), rng.normal(0, 0.1), rng.normal(0, 0.12)), rng)


def triangle(rng: np.random.Generator) -> Pixels:
    """A triangle, on its base or on its tip."""
    points = _loose([(-1, 0.8), (0, -0.9), (1, 0.8)], rng, 0.12)
    return shown(turned([_closed(points, rng)], float(rng.choice([0, np.pi, rng.normal(0, 0.3)]))), rng)


def square(rng: np.random.Generator) -> Pixels:
    """A square or a rectangle with clear corners."""
    ratio = rng.uniform(0.6, 1.0)
    points = _loose([(-1, -ratio), (1, -ratio), (1, ratio), (-1, ratio)], rng, 0.05)
    return shown(turned([_closed(points, rng)], rng.normal(0, 0.08)), rng)


def star(rng: np.random.Generator) -> Pixels:
    """A five-pointed star, drawn in one go or as an outline."""
    step = int(rng.choice([4, 1]))
    angle = -np.pi / 2 + np.arange(10) * np.pi / 5 if step == 1 else -np.pi / 2 + np.arange(5) * 4 * np.pi / 5
    radius = np.where(np.arange(10) % 2, rng.uniform(0.38, 0.5), 1.0) if step == 1 else np.ones(5)
    points = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1) + rng.normal(
        0, 0.05, (len(angle), 2)
    )
    return shown([_closed(points, rng)], rng)


def tick(rng: np.random.Generator) -> Pixels:
    """A tick."""
    return shown(_straight(rng, [(-0.9, 0.1), (-0.4, 0.8), (rng.uniform(0.6, 1.2), -0.9)]), rng)


def line(rng: np.random.Generator) -> Pixels:
    """One line, straight or slightly bent, in any direction."""
    points = spline(np.array([(-1, 0), (0, rng.normal(0, 0.12)), (1, 0)]))
    return shown(turned([trace(points)], rng.uniform(0, np.pi)), rng)


def asterisk(rng: np.random.Generator) -> Pixels:
    """Three or four strokes through one point."""
    count = int(rng.integers(3, 5))
    angles = rng.uniform(0, np.pi) + np.arange(count) * np.pi / count + rng.normal(0, 0.06, count)
    long = rng.uniform(0.85, 1.1, size=(count, 2))
    strokes = [
        [(-a * np.cos(t), -a * np.sin(t)), (b * np.cos(t), b * np.sin(t))]
        for t, (a, b) in zip(angles, long, strict=True)
    ]
    return shown(_straight(rng, *strokes), rng)


def arrow(rng: np.random.Generator) -> Pixels:
    """An arrow in any direction."""
    tip = rng.uniform(0.35, 0.5)
    strokes = _straight(rng, [(-1, 0), (1, 0)], [(1 - tip, -tip * 0.8), (1, 0), (1 - tip, tip * 0.8)])
    return shown(turned(strokes, rng.uniform(0, 2 * np.pi)), rng)


def heart(rng: np.random.Generator) -> Pixels:
    """A heart."""
    t = np.linspace(0.02, 2 * np.pi - 0.02, 120)
    x = 16 * np.sin(t) ** 3
    y = -(13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t))
    return shown(turned([trace(np.stack([x, y], axis=1) / 16)], rng.normal(0, 0.12)), rng)


def wave(rng: np.random.Generator) -> Pixels:
    """A wavy or zigzag line."""
    t = np.linspace(0, rng.uniform(1.5, 4) * 2 * np.pi, 160)
    up = np.sin(t) if rng.random() < 0.6 else 2 / np.pi * np.arcsin(np.sin(t))
    points = np.stack([np.linspace(-1, 1, 160), up * rng.uniform(0.15, 0.4)], axis=1)
    return shown(turned([trace(points, count=160)], rng.normal(0, 0.3)), rng)


def spiral(rng: np.random.Generator) -> Pixels:
    """A spiral of two to four turns."""
    turns = rng.uniform(2.0, 4.0)
    t = np.linspace(0.05, 1, 240)
    angle = t * turns * 2 * np.pi * rng.choice([-1, 1]) + rng.uniform(0, 6.3)
    return shown([trace(np.stack([t * np.cos(angle), t * np.sin(angle)], axis=1), count=240)], rng)


def house(rng: np.random.Generator) -> Pixels:
    """A house: walls, roof, a door or a window."""
    walls: Points = [(-0.8, 1), (-0.8, -0.1), (0.8, -0.1), (0.8, 1), (-0.8, 1)]
    roof: Points = [(-1, -0.1), (0, -1), (1, -0.1)]
    door: Points = [(-0.2, 1), (-0.2, 0.4), (0.2, 0.4), (0.2, 1)]
    return shown(_straight(rng, walls, roof, door), rng)


def face(rng: np.random.Generator) -> Pixels:
    """A round face with eyes and mouth."""
    head = loop_traces(random_loop(rng, tails=((0.0, 0.0), (0.0, 0.0))), rng)
    mouth = spline(_loose([(-0.4, 0.3), (0, 0.3 + rng.uniform(-0.2, 0.3)), (0.4, 0.3)], rng, 0.03))
    eyes = [turned(loop_traces(random_loop(rng), rng), 0.0)[0] * (0.1, 0.1, 1) for _ in range(2)]
    left, right = (_moved(eye, x, -0.3) for eye, x in zip(eyes, (-0.33, 0.33), strict=True))
    return shown([*head, trace(mouth), left, right], rng)


def circled_x(rng: np.random.Generator) -> Pixels:
    """An X inside an O."""
    inner = rng.uniform(0.45, 0.75)
    cross = [stroke * (inner, inner, 1) for stroke in cross_traces(random_cross(rng), rng)]
    return shown([*loop_traces(random_loop(rng, aspect=rng.uniform(0.8, 1.25)), rng), *cross], rng)


def two_marks(rng: np.random.Generator) -> Pixels:
    """Two marks side by side, one above the other, or overlapping at their corners."""
    apart = rng.uniform(1.7, 2.6) * np.array([(1, 0.1), (0.1, 1), (0.75, 0.75)][rng.integers(3)])
    strokes: list[Trace] = []
    for place in (-apart / 2, apart / 2):
        aspect = rng.uniform(0.8, 1.2)
        one = loop_traces(random_loop(rng, aspect=aspect), rng)
        other = cross_traces(random_cross(rng, aspect=aspect), rng)
        strokes += [_moved(stroke, *place) for stroke in (one if rng.random() < 0.5 else other)]
    return shown(strokes, rng)


def scribble(rng: np.random.Generator) -> Pixels:
    """A dense scribble: back and forth, or round and round."""
    if rng.random() < 0.5:
        count = int(rng.integers(8, 18))
        x = np.linspace(-1, 1, count) + rng.normal(0, 0.1, count)
        y = np.where(np.arange(count) % 2, 1, -1) * rng.uniform(0.4, 1.0, count)
        return shown(turned([trace(np.stack([x, y], axis=1), count=260)], rng.uniform(0, 3.1)), rng)
    t = np.linspace(0, rng.uniform(4, 8) * 2 * np.pi, 300)
    points = [s * np.interp(t, t, 0.6 + 0.3 * smooth_noise(rng, 300, 12)) for s in (np.cos(t), np.sin(t))]
    drift = np.stack([smooth_noise(rng, 300, 5), smooth_noise(rng, 300, 5)], axis=1) * 0.35
    return shown([trace(np.stack(points, axis=1) + drift, count=300)], rng)


def word(rng: np.random.Generator) -> Pixels:
    """Three to six small letters, joined by their nearness."""
    names = [name for name in GLYPHS if name.islower() and name.isascii()]
    strokes: list[Trace] = []
    for number in range(int(rng.integers(3, 7))):
        right = (number + rng.normal(0, 0.04)) * 1.7
        strokes += [_moved(stroke, right, 0.0) for stroke in glyph(names[rng.integers(len(names))], rng)]
    strokes = [stroke * (0.3, 0.3, 1) for stroke in strokes]
    hand = calmer(random_hand(rng), wobble=0.01)
    mark = put(by_hand(strokes, hand, rng), rng, fraction=(0.6, 0.9), width=(0.012, 0.03))
    return finished(plainly(mark, rng))


def doodle(rng: np.random.Generator) -> Pixels:
    """Random smooth curves, open and closed, that make no sign."""
    strokes = []
    for _ in range(int(rng.integers(3, 6))):
        points = _eight(rng) if rng.random() < 0.35 else _meander(rng)
        strokes.append(trace(points * rng.uniform(0.4, 1.0) + rng.uniform(-0.7, 0.7, size=2), count=200))
    return shown(strokes, rng)


def _meander(rng: np.random.Generator) -> np.ndarray:
    """Returns a smooth open curve (200, 2) that keeps changing its direction."""
    heading = rng.uniform(0, 6.3) + 2.2 * smooth_noise(rng, 200, rng.uniform(3, 6))
    walk = np.cumsum(np.stack([np.cos(heading), np.sin(heading)], axis=1), axis=0)
    return np.asarray((walk - walk.mean(axis=0)) / max(float(np.abs(walk - walk.mean(axis=0)).max()), 1e-6))


def _eight(rng: np.random.Generator) -> np.ndarray:
    """Returns a smooth closed curve (200, 2) that crosses itself."""
    t = np.linspace(0, 2 * np.pi, 200)
    first, second = rng.permutation([1, 2, 3])[:2]
    x, y = np.sin(first * t + rng.uniform(0, 6.3)), np.sin(second * t + rng.uniform(0, 6.3))
    return np.stack([x, y], axis=1)


def photo_like(rng: np.random.Generator) -> Pixels:
    """Smooth coloured areas with soft and sharp edges, like a photograph of anything."""
    shape = canvas(rng, median=260)
    muted = rng.uniform(0.15, 1.0)
    colours = _colours(rng, 12, muted)
    mix = np.clip(0.5 + 0.4 * field(rng, shape, 2), 0, 1)[..., None]
    picture = colours[0] * (1 - mix) + colours[1] * mix
    for colour in colours[2 : 2 + int(rng.integers(3, 9))]:
        level = field(rng, shape, rng.uniform(1.5, 6)) - np.float32(rng.uniform(0.3, 1.2))
        inside = 1 / (1 + np.exp(-np.clip(level * np.float32(rng.choice([3, 15, 60])), -30, 30)))[..., None]
        shade = np.clip(1 + 0.25 * field(rng, shape, 3), 0.4, 1.5)[..., None]
        picture = picture * (1 - inside) + inside * colour * shade
    return finished(np.asarray(picture + 0.02 * grain(rng, shape)[..., None], dtype=np.float32))


def _colours(rng: np.random.Generator, count: int, muted: float) -> Colour:
    """Returns (count, 3) colours, all the greyer the smaller `muted` (0..1) is."""
    colours = rng.random((count, 3))
    grey = colours.mean(axis=1, keepdims=True)
    return np.asarray(grey + muted * (colours - grey), dtype=np.float32)
