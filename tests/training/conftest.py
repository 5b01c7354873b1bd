"""Letters and signs as the network sees them, drawn with wobble, for tests of what keeps the meaning."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageDraw

from oxmark.data.draw import draw_mark
from oxmark.modelfile.preprocess import preprocess_model
from oxmark.modelfile.session import open_session

Array = npt.NDArray[np.float32]
Points = npt.NDArray[np.float64]
Drawn = Callable[..., tuple[Array, npt.NDArray[np.int64]]]


def arc(x: float, y: float, wide: float, high: float, begin: float, end: float) -> Points:
    """Part of an ellipse around a place, angles in degrees, 0 to the right and 90 down."""
    angle = np.radians(np.linspace(begin, end, 24))
    return np.stack([x + wide * np.cos(angle), y + high * np.sin(angle)], axis=1)


def line(*points: tuple[float, float]) -> Points:
    return np.array(points, np.float64)


LETTERS: dict[str, list[Points]] = {
    "b": [line((-0.5, -1), (-0.5, 1)), arc(0, 0.5, 0.5, 0.5, 0, 360)],
    "d": [line((0.5, -1), (0.5, 1)), arc(0, 0.5, 0.5, 0.5, 0, 360)],
    "6": [arc(0.6, 0.5, 1.1, 1.5, 180, 265), arc(0, 0.5, 0.5, 0.5, 0, 360)],
    "9": [arc(-0.6, -0.5, 1.1, 1.5, 0, 85), arc(0, -0.5, 0.5, 0.5, 0, 360)],
    "+": [line((-1, 0), (1, 0)), line((0, -1), (0, 1))],
    "x": [line((-0.7, -0.7), (0.7, 0.7)), line((-0.7, 0.7), (0.7, -0.7))],
    "u": [line((-0.6, -0.8), (-0.6, 0.2)), arc(0, 0.2, 0.6, 0.6, 180, 0), line((0.6, 0.2), (0.6, -0.8))],
    "n": [line((-0.6, 0.8), (-0.6, -0.2)), arc(0, -0.2, 0.6, 0.6, 180, 360), line((0.6, -0.2), (0.6, 0.8))],
}
SIZE, MARGIN = 44, 0.1


def _letter(name: str, rng: np.random.Generator, size: int = SIZE, margin: float = MARGIN) -> Array:
    """One letter, float32 ``(1, size, size)``, its ink in the box; no two are quite alike."""
    turn, slant = rng.normal(0, 0.06), rng.normal(0, 0.08)
    stretch = np.exp(rng.normal(0, 0.12, 2))
    change = np.array([[1, slant], [0, 1]]) @ np.diag(stretch)
    change = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) @ change
    paths = [path @ change.T + rng.normal(0, 0.05, 2) for path in LETTERS[name]]
    paths = [path + rng.normal(0, 0.03, path.shape) for path in paths]
    everything = np.concatenate(paths)
    low, high = everything.min(0), everything.max(0)
    width, side = rng.uniform(0.05, 0.13) * size * 4, size * 4
    zoom = (side / (1 + 2 * margin) - width) / (high - low).max()
    picture = Image.new("L", (side, side))
    pen = ImageDraw.Draw(picture)
    for path in paths:
        places = (path - (low + high) / 2) * zoom + side / 2
        pen.line([tuple(place) for place in places], fill=255, width=round(width), joint="curve")
    small = picture.resize((size, size), Image.Resampling.BOX)
    return (np.asarray(small, np.float32) / np.float32(255))[None]


def _letters(names: Sequence[str], each: int, seed: int = 0) -> tuple[Array, npt.NDArray[np.int64]]:
    """``each`` of every letter, float32 ``(N, 1, S, S)``, and their class numbers, int64 ``(N,)``."""
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(len(names)), each)
    return np.stack([_letter(names[int(label)], rng) for label in labels]), labels.astype(np.int64)


def _signs(names: Sequence[str], each: int, seed: int = 0) -> tuple[Array, npt.NDArray[np.int64]]:
    """``each`` of every sign, drawn by another hand each, as the ink graph gives them."""
    session = open_session(preprocess_model("ink", SIZE, MARGIN).SerializeToString(), "the graph")
    labels = np.repeat(np.arange(len(names)), each)
    seen = []
    for number, label in enumerate(labels):
        page = draw_mark(names[int(label)], seed=1000 * seed + number, size=(150, 100))
        pixels = np.concatenate([page, np.full_like(page[:, :, :1], 255)], axis=2)
        seen.append(session.run(["seen"], {"pixels": pixels[None]})[0][0])
    return np.stack(seen), labels.astype(np.int64)


@pytest.fixture(scope="session")
def letters() -> Drawn:
    """A function ``(names, each, seed=0)``: so many of b, d, 6, 9, +, x, u or n, and their labels."""
    return _letters


@pytest.fixture(scope="session")
def signs() -> Drawn:
    """A function ``(names, each, seed=0)``: so many of every sign, each by another hand, and their labels."""
    return _signs
