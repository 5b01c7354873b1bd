"""Conditions of scans and photographs: light, frames, ruling, noise, blur, paper."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from . import effects, surfaces
from .media import (
    Mark,
    Picture,
    Pixels,
    canvas,
    field,
    finished,
    grain,
    ink_colour,
    inked,
    paper_colour,
    plain_paper,
    plainly,
    put,
    put_at,
    solid,
    textured_ink,
)
from .signs import sign_traces
from .strokes import Plane, bounds, coverage, placed, trace


def _mark(sign: str, rng: np.random.Generator, fraction: tuple[float, float] = (0.4, 0.8)) -> Mark:
    return put(sign_traces(sign, rng), rng, fraction=fraction)


def uneven_light(sign: str, rng: np.random.Generator, severity: int) -> Pixels:
    """Smooth light that falls to 0.7, 0.5, 0.35 across the paper, warm or cold."""
    picture = effects.uneven_light(plainly(_mark(sign, rng), rng), rng, (0.7, 0.5, 0.35)[severity - 1], 0.22)
    return finished(effects.noisy(picture, rng, 0.01))


def edge_shadow(sign: str, rng: np.random.Generator, severity: int) -> Pixels:
    """A soft or hard shadow along one or two sides, or a hand's shadow."""
    picture = plainly(_mark(sign, rng), rng)
    depth = (0.3, 0.5, 0.65)[severity - 1] * rng.uniform(0.8, 1.0)
    if rng.random() < 0.3:
        return finished(effects.hand_shadow(picture, rng, depth))
    for _ in range(rng.integers(1, 3)):
        reach = rng.uniform(0.06, 0.14 + 0.1 * severity)
        softness = float(rng.choice([0.01, rng.uniform(0.05, 0.3)]))
        picture = effects.shadow(picture, rng, depth, reach, softness)
    return finished(picture)


def _frame(shape: tuple[int, int], rng: np.random.Generator, thickness: float, tilt: float) -> Plane:
    """Returns an irregular frame at one to four sides (H, W), 0..1; thickness and tilt of the picture."""
    inside = np.ones(shape, dtype=np.float32)
    sides = rng.permutation(4)[: rng.integers(1, 5)]
    rough = np.zeros(shape, dtype=np.float32)
    if rng.random() < 0.6:
        rough += thickness * (
            0.1 * field(rng, shape, rng.uniform(1, 5)) + 0.04 * field(rng, shape, rng.uniform(20, 60))
        )
    for side in sides:
        angle = side * np.pi / 2 + rng.normal(0, tilt)
        across = shape[1] if side % 2 == 0 else shape[0]
        depth = (0.5 - effects.axes(shape, angle) - thickness * rng.uniform(0.5, 1.0) + rough) * across
        inside = np.minimum(inside, np.clip(depth, 0, 1))
    return np.asarray(1 - inside, dtype=np.float32)


def black_frame(sign: str, rng: np.random.Generator, severity: int) -> Pixels:
    """Dark remains of a scanner's lid at one to four sides; at 3 the mark may touch them."""
    fraction = ((0.4, 0.7), (0.5, 0.8), (0.7, 0.92))[severity - 1]
    mark = _mark(sign, rng, fraction)
    thickness = max((0.02, 0.04, 0.06)[severity - 1], 2.5 / min(mark.shape))
    frame = _frame(mark.shape, rng, thickness, (0.0, 0.008, 0.02)[severity - 1])
    return finished(inked(plainly(mark, rng), frame, rng.uniform(0, 0.22)))


