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
from PIL import Image, ImageDraw

from oxmark.modelfile.preprocess import preprocess_model
from oxmark.modelfile.session import open_session

Array = npt.NDArray[np.float32]
Path = npt.NDArray[np.float64]
Surface = npt.NDArray[np.float64]

FINER = 2
"""Figures are drawn this many times larger, then averaged."""
CHANGED, EMPTY = 1.0, 0.14
"""Changed training pictures beside each outlier made from nothing; share of those that show no figure."""
LIKE = 0.75
"""Coarse copies that correlate as much as this show the same sign."""
WIDTHS = (0.045, 0.17)
"""Widths of a stroke, shares of the picture: those that the ink graph leaves, and a little beyond."""


def made_from_nothing(count: int, size: int, margin: float, rng: np.random.Generator) -> Array:
    """Figures of random strokes and pictures of nothing, whatever the classes; float32 ``(N, 1, S, S)``."""
    empty = round(count * EMPTY)
    figures = made_figures(count - empty, size, margin, rng)
    return np.concatenate([figures, empty_pictures(empty, size, margin, rng)])


def made_outliers(stock: Array, seen: Array, rng: np.random.Generator) -> Array:
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


def looks_like(pictures: Array, marks: Array) -> npt.NDArray[np.bool_]:
    """Which pictures are as near to some mark as marks are to each other: bool ``(N,)``.

    Near is the correlation of coarse copies; the limit is what three quarters of the marks reach with their
    nearest other mark, and never above LIKE. A mirrored mark is a mark here, because the flips of training
    may make it one.
    """
    if len(marks) < 2 or len(pictures) == 0:
        return np.zeros(len(pictures), bool)
    views = np.concatenate([marks, marks[:, :, :, ::-1], marks[:, :, ::-1], marks[:, :, ::-1, ::-1]])
    ours = _coarse(marks)
    among = ours @ ours.T
    np.fill_diagonal(among, -1)
    limit = min(LIKE, float(np.quantile(among.max(axis=1), 0.25)))
    return np.asarray((_coarse(pictures) @ _coarse(views).T).max(axis=1) > limit)


def _coarse(pictures: Array, cells: int = 12) -> Array:
    """Block means, each picture with mean 0 and length 1: float32 ``(N, cells * cells)``."""
    count, _, size, _ = pictures.shape
    edges = np.linspace(0, size, cells + 1).astype(int)[:-1]
    sums = np.add.reduceat(np.add.reduceat(pictures[:, 0], edges, axis=1), edges, axis=2)
    flat = sums.reshape(count, -1)
    flat = flat - flat.mean(axis=1, keepdims=True)
    return np.asarray(flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-6), np.float32)


def made_figures(count: int, size: int, margin: float, rng: np.random.Generator) -> Array:
    """Figures of random strokes.

    Args:
        count: How many.
        size: Side of each in pixels.
        margin: Empty border around the ink, as a fraction of its longer side.
        rng: Where the chance comes from.

    Returns:
        float32 ``(count, 1, size, size)``, values 0..1.
    """
    kinds = (*[_letter] * 3, *[_loop] * 2, *[_bent] * 2, *ONCE)
    figures = [_drawn(kinds[rng.integers(len(kinds))](rng), size, margin, rng) for _ in range(count)]
    return np.stack(figures)[:, None] if figures else np.zeros((0, 1, size, size), np.float32)


# --- strokes: lists of paths, float64 (n, 2), about -1..1 ---------------------------------------------------


def _letter(rng: np.random.Generator) -> list[Path]:
    """Straight and curved strokes between the places of a three by three grid, as letters are made."""
    grid = np.stack(np.meshgrid([-1, 0, 1], [-1, 0, 1]), axis=2).reshape(9, 2).astype(float)
    grid += rng.normal(0, 0.12, grid.shape)
    strokes: list[Path] = []
    at = int(rng.integers(9))
    for _ in range(int(rng.integers(2, 6))):
        if strokes and rng.random() < 0.4:
            at = int(rng.integers(9))
        to = int((at + rng.integers(1, 9)) % 9)
        bulge = 0.0 if rng.random() < 0.5 else rng.uniform(0.3, 1.1) * rng.choice([-1, 1])
        strokes.append(_bow(grid[at], grid[to], bulge))
        at = to
    return strokes


