"""The two marks: how a hand makes a ring and how it makes a cross."""

from __future__ import annotations

import numpy as np

from oxmark.data.draw.chance import clipped
from oxmark.data.draw.hand import Hand
from oxmark.data.draw.stroke import Stroke


def ring(hand: Hand, rng: np.random.Generator) -> list[Stroke]:
    """An O: one round trip that rarely ends where it began, or two halves."""
    loose = hand.care
    start = hand.start + rng.normal(0, 0.25 * loose)
    turn = 2 * np.pi + clipped(rng, hand.overlap, 0.18 * loose, -0.7, 1.6)
    way = 1 if hand.clockwise else -1
    outline = _outline(hand, rng)
    if hand.halves:
        slip = rng.normal(0, 0.12 * loose, 2)
        strokes = [_round(hand, rng, outline, start, way * (np.pi + slip[0]), hand.knots // 2 + 1)]
        strokes.append(_round(hand, rng, outline, start, -way * (np.pi + slip[1]), hand.knots // 2 + 1))
        return strokes
    stroke = _round(hand, rng, outline, start, way * turn, max(6, hand.knots + int(rng.integers(-1, 2))))
    return [hooked(stroke, hand, rng)]


def _outline(hand: Hand, rng: np.random.Generator) -> np.ndarray:
    """Radius of one ring at 360 angles, float64 ``(360,)``, about 1."""
    loose = hand.care
    angle = np.linspace(0, 2 * np.pi, 360, endpoint=False)
    boxy = clipped(rng, hand.square, 0.15 * hand.square * loose, 1.35, 6)
    radius = (np.abs(np.cos(angle)) ** boxy + np.abs(np.sin(angle)) ** boxy) ** (-1 / boxy)
    for waves, phase in zip((2, 3, 4), hand.lobes, strict=True):
        depth = hand.flatten * loose * abs(rng.normal(1, 0.5)) / (waves - 1) ** 0.5
        radius *= 1 + depth * np.cos(waves * angle + phase + rng.normal(0, 0.6))
    egg = hand.egg + rng.normal(0, 0.05 * loose)
    return np.asarray(radius * (1 + 0.5 * egg * np.sin(angle)))


def _round(
    hand: Hand, rng: np.random.Generator, outline: np.ndarray, start: float, turn: float, knots: int
) -> Stroke:
    """A part of a ring from the angle ``start`` over ``turn`` radians, aimed at ``knots`` points."""
    loose = hand.care
    stops = np.linspace(0, 1, knots + 1)
    stops[1:-1] += rng.uniform(-0.32, 0.32, knots - 1) / knots
    angle = start + turn * stops
    radius = outline[np.round(np.degrees(angle)).astype(int) % 360]
    drift = hand.miss + rng.normal(0, 0.07 * loose)
    radius = radius * (1 + drift * (stops - 0.5)) * (1 + rng.normal(0, 0.018 * loose, knots + 1))
    points = np.stack([np.cos(angle), np.sin(angle)], axis=1) * radius[:, None]
    points += stops[:, None] * rng.normal(0, 0.035 * loose, 2)
    soft = 1 - hand.corner * rng.uniform(0.1, 1.0, knots + 1)
    return Stroke(points, soft)


def cross(hand: Hand, rng: np.random.Generator) -> list[Stroke]:
    """An X: two arms that bend, differ in length and rarely meet in their middles."""
    loose = hand.care
    turn = hand.lean + rng.normal(0, 0.07 * loose)
    opening = clipped(rng, hand.opening, 0.07 * loose, 0.36, 0.98)
    sides = (-1, 1) if hand.left_first else (1, -1)
    arms = []
    for number, side in enumerate(sides):
        length = (hand.unequal**0.5 if number else hand.unequal**-0.5) * np.exp(rng.normal(0, 0.08 * loose))
        slide = clipped(rng, hand.off[number], 0.07 * loose, -0.3 * length, 0.3 * length)
        angle = turn + side * opening + rng.normal(0, 0.05 * loose)
        upward = hand.upward[number] != (rng.random() < 0.06)
        arms.append(_arm(hand, rng, angle, length, slide, hand.bend[number], upward))
    if rng.random() < hand.joined:
        return [hooked(_join(arms[0], arms[1], rng), hand, rng)]
    return [hooked(arm, hand, rng) for arm in arms]


def _arm(
    hand: Hand, rng: np.random.Generator, angle: float, length: float, slide: float, bend: float, upward: bool
) -> Stroke:
    """One arm through the middle; ``angle`` from the vertical, ``slide`` along itself, ``bend`` sideways."""
    loose = hand.care
    knots = int(rng.integers(3, 6))
    t = np.linspace(0, 1, knots)
    t[1:-1] += rng.uniform(-0.3, 0.3, knots - 2) / knots
    along = (2 * t - 1) * length + slide
    bow = bend + rng.normal(0, 0.07 * loose)
    swing = rng.normal(0, 0.045 * loose)
    aside = bow * length * (4 * t * (1 - t) - 0.7) + swing * length * np.sin(2 * np.pi * t)
    aside += rng.normal(0, 0.03 * loose)
    points = np.stack(
        [np.sin(angle) * along + np.cos(angle) * aside, np.cos(angle) * along - np.sin(angle) * aside], axis=1
    )
    soft = 1 - hand.corner * rng.uniform(0, 0.6, knots)
    return Stroke(points[::-1] if upward else points, soft)


def _join(first: Stroke, second: Stroke, rng: np.random.Generator) -> Stroke:
    """Both arms without lifting the pen: a bow leads from the first one's end to the second."""
    end = first.points[-1]
    points = second.points
    if np.linalg.norm(points[-1] - end) < np.linalg.norm(points[0] - end):
        points = points[::-1]
    way = points[0] - end
    bow = (end + points[0]) / 2 + rng.uniform(-0.1, 0.2) * np.array([way[1], -way[0]])
    soft = np.concatenate([first.soft, [0.8], second.soft])
    soft[[len(first.soft) - 1, len(first.soft) + 1]] = rng.uniform(0.3, 1)
    return Stroke(np.concatenate([first.points, [bow], points]), soft)


def hooked(stroke: Stroke, hand: Hand, rng: np.random.Generator) -> Stroke:
    """``stroke`` with a hook at its start, its end, both or neither, as often as this hand makes them."""
    points, soft = stroke.points, stroke.soft
    at_start = rng.random() < hand.hook * 0.7
    if at_start:
        tip = _hook(points[0], points[0] - points[1], hand, rng)
        points, soft = (
            np.concatenate([tip, points]),
            np.concatenate([[1.0], [rng.uniform(0.2, 0.9)], soft[1:]]),
        )
    if rng.random() < hand.hook * (0.25 if at_start else 1):
        tip = _hook(points[-1], points[-1] - points[-2], hand, rng)
        points, soft = (
            np.concatenate([points, tip]),
            np.concatenate([soft[:-1], [rng.uniform(0.2, 0.9)], [1.0]]),
        )
    return Stroke(points, soft)


def _hook(end: np.ndarray, way: np.ndarray, hand: Hand, rng: np.random.Generator) -> np.ndarray:
    """One more point beyond ``end``, float64 ``(1, 2)``: a flick to the side or back."""
    side = 1 if rng.random() < 0.5 + (0.4 if hand.clockwise else -0.4) else -1
    heading = np.arctan2(way[1], way[0]) + side * rng.uniform(0.5, 2.2)
    length = hand.hook_size * rng.uniform(0.5, 1.3)
    return np.asarray(end + length * np.array([[np.cos(heading), np.sin(heading)]]))
