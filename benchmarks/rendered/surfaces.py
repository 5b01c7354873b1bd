"""Papers and boards that are not plain: ruling, squares, crumples, stains, grain, writing from behind."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFilter
from scipy import ndimage

from .effects import axes
from .media import Colour, Picture, field, grain, inked, solid
from .strokes import Plane, Trace, coverage, smooth_noise, trace


def lines(shape: tuple[int, int], at: float, spacing: float, width: float, angle: float = 0.0) -> Plane:
    """Returns parallel anti-aliased lines (H, W), 0..1, `width` pixels thick, every `spacing` pixels."""
    y = np.arange(shape[0], dtype=np.float32)[:, None] * np.cos(angle)
    x = np.arange(shape[1], dtype=np.float32)[None, :] * np.sin(angle)
    away = np.abs((x + y - at + spacing / 2) % spacing - spacing / 2)
    return np.asarray(np.clip(width / 2 + 0.5 - away, 0, min(1.0, width)), dtype=np.float32)


def ruling_colour(rng: np.random.Generator, darkness: float) -> Colour:
    """Returns the colour of printed lines that are `darkness` darker than white."""
    tint = rng.choice(["blue", "grey", "red", "green"], p=[0.45, 0.35, 0.1, 0.1])
    takes = {
        "blue": (1, 0.6, 0.25),
        "grey": (0.9, 0.9, 0.9),
        "red": (0.3, 0.9, 0.9),
        "green": (0.9, 0.4, 0.8),
    }
    return np.asarray(1 - darkness * np.array(takes[tint]), dtype=np.float32)


def ruled(
    paper: Picture,
    rng: np.random.Generator,
    spacing: float,
    width: float,
    darkness: float,
    squares: bool = False,
) -> Picture:
    """Prints horizontal lines, or squares, on the paper; distances in pixels."""
    shape = paper.shape[0], paper.shape[1]
    angle = float(rng.choice([0.0, rng.normal(0, 0.015)]))
    colour = ruling_colour(rng, darkness)
    at = rng.uniform(0, spacing)
    paper = inked(paper, lines(shape, at, spacing, width, angle), colour)
    if squares:
        paper = inked(paper, lines(shape, rng.uniform(0, spacing), spacing, width, angle + np.pi / 2), colour)
    elif rng.random() < 0.2:
        margin = lines(shape, shape[1] * rng.uniform(0.06, 0.12), shape[1] * 3, width, np.pi / 2 + angle)
        paper = inked(paper, margin, (1 - darkness * 0.3, 1 - darkness * 0.8, 1 - darkness * 0.8))
    return paper


def crumpled(paper: Picture, rng: np.random.Generator, strength: float) -> Picture:
    """Shades the paper as if it had been folded or crumpled: facets and creases."""
    size = (paper.shape[1], paper.shape[0])
    shrink = max(1.0, max(size) / 360)
    shape = max(2, int(size[1] / shrink)), max(2, int(size[0] / shrink))
    shade = np.zeros(shape, dtype=np.float32)
    for _ in range(rng.integers(5, 11)):
        edge = axes(shape, rng.uniform(0, 2 * np.pi)) - rng.uniform(-0.45, 0.45)
        edge = edge + 0.02 * field(rng, shape, 4)
        limit = 1 / (1 + np.exp(-axes(shape, rng.uniform(0, 6.3)) * rng.uniform(4, 12)))
        shade += limit * (rng.normal() * np.sign(edge) * np.exp(-np.abs(edge) / 0.12))
        shade -= 0.8 * limit * np.exp(-((edge / 0.006) ** 2))
    full = np.asarray(Image.fromarray(shade.astype(np.float32)).resize(size, Image.Resampling.BICUBIC))
    return np.asarray(paper * (1 + strength * 0.35 * full)[..., None], dtype=np.float32)


def stained(paper: Picture, rng: np.random.Generator, strength: float) -> Picture:
    """Lays irregular stains, some with a darker rim, on the paper."""
    shape = paper.shape[0], paper.shape[1]
    level = field(rng, shape, rng.uniform(2, 4)) + 0.25 * field(rng, shape, 14)
    threshold = rng.uniform(0.3, 0.9)
    inside = 1 / (1 + np.exp(-np.clip((level - threshold) * 18, -30, 30)))
    rim = np.exp(-(((level - threshold) / 0.07) ** 2)) * rng.choice([0.0, 0.6])
    colour = np.array([rng.uniform(0.2, 0.6), rng.uniform(0.5, 1.0), rng.uniform(0.8, 1.4)])
    return np.asarray(paper * (1 - strength * (inside + rim)[..., None] * colour), dtype=np.float32)


def wooden(shape: tuple[int, int], rng: np.random.Generator, strength: float) -> Picture:
    """Returns pale wood: long wavy grain in one direction."""
    upright = rng.random() < 0.5
    long = (shape[1], shape[0]) if upright else shape
    bend = 0.05 * field(rng, long, 2) + axes(long, np.pi / 2)
    rings = np.sin(bend * rng.uniform(25, 70) + 1.5 * field(rng, long, 3))
    fibre = ndimage.uniform_filter1d(grain(rng, long), max(5, long[1] // 8), axis=1)
    shade = 0.6 * rings + 0.5 * fibre / max(float(fibre.std()), 1e-6)
    shade = shade.T if upright else shade
    colour = np.array([rng.uniform(0.85, 0.95), rng.uniform(0.74, 0.85), rng.uniform(0.55, 0.7)])
    return np.asarray(solid(shape, colour) * (1 + strength * 0.5 * shade)[..., None], dtype=np.float32)


def woven(paper: Picture, rng: np.random.Generator, strength: float) -> Picture:
    """Gives the paper a weave like cloth or canvas."""
    shape = paper.shape[0], paper.shape[1]
    period = max(3.0, max(shape) * rng.uniform(0.008, 0.02))
    y = np.arange(shape[0], dtype=np.float32)[:, None] * (2 * np.pi / period)
    x = np.arange(shape[1], dtype=np.float32)[None, :] * (2 * np.pi / period)
    weave = np.sin(x) * np.sin(y + 0.5 * np.sin(x)) + 0.35 * field(rng, shape, max(shape) / period / 2)
    return np.asarray(paper * (1 + strength * 0.6 * weave)[..., None], dtype=np.float32)


def recycled(paper: Picture, rng: np.random.Generator, strength: float) -> Picture:
    """Strews short fibres and fine cloudiness over greyish paper."""
    shape = paper.shape[0], paper.shape[1]
    image = Image.new("L", (shape[1], shape[0]))
    draw = ImageDraw.Draw(image)
    for _ in range(int(rng.integers(60, 200))):
        x, y, angle = rng.uniform(0, shape[1]), rng.uniform(0, shape[0]), rng.uniform(0, 6.3)
        length = max(shape) * rng.uniform(0.005, 0.025)
        bent = angle + rng.normal(0, 0.6)
        middle = (x + length * np.cos(angle), y + length * np.sin(angle))
        end = (middle[0] + length * np.cos(bent), middle[1] + length * np.sin(bent))
        draw.line([(x, y), middle, end], fill=int(rng.integers(60, 255)))
    fibres = np.asarray(image, dtype=np.float32) / 255
    cloud = field(rng, shape, 40) * 0.25 + ndimage.gaussian_filter(grain(rng, shape), 1.0) * 0.8
    shade = 1 - strength * (0.9 * fibres + 0.25 * cloud)
    return np.asarray(paper * shade[..., None], dtype=np.float32)


def board(shape: tuple[int, int], rng: np.random.Generator) -> Picture:
    """Returns a chalkboard with wiped chalk dust on it."""
    colours = [(0.13, 0.14, 0.15), (0.12, 0.22, 0.18), (0.2, 0.26, 0.23), (0.17, 0.18, 0.24)]
    dust = field(rng, shape, 3) * 0.03
    angle = rng.uniform(0, np.pi)
    sweep = field(rng, shape, 5) * np.sin(
        axes(shape, angle) * rng.uniform(60, 140) + 2 * field(rng, shape, 2)
    )
    dust = dust + 0.022 * sweep + 0.02 * grain(rng, shape)
    return np.asarray(solid(shape, colours[rng.integers(4)]) + np.abs(dust)[..., None], dtype=np.float32)


def mirror_writing(shape: tuple[int, int], rng: np.random.Generator, pen: float) -> Plane:
    """Returns lines of joined-up writing as seen from behind: (H, W), 0..1, out of focus."""
    strokes = []
    height = min(shape) * rng.uniform(0.05, 0.12)
    y = rng.uniform(0.3, 1.5) * height
    while y < shape[0]:
        right = shape[1] * rng.uniform(0.6, 1.1)
        while right > shape[1] * rng.uniform(-0.1, 0.3):
            letters = int(rng.integers(2, 8))
            strokes.append(_mirror_word(rng, letters, height, right, y))
            right -= height * (0.75 * letters + rng.uniform(0.6, 1.2))
        y += height * rng.uniform(2.2, 3.4)
    alpha = coverage(strokes, pen, shape)
    image = Image.fromarray(np.asarray(alpha * 255, dtype=np.uint8)).filter(
        ImageFilter.GaussianBlur(pen * 0.4)
    )
    return np.asarray(image, dtype=np.float32) / 255


def _mirror_word(rng: np.random.Generator, letters: int, height: float, right: float, y: float) -> Trace:
    """Returns one joined-up word that starts at `right` and runs to the left along the line `y`."""
    count = letters * 16
    t = np.linspace(0, letters * 2 * np.pi, count)
    tall = np.exp(0.45 * smooth_noise(rng, count, letters * 1.2)).clip(0.5, 2.4)
    across = right - 0.12 * height * t + 0.3 * height * np.sin(t + 0.6 * smooth_noise(rng, count, letters))
    return trace(np.stack([across, y - 0.4 * height * tall * (1 - np.cos(t))], axis=1), count=count * 2)
