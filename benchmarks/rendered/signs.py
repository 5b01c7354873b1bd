"""The shapes of O and X as people draw them, from neat to careless."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .strokes import Hand, Trace, by_hand, extended, random_hand, resampled, trace, turned


@dataclass(frozen=True)
class Loop:
    """An O: one closed, or nearly closed, stroke.

    Attributes:
        aspect: Width over height.
        power: Exponent of the superellipse: 2 round, 4 squarish, 1.5 pointed at four sides.
        egg: How much fatter one end is than the other, in the direction `egg_at`.
        egg_at: Direction of the fat end, in radians.
        point: Height of a point at the start of the stroke, as a share of the radius.
        lumps: Amplitude of the irregularities of two to five bumps.
        start: Angle where the pen starts, in radians.
        gap: Missing part of the turn in degrees; negative is an overlap.
        drift: How much further out the end lies than the start, as a share of the radius.
        flare: How far both ends bend outwards, as a share of the radius.
        clockwise: The direction of drawing.
        slant: Shear to the right.
        turn: Turn of the whole mark, in radians.
        tails: Length and bend (radians, positive outwards) of a tail at the start and at the end.
    """

    aspect: float = 1.0
    power: float = 2.0
    egg: float = 0.0
    egg_at: float = 0.0
    point: float = 0.0
    lumps: float = 0.02
    start: float = 0.0
    gap: float = 0.0
    drift: float = 0.0
    flare: float = 0.0
    clockwise: bool = False
    slant: float = 0.0
    turn: float = 0.0
    tails: tuple[tuple[float, float], tuple[float, float]] = ((0.0, 0.0), (0.0, 0.0))


@dataclass(frozen=True)
class Cross:
    """An X: two strokes that cross.

    Attributes:
        aspect: Width over height.
        turn: Turn of the whole mark, in radians.
        slant: Shear to the right.
        arms: Lengths of the four arms from the crossing: of the falling stroke
            (upper left, lower right), then of the rising one (upper right, lower left).
        bows: How far the middle of either stroke bulges sideways, in mark units.
        sways: How far either stroke is S-shaped, in mark units.
        opening: Change of the angle between the strokes, in radians.
        hooks: Length and bend of a hook at the end of either stroke.
        joined: Pressure of a connecting curve between the strokes; 0 is none.
        join_bulge: How far that curve bulges outwards, in mark units.
    """

    aspect: float = 1.0
    turn: float = 0.0
    slant: float = 0.0
    arms: tuple[float, float, float, float] = (1.0, 1.0, 1.0, 1.0)
    bows: tuple[float, float] = (0.0, 0.0)
    sways: tuple[float, float] = (0.0, 0.0)
    opening: float = 0.0
    hooks: tuple[tuple[float, float], tuple[float, float]] = ((0.0, 0.0), (0.0, 0.0))
    joined: float = 0.0
    join_bulge: float = 0.0


def random_loop(rng: np.random.Generator, **changes: Any) -> Loop:
    """Returns a plain O of a random person, with the given attributes changed."""
    kind = rng.choice(["round", "round", "round", "square", "pointed", "egg"])
    loop = Loop(
        aspect=float(np.exp(rng.uniform(np.log(0.6), np.log(1.6)) * rng.choice([0.4, 1.0]))),
        power=float(rng.uniform(2.6, 4.0) if kind == "square" else rng.uniform(1.85, 2.3)),
        egg=float(rng.uniform(0.08, 0.2) if kind == "egg" else rng.uniform(0, 0.05)),
        egg_at=float(rng.uniform(0, 2 * np.pi)),
        point=float(rng.uniform(0.08, 0.2) if kind == "pointed" else 0.0),
        lumps=float(rng.uniform(0.0, 0.03)),
        start=float(rng.normal(-np.pi / 2, 0.5) if rng.random() < 0.7 else rng.uniform(0, 2 * np.pi)),
        gap=float(rng.normal(-4, 9)),
        drift=float(rng.normal(0, 0.06)),
        clockwise=bool(rng.random() < 0.4),
        slant=float(rng.normal(0, 0.08)),
        turn=float(rng.normal(0, 0.15)),
    )
    return replace(loop, **changes)


def random_cross(rng: np.random.Generator, **changes: Any) -> Cross:
    """Returns a plain X of a random person, with the given attributes changed."""
    arms = rng.normal(1.0, 0.13, size=4).clip(0.7, 1.35)
    cross = Cross(
        aspect=float(np.exp(rng.uniform(-0.35, 0.3))),
        turn=float(np.radians(rng.uniform(-12, 12))),
        slant=float(rng.normal(0, 0.06)),
        arms=(float(arms[0]), float(arms[1]), float(arms[2]), float(arms[3])),
        bows=(float(rng.normal(0, 0.06)), float(rng.normal(0, 0.06))),
        sways=(float(rng.normal(0, 0.03)), float(rng.normal(0, 0.03))),
        opening=float(rng.normal(0, 0.08)),
    )
    return replace(cross, **changes)


def loop_traces(loop: Loop, rng: np.random.Generator) -> list[Trace]:
    """Returns the trace of an O in mark units, as intended (before the hand's wobble)."""
    count = 160
    u = np.linspace(0.0, 1.0, count)
    swept = np.radians(360 - loop.gap) * u
    angle = loop.start + swept * (1 if loop.clockwise else -1)
    c, s = np.cos(angle), np.sin(angle)
    radius = (np.abs(c) ** loop.power + np.abs(s) ** loop.power) ** (-1 / loop.power)
    radius *= 1 + loop.egg * np.cos(angle - loop.egg_at)
    for bumps in range(2, 6):
        radius *= 1 + loop.lumps * rng.normal() / np.sqrt(bumps / 2) * np.cos(
            bumps * angle + rng.uniform(0, 6.3)
        )
    away = np.angle(np.exp(1j * (angle - loop.start)))
    radius *= 1 + loop.point * np.exp(-np.abs(away) / 0.3)
    radius *= 1 + loop.drift * (u - 0.5) + loop.flare * (np.exp(-u / 0.05) + np.exp((u - 1) / 0.05))
    root = np.sqrt(loop.aspect)
    points = trace(np.stack([radius * c * root, radius * s / root], axis=1), count=count)
    return turned([_tailed(points, loop)], loop.turn, loop.slant)


def _tailed(points: Trace, loop: Loop) -> Trace:
    outwards = -1.0 if loop.clockwise else 1.0
    (first, first_bend), (last, last_bend) = loop.tails
    if last:
        points = extended(points, last, outwards * last_bend, fade=0.6)
    if first:
        points = extended(points[::-1], first, -outwards * first_bend, fade=0.7)[::-1]
    return points


def _arm(before: float, after: float, angle: float, bow: float, sway: float) -> Trace:
    """One stroke of an X through the origin, along `angle`, `before` and `after` long."""
    t = np.linspace(-before, after, 60)
    v = np.linspace(-1, 1, 60)
    aside = sway * np.sin(np.pi * v) - bow * t**2
    c, s = np.cos(angle), np.sin(angle)
    return trace(np.stack([t * c - aside * s, t * s + aside * c], axis=1), count=60)


def back_to_back(rng: np.random.Generator, bulge: float) -> list[Trace]:
    """Returns an X of two arcs that touch with their backs, like ")(", as in cursive writing."""
    t = np.linspace(-1, 1, 60)
    strokes = []
    for side in (-1.0, 1.0):
        overlap = rng.uniform(0.0, 0.03)
        arms = np.where(t < 0, rng.uniform(0.85, 1.15), rng.uniform(0.85, 1.15))
        across = side * (bulge * rng.uniform(0.9, 1.1) * np.abs(t) ** rng.uniform(1.4, 2.0) * arms - overlap)
        strokes.append(trace(np.stack([across, t * arms], axis=1), count=60))
    return turned(strokes, float(rng.normal(0, 0.08)), float(rng.normal(0, 0.1)))


def cross_traces(cross: Cross, rng: np.random.Generator) -> list[Trace]:
    """Returns the traces of an X in mark units, as intended (before the hand's wobble)."""
    half = np.arctan2(1.0, cross.aspect)
    a, b, c, d = cross.arms
    falling = _arm(a, b, half + cross.opening / 2, cross.bows[0], cross.sways[0])
    rising = _arm(c, d, np.pi - half - cross.opening / 2, cross.bows[1], cross.sways[1])
    if cross.joined:
        return turned([_joined(falling, rising, cross)], cross.turn, cross.slant)
    strokes = []
    for stroke, (length, bend) in zip((falling, rising), cross.hooks, strict=True):
        strokes.append(extended(stroke, length, bend) if length else stroke)
    if rng.random() < 0.4:
        strokes.reverse()
    return turned(strokes, cross.turn, cross.slant)


def _joined(falling: Trace, rising: Trace, cross: Cross) -> Trace:
    """Draws the falling stroke, then goes to the start of the rising one without lifting the pen."""
    start, end = falling[-1, :2], rising[0, :2]
    bulge = np.array([cross.join_bulge, 0.0])
    leave = start + 0.6 * (start - falling[-12, :2]) + bulge
    arrive = end + 0.6 * (end - rising[11, :2]) + bulge
    t = np.linspace(0, 1, 40)[:, None]
    bezier = (1 - t) ** 3 * start + 3 * (1 - t) ** 2 * t * leave + 3 * (1 - t) * t**2 * arrive + t**3 * end
    link = trace(bezier, cross.joined, 40)
    return resampled(np.concatenate([falling, link, rising]), 200)


def sign_traces(
    sign: str,
    rng: np.random.Generator,
    hand: Hand | None = None,
    o: dict[str, Any] | None = None,
    x: dict[str, Any] | None = None,
) -> list[Trace]:
    """Returns the traces of one O or X drawn by a person.

    Args:
        sign: "O" or "X".
        rng: The source of all chances.
        hand: The hand; a random one where left out.
        o: Attributes of the `Loop` to change.
        x: Attributes of the `Cross` to change.
    """
    hand = hand or random_hand(rng)
    maker: dict[str, Callable[[], list[Trace]]] = {
        "O": lambda: loop_traces(random_loop(rng, **(o or {})), rng),
        "X": lambda: cross_traces(random_cross(rng, **(x or {})), rng),
    }
    return by_hand(maker[sign](), hand, rng)
