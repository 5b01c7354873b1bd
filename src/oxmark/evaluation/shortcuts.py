"""Can something that is not the mark tell the classes apart: paper, brightness, size, file type?

A network takes the easiest way. Where every O is on yellow paper, it may learn the paper; it then looks
excellent on this set and fails on all others (Geirhos et al., 2020, doi:10.1038/s42256-020-00257-z).
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from oxmark.data.groups import class_by_hand
from oxmark.evaluation.metrics import Share

_Ints = npt.NDArray[np.int64]
_Floats = npt.NDArray[np.float64]

ALARM, ALARM_OF_ONE = 0.35, 0.45
"""Alarm when, of the way from guessing to always right, the feature alone surely covers so much: for all
classes together, and for one class against the others. ``tests/evaluation/test_shortcuts.py`` says why."""
_FOLDS = 5
_LEAF = 3  # a rule for fewer pictures than this is no rule
_BY_PERSON = 0.9


@dataclass(frozen=True)
class Shortcut:
    """A feature that tells the classes apart on its own.

    Attributes:
        name: Of the feature.
        share: Pictures whose class was told from the feature alone, out of fold.
        chance: What guessing would reach, 0..1; of a shortcut to one class, the share of the other pictures
            that are taken for it.
        label: The one class that it tells from all others; None where it tells all classes apart.
        by_person: Whoever drew the picture tells the class too: it may be the person, not the feature.
    """

    name: str
    share: Share
    chance: float
    label: int | None = None
    by_person: bool = False


def find_shortcuts(
    features: Mapping[str, npt.NDArray[np.floating] | npt.NDArray[np.integer]],
    labels: _Ints,
    groups: _Ints | None,
    *,
    seed: int = 0,
) -> tuple[Shortcut, ...]:
    """Try to tell the classes apart from each feature alone, with a small decision tree, cross-validated.

    Args:
        features: Name to values, ``(N,)`` or ``(N, d)``; what has no order, such as the file type, as one
            column a kind, 0 or 1. Take nothing that the mark itself changes: the mean grey of a picture says
            how much ink there is, as do the bytes of a file, and one person's O and X may be told apart by
            that; the grey of the paper (the median) says nothing about the mark.
        labels: Class numbers, int64 ``(N,)``.
        groups: A number for whoever drew each picture, int64 ``(N,)``; None when that is not known.
        seed: Of the folds.

    Returns:
        The alarms, in the order of the features. None below ten pictures or two classes.

    Example:
        >>> kinds, labels = np.repeat([[0, 1], [1, 0]], 20, axis=0), np.repeat([0, 1], 20)
        >>> [found.name for found in find_shortcuts({"file type": kinds}, labels, None)]
        ['file type']
    """
    pictures = np.bincount(labels, minlength=1)
    if len(labels) < 10 or (pictures > 0).sum() < 2 or pictures.max() < 2:
        return ()
    by_person = groups is not None and class_by_hand(labels, groups) > _BY_PERSON
    found = []
    for name, values in features.items():
        columns = np.asarray(values, np.float64).reshape(len(labels), -1)
        answers = _answers(columns, labels, seed)
        alarm = _of_all(answers, labels) or _of_one(answers, labels)
        if alarm:
            share, chance, label = alarm
            found.append(Shortcut(name, share, chance, label, by_person))
    return tuple(found)


def _answers(values: _Floats, labels: _Ints, seed: int) -> _Ints:
    """Out-of-fold answers of a small tree, int64 ``(N,)``."""
    from sklearn.model_selection import StratifiedKFold, cross_val_predict
    from sklearn.tree import DecisionTreeClassifier

    pictures = np.bincount(labels)
    leaves = 2 * int((pictures > 0).sum()) + 2
    tree = DecisionTreeClassifier(
        max_leaf_nodes=leaves, min_samples_leaf=_LEAF, class_weight="balanced", random_state=seed
    )
    folds = StratifiedKFold(min(_FOLDS, int(pictures.max())), shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The least populated class", UserWarning)
        answers: _Ints = cross_val_predict(tree, values, labels, cv=folds)
    return answers


def _of_all(answers: _Ints, labels: _Ints) -> tuple[Share, float, None] | None:
    """Whether the answers tell all classes apart."""
    share = Share(int((answers == labels).sum()), len(labels))
    chance = float(np.bincount(labels).max() / len(labels))
    return (share, chance, None) if _far_above(share, chance, ALARM) else None


def _of_one(answers: _Ints, labels: _Ints) -> tuple[Share, float, int] | None:
    """The class that the answers tell best from all others, if they do."""
    found = []
    for label in np.unique(labels):
        own = labels == label
        share = Share(int((answers[own] == label).sum()), int(own.sum()))
        others = Share(int((answers[~own] == label).sum()), int((~own).sum()))
        if others.interval and _far_above(share, others.interval[1], ALARM_OF_ONE):
            found.append((share, others.right / others.total, int(label)))
    return max(found, key=lambda one: one[0].right / one[0].total - one[1], default=None)


def _far_above(share: Share, chance: float, way: float) -> bool:
    low = share.interval[0] if share.interval else 0.0
    return low > chance + way * (1 - chance)