def _bow(start: Path, end: Path, bulge: float) -> Path:
    """A stroke that stands out sideways by ``bulge`` half lengths in its middle: an arc of an ellipse."""
    half = np.linspace(0, np.pi, 17)
    along, aside = (end - start) / 2, np.array([start[1] - end[1], end[0] - start[0]]) / 2
    return (start + end) / 2 - np.cos(half)[:, None] * along + np.sin(half)[:, None] * aside * bulge


def _loop(rng: np.random.Generator) -> list[Path]:
    """A ring that is closed or nearly so and one or two strokes that begin on it, as in many letters."""
    angle = np.linspace(0, 2 * np.pi * rng.uniform(0.75, 1.05), 24) + rng.uniform(0, 2 * np.pi)
    ring = np.stack([np.cos(angle), np.sin(angle)], axis=1) * rng.uniform(0.45, 0.9, 2)
    strokes = [ring]
    for _ in range(int(rng.integers(1, 3))):
        start = ring[rng.integers(len(ring))]
        end = start * rng.uniform(-0.6, 0.6, 2) + rng.uniform(-1.5, 1.5, 2)
        strokes.append(_bow(start, end, rng.normal(0, 0.4)))
    return strokes


def _bent(rng: np.random.Generator) -> list[Path]:
    """One stroke with one to three bends, round or sharp, as in u, v, s and z."""
    knots = int(rng.integers(3, 6))
    points = np.cumsum(rng.normal(0, 1, (knots, 2)), axis=0)
    return [_smooth(points) if rng.random() < 0.5 else points]


