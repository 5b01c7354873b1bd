"""Dividing labelled pictures by chance: parts and folds of whole groups with every class in its share."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

_CLOSE = 0.015  # as a share of the pictures: how far a part's size may be from what is asked for
_FINEST = 20  # folds of which a part is made up
_TRIES = 20
_MANY = 10_000  # pictures; scikit-learn deals groups out one by one, which takes 0.3 ms each

_Ints = npt.NDArray[np.int64]
_Folds = list[tuple[_Ints, _Ints]]


def share_out(labels: _Ints, groups: _Ints, shares: Mapping[str, float], seed: int) -> list[str]:
    """Divide pictures so that each part gets its share of every class and no group stands in two parts.

    Args:
        labels: int64 ``(N,)``, the class of each picture.
        groups: int64 ``(N,)``, equal for pictures that belong together.
        shares: Part -> its share of the pictures, 0..1, in sum 1. The first part that gets any is what is
            left when the others have been taken out; it keeps a group of every class.
        seed: Any whole number.

    Returns:
        N names of parts. A part stays empty where no group can be spared for it.

    Example:
        >>> share_out(np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1]), {"train": 0.5, "test": 0.5}, seed=0)
        ['train', 'test', 'train', 'test']
    """
    first, *others = [part for part, share in shares.items() if share > 0]
    parts = np.full(len(labels), first, dtype=object)
    for name in reversed(others):
        rest = np.flatnonzero(parts == first)
        held = _held_out(labels[rest], groups[rest], shares[name] * len(labels), seed)
        parts[rest[held]] = name
    return [str(part) for part in parts]


def folds(labels: _Ints, groups: _Ints, count: int, seed: int) -> _Folds:
    """Folds for a cross-validation: each picture is held out once, no group stands on two sides.

    scikit-learn's StratifiedGroupKFold, shuffled: whole groups, and each fold gets its share of every class
    as far as the groups allow. (Of more than 10,000 pictures, those that are alone in their group then fill
    the folds up.) Of twenty shuffles the first is taken in which every ``rest`` has every class.
    Where there is none such, some groups are never held out: a class whose pictures are all in one group
    cannot be learned and measured at once, so that group stands in every ``rest``.

    Args:
        labels: int64 ``(N,)``, the class of each picture.
        groups: int64 ``(N,)``, equal for pictures that belong together (:mod:`oxmark.data.groups`).
        count: How many folds, 2 or more.
        seed: Any whole number; the same seed makes the same folds.

    Returns:
        A pair (rest, held) of positions for each fold, both int64, ascending, together all N. Every class is
        in every ``rest``; ``held`` is never empty and has a class only where a group could be spared. There
        are fewer folds than ``count`` where there are fewer groups, or fewer pictures in the largest class;
        none at all where nothing can be held out. The caller says so.

    Raises:
        ValueError: ``count`` below 2, or not as many groups as labels.

    Example:
        >>> labels, hands = np.array([0, 1, 0, 1, 0, 1]), np.array([0, 0, 1, 1, 2, 2])
        >>> [held.tolist() for _, held in folds(labels, hands, 3, seed=0)]
        [[4, 5], [2, 3], [0, 1]]
    """
    if count < 2:
        raise ValueError(f"got {count} folds, expected 2 or more")
    if len(labels) != len(groups):
        raise ValueError(f"got {len(groups)} groups for {len(labels)} labels, expected one for each")
    most = min(count, _most_folds(labels, groups))
    if most < 2:
        return []
    pairs = np.unique(np.stack([labels, groups]), axis=1)[0]  # each class once for each of its groups
    lost_anyway = int((np.unique(pairs, return_counts=True)[1] == 1).sum())
    best: _Folds = []
    least = len(labels)
    for attempt in range(_TRIES):
        found = _folds(labels, groups, most, seed + attempt)
        lost = sum(_missing(labels, held)[0] for _, held in found)
        if lost < least:
            best, least = found, lost
        if least <= lost_anyway:
            break
    spared = (_spare(labels, groups, held) for _, held in best)
    return [(np.setdiff1d(np.arange(len(labels)), held), held) for held in spared if len(held)]


def lacking(labels: _Ints, parts: Sequence[str], shares: Mapping[str, float]) -> list[tuple[int, str]]:
    """Each class with each part that should have pictures of it and has none.

    Args:
        labels: int64 ``(N,)``, the class of each picture.
        parts: N names.
        shares: Part -> its share; parts with 0 need nothing.

    Returns:
        Pairs (class, part), by class.

    Example:
        >>> lacking(np.array([0, 1]), ["train", "test"], {"train": 0.5, "test": 0.5})
        [(0, 'test'), (1, 'train')]
    """
    present = set(zip(labels.tolist(), parts, strict=True))
    wanted = [part for part, share in shares.items() if share > 0]
    every = [(label, part) for label in np.unique(labels).tolist() for part in wanted]
    return [pair for pair in every if pair not in present]


def _most_folds(labels: _Ints, groups: _Ints) -> int:
    """Into how many folds scikit-learn can divide these."""
    return min(len(np.unique(groups)), int(np.bincount(labels).max(initial=0)))


def _held_out(labels: _Ints, groups: _Ints, size: float, seed: int) -> _Ints:
    """Positions for one part: about ``size`` of them, whole groups, every class on both sides if possible.

    The part is one of scikit-learn's folds, or some of them, whichever misses the fewest classes and comes
    closest to the size; coarser folds are tried while a class is missing. Never takes the last group of a
    class.
    """
    best: tuple[tuple[int, float], _Ints] = ((len(labels), 0.0), np.array([], np.int64))
    share = size / max(1, len(labels))
    for count in range(_fineness(share, _most_folds(labels, groups)), 1, -1):
        parts = [held for _, held in _folds(labels, groups, count, seed)]
        together = min(max(round(share * count), 1), count - 1)
        for first in range(count):
            held = np.sort(np.concatenate([parts[(first + i) % count] for i in range(together)]))
            lost, lacking = _missing(labels, held)
            if not lost and (lacking, abs(len(held) - size)) < best[0]:
                best = ((lacking, abs(len(held) - size)), held)
        if best[0][0] == 0:
            break
    return best[1]


def _fineness(share: float, most: int) -> int:
    """The smallest number of folds some of which make up the share closely enough; the closest otherwise."""
    far = [(abs(max(round(share * n), 1) / n - share), n) for n in range(2, min(most, _FINEST) + 1)]
    return next((n for error, n in far if error <= _CLOSE), min(far, default=(0.0, 0))[1])


def _missing(labels: _Ints, held: _Ints) -> tuple[int, int]:
    """How many classes are only in ``held``, and how many are not in it."""
    every, there = len(np.unique(labels)), len(np.unique(labels[held]))
    return every - len(np.unique(np.delete(labels, held))), every - there


def _folds(labels: _Ints, groups: _Ints, count: int, seed: int) -> _Folds:
    """scikit-learn's folds; of very many pictures only the groups of several are dealt out by it."""
    from sklearn.model_selection import StratifiedGroupKFold

    _, group, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    single = sizes[group] == 1
    if len(labels) > _MANY and np.bincount(labels[single]).max(initial=0) >= count:
        return _dealt_apart(labels, groups, single, count, seed)
    splitter = StratifiedGroupKFold(count, shuffle=True, random_state=seed % 2**32)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # "the least populated class": dealt with by the caller
        return list(splitter.split(labels, labels, groups))


