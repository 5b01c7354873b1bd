"""Conditions of the medium: what the mark is drawn with, how thick, how large, and where."""

from __future__ import annotations

import numpy as np

from . import media
from .effects import jpeg, noisy
from .media import Mark, Pixels, finished, grain, ink_colour, inked, plain_paper, plainly, put, put_at, solid
from .signs import sign_traces
from .strokes import Trace, bounds
from .surfaces import board


def coloured_ink(sign: str, rng: np.random.Generator, severity: int) -> Pixels:
    """Coloured strokes on a transparent picture whose hidden colours are anything; paler inks are harder."""
    mark = put(sign_traces(sign, rng), rng)
    low, high = ((0.0, 0.2), (0.2, 0.45), (0.45, 0.66))[severity - 1]
    ink = rng.uniform(low, 1.0, size=3)
    ink[rng.integers(3)] = rng.uniform(low, high)
    if rng.random() < 0.25:
        ink[:] = ink.min()
    hidden = _hidden(mark, rng, ink)
    colour = np.where(mark.alpha[..., None] > 0, ink.astype(np.float32), hidden)
    return np.dstack([finished(colour), np.asarray(mark.alpha * 255 + 0.5, dtype=np.uint8)])


def _hidden(mark: Mark, rng: np.random.Generator, ink: np.ndarray) -> np.ndarray:
    kind = rng.choice(["black", "white", "ink", "other", "noise"])
    if kind == "noise":
        return rng.random((*mark.shape, 3), dtype=np.float32)
    colours = {"black": np.zeros(3), "white": np.ones(3), "ink": ink, "other": rng.random(3)}
    return solid(mark.shape, colours[str(kind)])


def white_on_black(sign: str, rng: np.random.Generator, severity: int) -> Pixels:
    """White on black; light grey on dark grey; chalk on a wiped board or grey on nearly as dark."""
    mark = put(sign_traces(sign, rng), rng)
    if severity == 1:
        paper, ink = solid(mark.shape, rng.choice([0.0, rng.uniform(0, 0.06)])), rng.uniform(0.92, 1.0, 3)
    elif severity == 2:
        dark = rng.uniform(0.08, 0.25) + rng.normal(0, 0.02, 3)
        paper, ink = solid(mark.shape, dark), dark + rng.uniform(0.4, 0.65)
    elif rng.random() < 0.4:
        dark = rng.uniform(0.15, 0.32) + rng.normal(0, 0.02, 3)
        paper, ink = solid(mark.shape, dark), dark + rng.uniform(0.2, 0.32)
        paper += 0.01 * grain(rng, mark.shape)[..., None]
    else:
        return _chalk(sign, rng)
    return finished(inked(paper, mark.alpha, ink))


def _chalk(sign: str, rng: np.random.Generator) -> Pixels:
    mark = put(sign_traces(sign, rng), rng, width=(0.04, 0.1), least=3.0)
    fine, coarse = (media.field(rng, mark.shape, max(mark.shape) / cell) for cell in (1.7, 5))
    alpha = mark.alpha * np.clip(0.8 + 0.3 * fine + 0.15 * coarse - 0.6 * (1 - mark.alpha), 0.1, 1)
    tint = np.array([rng.uniform(0.85, 1), rng.uniform(0.85, 1), rng.uniform(0.75, 1)]) * rng.uniform(
        0.75, 0.95
    )
    return finished(inked(board(mark.shape, rng), alpha, tint))


def thumbnail(sign: str, rng: np.random.Generator, severity: int) -> Pixels:
    """A picture of 28 x 28 pixels: strokes of 10, 20, 25 %; at 3 half of them as in MNIST-like sets."""
    traces = sign_traces(
        sign, rng, o={"aspect": rng.uniform(0.85, 1.2), "turn": 0.0}, x={"aspect": rng.uniform(0.85, 1.15)}
    )
    inner = severity == 3 and rng.random() < 0.5
    pen = 28 * (0.1, 0.2, 0.25)[severity - 1] * rng.uniform(0.85, 1.0)
    pen = rng.uniform(2.2, 4.2) if inner else pen
    outer = 20.0 if inner else rng.uniform(24.0, 27.0)
    spare = (28 - outer) / 2
    centre = 14 + rng.uniform(-spare, spare, size=2)
    mark = put_at(traces, (28, 28), outer - pen, (float(centre[0]), float(centre[1])), pen)
    dark = rng.random() < 0.5
    return finished(solid(mark.shape, 0.0 if dark else 1.0) + (1 if dark else -1) * mark.alpha[..., None])


def hairline(sign: str, rng: np.random.Generator, severity: int) -> Pixels:
    """A line of one pixel on 1350 x 900, of grey level 90, 150, 190 on white; marks of any size."""
    shape = (900, 1350) if rng.random() < 0.7 else (1350, 900)
    mark = put(sign_traces(sign, rng), rng, shape, (0.12, 0.9), (0.0005, 0.001), least=rng.uniform(1.0, 1.3))
    return finished(inked(solid(shape, 1.0), mark.alpha, (90, 150, 190)[severity - 1] / 255))