def white_frame(sign: str, rng: np.random.Generator, severity: int) -> Pixels:
    """Grey or coloured paper with white remains at its sides, or a light cell in a darker picture."""
    mark = _mark(sign, rng, ((0.4, 0.65), (0.45, 0.72), (0.5, 0.8))[severity - 1])
    level = (0.85, 0.72, 0.6)[severity - 1]
    paper = level * (1 - rng.uniform(0, 0.25, size=3) * rng.choice([0.2, 1.0]))
    picture = solid(mark.shape, paper) + 0.008 * grain(rng, mark.shape)[..., None]
    frame = _frame(mark.shape, rng, 0.03 + 0.02 * severity, 0.01 * (severity - 1))
    if rng.random() < 0.35:
        picture = inked(solid(mark.shape, np.minimum(paper + 0.3, 1.0)), frame, paper * rng.uniform(0.5, 0.9))
    else:
        picture = inked(picture, frame, 1.0)
    return finished(inked(picture, textured_ink(mark.alpha, rng), ink_colour(rng) * 0.6))


def grid_lines(sign: str, rng: np.random.Generator, severity: int) -> Pixels:
    """A crop around a cell of a grid or form: lines at some sides, which the mark may cross at 3."""
    traces = sign_traces(sign, rng)
    shape = canvas(rng, stretch=0.2)
    inset = np.array([rng.uniform(0.02, 0.1) for _ in range(4)]) * min(shape)
    cell = np.array([inset[0], inset[1], shape[1] - inset[2], shape[0] - inset[3]])
    room = min(cell[2] - cell[0], cell[3] - cell[1])
    size = room * rng.uniform(*((0.45, 0.7), (0.55, 0.8), (0.8, 1.02))[severity - 1])
    pen = max(1.5, size * rng.uniform(0.03, 0.08))
    low, high = bounds(placed(traces, size, (0, 0)))
    spare = np.maximum((cell[2:] - cell[:2] - (high - low)) / 2 - 1.5 * pen, 0.02 * room)
    centre = (cell[:2] + cell[2:]) / 2 + spare * rng.uniform(-0.9, 0.9, size=2)
    mark = put_at(traces, shape, size, (float(centre[0]), float(centre[1])), pen)
    thick = pen * (rng.uniform(0.25, 0.6), rng.uniform(0.4, 0.9), rng.uniform(0.6, 1.1))[severity - 1]
    grid = _grid(shape, cell, max(1.0, thick), rng)
    ink = ink_colour(rng)
    line = ink if rng.random() < 0.5 else rng.uniform(0, 0.45, size=3)
    return finished(inked(inked(plain_paper(rng, shape), grid, line), textured_ink(mark.alpha, rng), ink))


def _grid(shape: tuple[int, int], cell: np.ndarray, width: float, rng: np.random.Generator) -> Plane:
    """Returns the lines at one to four sides of a cell, printed or drawn by hand."""
    far = (-20.0, -20.0, shape[1] + 20.0, shape[0] + 20.0)
    lean = rng.choice([0.0, 0.012]) * max(shape)
    strokes = []
    for side in rng.permutation(4)[: rng.choice([1, 2, 2, 3, 4, 4])]:
        at = cell[side] + rng.normal(0, lean + 1e-9, size=2)
        ends = [(at[0], far[1]), (at[1], far[3])] if side % 2 == 0 else [(far[0], at[0]), (far[2], at[1])]
        strokes.append(trace(np.array(ends)))
    return coverage(strokes, width, shape)


def _ruling(sign: str, rng: np.random.Generator, severity: int, squares: bool) -> Pixels:
    traces = sign_traces(sign, rng)
    mark = put(traces, rng, fraction=(0.4, 0.8), width=(0.045, 0.09), least=2.5)
    spacing = max(9.0, min(mark.shape) * rng.uniform(0.08, 0.25))
    darkness = (rng.uniform(0.12, 0.25), rng.uniform(0.28, 0.45), rng.uniform(0.5, 0.7))[severity - 1]
    width = max(1.0, mark.width * (0.2, 0.3, 0.5)[severity - 1])
    paper = surfaces.ruled(plain_paper(rng, mark.shape), rng, spacing, width, darkness, squares)
    colour = ink_colour(rng) * (0.9, 0.8, 0.6)[severity - 1]
    return finished(inked(paper, textured_ink(mark.alpha, rng), colour))


