"""Who draws which picture, and writing them: the demo set as folders of PNG and JPEG files."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from oxmark.data.draw.checks import checked_counts, checked_number, checked_signs, checked_width
from oxmark.data.draw.hand import Hand, make_hand
from oxmark.data.draw.page import draw_page
from oxmark.data.draw.pen import Pen
from oxmark.data.draw.signs import SIGNS
from oxmark.data.draw.writing import new_folder

PARTS = ("train", "validation", "test")


@dataclass(frozen=True)
class Sheet:
    """One picture to draw.

    Attributes:
        name: File name relative to the set's folder, with forward slashes.
        sign: What is on it.
        hand: Who draws it.
        pen: With which pen.
        width: Pixels.
        height: Pixels.
        key: What seeds the drawing; the sign, the part and the number in it, so that no other class matters.
    """

    name: str
    sign: str
    hand: Hand
    pen: Pen
    width: int
    height: int
    key: tuple[int, ...]


def draw_dataset(
    out: str | os.PathLike[str],
    *,
    classes: Sequence[str] = ("O", "X"),
    hands: int = 5,
    counts: Sequence[int] = (38, 8, 6),
    seed: int = 0,
    on_progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Draw a data set by several hands into a new folder.

    The pictures are about 1350x900 pixels, RGB, PNG and JPEG mixed, in ``train/O``, ``validation/O``,
    ``test/O`` and so on. ``metadata.csv`` names each file's hand in its column ``drawer``. With three or more
    hands none draws in two parts; one or two hands draw in all. With ``hands=1`` there is also only one pen.
    The folder takes its name when everything is in it, never before.

    Args:
        out: The folder to make; it may exist if it is empty.
        classes: Which signs, from :data:`SIGNS`; adding one leaves the others' files as they were.
        hands: How many people draw, 1 or more.
        counts: Pictures per class in train (1 or more), validation and test (0 or more each).
        seed: 0 or more; the same seed gives the same bytes.
        on_progress: Called with (pictures done, pictures in all) after each picture.

    Returns:
        The folder.

    Raises:
        DataError: An unknown sign, or hands, counts or seed out of range.
        OutputError: The folder is not empty, or cannot be written.

    Example:
        >>> draw_dataset("marks", hands=1, counts=(38, 8, 6))  # doctest: +SKIP
        PosixPath('marks')
    """
    checked_signs(classes)
    checked_number("hands", hands, 1)
    checked_number("seed", seed, 0)
    sheets = plan(classes, hands, checked_counts(counts), seed)
    with new_folder(out) as folder:
        _draw_all(sheets, folder, on_progress)
        _write_metadata(sheets, folder)
    return Path(out)


def draw_mark(
    sign: str,
    *,
    seed: int = 0,
    drawing: int = 0,
    size: tuple[int, int] = (1350, 900),
    pen_width: float | None = None,
) -> np.ndarray:
    """Draw one sign with the hand and the favourite pen that belong to ``seed``.

    Args:
        sign: One of :data:`SIGNS`.
        seed: 0 or more; another seed is another person with another pen.
        drawing: 0 or more; another drawing by the same person with the same pen.
        size: Width and height, pixels. A smaller picture is the same drawing made smaller, pen included.
        pen_width: Instead of the pen's own width: pixels on a page 900 high, above 0.

    Returns:
        uint8 ``(height, width, 3)``, 255 is paper.

    Raises:
        DataError: An unknown sign, or a number out of range.

    Example:
        >>> draw_mark("X", seed=7, size=(150, 100)).shape
        (100, 150, 3)
    """
    checked_signs([sign])
    checked_number("seed", seed, 0)
    checked_number("drawing", drawing, 0)
    width, height = (checked_number("each side of size", side, 8) for side in size)
    hand = make_hand(seed, 0)
    pen = hand.pens[0] if pen_width is None else hand.pens[0].with_width(checked_width(pen_width))
    rng = np.random.default_rng([seed, 3, SIGNS.index(sign), drawing])
    scale = height / 900
    grey = draw_page(sign, hand, pen, rng, (width / scale, 900.0), scale)
    return np.repeat(grey[:, :, None], 3, axis=2)


def plan(classes: Sequence[str], hands: int, counts: Sequence[int], seed: int) -> list[Sheet]:
    """Every picture of a set, in the order in which they are drawn."""
    people = [make_hand(seed, number) for number in range(hands)]
    sheets = []
    for part, (group, count) in enumerate(zip(share_hands(hands, counts), counts, strict=True)):
        for sign in classes:
            for number in range(count):
                hand = people[group[number % len(group)]]
                key = (seed, 2, hand.number, SIGNS.index(sign), part, number)
                stem = f"{PARTS[part]}/{sign}/{sign.lower()}_{sum(counts[:part]) + number + 1:03d}"
                sheets.append(_sheet(stem, sign, hand, hand.pens[: 1 if hands == 1 else None], key))
    return sheets


def share_hands(hands: int, counts: Sequence[int]) -> list[range]:
    """Which hands draw in train, validation and test: apart with three or more, all of them with fewer."""
    if hands < 3:
        return [range(hands)] * 3
    few = max(1, hands // 5)
    validation, test = (few if count else 0 for count in counts[1:])
    train = hands - validation - test
    return [range(train), range(train, train + validation), range(train + validation, hands)]


def _sheet(stem: str, sign: str, hand: Hand, pens: Sequence[Pen], key: tuple[int, ...]) -> Sheet:
    """Choose pen, size and format of one picture."""
    rng = np.random.default_rng([*key, 0])
    pen = pens[min(int(rng.geometric(0.6)) - 1, len(pens) - 1)]
    width, height = (round(float(rng.normal(side, 0.015 * side))) for side in (1350, 900))
    suffix = ".png" if rng.random() < 0.55 else ".jpg"
    return Sheet(stem + suffix, sign, hand, pen, width, height, key)


def _draw_all(sheets: Sequence[Sheet], folder: Path, on_progress: Callable[[int, int], None] | None) -> None:
    """Draw and write every picture, several at a time; no thread goes on when this returns or fails."""
    from concurrent.futures import ThreadPoolExecutor

    for name in sorted({sheet.name.rpartition("/")[0] for sheet in sheets}):
        (folder / name).mkdir(parents=True)
    pool = ThreadPoolExecutor(min(8, os.cpu_count() or 1))
    try:
        for done, _ in enumerate(pool.map(lambda sheet: _draw_one(sheet, folder), sheets), 1):
            if on_progress is not None:
                on_progress(done, len(sheets))
    finally:
        pool.shutdown(cancel_futures=True)


def _draw_one(sheet: Sheet, folder: Path) -> None:
    """Draw and write one picture."""
    from PIL import Image

    rng = np.random.default_rng([*sheet.key, 1])
    grey = draw_page(sheet.sign, sheet.hand, sheet.pen, rng, (sheet.width, sheet.height))
    picture = Image.fromarray(grey).convert("RGB")
    path = folder / sheet.name
    if path.suffix == ".png":
        picture.save(path, compress_level=4)
    else:
        picture.save(path, quality=90)


def _write_metadata(sheets: Sequence[Sheet], folder: Path) -> None:
    """Write who drew what."""
    rows = sorted(f"{sheet.name},hand_{sheet.hand.number + 1}" for sheet in sheets)
    (folder / "metadata.csv").write_text("\n".join(["file_name,drawer", *rows, ""]), "utf-8", newline="\n")