def felt(sign: str, rng: np.random.Generator, severity: int) -> Pixels:
    """A felt pen of 12, 18, 25 % of the mark."""
    width = (0.12, 0.18, 0.25)[severity - 1] * rng.uniform(0.92, 1.0)
    low = 0.7 + 0.1 * severity
    o = {"aspect": rng.uniform(low, 1 / low), "turn": 0.0, "point": 0.0}
    mark = put(
        sign_traces(sign, rng, o=o, x={"aspect": rng.uniform(0.75, 1.3)}), rng, width=(width, width * 1.001)
    )
    flow = np.clip(0.92 + 0.08 * media.field(rng, mark.shape, 12), 0.75, 1)
    return finished(inked(plain_paper(rng, mark.shape), mark.alpha * flow, ink_colour(rng)))


def small_and_far(sign: str, rng: np.random.Generator, severity: int) -> Pixels:
    """A mark of 20, 12, 7 % of the shorter side, anywhere, often in a corner."""
    shape = media.canvas(rng, low=(130, 200, 320)[severity - 1], median=450)
    size = min(shape) * (0.2, 0.12, 0.07)[severity - 1] * rng.uniform(0.9, 1.1)
    pen = max(1.2, size * rng.uniform(0.05, 0.12))
    traces = sign_traces(sign, rng)
    room = np.array([shape[1], shape[0]]) - size - 2 * pen - 6
    where = rng.beta(0.5, 0.5, size=2) * room + size / 2 + pen + 3
    mark = put_at(traces, shape, size, (float(where[0]), float(where[1])), pen)
    return finished(plainly(mark, rng) if severity < 3 else _crisp(mark, rng))


def _crisp(mark: Mark, rng: np.random.Generator) -> media.Picture:
    return inked(plain_paper(rng, mark.shape), mark.alpha, ink_colour(rng))


def cut_by_border(sign: str, rng: np.random.Generator, severity: int) -> Pixels:
    """A mark that touches one or two borders, or lies beyond them by up to 10, 18 % of its size."""
    traces = sign_traces(sign, rng)
    shape = media.canvas(rng)
    size = min(shape) * rng.uniform(0.5, 0.9)
    pen = max(1.5, size * rng.uniform(0.03, 0.1))
    half = _half(traces, size)
    centre = np.array(
        [rng.uniform(h + pen, max(s - h - pen, h + pen)) for h, s in zip(half, shape[::-1], strict=True)]
    )
    for axis in rng.permutation(2)[: 1 + int(rng.random() < 0.35)]:
        most = (0.0, 0.1, 0.18)[severity - 1] * 2 * half[axis]
        beyond = most * rng.uniform(0.5, 1.0) if most else rng.uniform(-0.2, 0.5) * pen
        side = rng.random() < 0.5
        centre[axis] = half[axis] - beyond if side else shape[1 - axis] - half[axis] + beyond
    mark = put_at(traces, shape, size, (float(centre[0]), float(centre[1])), pen)
    return finished(plainly(mark, rng))


def _half(traces: list[Trace], size: float) -> np.ndarray:
    low, high = bounds(traces)
    return np.asarray((high - low) / (high - low).max() * size / 2)


def broken_strokes(sign: str, rng: np.random.Generator, severity: int) -> Pixels:
    """A badly binarised scan: dropouts, thin places, gaps, speckles; only black and white."""
    mark = put(sign_traces(sign, rng), rng, width=(0.04, 0.09), least=2.5)
    fine = media.field(rng, mark.shape, max(mark.shape) / rng.uniform(1.5, 3.5))
    coarse = media.field(rng, mark.shape, max(mark.shape) / mark.size * rng.uniform(9, 16))
    lost = (0.12, 0.22, 0.32)[severity - 1]
    bite = coarse + 0.5 * fine
    on = mark.alpha > 0.3
    threshold = float(np.quantile(bite[on], lost)) if on.any() else 0.0
    kept = (mark.alpha > np.clip(0.5 + 0.12 * severity * fine, 0.05, 0.95)) & (bite > threshold)
    speck = rng.random(mark.shape, dtype=np.float32) < (0.0005, 0.002, 0.006)[severity - 1]
    black = kept | speck
    if rng.random() < 0.2:
        black = ~black
    level = np.where(black, 0, 255).astype(np.uint8)
    return np.repeat(level[..., None], 3, axis=2)


def small_jpeg(sign: str, rng: np.random.Generator, severity: int) -> Pixels:
    """A small picture saved as JPEG of quality 30, 15, 7."""
    shape = media.canvas(rng, low=90, high=400, median=170)
    mark = put(sign_traces(sign, rng), rng, shape, (0.5, 0.85), (0.05, 0.1), least=2.5)
    picture = plainly(mark, rng)
    if rng.random() < 0.3:
        picture = noisy(picture, rng, 0.02)
    return finished(jpeg(picture, (30, 15, 7)[severity - 1]))
