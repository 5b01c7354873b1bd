"""The strokes of each sign that is neither mark, and the table of all signs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np

from oxmark.data.draw.chance import smooth_noise
from oxmark.data.draw.hand import Hand
from oxmark.data.draw.marks import cross, hooked, ring
from oxmark.data.draw.stroke import Stroke

Maker = Callable[[Hand, np.random.Generator], list[Stroke]]


def triangle(hand: Hand, rng: np.random.Generator) -> list[Stroke]:
    """Three corners, the top one seldom above the middle."""
    apex = rng.normal(hand.off[0], 0.12 * hand.care)
    return _figure([(apex, -1), (1, 0.85), (-1, 0.85)], hand, rng)


def square(hand: Hand, rng: np.random.Generator) -> list[Stroke]:
    """Four corners."""
    return _figure([(-1, -1), (1, -1), (1, 1), (-1, 1)], hand, rng)


def star(hand: Hand, rng: np.random.Generator) -> list[Stroke]:
    """Five points in one go, or for hands that lift the pen three strokes through the middle."""
    if hand.lifts:
        turn = hand.lean + rng.normal(0, 0.1)
        ends = [turn + np.pi / 3 * k + rng.normal(0, 0.1 * hand.care) for k in range(3)]
        return [_side((-np.sin(a), -np.cos(a)), (np.sin(a), np.cos(a)), hand, rng) for a in ends]
    angles = -np.pi / 2 + np.arange(6) * 4 * np.pi / 5
    corners = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    first = 3 if hand.upward[0] else 0
    corners = np.roll(corners[:5], -first, axis=0)
    return _figure([tuple(corner) for corner in corners], hand, rng, lifts=False)


def tick(hand: Hand, rng: np.random.Generator) -> list[Stroke]:
    """A short way down and a long way up."""
    low = (rng.normal(-0.35, 0.1 * hand.care), 0.9)
    start = (-1 + rng.normal(0, 0.12 * hand.care), rng.normal(0.25, 0.15 * hand.care))
    down, up = _side(start, low, hand, rng), _side(low, (1, rng.normal(-0.9, 0.15)), hand, rng)
    return [hooked(_chain([down, up], hand, rng), hand, rng)]


def line(hand: Hand, rng: np.random.Generator) -> list[Stroke]:
    """One stroke, lying, standing or leaning."""
    angle = rng.choice([0.0, np.pi / 2, 0.7, -0.7]) + rng.normal(0, 0.12 * hand.care)
    end = np.array([np.cos(angle), np.sin(angle)])
    return [hooked(_side(-end, end, hand, rng), hand, rng)]


def arrow(hand: Hand, rng: np.random.Generator) -> list[Stroke]:
    """A shaft and a head."""
    angle = rng.choice([0.0, 0.0, -np.pi / 2, np.pi, 0.8, -0.8]) + rng.normal(0, 0.15 * hand.care)
    way = np.array([np.cos(angle), np.sin(angle)])
    wings = []
    for side in (-1, 1):
        back = angle + side * rng.normal(2.5, 0.15 * hand.care)
        wings.append(way + rng.uniform(0.4, 0.75) * np.array([np.cos(back), np.sin(back)]))
    shaft = _side(-way, way + rng.normal(0, 0.03 * hand.care, 2), hand, rng)
    if hand.lifts:
        return [shaft, _side(way, wings[0], hand, rng), _side(way, wings[1], hand, rng)]
    return [shaft, _chain([_side(wings[0], way, hand, rng), _side(way, wings[1], hand, rng)], hand, rng)]


def heart(hand: Hand, rng: np.random.Generator) -> list[Stroke]:
    """Two bows that meet in a dent above and a tip below."""
    half = np.array([(0, -0.5), (0.3, -0.9), (0.75, -0.85), (0.95, -0.4), (0.65, 0.25), (0, 0.95)])
    right = half + rng.normal(0, 0.05 * hand.care, half.shape)
    left = half * (-1, 1) + rng.normal(0, 0.05 * hand.care, half.shape)
    soft = np.concatenate([[0.5], np.ones(4) - hand.corner * rng.uniform(0, 0.7, 4), [0.3]])
    if hand.lifts:
        return [Stroke(left, soft), Stroke(right, soft)]
    points = np.concatenate([left, right[-2::-1]])
    return [Stroke(points, np.concatenate([soft, soft[-2::-1]]))]


def wave(hand: Hand, rng: np.random.Generator) -> list[Stroke]:
    """Up and down and on to the right, rounded or as a zigzag."""
    turns = int(rng.integers(3, 8))
    x = np.linspace(-1, 1, turns + 1) + rng.normal(0, 0.05 * hand.care, turns + 1)
    y = np.where(np.arange(turns + 1) % 2, -1, 1) * rng.uniform(0.25, 0.6) * rng.normal(1, 0.15, turns + 1)
    soft = np.clip(1 - hand.corner * 1.3 + rng.normal(0, 0.1, turns + 1), 0, 1)
    return [Stroke(np.stack([x, y], axis=1), soft)]


def spiral(hand: Hand, rng: np.random.Generator) -> list[Stroke]:
    """Round and round, inwards or outwards."""
    rounds = rng.uniform(2, 3.6)
    t = np.linspace(0, 1, max(6, hand.knots) * 2)
    angle = hand.start + (1 if hand.clockwise else -1) * 2 * np.pi * rounds * t
    growth = 0.05 + 0.95 * t ** rng.uniform(0.7, 1.5)
    radius = growth * np.exp(0.1 * hand.care * smooth_noise(rng, len(t), 5))
    points = np.stack([np.cos(angle), np.sin(angle)], axis=1) * radius[:, None]
    points += t[:, None] * rng.normal(0, 0.12, 2)
    soft = 1 - hand.corner * rng.uniform(0, 0.6, len(t))
    return [Stroke(points[::-1] if hand.upward[1] else points, soft)]


def scribble(hand: Hand, rng: np.random.Generator) -> list[Stroke]:
    """A wild line: to and fro, in loops, or anywhere."""
    count = int(rng.integers(14, 40))
    t = np.linspace(0, 1, count)
    kind = rng.integers(3)
    if kind == 0:
        points = np.stack([2 * t - 1, np.where(np.arange(count) % 2, -0.8, 0.8)], axis=1)
        points += rng.normal(0, 0.16, points.shape)
    elif kind == 1:
        angle = t * 2 * np.pi * rng.uniform(3, 6)
        points = np.stack([np.cos(angle), np.sin(angle)], axis=1) * rng.uniform(0.35, 0.9, (count, 1))
        points[:, 0] += (2 * t - 1) * rng.uniform(0, 1.5)
    else:
        points = np.stack([smooth_noise(rng, count, 3), smooth_noise(rng, count, 3)], axis=1)
    return [Stroke(points, 1 - hand.corner * rng.uniform(0, 1, count))]


def blank(hand: Hand, rng: np.random.Generator) -> list[Stroke]:
    """An empty page, one in three times with the dot of a stray click."""
    del hand
    return [Stroke(np.zeros((1, 2)), np.ones(1))] if rng.random() < 1 / 3 else []


def _figure(
    corners: Sequence[Sequence[float]], hand: Hand, rng: np.random.Generator, lifts: bool | None = None
) -> list[Stroke]:
    """A closed figure, its last side ending near where the first began."""
    aim = np.array(corners) + rng.normal(0, 0.06 * hand.care, (len(corners), 2))
    if not hand.clockwise:
        aim = np.concatenate([aim[:1], aim[:0:-1]])
    past = np.clip(hand.overlap + rng.normal(0, 0.1 * hand.care), -0.3, 0.5) * 0.4
    last = aim[0] + past * (aim[0] - aim[-1]) / 2 + rng.normal(0, 0.06 * hand.care, 2)
    route = [*aim, last]
    sides = [_side(a, b, hand, rng) for a, b in pairwise(route)]
    if hand.lifts if lifts is None else lifts:
        shift = 0.05 * hand.care
        return [Stroke(side.points + rng.normal(0, shift, 2), side.soft) for side in sides]
    return [_chain(sides, hand, rng)]


def _side(
    start: Sequence[float] | np.ndarray,
    end: Sequence[float] | np.ndarray,
    hand: Hand,
    rng: np.random.Generator,
) -> Stroke:
    """A line that is meant to be straight."""
    a, b = np.asarray(start, float), np.asarray(end, float)
    t = np.array([0, rng.uniform(0.2, 0.45), rng.uniform(0.55, 0.8), 1])
    bow = 0.4 * hand.bend[0] + rng.normal(0, 0.05 * hand.care)
    aside = bow * 2 * t * (1 - t) + rng.normal(0, 0.03 * hand.care) * np.sin(2 * np.pi * t)
    way = b - a
    points = a + t[:, None] * way + aside[:, None] * np.array([way[1], -way[0]])
    return Stroke(points, 1 - hand.corner * rng.uniform(0, 0.7, 4))


def _chain(sides: Sequence[Stroke], hand: Hand, rng: np.random.Generator) -> Stroke:
    """Sides drawn without lifting the pen; the corners between them are as round as the hand is."""
    points, soft = [sides[0].points], [sides[0].soft]
    for side in sides[1:]:
        points.append(side.points[1:])
        soft[-1] = np.concatenate([soft[-1][:-1], [rng.uniform(0, 0.8) * (1 - hand.corner)]])
        soft.append(side.soft[1:])
    return Stroke(np.concatenate(points), np.concatenate(soft))


# A sign's place in this table is part of its randomness: add new ones at the end.
MAKERS: dict[str, Maker] = {
    "O": ring,
    "X": cross,
    "triangle": triangle,
    "square": square,
    "tick": tick,
    "line": line,
    "star": star,
    "scribble": scribble,
    "blank": blank,
    "arrow": arrow,
    "heart": heart,
    "wave": wave,
    "spiral": spiral,
}
SIGNS: tuple[str, ...] = tuple(MAKERS)
