"""What paper, light, scanners and cameras do to a picture: float32 (H, W, 3) in, float32 out."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter
from scipy import ndimage

from .media import Picture, field, finished, grain
from .strokes import Plane


def axes(shape: tuple[int, int], angle: float) -> Plane:
    """Returns (H, W) positions along a direction: 0 in the middle, about +-0.5 at the sides."""
    y = (np.arange(shape[0], dtype=np.float32) - shape[0] / 2)[:, None] / shape[0]
    x = (np.arange(shape[1], dtype=np.float32) - shape[1] / 2)[None, :] / shape[1]
    return np.asarray(x * np.cos(angle) + y * np.sin(angle), dtype=np.float32)


def uneven_light(picture: Picture, rng: np.random.Generator, floor: float, tint: float = 0.1) -> Picture:
    """Dims the picture smoothly, down to `floor` at the darkest place, with tinted light."""
    shape = picture.shape[0], picture.shape[1]
    kind = rng.choice(["side", "corner lamp", "patches"], p=[0.45, 0.35, 0.2])
    if kind == "side":
        shade = axes(shape, rng.uniform(0, 2 * np.pi)) + 0.06 * field(rng, shape, 2)
    elif kind == "corner lamp":
        y, x = rng.uniform(-0.1, 1.1, size=2)
        rows = (np.arange(shape[0], dtype=np.float32) / shape[0] - y)[:, None]
        shade = np.hypot(rows, (np.arange(shape[1], dtype=np.float32) / shape[1] - x)[None, :])
    else:
        shade = field(rng, shape, rng.uniform(1.2, 2.5))
    shade = (shade - shade.min()) / max(float(np.ptp(shade)), 1e-6)
    light = 1 - (1 - floor) * shade ** rng.uniform(0.8, 1.6)
    warm = rng.uniform(-tint, tint)
    colour = np.array([1 + min(warm, 0), 1 - abs(warm) * 0.35, 1 - max(warm, 0)], dtype=np.float32)
    return np.asarray(picture * light[..., None].astype(np.float32) * colour)


def shadow(
    picture: Picture, rng: np.random.Generator, depth: float, reach: float, softness: float
) -> Picture:
    """Lays a shadow along one side.

    Args:
        picture: The picture.
        rng: The source of all chances.
        depth: The share of the light it takes.
        reach: How far it reaches into the picture, as a share of the picture.
        softness: Width of its edge, as a share of the picture; 0 is hard.
    """
    shape = picture.shape[0], picture.shape[1]
    angle = rng.integers(4) * np.pi / 2 + rng.normal(0, 0.2)
    edge = axes(shape, angle) - (0.5 - reach) + 0.03 * field(rng, shape, rng.uniform(1, 4))
    dark = 1 / (1 + np.exp(-np.clip(edge / max(softness / 4, 0.003), -30, 30)))
    return np.asarray(picture * (1 - depth * dark[..., None]), dtype=np.float32)


def hand_shadow(picture: Picture, rng: np.random.Generator, depth: float) -> Picture:
    """Lays the soft shadow of a hand or a telephone that comes in from a lower corner."""
    shape = picture.shape[0], picture.shape[1]
    y, x = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32)
    centre_x = rng.choice([rng.uniform(-0.1, 0.2), rng.uniform(0.8, 1.1)])
    u, v = x / shape[1] - centre_x, y / shape[0] - rng.uniform(0.7, 1.1)
    distance = np.hypot(u / rng.uniform(0.4, 0.7), v / rng.uniform(0.35, 0.6)) + 0.08 * field(rng, shape, 4)
    dark = 1 / (1 + np.exp(np.clip((distance - 1) / rng.uniform(0.02, 0.1), -30, 30)))
    return np.asarray(picture * (1 - depth * dark[..., None]), dtype=np.float32)


def noisy(picture: Picture, rng: np.random.Generator, sigma: float) -> Picture:
    """Adds sensor noise of deviation `sigma` (of 1): grey or coloured, fine or slightly clumped."""
    shape = picture.shape[0], picture.shape[1]
    kind = rng.choice(["grey", "colour", "clumped"])
    if kind == "grey":
        return picture + sigma * grain(rng, shape)[..., None]
    noise = grain(rng, shape, 3)
    if kind == "clumped":
        noise = ndimage.uniform_filter(noise, (2, 2, 0)) * 2
    return np.asarray(picture + sigma * noise, dtype=np.float32)


def salted(picture: Picture, rng: np.random.Generator, share: float) -> Picture:
    """Replaces a share of the pixels by black and white ones."""
    chance = rng.random(picture.shape[:2], dtype=np.float32)
    out = picture.copy()
    out[chance < share / 2] = 0
    out[chance > 1 - share / 2] = 1
    return out


def blurred(picture: Picture, sigma: float) -> Picture:
    """Blurs with a Gaussian of `sigma` pixels."""
    image = Image.fromarray(finished(picture)).filter(ImageFilter.GaussianBlur(sigma))
    return np.asarray(image, dtype=np.float32) / 255


def motion_blurred(picture: Picture, length: float, angle: float) -> Picture:
    """Blurs along a straight movement of `length` pixels."""
    count = int(np.clip(np.ceil(length), 3, 15))
    height, width = picture.shape[:2]
    edge = int(length / 2) + 2
    padded = np.pad(picture.astype(np.float32), ((edge, edge), (edge, edge), (0, 0)), mode="edge")
    total = np.zeros_like(picture, dtype=np.float32)
    for at in np.linspace(-length / 2, length / 2, count):
        top, left = edge + round(float(at * np.sin(angle))), edge + round(float(at * np.cos(angle)))
        total += padded[top : top + height, left : left + width]
    return total / np.float32(count)


def jpeg(picture: Picture, quality: int) -> Picture:
    """Returns the picture after a round through JPEG."""
    buffer = io.BytesIO()
    Image.fromarray(finished(picture)).save(buffer, "JPEG", quality=quality)
    return np.asarray(Image.open(buffer), dtype=np.float32) / 255


def warped(picture: Picture, corners: NDArray[np.float64], outside: Picture) -> Picture:
    """Shows a flat picture in perspective before another one.

    Args:
        picture: The flat picture (H, W, 3).
        corners: Where its corners go: (4, 2) x, y in pixels, clockwise from the upper left.
        outside: What is seen beside it, of the same shape.
    """
    height, width = picture.shape[:2]
    source = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float64)
    rows, values = [], []
    for (x, y), (u, v) in zip(corners, source, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    data = tuple(float(value) for value in np.linalg.solve(np.array(rows), np.array(values)))
    layers = Image.fromarray(np.dstack([finished(picture), np.full((height, width), 255, np.uint8)]))
    moved = layers.transform(
        (width, height), Image.Transform.PERSPECTIVE, data, Image.Resampling.BILINEAR, fillcolor=(0, 0, 0, 0)
    )
    seen = np.asarray(moved, dtype=np.float32) / 255
    alpha = seen[..., 3:]
    return np.asarray(outside * (1 - alpha) + seen[..., :3] * alpha, dtype=np.float32)
