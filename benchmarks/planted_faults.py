"""What the doctor finds of faults that were planted, and what it says of a clean set.

    python benchmarks/planted_faults.py [--seeds 5]

Each seed draws O and X by eight hands, 60, 12 and 12 pictures a class (``oxmark draw``), and is examined
three times: clean; with faults (5 % of the training labels swapped, 6 training pictures leaked into test,
hardly changed, a series of 8 frames, 4 pages with two marks of one hand); and clean, but each class on paper
of its own colour.
"""

from __future__ import annotations

import csv
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np
import numpy.typing as npt
from conditions import conditions
from PIL import Image, ImageEnhance

import oxmark
from oxmark.workflow.checking import Checkup, check

COUNTS, HANDS = (60, 12, 12), 8
SWAPPED, FRAMES, DOUBLES = 0.05, 8, 4
TINTS = {"O": (255, 244, 200), "X": (222, 236, 255)}

Rng = np.random.Generator


def smaller(picture: Image.Image) -> Image.Image:
    return picture.resize((picture.width // 2, picture.height // 2), Image.Resampling.LANCZOS)


def trimmed(picture: Image.Image) -> Image.Image:
    ink = picture.convert("L").point(lambda value: 255 * (value < 160)).getbbox()
    left, top, right, bottom = ink or (0, 0, *picture.size)
    return picture.crop((left // 2, top // 2, (picture.width + right) // 2, (picture.height + bottom) // 2))


def the_same(picture: Image.Image) -> Image.Image:
    return picture


def brighter(picture: Image.Image) -> Image.Image:
    return ImageEnhance.Brightness(picture).enhance(1.15)


LEAKS: dict[str, tuple[Callable[[Image.Image], Image.Image], str, int]] = {
    "exact": (the_same, ".png", 0),
    "half size": (smaller, ".png", 0),
    "JPEG 40": (the_same, ".jpg", 40),
    "brighter": (brighter, ".png", 0),
    "trimmed": (trimmed, ".png", 0),
    "half size, JPEG 75": (smaller, ".jpg", 75),
}
"""What was done to a picture before it was put into the test part, the suffix, and the quality of a JPEG."""


@dataclass(frozen=True)
class Planted:
    """Which files carry which fault."""

    swapped: set[str]
    leaks: dict[str, str]
    frames: set[str]
    doubles: set[str]


def plant(folder: Path, rng: Rng) -> Planted:
    """Put all faults into a drawn set, each in pictures of its own."""
    hands = read_hands(folder)
    (folder / "metadata.csv").unlink()  # moved files would stand out by their missing rows
    left = {
        sign: [str(p) for p in rng.permutation(sorted((folder / "train" / sign).iterdir()))] for sign in "OX"
    }
    swapped, leaks = set(), {}
    for sign, other in ("OX", "XO"):
        for _ in range(round(SWAPPED * COUNTS[0])):
            source = Path(left[sign].pop())
            target = folder / "train" / other / f"moved_{source.name}"
            source.rename(target)
            swapped.add(target.relative_to(folder).as_posix())
    for number, (name, (change, suffix, quality)) in enumerate(LEAKS.items()):
        sign = "OX"[number % 2]
        target = folder / "test" / sign / f"new{number}{suffix}"
        change(Image.open(left[sign].pop()).convert("RGB")).save(target, quality=quality)
        leaks[target.relative_to(folder).as_posix()] = name
    doubles = {double(folder, left["OX"[k % 2]], hands, k) for k in range(DOUBLES)}
    return Planted(swapped, leaks, burst(folder, left["X"].pop(), rng), doubles)


def read_hands(folder: Path) -> dict[str, str]:
    """File name to hand."""
    with (folder / "metadata.csv").open(encoding="utf-8") as stream:
        return {row["file_name"]: row["drawer"] for row in csv.DictReader(stream)}


def burst(folder: Path, source: str, rng: Rng) -> set[str]:
    """One drawing becomes a series: a moving camera, grain, flickering light. Its original goes."""
    picture = np.asarray(Image.open(source).convert("RGB"), np.float32)
    names = set()
    for number in range(FRAMES):
        moved = np.roll(picture, (int(rng.integers(-9, 10)), int(rng.integers(-9, 10))), (0, 1))
        frame = moved * rng.uniform(0.94, 1.0) + rng.normal(0, 4, moved.shape)
        target = folder / "train" / "X" / f"VID_{number:04}.jpg"
        as_picture(frame).save(target, quality=85)
        names.add(target.relative_to(folder).as_posix())
    Path(source).unlink()
    return names


def double(folder: Path, left: list[str], hands: dict[str, str], number: int) -> str:
    """Two drawings of one hand on one page; the originals go."""
    first = Path(left.pop())
    hand = hands[first.relative_to(folder).as_posix()]
    second = next(Path(p) for p in left if hands[Path(p).relative_to(folder).as_posix()] == hand)
    left.remove(str(second))
    pages = [Image.open(path).convert("RGB") for path in (first, second)]
    page = Image.new("RGB", (sum(p.width for p in pages), max(p.height for p in pages)), "white")
    page.paste(pages[0], (0, 0))
    page.paste(pages[1], (pages[0].width, 0))
    target = first.with_name(f"page{number}.png")
    page.save(target)
    first.unlink()
    second.unlink()
    return target.relative_to(folder).as_posix()


def tint(folder: Path, rng: Rng) -> None:
    """Each class on paper of its own colour, a little different each time."""
    for path in sorted(folder.rglob("*/*/*.*")):
        paper = np.array(TINTS[path.parent.name]) + rng.normal(0, 3, 3)
        as_picture(np.asarray(Image.open(path).convert("RGB"), np.float32) * (paper / 255)).save(path)


def as_picture(values: npt.NDArray[np.floating]) -> Image.Image:
    return Image.fromarray(np.clip(np.rint(values), 0, 255).astype(np.uint8))


def files(result: Checkup, *codes: str) -> set[str]:
    """All files of some findings."""
    return {name for finding in result.findings if finding.code in codes for name in finding.files}


def row(seed: int, planted: Planted, faulty: Checkup, tinted: Checkup, clean: Checkup) -> str:
    suspects = files(faulty, "wrong_labels")
    leaked = files(faulty, "copies_in_two_parts", "near_copies_in_two_parts")
    series = files(faulty, "burst", "near_copies")
    several = files(faulty, "several_marks")
    missed = ", ".join(kind for name, kind in planted.leaks.items() if name not in leaked) or "-"
    alarms = ", ".join(f.code for f in tinted.findings if f.code.startswith("shortcut")) or "none"
    cells = (
        f"{len(suspects & planted.swapped)}/{len(planted.swapped)} +{len(suspects - planted.swapped)}",
        f"{len(leaked & set(planted.leaks))}/{len(planted.leaks)} ({missed})",
        f"{len(series & planted.frames)}/{len(planted.frames)}",
        f"{len(several & planted.doubles)}/{len(planted.doubles)} +{len(several - planted.doubles)}",
        alarms,
        ", ".join(finding.code for finding in clean.findings) or "nothing",
    )
    return f"{seed:<5}" + " | ".join(cells)


@click.command()
@click.option("--seeds", default=5, show_default=True)
def main(seeds: int) -> None:
    """Draw, plant, examine, print."""
    print(conditions("numpy", "scikit-learn", "scikit-image", "cleanlab", "imagehash"))
    print(f"O and X, {HANDS} hands, {COUNTS} pictures a class; '+n' are false alarms")
    print("seed swapped labels | leaks (missed) | frames | two marks | tinted paper | clean set")
    seconds = []
    for seed in range(seeds):
        with tempfile.TemporaryDirectory() as temporary:
            work, rng = Path(temporary), np.random.default_rng(seed)
            base = oxmark.draw_dataset(work / "clean", hands=HANDS, counts=COUNTS, seed=seed)
            begun = time.perf_counter()
            clean = check(base)
            seconds.append(time.perf_counter() - begun)
            planted = plant(Path(shutil.copytree(base, work / "faulty")), rng)
            faulty = check(work / "faulty")
            tint(base, rng)
            print(row(seed, planted, faulty, check(base), clean), flush=True)
    pictures = 2 * sum(COUNTS)
    print(f"check took {min(seconds):.1f} to {max(seconds):.1f} s for {pictures} pictures, decoding and all")


if __name__ == "__main__":
    main()