def ruled_paper(sign: str, rng: np.random.Generator, severity: int) -> Pixels:
    """Horizontal printed lines, at 3 nearly as dark as the ink."""
    return _ruling(sign, rng, severity, squares=False)


def squared_paper(sign: str, rng: np.random.Generator, severity: int) -> Pixels:
    """Printed squares, at 3 nearly as dark as the ink."""
    return _ruling(sign, rng, severity, squares=True)


def sensor_noise(sign: str, rng: np.random.Generator, severity: int) -> Pixels:
    """Noise of deviation 10, 25, 45 of 255, sometimes with salt and pepper."""
    mark = put(sign_traces(sign, rng), rng, width=(0.04, 0.1), least=2.5)
    picture = effects.noisy(plainly(mark, rng) * 0.92, rng, (10, 25, 45)[severity - 1] / 255)
    if rng.random() < 0.4:
        picture = effects.salted(picture, rng, (0.002, 0.006, 0.015)[severity - 1])
    return finished(picture)


def blur(sign: str, rng: np.random.Generator, severity: int) -> Pixels:
    """Out of focus by 1, 2, 3.2 % of the mark's size, or moved while the picture was taken."""
    mark = put(sign_traces(sign, rng), rng, width=(0.035, 0.1))
    sigma = max(0.7, mark.size * (0.01, 0.02, 0.032)[severity - 1])
    if rng.random() < 0.3:
        return finished(effects.motion_blurred(plainly(mark, rng), sigma * 2.5, rng.uniform(0, np.pi)))
    return finished(effects.blurred(plainly(mark, rng), sigma))


def low_contrast(sign: str, rng: np.random.Generator, severity: int) -> Pixels:
    """Pencil 25, 15, 9 % darker than greyish paper, with faint texture."""
    mark = put(sign_traces(sign, rng), rng, width=(0.04, 0.09), least=2.5)
    depth = (0.25, 0.15, 0.09)[severity - 1]
    paper = solid(mark.shape, paper_colour(rng) * rng.uniform(0.6, 0.95))
    paper = paper * (1 + depth * (0.08 * field(rng, mark.shape, 6) + 0.1 * grain(rng, mark.shape)))[..., None]
    even = mark.alpha * np.clip(0.92 + 0.08 * field(rng, mark.shape, 40), 0.7, 1)
    return finished(np.asarray(paper * (1 - depth * even[..., None]), dtype=np.float32))


def textured_paper(sign: str, rng: np.random.Generator, severity: int) -> Pixels:
    """Crumpled, stained, wooden, woven or recycled grounds."""
    mark = put(sign_traces(sign, rng), rng, width=(0.045, 0.1), least=2.5)
    strength = (0.12, 0.2, 0.3)[severity - 1]
    paper = solid(mark.shape, paper_colour(rng) * rng.uniform(0.85, 0.97))
    kind = rng.choice(["crumpled", "stained", "wooden", "woven", "recycled"])
    if kind == "wooden":
        paper = surfaces.wooden(mark.shape, rng, strength)
    else:
        makers = {"crumpled": surfaces.crumpled, "stained": surfaces.stained, "woven": surfaces.woven}
        paper = makers.get(str(kind), surfaces.recycled)(paper, rng, strength)
    ink = textured_ink(mark.alpha, rng)
    return finished(paper * (1 - ink[..., None] * (1 - ink_colour(rng) * 0.7)))


