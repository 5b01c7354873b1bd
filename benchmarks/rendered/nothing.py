"""Pictures without any mark: blank paper, noise, one colour, gradients, specks, ruling."""

from __future__ import annotations

import numpy as np

from .effects import axes, jpeg, salted, uneven_light
from .media import Pixels, canvas, field, finished, grain, inked, paper_colour, plain_paper, solid
from .scans import dots
from .surfaces import ruled


def blank_paper(rng: np.random.Generator) -> Pixels:
    """White, grey or coloured paper with faint noise, vignetting or JPEG traces."""
    shape = canvas(rng)
    colour = paper_colour(rng) * rng.choice([1.0, rng.uniform(0.4, 1.0)])
    picture = solid(shape, colour if rng.random() < 0.7 else rng.uniform(0.5, 1.0, size=3))
    picture += rng.choice([0.0, rng.uniform(0.004, 0.03)]) * grain(rng, shape)[..., None]
    if rng.random() < 0.4:
        picture = uneven_light(picture, rng, rng.uniform(0.5, 0.95))
    if rng.random() < 0.4:
        picture = jpeg(picture, int(rng.integers(20, 90)))
    return finished(picture)


def noise(rng: np.random.Generator) -> Pixels:
    """Noise of any kind and size."""
    shape = canvas(rng, low=16, median=int(rng.choice([32, 200, 400])))
    kind = rng.choice(["uniform", "normal", "colour", "low", "salt"])
    if kind == "uniform":
        return np.asarray(rng.integers(0, 256, size=(*shape, 3)), dtype=np.uint8)
    level = solid(shape, rng.uniform(0.2, 0.8))
    if kind == "normal":
        return finished(level + rng.uniform(0.05, 0.3) * grain(rng, shape)[..., None])
    if kind == "colour":
        return finished(level + rng.uniform(0.05, 0.3) * grain(rng, shape, 3))
    if kind == "low":
        return finished(level + rng.uniform(0.1, 0.3) * field(rng, shape, rng.uniform(3, 40))[..., None])
    return finished(salted(solid(shape, rng.choice([0.0, 0.5, 1.0])), rng, rng.uniform(0.01, 0.6)))


def solid_colour(rng: np.random.Generator) -> Pixels:
    """Exactly one colour, opaque or with any alpha."""
    shape = canvas(rng, low=1, median=int(rng.choice([8, 100, 400])))
    colours = np.stack(
        [np.zeros(3, int), np.full(3, 255), rng.integers(0, 256, size=3), rng.integers(0, 256, size=3)]
    )
    colour = colours[rng.integers(4)]
    alpha = [0, 255, int(rng.integers(256))][rng.integers(3)]
    channels = [*colour] if rng.random() < 0.6 else [*colour, alpha]
    return np.broadcast_to(np.array(channels, dtype=np.uint8), (*shape, len(channels))).copy()


def gradients(rng: np.random.Generator) -> Pixels:
    """A linear or radial passage between two colours."""
    shape = canvas(rng)
    position = axes(shape, rng.uniform(0, 6.3))
    if rng.random() < 0.4:
        position = np.hypot(
            axes(shape, 0.0) - rng.uniform(-0.5, 0.5), axes(shape, np.pi / 2) - rng.uniform(-0.5, 0.5)
        )
    t = ((position - position.min()) / max(float(np.ptp(position)), 1e-6))[..., None]
    first, second = rng.random((2, 3)).astype(np.float32)
    return finished(np.asarray(first * (1 - t) + second * t, dtype=np.float32))


def specks(rng: np.random.Generator) -> Pixels:
    """Clean paper with one or a few stray dots."""
    shape = canvas(rng)
    radius = max(1.0, min(shape) * rng.uniform(0.003, 0.012))
    alpha = dots(shape, rng, int(rng.integers(1, 7)), radius)
    return finished(inked(plain_paper(rng, shape), alpha, rng.uniform(0, 0.5)))


def ruled_without_mark(rng: np.random.Generator) -> Pixels:
    """Ruled or squared paper that nobody has written on."""
    shape = canvas(rng)
    spacing = max(9.0, min(shape) * rng.uniform(0.08, 0.25))
    width = max(1.0, spacing * rng.uniform(0.02, 0.08))
    squares = bool(rng.random() < 0.4)
    return finished(ruled(plain_paper(rng, shape), rng, spacing, width, rng.uniform(0.15, 0.7), squares))
