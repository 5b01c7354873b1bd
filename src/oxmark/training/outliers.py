"""Pictures of none of the classes, made up: what ``known`` learns to refuse.

Nobody collects pictures of what is not wanted, so they are made: figures of random strokes that look like
letters and signs, and what becomes of the training pictures themselves when they are cut, doubled or
shuffled. Nothing here knows a class by name. What looks like a training picture by chance is left out.

All pictures are as the network sees them: float32 ``(N, 1, S, S)``, 0..1, the ink in a box with the recipe's
margin.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt
from PIL import Image

from oxmark.data.conditions import opaque
from oxmark.data.likeness import coarse
from oxmark.data.ondisk import Pictures, in_blocks
from oxmark.modelfile.preprocess import preprocess_session
from oxmark.training.figures import made_figures

Array = npt.NDArray[np.float32]
Surface = npt.NDArray[np.float64]

CHANGED, EMPTY = 1.0, 0.14
"""Changed training pictures beside each outlier made from nothing; share of those that show no figure."""
LIKE = 0.75
"""Coarse copies that correlate as much as this show the same sign."""
MOST_COMPARED = 2000
"""So many marks tell how near marks are to each other."""


def made_from_nothing(count: int, size: int, margin: float, rng: np.random.Generator) -> Array:
    """Figures of random strokes and pictures of nothing, whatever the classes; float32 ``(N, 1, S, S)``."""
    empty = round(count * EMPTY)
    figures = made_figures(count - empty, size, margin, rng)
    return np.concatenate([figures, empty_pictures(empty, size, margin, rng)])


def made_outliers(stock: Array, seen: Pictures, rng: np.random.Generator) -> Array:
    """Outliers for a training: a stock made from nothing and changed training pictures.

    What looks like a training picture is left out.

    Args:
        stock: From :func:`made_from_nothing`, float32 ``(M, 1, S, S)``.
        seen: The training pictures, float32 ``(N, 1, S, S)``, values 0..1.
        rng: Where the chance comes from.

    Returns:
        float32 ``(K, 1, S, S)``, values 0..1, K at most M * (1 + CHANGED).
    """
    made = np.concatenate([stock, changed_marks(round(len(stock) * CHANGED), seen, rng)])
    return made[~looks_like(made, seen)]


def looks_like(pictures: Array, marks: Pictures) -> npt.NDArray[np.bool_]:
    """Which pictures are as near to some mark as marks are to each other: bool ``(N,)``.

    Near is the correlation of coarse copies; the limit is what three quarters of the marks reach with their
    nearest other mark, and never above LIKE. A mirrored mark is a mark here, because the flips of training
    may make it one. All pictures are compared with all marks; the limit is found with MOST_COMPARED of them,
    evenly spread, where there are more.
    """
    if len(marks) < 2 or len(pictures) == 0:
        return np.zeros(len(pictures), bool)
    some = np.unique(np.linspace(0, len(marks) - 1, min(len(marks), MOST_COMPARED)).astype(np.int64))
    theirs, first = coarse(pictures), 0
    likeness, nearest = np.full(len(pictures), -1, np.float32), np.full(len(some), -1, np.float32)
    for block in in_blocks(marks):
        ours = coarse(block)
        chosen = ours if len(some) == len(block) == len(marks) else coarse(marks[some])
        among = chosen @ ours.T
        inside = (some >= first) & (some < first + len(block))
        among[inside, some[inside] - first] = -1  # nobody is near to himself
        nearest = np.maximum(nearest, among.max(axis=1))
        views = np.concatenate([block, block[:, :, :, ::-1], block[:, :, ::-1], block[:, :, ::-1, ::-1]])
        likeness = np.maximum(likeness, (theirs @ coarse(views).T).max(axis=1))
        first += len(block)
    limit = min(LIKE, float(np.quantile(nearest, 0.25)))
    return np.asarray(likeness > limit)


# --- changed training pictures ------------------------------------------------------------------------------


def changed_marks(count: int, seen: Pictures, rng: np.random.Generator) -> Array:
    """Training pictures made into what they are not: float32 ``(count, 1, S, S)``.

    Halves, quarters in another order, two in one picture, one across another, one with a part of another.
    Their ink need not fill the box; augmentation brings it there.
    """
    kinds = (_half, _half, _shuffled, _pair, _pair, _pair, _across, _across, _with_part)
    made = []
    for _ in range(count):
        one, other = (seen[int(rng.integers(len(seen)))][0] for _ in range(2))
        made.append(kinds[rng.integers(len(kinds))](one, other, rng))
    return np.stack(made)[:, None].astype(np.float32) if made else np.zeros((0, *seen.shape[1:]), np.float32)


def _half(one: Array, other: Array, rng: np.random.Generator) -> Array:
    """About one half of a mark."""
    del other
    turned = np.rot90(one, int(rng.integers(4))).copy()
    turned[: round(len(one) * rng.uniform(0.42, 0.58))] = 0
    return turned


def _shuffled(one: Array, other: Array, rng: np.random.Generator) -> Array:
    """The quarters in another order, each turned anyhow."""
    del other
    half = len(one) // 2
    quarters = [one[y : y + half, x : x + half] for y in (0, half) for x in (0, half)]
    order = np.roll(rng.permutation(4), 1)
    a, b, c, d = (np.rot90(quarters[place], int(rng.integers(4))) for place in order)
    whole = np.zeros_like(one)
    whole[: 2 * half, : 2 * half] = np.block([[a, b], [c, d]])
    return whole


def _pair(one: Array, other: Array, rng: np.random.Generator) -> Array:
    """Two marks side by side, one above the other, or corner to corner."""
    size = len(one)
    half = size // 2
    small = [_halved(mark) for mark in (one, other)]
    whole = np.zeros_like(one)
    aside = rng.integers(0, half + 1)
    places = [(0, 0), (int(aside), size - half)]
    if rng.random() < 0.5:
        places = [(x, y) for y, x in places]
    for mark, (y, x) in zip(small, places, strict=True):
        region = whole[y : y + half, x : x + half]
        np.maximum(region, mark[:half, :half], out=region)
    return whole


def _halved(mark: Array) -> Array:
    """Half as large, strokes kept strong: the highest of each two by two."""
    even = mark[: len(mark) // 2 * 2, : len(mark) // 2 * 2]
    return np.asarray(even.reshape(len(even) // 2, 2, -1, 2).max(axis=(1, 3)))


def _across(one: Array, other: Array, rng: np.random.Generator) -> Array:
    """One mark across another, turned and moved."""
    moved = np.roll(
        np.rot90(other, int(rng.integers(4))), rng.integers(-len(one) // 5, len(one) // 5 + 1, 2), (0, 1)
    )
    return np.maximum(one, moved)


def _with_part(one: Array, other: Array, rng: np.random.Generator) -> Array:
    """A mark and about half of another, somewhere."""
    part = _half(other, other, rng)
    return np.maximum(one, np.roll(part, rng.integers(-len(one) // 4, len(one) // 4 + 1, 2), (0, 1)))


# --- pictures of nothing ------------------------------------------------------------------------------------


def empty_pictures(count: int, size: int, margin: float, rng: np.random.Generator) -> Array:
    """What the ink graph makes of paper, noise and light alone: float32 ``(count, 1, size, size)``."""
    session = preprocess_session("ink", size, margin)
    papers = [_paper(rng) for _ in range(count)]
    with ThreadPoolExecutor(2) as pool:
        seen = list(pool.map(lambda paper: session.run(["seen"], {"pixels": paper[None]})[0], papers))
    return np.concatenate(seen) if seen else np.zeros((0, 1, size, size), np.float32)


def _paper(rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    """A picture without a mark, uint8 ``(h, w, 4)``."""
    height, width = (int(side) for side in rng.integers(24, 110, 2))
    paper = np.full((height, width, 3), rng.uniform(0.05, 1, 3 if rng.random() < 0.5 else 1))
    return opaque(_SURFACES[rng.integers(len(_SURFACES))](paper, rng))


def _grainy(paper: Surface, rng: np.random.Generator) -> Surface:
    """Noise, from hardly any to nothing else."""
    height, width = paper.shape[:2]
    return paper + rng.normal(0, rng.choice([0.01, 0.05, 0.3]), (height, width, rng.choice([1, 3])))


def _lit(paper: Surface, rng: np.random.Generator) -> Surface:
    """Light from one side."""
    dark, angle = rng.uniform(0.1, 0.9), rng.uniform(0, 2 * np.pi)
    height, width = paper.shape[:2]
    across = np.cos(angle) * np.linspace(0, 1, width) + np.sin(angle) * np.linspace(0, 1, height)[:, None]
    return np.asarray(paper * (1 - dark * across[:, :, None]))


def _cloudy(paper: Surface, rng: np.random.Generator) -> Surface:
    """Noise on a large or a small scale."""
    height, width = paper.shape[:2]
    cells = rng.random(rng.integers(2, 40, 2)).astype(np.float32)
    clouds = np.asarray(Image.fromarray(cells).resize((width, height), Image.Resampling.BICUBIC))
    return np.asarray(paper * (1 - rng.uniform(0.1, 1) * clouds[:, :, None]))


def _dotted(paper: Surface, rng: np.random.Generator) -> Surface:
    """No dots, a few, or salt and pepper all over."""
    height, width = paper.shape[:2]
    dotted = paper + np.zeros((height, width, 1))
    count = int(rng.choice([0, 1, 3, 20, 300]))
    rows, columns = rng.integers(0, height, count), rng.integers(0, width, count)
    size = rng.integers(1, 4)
    for y, x in zip(rows, columns, strict=True):
        dotted[y : y + size, x : x + size] = rng.choice([0.0, 1.0])
    return dotted


def _lined(paper: Surface, rng: np.random.Generator) -> Surface:
    """Printed lines or squares, a little askew perhaps."""
    height, width = paper.shape[:2]
    y, x = np.mgrid[:height, :width].astype(float)
    skew, gap = rng.normal(0, 0.02), rng.uniform(6, 30)
    ways = [y + skew * x, x - skew * y][: rng.integers(1, 3)]
    on_line = np.any([(way + rng.uniform(0, gap)) % gap < max(1, gap * 0.08) for way in ways], axis=0)
    return np.asarray(paper * (1 - rng.uniform(0.2, 0.8) * on_line[:, :, None]))


_SURFACES = (_grainy, _lit, _cloudy, _cloudy, _dotted, _lined)
