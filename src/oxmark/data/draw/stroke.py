"""From the few points a hand aims at to the many points where the pen really went."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from oxmark.data.draw.chance import smooth_noise
from oxmark.data.draw.hand import Hand

_STEP = 1.5  # pixels between points before the computer's own sampling


@dataclass(frozen=True)
class Stroke:
    """One movement with the pen down.

    Attributes:
        points: float64 ``(k, 2)``, x to the right and y down, the sign about in -1..1.
        soft: float64 ``(k,)``, 1 where the path is smooth, 0 where it turns in a corner.
    """

    points: np.ndarray
    soft: np.ndarray


def curve(stroke: Stroke) -> np.ndarray:
    """A smooth path through the points of ``stroke``: a Hermite spline, cornered where soft is 0.

    Returns:
        float64 ``(m, 2)``, points at unequal distances, in the units of ``stroke``.
    """
    points = stroke.points
    if len(points) < 2:
        return points
    ahead = np.diff(points, axis=0)
    around = np.concatenate([ahead[:1], points[2:] - points[:-2], ahead[-1:]])
    around /= np.maximum(np.linalg.norm(around, axis=1, keepdims=True), 1e-9)
    reach = np.linalg.norm(ahead, axis=1, keepdims=True)
    leave = (around[:-1] * reach * stroke.soft[:-1, None])[:, None]
    arrive = (around[1:] * reach * stroke.soft[1:, None])[:, None]
    t = np.linspace(0, 1, 24, endpoint=False)[None, :, None]
    first, last = points[:-1, None], points[1:, None]
    path = first * (2 * t**3 - 3 * t**2 + 1) + last * (3 * t**2 - 2 * t**3)
    path = path + leave * (t**3 - 2 * t**2 + t) + arrive * (t**3 - t**2)
    return np.concatenate([path.reshape(-1, 2), points[-1:]])


def resample(path: np.ndarray, step: float) -> np.ndarray:
    """Points along ``path`` about ``step`` apart, both ends kept; float64 ``(n, 2)``, n at least 2."""
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))])
    places = np.linspace(0, along[-1], max(2, round(along[-1] / step) + 1))
    return np.stack([np.interp(places, along, path[:, axis]) for axis in (0, 1)], axis=1)


def move(path: np.ndarray, hand: Hand, size: float, rng: np.random.Generator) -> np.ndarray:
    """What the hand makes of an intended path: inertia, wandering, shaking, and the computer's sampling.

    Args:
        path: float64 ``(m, 2)``, pixels.
        hand: Whose hand.
        size: The longer side of the whole sign, pixels.
        rng: Where the unsteadiness comes from.

    Returns:
        float64 ``(n, 2)``, pixels, as a paint program would have received them.
    """
    points = _inertia(resample(path, _STEP), size * (0.035 - 0.025 * hand.corner))
    count = len(points)
    if count < 4:
        return points
    slow = max(3, round(size * rng.uniform(0.25, 0.5) / _STEP))
    quick = max(3, round(rng.uniform(14, 45) / _STEP))
    calm = smooth_noise(rng, count, 3 * quick) * 0.5 + 0.8
    for axis in (0, 1):
        points[:, axis] += hand.wobble * hand.care * size * smooth_noise(rng, count, slow)
        points[:, axis] += hand.tremor * (size / 500) ** 0.7 * calm * smooth_noise(rng, count, quick)
    points = _sampled(points, hand, rng)
    return np.round(points) if hand.mouse else points


def _inertia(points: np.ndarray, reach: float) -> np.ndarray:
    """Round off what a moving hand cannot do: a running mean over about ``reach`` pixels, ends kept."""
    half = min(round(reach / _STEP), (len(points) - 1) // 2)
    if half < 1:
        return points
    kernel = np.hanning(2 * half + 3)[1:-1]
    kernel /= kernel.sum()
    before, after = 2 * points[0] - points[half:0:-1], 2 * points[-1] - points[-2 : -half - 2 : -1]
    padded = np.concatenate([before, points, after])
    return np.stack([np.convolve(padded[:, axis], kernel, mode="valid") for axis in (0, 1)], axis=1)


def _sampled(points: np.ndarray, hand: Hand, rng: np.random.Generator) -> np.ndarray:
    """Positions at even times: close together where the hand is slow (ends, corners), else far apart."""
    count = len(points)
    heading = np.unwrap(np.arctan2(*np.gradient(points, axis=0).T[::-1]))
    turning = np.convolve(np.abs(np.gradient(heading)), np.ones(9) / 9, mode="same")[:count]
    ends = np.minimum(np.arange(count), np.arange(count)[::-1]) * _STEP
    speed = hand.pace * np.exp(0.35 * smooth_noise(rng, count, 40))
    speed *= np.clip(0.3 + ends / (5 * hand.pace), 0, 1) / (1 + 6 * turning)
    clock = np.cumsum(_STEP / np.maximum(speed, 1.5))
    ticks = np.linspace(clock[0], clock[-1], max(4, round(clock[-1] - clock[0]) + 1))
    return np.stack([np.interp(ticks, clock, points[:, axis]) for axis in (0, 1)], axis=1)
