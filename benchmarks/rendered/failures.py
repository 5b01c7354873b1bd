"""The worst failures of a recipe as a contact sheet: the picture, and what the network saw of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from oxmark import Classifier

from .album import Album, Item
from .answers import Answers
from .media import Pixels
from .sheet import contact_sheet, stacked

COLUMNS = 9
CELL = 144
SHOWN = {"wrong": 60, "refused": 30, "answered": 40}
"""At most so many of each sort of failure."""
TITLES = {
    "wrong": "Read wrongly",
    "refused": "Marks refused",
    "answered": "Other drawings and nothing, answered",
}


@dataclass(frozen=True)
class Failure:
    """A picture that models fail on.

    Attributes:
        index: Its place in the suite.
        seed: The seed that fails worst on it.
        seeds: How many seeds fail on it.
    """

    index: int
    seed: int
    seeds: int


def worst_failures(items: Sequence[Item], answers: Sequence[Answers], sort: str) -> list[Failure]:
    """Returns the pictures that fail in one way, those on which most seeds fail first.

    Among equals mild conditions come first, then those that fail most clearly.

    Args:
        items: The pictures of the suite.
        answers: One seed's answers after another.
        sort: "wrong" or "refused" marks, or "answered" pictures that hold no mark.
    """
    failed, clear = _failed(items, answers, sort)
    strength = np.where(failed, clear, -1.0)
    seeds, severity = failed.sum(axis=0), np.array([item.severity for item in items])
    order = np.lexsort((-strength.max(axis=0), severity, -seeds))
    worst = strength.argmax(axis=0)
    return [Failure(int(i), int(worst[i]), int(seeds[i])) for i in order if seeds[i]]


def _failed(
    items: Sequence[Item], answers: Sequence[Answers], sort: str
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Which pictures fail with which seed, bool (seeds, N), and how clearly, 0..1."""
    sign = np.array([item.sign for item in items])
    mark = np.array([item.group == "mark" for item in items])
    answered = np.array([a.answered for a in answers])
    if sort == "refused":
        return mark & ~answered, 1 - np.array([a.known for a in answers])
    confidence = np.array([a.confidence for a in answers])
    if sort == "wrong":
        return mark & np.array([a.chosen != sign for a in answers]), confidence
    return ~mark & answered, confidence


def failure_sheet(
    recipe: str, album: Album, answers: Sequence[Answers], model: Callable[[int], Classifier]
) -> Image.Image:
    """Returns the sheet.

    Args:
        recipe: Its name, for the titles.
        album: The suite.
        answers: One seed's answers after another.
        model: The model of a seed.
    """
    parts = []
    for sort, title in TITLES.items():
        found = worst_failures(album.items, answers, sort)
        shown = found[: SHOWN[sort]]
        pictures = [album.pixels(failure.index) for failure in shown]
        seen = [_seen(model(f.seed), pixels) for f, pixels in zip(shown, pictures, strict=True)]
        captions = [_caption(album.items[f.index], answers, f) for f in shown]
        sheet = contact_sheet(pictures, captions, COLUMNS, CELL, below=seen)
        parts.append((f"{recipe}: {title}: {len(found)} pictures, {len(shown)} shown", sheet))
    return stacked(parts)


def _caption(item: Item, answers: Sequence[Answers], failure: Failure) -> str:
    one = answers[failure.seed]
    severity = f" {item.severity}" if item.severity else ""
    truth = f"{item.sign}: " if item.sign else ""
    known = f"known {one.known[failure.index]:.2f}"
    read = f"{truth}read {one.chosen[failure.index]} {one.confidence[failure.index]:.3f}, {known}"
    return f"{item.name}{severity}\n{read}\n{failure.seeds} of {len(answers)} seeds fail"


def _seen(model: Classifier, pixels: Pixels) -> Pixels:
    """What the network saw, as dark ink on white, uint8 (size, size)."""
    seen = model.view(np.ascontiguousarray(pixels)).seen
    dark = seen if _sees_paper_bright(model) else 1 - seen
    shades: Pixels = np.round(255 * np.clip(dark, 0, 1)).astype(np.uint8)
    return shades


def _sees_paper_bright(model: Classifier) -> bool:
    """Whether white paper is near 1 for the network, told from a dark line on white."""
    page = np.full((200, 200, 3), 255, np.uint8)
    page[97:103, 50:150] = 0
    return bool(np.median(model.view(page).seen) > 0.5)
