"""The doctor's suspicions that need a classifier: wrong labels, and shortcuts past the mark."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from oxmark.data.doctor.evidence import Evidence, Picture, names_of, shortened, traits_of
from oxmark.data.doctor.finding import CODES, Finding
from oxmark.data.doctor.folders import spelled
from oxmark.data.folds import folds
from oxmark.data.groups import group_numbers
from oxmark.data.traits import shortcut_features
from oxmark.evaluation.baselines import quick_probabilities
from oxmark.evaluation.shortcuts import Shortcut, find_shortcuts
from oxmark.evaluation.suspects import find_suspects
from oxmark.words import Message, percent

FEWEST = 6
"""In classes with fewer pictures nothing is suspected."""
MOST_DOUBTED = 5000
"""Of so many pictures, evenly spread, the labels are doubted: a minute's work."""
STRONG = 0.8
"""A shortcut must be mended when it covers so much of the way from guessing to always right."""

BELIEVED = 0.5
"""The quick look is unsure of many pictures where there are many classes, so it suspects only those whose
class it believes at most half as much as guessing does. Of 5 % swapped labels in twelve sets of 8 or 12 drawn
signs it then finds 144 of 165 instead of 152, with 20 false suspicions instead of 91; in six sets of O and X,
and in ``benchmarks/planted_faults.py``, nothing changed."""

_FOLDS = 5
_CODES = {
    "border": "shortcut_border",
    "brightness": "shortcut_brightness",
    "file type": "shortcut_file_type",
    "size": "shortcut_size",
}


def suspicions(evidence: Evidence) -> Iterator[Finding]:
    """Find pictures whose class seems wrong, and features besides the mark that tell the classes apart.

    Args:
        evidence: What was read of the folder.

    Yields:
        Findings, in no order; none where there are too few pictures to say.

    Example:
        >>> [finding.code for finding in suspicions(evidence)]  # doctest: +SKIP
        ['wrong_labels']
    """
    dataset = evidence.dataset
    names = [spelled(name) for name in dataset.classes]  # two spellings of one class are one here
    number = Counter(names[one.sample.label] for one in evidence.usable)
    pictures = [one for one in evidence.usable if number[names[one.sample.label]] >= FEWEST]
    classes = sorted({one.sample.label for one in pictures}, key=lambda label: names[label])
    first = {names[label]: label for label in reversed(classes)}
    kinds = sorted(first)
    labels = np.array([kinds.index(names[one.sample.label]) for one in pictures], np.int64)
    if len(kinds) < 2:
        return
    shown = [dataset.classes[first[kind]] for kind in kinds]
    yield from _wrong_labels(evidence, pictures, labels, shown)
    for shortcut in find_shortcuts(shortcut_features(traits_of(pictures)), labels, None):
        yield _shortcut(evidence, pictures, labels, shown, shortcut)


def _wrong_labels(
    evidence: Evidence, pictures: Sequence[Picture], labels: npt.NDArray[np.int64], shown: Sequence[str]
) -> Iterator[Finding]:
    if len(pictures) > MOST_DOUBTED:
        some = np.linspace(0, len(pictures) - 1, MOST_DOUBTED).astype(int)
        pictures, labels = [pictures[row] for row in some], labels[some]
    samples, traits = [one.sample for one in pictures], traits_of(pictures)
    # Hands are mixed on purpose: a wrong label is found among pictures that are otherwise alike.
    parts = folds(labels, group_numbers(samples, traits, by="near-copies"), _FOLDS, seed=0)
    views = [one.seen for one in pictures if one.seen is not None]
    if not parts or not views:
        return
    probabilities = quick_probabilities(np.stack(views)[:, None], labels, parts)
    suspects = find_suspects(probabilities, labels, believed=BELIEVED)
    if suspects:
        yield evidence.finding(
            "wrong_labels",
            [pictures[one.row].name for one in suspects],
            details=[f"{shown[one.given]} → {shown[one.likely]}" for one in suspects],
        )


def _shortcut(
    evidence: Evidence,
    pictures: Sequence[Picture],
    labels: npt.NDArray[np.int64],
    shown: Sequence[str],
    found: Shortcut,
) -> Finding:
    code = _CODES[found.name]
    concerned = range(len(shown)) if found.label is None else [found.label]
    covered = (found.share.right / found.share.total - found.chance) / (1 - found.chance)
    return evidence.finding(
        code,
        names_of(one for one, label in zip(pictures, labels, strict=True) if label in concerned),
        severity=CODES[code] if covered >= STRONG else "warning",
        told=Message(
            f"doctor.told.{'all' if found.label is None else 'one'}",
            {
                "right": found.share.right,
                "total": found.share.total,
                "chance": percent(found.chance),
                "list": shortened([shown[label] for label in concerned]),
            },
        ),
    )