def bleed_through(sign: str, rng: np.random.Generator, severity: int) -> Pixels:
    """Mirror writing from the back, specks, an eraser's smear, stray dots."""
    mark = put(sign_traces(sign, rng), rng, width=(0.04, 0.09), least=2.2)
    depth = (0.1, 0.2, 0.32)[severity - 1] * rng.uniform(0.8, 1.0)
    behind = surfaces.mirror_writing(mark.shape, rng, max(1.2, mark.width * 0.6))
    paper = inked(plain_paper(rng, mark.shape), behind * depth, ink_colour(rng) * 0.7)
    if rng.random() < 0.5:
        paper = _smeared(paper, rng, depth * 0.6)
    paper = inked(paper, dots(mark.shape, rng, 2 + 2 * severity, mark.width * 0.35), rng.uniform(0.1, 0.5))
    return finished(inked(paper, textured_ink(mark.alpha, rng), ink_colour(rng) * 0.7))


def _smeared(paper: Picture, rng: np.random.Generator, depth: float) -> Picture:
    shape = paper.shape[0], paper.shape[1]
    angle = rng.uniform(0, np.pi)
    away = effects.axes(shape, angle) - rng.uniform(-0.4, 0.4) + 0.03 * field(rng, shape, 3)
    along = effects.axes(shape, angle + np.pi / 2) - rng.uniform(-0.3, 0.3)
    band = np.exp(-((away / rng.uniform(0.05, 0.12)) ** 2) - (along / 0.3) ** 4)
    return inked(paper, depth * band * np.clip(0.8 + 0.3 * field(rng, shape, 12), 0, 1.3), 0.35)


def dots(shape: tuple[int, int], rng: np.random.Generator, count: int, radius: float) -> Plane:
    """Returns up to `count` small specks (H, W), 0..1, of at most `radius` pixels."""
    image = Image.new("L", (shape[1] * 2, shape[0] * 2))
    draw = ImageDraw.Draw(image)
    for _ in range(int(rng.integers(1, count + 1))):
        x, y = rng.uniform(0, shape[1] * 2), rng.uniform(0, shape[0] * 2)
        r, stretch = max(1.0, 2 * radius * rng.uniform(0.4, 1.0)), rng.uniform(0.7, 1.4)
        draw.ellipse((x - r * stretch, y - r, x + r * stretch, y + r), fill=255)
    return np.asarray(image.reduce(2), dtype=np.float32) / 255


def photograph(sign: str, rng: np.random.Generator, severity: int) -> Pixels:
    """Perspective, uneven light, blur, noise and JPEG together; at 3 the paper's edge is visible."""
    shape = height, width = canvas(rng)
    size = min(shape) * rng.uniform(0.35, 0.55)
    centre = rng.uniform(0.43, 0.57, size=2) * (width, height)
    pen = max(2.8, size * rng.uniform(0.045, 0.09))
    mark = put_at(sign_traces(sign, rng), shape, size, (float(centre[0]), float(centre[1])), pen)
    paper = solid(mark.shape, paper_colour(rng) * rng.uniform(0.85, 0.97))
    if rng.random() < 0.3:
        paper = surfaces.ruled(paper, rng, max(9.0, height * rng.uniform(0.1, 0.2)), mark.width * 0.25, 0.3)
    picture = inked(paper, textured_ink(mark.alpha, rng), ink_colour(rng) * 0.8)
    move = (0.03, 0.06, 0.09)[severity - 1] * rng.uniform(-1, 1, size=(4, 2))
    base = np.array([[0, 0], [1, 0], [1, 1], [0, 1]]) + move
    base = (base - 0.5) * (1.25 if severity < 3 else 0.96) + 0.5
    table = surfaces.wooden(mark.shape, rng, 0.2) * rng.uniform(0.25, 0.7)
    picture = effects.warped(picture, base * (width, height), table)
    picture = effects.uneven_light(picture, rng, (0.8, 0.6, 0.45)[severity - 1], 0.2)
    picture = effects.blurred(picture, max(0.5, mark.size * 0.006 * severity))
    picture = effects.noisy(picture, rng, (0.015, 0.03, 0.05)[severity - 1])
    return finished(effects.jpeg(picture, int(rng.integers(*((60, 90), (40, 70), (20, 45))[severity - 1]))))
