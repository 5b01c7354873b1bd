"""What can be mended without asking: which pictures stay, where they go, and why the others do not.

Nothing is decided that only the user can know. Of two pictures that cannot both stay, the one in test stays,
then the one in validation: the parts that measure lose nothing.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from oxmark.data.dataset import Dataset, Sample
from oxmark.data.doctor.copies import Copies, find_copies, labels_of
from oxmark.data.doctor.evidence import Evidence, Picture
from oxmark.data.doctor.finding import Finding, verdict
from oxmark.data.doctor.folders import same_spelling
from oxmark.data.walk import free_path, shown_name
from oxmark.words import Message

_RANK: dict[str | None, int] = {"test": 0, "validation": 1, "train": 2, None: 3}


@dataclass(frozen=True)
class Change:
    """What was done to one file.

    Attributes:
        file: Its name relative to the original folder, as shown.
        what: Why it was left out, or where it went.
        left_out: It is not in the copy.
    """

    file: str
    what: Message
    left_out: bool


@dataclass(frozen=True)
class Kept:
    """A picture that stays: the sample, and its path relative to the copy."""

    sample: Sample
    path: Path


@dataclass(frozen=True)
class Plan:
    """What the copy will hold.

    Attributes:
        classes: The classes, those merged under one name.
        kept: Its pictures, by their row in the data set.
        changes: What is different from the original, file by file.
    """

    classes: tuple[str, ...]
    kept: dict[int, Kept]
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class Mending:
    """What was done.

    Attributes:
        folder: The mended copy.
        kept: How many pictures it has.
        classes: Its classes.
        changes: What is different from the original, file by file.
        left: What is still to be found in the copy: for the user to decide.
    """

    folder: str
    kept: int
    classes: tuple[str, ...]
    changes: tuple[Change, ...]
    left: tuple[Finding, ...]

    @property
    def sentence(self) -> Message:
        """The verdict on the copy in one line."""
        return verdict(self.left, self.kept, len(self.classes))

    def as_json(self) -> dict[str, Any]:
        """For ``oxmark check --json``; the sentences are in English."""
        return {
            "folder": self.folder,
            "kept": self.kept,
            "classes": list(self.classes),
            "sentence": str(self.sentence),
            "changes": [
                {"file": one.file, "what": str(one.what), "left_out": one.left_out} for one in self.changes
            ],
            "left": [finding.as_json() for finding in self.left],
        }


def plan(evidence: Evidence) -> Plan:
    """Decide what a mended copy holds.

    Left out are unreadable, empty and blank pictures, surplus exact copies, pictures that stand in two
    classes (both), and near copies and frames of a series of which another one is in a part that measures,
    unless a class would lose all its pictures of a part by that. Class folders that differ by letter case or
    spaces become one.

    Args:
        evidence: What is known of the original.

    Returns:
        The plan; nothing is written yet.

    Example:
        >>> [str(change.what) for change in plan(evidence).changes]  # doctest: +SKIP
        ['cannot be read', 'a copy of test/O/o_050.png, which stays']
    """
    spelling = _spelling(evidence)
    merged = Evidence(_merged(evidence.dataset, spelling), evidence.traits, evidence.seen)
    out = dict(_unusable(merged))
    found = find_copies(merged.drawn)
    out.update(_in_two_classes(found))
    out.update(_surplus_copies(found))
    out.update(_leaks(merged, found, out))
    kept, moved = _places(evidence.dataset, out, spelling)
    left_out = [Change(name, what, True) for name, what in out.items()]
    changes = sorted([*left_out, *moved], key=lambda change: change.file)
    return Plan(merged.dataset.classes, kept, tuple(changes))


_Out = Iterator[tuple[str, Message]]


def _spelling(evidence: Evidence) -> dict[str, str]:
    """For each class its name in the copy: of names spelled alike, the one with the most pictures."""
    number = Counter(evidence.class_of(one) for one in evidence.usable)
    names = {name: name for name in evidence.dataset.classes}
    for alike in same_spelling(evidence.dataset.classes):
        names.update(dict.fromkeys(alike, max(alike, key=lambda name: number[name])))
    return names


def _merged(dataset: Dataset, spelling: dict[str, str]) -> Dataset:
    """The data set with classes of the same spelling made one; the paths stay."""
    classes = tuple(sorted(set(spelling.values())))
    label = [classes.index(spelling[name]) for name in dataset.classes]
    samples = tuple(dataclasses.replace(one, label=label[one.label]) for one in dataset.samples)
    return dataclasses.replace(dataset, classes=classes, samples=samples)


def _unusable(evidence: Evidence) -> _Out:
    for name, _, is_empty in evidence.unreadable:
        yield name, Message("doctor.mended.empty" if is_empty else "doctor.mended.unreadable")
    for one in evidence.blank:
        if one.sample.label not in evidence.blank_labels:
            yield one.name, Message("doctor.mended.blank")


def _in_two_classes(found: Copies) -> _Out:
    for pictures in found.in_two_classes:
        for one in pictures:
            other = next(p for p in pictures if labels_of([p]) != labels_of([one]))
            yield one.name, Message("doctor.mended.in_two_classes", {"other": other.name})


def _surplus_copies(found: Copies) -> _Out:
    for pictures in found.exact:
        stays, *others = sorted(pictures, key=_rank)
        for one in others:
            yield one.name, Message("doctor.mended.copies", {"other": stays.name})


def _leaks(evidence: Evidence, found: Copies, out: dict[str, Message]) -> _Out:
    """Near copies and frames of which another one stands in a part that measures."""
    leaks: dict[str, tuple[Picture, Message]] = {}
    for code, sets in (("near_copies", found.near), ("burst", found.bursts)):
        for pictures in sets:
            here = sorted((one for one in pictures if one.name not in out), key=_rank)
            for one in here[1:]:
                if one.sample.part != here[0].sample.part:
                    what = Message(f"doctor.mended.{code}", {"other": here[0].name})
                    leaks.setdefault(one.name, (one, what))
    left = Counter(_place(one) for one in evidence.usable if one.name not in out)
    lost = Counter(_place(one) for one, _ in leaks.values())
    for name, (one, what) in leaks.items():
        if left[_place(one)] > lost[_place(one)]:
            yield name, what


def _rank(picture: Picture) -> tuple[int, bool]:
    """Where a copy stays rather: in a part that measures, then where the hand is known."""
    return _RANK[picture.sample.part], picture.sample.group is None


def _place(picture: Picture) -> tuple[str | None, int]:
    return picture.sample.part, picture.sample.label


def _places(
    dataset: Dataset, out: Iterable[str], spelling: dict[str, str]
) -> tuple[dict[int, Kept], list[Change]]:
    """Where each picture that stays goes, and which of them stood elsewhere."""
    kept, moved, taken = {}, [], set[str]()
    for row, sample in enumerate(dataset.samples):
        name = dataset.relative(sample)
        if name in out:
            continue
        path = sample.path.relative_to(dataset.root)
        depth = 0 if sample.part is None else 1
        folder = spelling[dataset.classes[sample.label]]
        if folder != shown_name(path.parts[depth]):
            path = Path(*path.parts[:depth], folder, *path.parts[depth + 1 :])
        path = free_path(path, taken, "_")
        kept[row] = Kept(sample, path)
        there = shown_name(path.as_posix())
        if there != name:
            moved.append(Change(name, Message("doctor.mended.class_spelling", {"other": there}), False))
    return kept, moved