def _polygon(rng: np.random.Generator) -> list[Path]:
    """Three to seven corners, closed or not, one corner perhaps drawn in."""
    corners = int(rng.integers(3, 8))
    angle = rng.uniform(0, 2 * np.pi) + np.arange(corners) * 2 * np.pi / corners
    reach = np.where(rng.random(corners) < 0.3, rng.uniform(0.2, 0.7), 1.0)
    reach[0] *= rng.uniform(0.3, 1) if corners > 4 else 1
    points = np.stack([np.cos(angle), np.sin(angle)], axis=1) * reach[:, None]
    points += rng.normal(0, 0.1, points.shape)
    if rng.random() < 0.7 or corners == 3:
        points = np.concatenate([points, points[:1] + rng.normal(0, 0.05, (1, 2))])
    extra = [_bow(points[0], points[len(points) // 2], 0.0)] if rng.random() < 0.3 else []
    return [points, *extra]


def _wandering(rng: np.random.Generator) -> list[Path]:
    """One to three smooth curves through random places."""
    return [_smooth(rng.uniform(-1, 1, (int(rng.integers(3, 9)), 2))) for _ in range(int(rng.integers(1, 4)))]


def _smooth(points: Path) -> Path:
    """A Catmull-Rom curve through points (Catmull and Rom, 1974)."""
    ends = np.concatenate([points[:1], points, points[-1:]])
    t = np.linspace(0, 1, 9)[:, None]
    parts = []
    for p0, p1, p2, p3 in zip(ends[:-3], ends[1:-2], ends[2:-1], ends[3:], strict=True):
        cubic = 3 * p1 - p0 - 3 * p2 + p3
        parts.append(p1 + t / 2 * (p2 - p0 + t * (2 * p0 - 5 * p1 + 4 * p2 - p3 + t * cubic)))
    return np.concatenate(parts)


def _spokes(rng: np.random.Generator) -> list[Path]:
    """One arm, or three to six, out of one place or through it."""
    arms = int(rng.choice([1, 3, 3, 4, 5, 6]))
    angle = rng.uniform(0, np.pi) + np.arange(arms) * (np.pi / arms) * rng.choice([1.0, 2.0])
    angle = angle + rng.normal(0, 0.15, arms)
    ends = np.stack([np.cos(angle), np.sin(angle)], axis=1) * rng.uniform(0.6, 1, (arms, 1))
    through = -ends if rng.random() < 0.5 else np.zeros_like(ends)
    return [_bow(a, b, rng.normal(0, 0.1)) for a, b in zip(through, ends, strict=True)]


def _zigzag(rng: np.random.Generator) -> list[Path]:
    """To and fro."""
    turns = int(rng.integers(2, 12))
    points = np.stack([np.linspace(-1, 1, turns + 1), np.where(np.arange(turns + 1) % 2, -1, 1)], axis=1)
    points[:, 1] *= rng.uniform(0.2, 1)
    points += rng.normal(0, 0.12, points.shape)
    return [_smooth(points) if rng.random() < 0.5 else points]


def _coil(rng: np.random.Generator) -> list[Path]:
    """Round and round, inwards or along."""
    rounds = rng.uniform(1.8, 5)
    t = np.linspace(0, 1, int(rounds * 20))
    angle = rng.uniform(0, 2 * np.pi) + rng.choice([-1, 1]) * t * 2 * np.pi * rounds
    radius = 1 - rng.uniform(0.5, 1) * t
    points = np.stack([np.cos(angle), np.sin(angle)], axis=1) * radius[:, None]
    points[:, 0] += t * rng.choice([0.0, 0.0, 2.5])
    return [points]


def _several(rng: np.random.Generator) -> list[Path]:
    """Two to four small figures side by side, like a word."""
    strokes: list[Path] = []
    for number in range(int(rng.integers(2, 5))):
        figure = (_letter, _wandering, _zigzag)[rng.integers(3)](rng)
        strokes += [path * 0.6 + np.array([1.5 * number, rng.normal(0, 0.2)]) for path in figure]
    return strokes


ONCE = (_polygon, _wandering, _spokes, _zigzag, _coil, _several)
"""Kinds of figures of which there are fewer."""


def _drawn(strokes: list[Path], size: int, margin: float, rng: np.random.Generator) -> Array:
    """Strokes turned, stretched, brought to the box and drawn with a round pen: float32 ``(size, size)``."""
    turn, stretch = rng.normal(0, 0.25), np.exp(rng.normal(0, 0.2))
    cos, sin = np.cos(turn), np.sin(turn)
    matrix = np.array([[cos, -sin], [sin, cos]]) @ np.diag([stretch, 1 / stretch])
    paths = [path @ matrix.T for path in strokes]
    width = np.exp(rng.uniform(*np.log(WIDTHS))) * size * FINER
    points = np.concatenate(paths)
    low, high = points.min(axis=0), points.max(axis=0)
    room = size * FINER / (1 + 2 * margin) - width
    zoom = room / max(float((high - low).max()), 1e-6)
    picture = Image.new("L", (size * FINER, size * FINER))
    pen = ImageDraw.Draw(picture)
    for path in paths:
        places = (path - (low + high) / 2) * zoom + size * FINER / 2
        pen.line([tuple(p) for p in places], fill=255, width=round(width))
        for x, y in places if len(places) < 9 else places[:: len(places) - 1]:  # corners and ends are round
            pen.ellipse((x - width / 2, y - width / 2, x + width / 2, y + width / 2), fill=255)
    small = picture.resize((size, size), Image.Resampling.BOX)
    return np.asarray(small, np.float32) / np.float32(255)


# --- changed training pictures ------------------------------------------------------------------------------


def changed_marks(count: int, seen: Array, rng: np.random.Generator) -> Array:
    """Training pictures made into what they are not: float32 ``(count, 1, S, S)``.

    Halves, quarters in another order, two in one picture, one across another, one with a part of another.
    Their ink need not fill the box; augmentation brings it there.
    """
    kinds = (_half, _half, _shuffled, _pair, _pair, _pair, _across, _across, _with_part)
    made = []
    for _ in range(count):
        one, other = (seen[rng.integers(len(seen)), 0] for _ in range(2))
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
    graph = preprocess_model("ink", size, margin).SerializeToString()
    session = open_session(graph, "the preprocessing graph")
    papers = [_paper(rng) for _ in range(count)]
    with ThreadPoolExecutor(2) as pool:
        seen = list(pool.map(lambda paper: session.run(["seen"], {"pixels": paper[None]})[0], papers))
    return np.concatenate(seen) if seen else np.zeros((0, 1, size, size), np.float32)


def _paper(rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    """A picture without a mark, uint8 ``(h, w, 4)``."""
    height, width = (int(side) for side in rng.integers(24, 110, 2))
    paper = np.full((height, width, 3), rng.uniform(0.05, 1, 3 if rng.random() < 0.5 else 1))
    paper = _SURFACES[rng.integers(len(_SURFACES))](paper, rng)
    pixels = np.full((height, width, 4), 255, np.uint8)
    pixels[:, :, :3] = np.rint(np.clip(paper, 0, 1) * 255)
    return pixels


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
