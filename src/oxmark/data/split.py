"""Parts for a data set that lacks them: groups first, classes evenly, the same for the same seed.

What belongs together (:mod:`oxmark.data.groups`) never stands in two parts. Within that, each part gets its
share of every class.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from oxmark.data.copies import near_hash, picture_digest
from oxmark.data.dataset import PARTS, Dataset, Sample
from oxmark.data.folds import folds, lacking, share_out
from oxmark.data.groups import bursts, group_numbers, near_copies
from oxmark.data.traits import Traits
from oxmark.data.traits_table import some_traits
from oxmark.errors import FolderError

__all__ = ["complete_parts", "divide", "folds", "near_hash", "picture_digest"]

SHARE = 0.15
"""The share of the pictures that validation and test get, each, where nothing else is asked for."""
_ONE_HAND = (
    "One hand drew everything, so it stands in every part: the figures may look better than they would on "
    "people never seen."
)
_AS_ASKED = {
    "near-copies": "As asked, only copies and frames of one series are kept together: a hand may stand in "
    "two parts, and the figures may look better than they would on people never seen.",
    "none": "As asked, only exact copies are kept together: near copies, frames of one series and drawings "
    "of one hand may stand in two parts, and the figures may look better than they would on new drawings.",
}


def complete_parts(
    dataset: Dataset, *, traits: Sequence[Traits], seed: int
) -> tuple[Dataset, tuple[str, ...]]:
    """Make the parts that are missing.

    Without any parts, about 70 % of the pictures become train, 15 % validation and 15 % test. Where only
    validation or test is missing, it is taken out of train. Hands are kept apart when that leaves every part
    with pictures of every class; otherwise only copies and frames of one series are, and a note says so.

    Args:
        dataset: As read.
        traits: Of each sample, in the dataset's order; not looked at when no part is missing.
        seed: Any whole number; the same seed makes the same parts.

    Returns:
        The dataset with a part for each sample, samples in the same order as before, and sentences for the
        user about what was done. Unchanged and without notes when all three parts are there.

    Raises:
        FolderError: There are validation or test pictures, but none for training.
        ValueError: Not as many traits as samples.

    Example:
        >>> dataset, notes = complete_parts(dataset, traits=traits, seed=0)  # doctest: +SKIP
        >>> notes  # doctest: +SKIP
        ('No validation part found: 6 of 40 training pictures were set aside for it ...',)
    """
    missing: list[str] = [part for part in PARTS if part not in dataset.parts]
    if not missing:
        return dataset, ()
    if dataset.parts and "train" in missing:
        have = " and ".join(dataset.parts)
        raise FolderError(
            f"{dataset.root} has {have} pictures, but no training pictures. Add a folder train."
        )
    _check_lengths(len(dataset.samples), traits)
    source = [i for i, sample in enumerate(dataset.samples) if sample.part in (None, "train")]
    wanted = [part for part in PARTS if part in missing or part == "train"]
    shares = {part: SHARE for part in wanted if part != "train"}
    samples, of_each = [dataset.samples[i] for i in source], some_traits(traits, source)
    parts, notes = divide(
        samples, of_each, {"train": 1 - sum(shares.values()), **shares}, classes=dataset.classes, seed=seed
    )
    whole = list(dataset.samples)
    for i, part in zip(source, parts, strict=True):
        whole[i] = dataclasses.replace(whole[i], part=part)
    done = dataclasses.replace(dataset, samples=tuple(whole))
    return done, (_what_was_made(dataset, Counter(parts), list(shares)), *notes)


def divide(
    samples: Sequence[Sample],
    traits: Sequence[Traits],
    shares: Mapping[str, float],
    *,
    classes: Sequence[str],
    by: str = "drawer",
    seed: int,
) -> tuple[list[str], tuple[str, ...]]:
    """Choose a part for each picture; parts that they have already do not count.

    Groups are never divided. Where hands are to be kept apart, but that would leave a part without a class
    that it can have otherwise, only copies and series are kept together, and a note says so.

    Args:
        samples: N pictures.
        traits: Of each, in the same order.
        shares: Part -> its share of the pictures, 0..1, in sum 1; parts with 0 get nothing. The first part
            that gets any always keeps a group of every class.
        classes: The classes' names, for the notes.
        by: What is kept together, one of :data:`~oxmark.data.groups.GROUPINGS`.
        seed: Any whole number; the same seed makes the same parts.

    Returns:
        N names of parts, and sentences for the user: what is missing where, what was kept together.

    Raises:
        ValueError: An unknown grouping, or not as many traits as samples.

    Example:
        >>> parts, notes = divide(  # doctest: +SKIP
        ...     dataset.samples, traits, {"train": 0.8, "test": 0.2}, classes=dataset.classes, seed=0
        ... )
        >>> parts[:3]  # doctest: +SKIP
        ['train', 'test', 'train']
    """
    labels = np.array([sample.label for sample in samples], np.int64)
    hands = len({sample.group for sample in samples} - {None})
    parts = share_out(labels, group_numbers(samples, traits, by), shares, seed)
    apart = by == "drawer"
    if apart and hands:
        simpler = share_out(labels, group_numbers(samples, traits, "near-copies"), shares, seed)
        if set(lacking(labels, parts, shares)) - set(lacking(labels, simpler, shares)):
            parts, apart = simpler, False
    notes = [
        f"Class {classes[label]!r} has no {part} pictures: it has too few, or all are copies of one."
        for label, part in lacking(labels, parts, shares)
    ]
    if sum(share > 0 for share in shares.values()) < 2:  # nothing stands in two parts
        return parts, tuple(notes)
    notes += _hand_notes(samples, apart) if by == "drawer" else [_AS_ASKED[by]]
    return parts, (*notes, *(_set_notes(samples, traits) if by != "none" else ()))


def _check_lengths(expected: int, given: Sequence[object]) -> None:
    if len(given) != expected:
        raise ValueError(f"got {len(given)} fingerprints for {expected} samples, expected one for each")


def _what_was_made(dataset: Dataset, number: Mapping[str, int], names: list[str]) -> str:
    """What :func:`complete_parts` did, in a sentence."""
    total = sum(number.values())
    if not dataset.parts:
        shares = ", ".join(f"{number.get(part, 0)} for {part}" for part in PARTS)
        return f"No train, validation and test folders found: {total} pictures were divided, {shares}."
    taken = " and ".join(str(number.get(name, 0)) for name in names)
    them = "it" if len(names) == 1 else "them"
    missing = " and no ".join(names)
    return f"No {missing} part found: {taken} of {total} training pictures were set aside for {them}."


def _hand_notes(samples: Sequence[Sample], apart: bool) -> list[str]:
    hands = len({sample.group for sample in samples} - {None})
    if hands == 0:
        return ["Who drew which picture is not known, so one hand may stand in two parts."]
    if apart:
        known = "" if all(sample.group is not None for sample in samples) else "known "
        return [f"No {known}hand stands in two parts ({hands} hands)."]
    if hands == 1 and all(sample.group is not None for sample in samples):
        return [_ONE_HAND]
    return [
        f"The hands ({hands}) could not be kept apart with every class in every part, so a hand may stand in "
        "two parts: the figures may look better than they would on people never seen. Copies are kept "
        "together all the same."
    ]


def _set_notes(samples: Sequence[Sample], traits: Sequence[Traits]) -> list[str]:
    notes = []
    for groups, what in (
        (near_copies(traits), "copies or near copies"),
        (bursts(samples, traits), "frames of a series (a video, a camera's burst mode)"),
    ):
        sizes = np.bincount(groups)
        sets = int((sizes > 1).sum())
        if sets:
            each = "one set" if sets == 1 else f"{sets} sets"
            notes.append(
                f"{int(sizes[sizes > 1].sum())} pictures are {what}, {each}; each set is in one part."
            )
    return notes