def _dealt_apart(
    labels: _Ints, groups: _Ints, single: npt.NDArray[np.bool_], count: int, seed: int
) -> _Folds:
    """Folds of the groups of several pictures, filled up with the pictures that are alone in their group.

    Each class is filled up to as many in every fold, as far as its pictures go.
    """
    ones, others = np.flatnonzero(single), np.flatnonzero(~single)
    fold = np.zeros(len(labels), np.int64)
    fold[others] = _folds_of_groups(labels[others], groups[others], count, seed)
    classes = int(labels.max()) + 1
    there = np.bincount(fold[others] * classes + labels[others], minlength=count * classes)
    there = there.reshape(count, classes)
    shuffled = np.random.default_rng(seed % 2**32).permutation(ones)
    for label in range(classes):
        members = shuffled[labels[shuffled] == label]
        more = _filled_up(there[:, label], len(members), there.sum(axis=1))
        fold[members] = np.repeat(np.arange(count), more)
        there[:, label] += more
    held = [np.flatnonzero(fold == number) for number in range(count)]
    return [(np.setdiff1d(np.arange(len(labels)), one), one) for one in held]


def _folds_of_groups(labels: _Ints, groups: _Ints, count: int, seed: int) -> _Ints:
    """The fold of each picture, int64 ``(N,)``, below ``count``, groups whole."""
    most = min(count, _most_folds(labels, groups)) if len(labels) else 0
    if most < 2:  # too few for scikit-learn: one group after the other
        return np.unique(groups, return_inverse=True)[1].astype(np.int64) % count
    fold = np.zeros(len(labels), np.int64)
    for number, (_, held) in enumerate(_folds(labels, groups, most, seed)):
        fold[held] = number
    return fold


def _filled_up(there: _Ints, more: int, sizes: _Ints) -> _Ints:
    """How many each fold gets of so many, int64 ``(F,)``, so that all have as many as can be.

    Args:
        there: How many each fold has already, int64 ``(F,)``.
        more: To be dealt out.
        sizes: Of folds that have as many, those get one more that are the smallest by this, int64 ``(F,)``.

    Example:
        >>> _filled_up(np.array([5, 0, 1]), 6, np.array([5, 0, 1])).tolist()
        [0, 4, 2]
    """
    low, high = int(there.min()), int(there.max()) + more
    while low < high:  # the highest level to which all can be brought
        level = (low + high + 1) // 2
        low, high = (level, high) if np.maximum(level - there, 0).sum() <= more else (low, level - 1)
    given = np.maximum(low - there, 0)
    at_level = np.flatnonzero(there + given == low)
    left = at_level[np.argsort(sizes[at_level], kind="stable")][: more - int(given.sum())]
    given[left] += 1
    return given


def _spare(labels: _Ints, groups: _Ints, held: _Ints) -> _Ints:
    """``held`` without one group of each class that would be missing from the rest: the largest."""
    for label in np.setdiff1d(labels, np.delete(labels, held)).tolist():
        if label in np.delete(labels, held):  # a group that was spared for another class brought it
            continue
        names, sizes = np.unique(groups[held][labels[held] == label], return_counts=True)
        held = held[groups[held] != names[sizes.argmax()]]
    return held
