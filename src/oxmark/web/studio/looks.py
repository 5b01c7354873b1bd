"""How drawings look, in three figures that whoever draws can change: how thick, how large, how dark."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from oxmark.data.conditions import on_white

_SIDE = 320  # pixels of the copy that is measured
_FAINTEST = 0.1  # contrast of ink, 0..1


@dataclass(frozen=True, slots=True)
class Look:
    """One drawing.

    Attributes:
        thickness: Mean width of its lines, as a share of the picture's longer side.
        size: Longer side of the ink's box, as a share of the picture's shorter side.
        darkness: How far the ink stands out from the paper, 0..1.
    """

    thickness: float
    size: float
    darkness: float


def look_of(pixels: npt.NDArray[np.uint8]) -> Look | None:
    """Measure a drawing.

    A line's width is twice its area over the length of its outline. Both are taken of the soft ink: the area
    is its sum, the outline the sum of its gradient.

    Args:
        pixels: ``uint8 (height, width, 4)``, RGBA.

    Returns:
        Its look; None where there is no ink.

    Example:
        >>> page = np.full((100, 100, 4), 255, np.uint8)
        >>> page[20:80, 45:55, :3] = 0
        >>> look = look_of(page)
        >>> round(look.thickness, 2), round(look.size, 2), round(look.darkness, 2)
        (0.09, 0.6, 1.0)
        >>> look_of(np.full((100, 100, 4), 255, np.uint8)) is None
        True
    """
    grey = on_white(pixels, _SIDE).mean(axis=2)
    edge = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    contrast = np.abs(grey - np.median(edge))
    darkness = float(np.quantile(contrast[contrast > contrast.max() / 2], 0.5)) if contrast.max() else 0.0
    if darkness < _FAINTEST or min(grey.shape) < 2:
        return None
    ink = np.minimum(contrast / darkness, 1)
    ink[ink < 0.2] = 0  # grain of the paper
    across, down = np.gradient(ink)
    outline = float(np.hypot(across, down).sum())
    rows, columns = np.flatnonzero((ink > 0.5).any(axis=1)), np.flatnonzero((ink > 0.5).any(axis=0))
    longer = max(np.ptp(rows), np.ptp(columns)) + 1
    return Look(
        thickness=2 * float(ink.sum()) / outline / max(grey.shape),
        size=float(longer / min(grey.shape)),
        darkness=darkness,
    )


def spreads(looks: Sequence[Look]) -> dict[str, float]:
    """How much some drawings differ, by figure: standard deviation over mean.

    Example:
        >>> spreads([Look(0.02, 0.5, 1.0), Look(0.04, 0.5, 1.0)])["size"]
        0.0
    """
    found = {}
    for name in ("thickness", "size", "darkness"):
        values = np.array([getattr(look, name) for look in looks])
        found[name] = round(float(values.std() / values.mean()), 4) if len(values) else 0.0
    return found
