"""Data sets that exist on paper only: files, hands and what was measured of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from oxmark.data.dataset import PARTS, Dataset, Sample
from oxmark.data.decode import PictureInfo
from oxmark.data.doctor.evidence import Evidence
from oxmark.data.doctor.finding import Finding
from oxmark.data.traits import Traits
from oxmark.data.walk import Skipped
from oxmark.errors import PictureError

SIDE = 48
MakeCase = Callable[..., Evidence]


def look(number: int, changed: int = 0) -> dict[str, Any]:
    """Digest and near hash of drawing ``number``; ``changed`` bits of the hash are different."""
    bits = np.random.default_rng(number).random(256) < 0.5
    bits[:changed] ^= True
    return {"digest": f"{number}-{changed}", "near": bits}


def frame_of(drawing: int, number: int) -> dict[str, Any]:
    """A frame: too different for a near copy, but of the same drawing to the eye."""
    small = np.ones((32, 32), np.float32)
    small[8:24, 10 + number : 13 + number] = small[14:18, 4 + number : 26 + number] = 0.2
    return {"look": look(drawing, changed=25 * number), "frame": small}


def traits(**changes: Any) -> Traits:
    """An ordinary picture: 300x200, PNG, a mark on white paper."""
    frame = np.ones((32, 32), np.float32)
    frame[10:20, 10:20] = 0.2
    usual = Traits(PictureInfo(300, 200, "PNG", "RGB"), 1000, "", np.zeros(256, bool), 0.95, (1, 1, 1), frame)
    return dataclasses.replace(usual, **changes)


def sized(width: int, height: int, mode: str = "RGB", kind: str = "PNG") -> dict[str, Any]:
    """What the header of a picture says."""
    return {"info": PictureInfo(width, height, kind, mode)}


def make_case(
    files: Iterable[str] | Mapping[str, Mapping[str, Any]],
    *,
    seen: np.ndarray | None = None,
    skipped: Mapping[str, str] | None = None,
    root: str = "marks",
) -> Evidence:
    """Evidence from file names: ``make_case({"train/O/1.png": {"hand": "a"}})``.

    Each picture shows a drawing of its own unless it is given a ``look``; ``error`` makes it unreadable;
    whatever else is given replaces a trait. Without ``seen`` every picture shows one mark.
    """
    given = files if isinstance(files, Mapping) else {name: {} for name in files}
    parted = all(name.split("/")[0] in PARTS for name in given)
    names = {name: name.split("/")[1 if parted else 0] for name in given}
    classes = tuple(sorted(set(names.values())))
    samples, measured = {}, {}
    for number, (name, values) in enumerate(given.items()):
        values = dict(values)
        part = name.split("/")[0] if parted else None
        label, hand = classes.index(names[name]), values.pop("hand", None)
        samples[name] = Sample(Path(root) / name, label, part, hand)
        error = values.pop("error", None)
        values = look(1000 + number) | values.pop("look", {}) | values
        measured[name] = error if isinstance(error, PictureError) else traits(**values)
    rank = {part: place for place, part in enumerate(PARTS)}
    order = sorted(samples, key=lambda n: (rank.get(samples[n].part or "", 0), samples[n].label, n))
    left_out = [Skipped(Path(root) / name, reason) for name, reason in (skipped or {}).items()]
    dataset = Dataset(Path(root), classes, tuple(samples[n] for n in order), tuple(left_out))
    if seen is None:
        seen = one_mark(sum(isinstance(one, Traits) for one in measured.values()))
    return Evidence(dataset, [measured[name] for name in order], seen)


def one_mark(count: int) -> np.ndarray:
    """What the network sees of so many pictures with one mark."""
    seen = np.zeros((count, 1, SIDE, SIDE), np.float32)
    seen[:, 0, 8:40, 22:26] = seen[:, 0, 22:26, 8:40] = 1
    return seen


def told(findings: Iterable[Finding]) -> dict[str, tuple[str, ...]]:
    """Code to files; every sentence of each finding is written once, in both languages."""
    found = list(findings)
    for one in found:
        for message in (one.what, one.why, one.cure):
            for language in ("en", "ko"):
                assert "{" not in message.text(language)
    codes = [one.code for one in found]
    assert len(codes) == len(set(codes)), "one finding a code"
    return {one.code: one.files for one in found}


def parted(train: int = 16, validation: int = 5, test: int = 5, classes: str = "OX") -> list[str]:
    """File names of a set with nothing wrong."""
    counts = {"train": train, "validation": validation, "test": test}
    return [f"{part}/{c}/{n}.png" for part, count in counts.items() for c in classes for n in range(count)]
