"""Pictures to measure with; the same for the same arguments."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

LARGE = (1350, 900)
DISTINCT = 24
"""So many large drawings are made; further files are copies of them under names of their own."""


def small_picture(number: int, seed: int) -> Image.Image:
    """A quick O (even numbers) or X of 28 x 28 grey pixels, no two alike."""
    chance = np.random.default_rng([seed, number])
    paper = 215 + chance.integers(-12, 13, (28, 28))
    picture = Image.fromarray(paper.astype(np.uint8))
    left, top, right, bottom = chance.uniform((2, 2, 18, 18), (9, 9, 26, 26)).tolist()
    drawing, pen, ink = ImageDraw.Draw(picture), int(chance.integers(1, 5)), int(chance.integers(81))
    if number % 2 == 0:
        drawing.ellipse((left, top, right, bottom), outline=ink, width=pen)
    else:
        drawing.line((left, top, right, bottom), fill=ink, width=pen)
        drawing.line((left, bottom, right, top), fill=ink, width=pen)
    return picture


def small_folder(folder: Path, count: int, seed: int = 0) -> Path:
    """So many 28 x 28 PNG files in one folder."""
    folder.mkdir(parents=True)
    for number in range(count):
        small_picture(number, seed).save(folder / f"{number:06}.png")
    return folder


def small_classes(folder: Path, count: int, seed: int) -> Path:
    """So many 28 x 28 PNG files of O and X: 90 % to learn from, 5 % to validate, 5 % to test."""
    for number in range(count):
        part = {18: "validation", 19: "test"}.get(number // 2 % 20, "train")
        place = folder / part / "OX"[number % 2]
        place.mkdir(parents=True, exist_ok=True)
        small_picture(number, seed).save(place / f"{number:06}.png")
    return folder


def large_folder(folder: Path, count: int, suffix: str) -> Path:
    """So many drawings of 1350 x 900 RGB pixels, by pens of 8 to 60 pixels.

    Args:
        folder: Is made.
        count: Files.
        suffix: ``.png`` or ``.jpg``, with Pillow's own settings for each.
    """
    from oxmark.data.draw import draw_mark

    folder.mkdir(parents=True)
    made: list[bytes] = []
    for number in range(count):
        path = folder / f"{number:06}{suffix}"
        if number < DISTINCT:
            pen = 8 + 52 * number / DISTINCT
            drawn = draw_mark("OX"[number % 2], seed=number, size=LARGE, pen_width=pen)
            Image.fromarray(drawn).save(path)
            made.append(path.read_bytes())
        else:
            path.write_bytes(made[number % DISTINCT])
    return folder
