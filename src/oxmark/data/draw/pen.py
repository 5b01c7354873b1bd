"""A pen: how wide, how dark, and what its tip leaves at the ends of a stroke."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from oxmark.data.draw.chance import Quantiles, smooth_noise

Tip = Literal["round", "square", "brush"]


@dataclass(frozen=True)
class Pen:
    """One pen of one hand.

    Attributes:
        width: Pixels across, 1 to 40.
        ink: Grey level of the ink, 0 (black) to about 95 (dark grey).
        tip: ``"round"`` ends, ``"square"`` ends, or a ``"brush"`` that tapers.
        flat: Thickness of a square tip divided by its width, 0..1; a marker has less than 1.
        angle: How a square tip is held, radians.
        pressure: How much the width swings along a stroke, 0 (mouse) to about 0.3 (brush).
    """

    width: float
    ink: int
    tip: Tip
    flat: float
    angle: float
    pressure: float

    def with_width(self, width: float) -> Pen:
        """The same pen, ``width`` pixels wide."""
        return replace(self, width=width)


def make_pen(draw: Quantiles, *, hairline: bool = True) -> Pen:
    """Choose a pen; most are near 28 px, some are hairlines, some lie between.

    Args:
        draw: Where the chance comes from.
        hairline: Whether a pen of 1 or 2 px may be chosen.
    """
    place = draw.spread(0.0 if hairline else 0.2, 1.0)
    width = float(
        np.interp(place, [0, 0.17, 0.2, 0.46, 0.54, 0.78, 0.93, 1], [1, 2.2, 3.5, 15, 22, 28, 31, 40])
    )
    dark = draw.spread(0, 0, 8, 30, 52, 64, 80, 95)
    kind = draw.spread(0, 1)
    tip: Tip = "round" if width < 3 or kind < 0.6 else "square" if kind < 0.77 else "brush"
    flat = draw.spread(0.35, 0.9, 1.0)
    angle = draw.spread(-0.9, -0.4, 0.0, 0.0, 0.5)
    pressure = draw.spread(0.12, 0.3) if tip == "brush" else draw.spread(0.0, 0.0, 0.05, 0.12)
    return Pen(round(width, 1), round(dark), tip, flat, angle, pressure)


def radii_along(pen: Pen, steps: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Half the width at each point of a stroke.

    Args:
        pen: The pen.
        steps: float64 ``(n - 1,)``, pixels between neighbouring points; long steps are fast ones.
        rng: Where the swing of the pressure comes from.

    Returns:
        float64 ``(n,)``, pixels.
    """
    along = np.concatenate([[0.0], np.cumsum(steps)])
    swing = smooth_noise(rng, len(along), max(3, len(along) // 3))
    radii = pen.width / 2 * (1 + pen.pressure * 0.6 * np.clip(swing, -2, 2))
    if pen.tip == "brush" and len(steps):
        pace = np.convolve(np.pad(steps, (4, 5), mode="edge"), np.full(9, 1 / 9), mode="valid")[: len(along)]
        radii *= np.clip(1.15 - pen.pressure * pace / (np.median(pace) + 1e-9), 0.55, 1.15)
        radii *= _taper(along, pen.width * rng.uniform(0.4, 1.2), pen.width * rng.uniform(0.8, 3.5))
    return np.asarray(np.maximum(radii, 0.45))


def _taper(along: np.ndarray, rise: float, fall: float) -> np.ndarray:
    """A factor in 0.15..1 that grows over the first ``rise`` and shrinks over the last ``fall`` pixels."""
    total = along[-1]
    start = np.clip(along / min(rise, total * 0.3 + 1e-9), 0, 1)
    end = np.clip((total - along) / min(fall, total * 0.4 + 1e-9), 0, 1)
    return np.asarray(0.15 + 0.85 * np.sqrt(start) * np.sqrt(end))
