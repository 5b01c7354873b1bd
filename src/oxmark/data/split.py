"""Parts for a data set that lacks them: groups first, classes evenly, the same for the same seed.

A figure measured on pictures that resemble the training pictures too closely flatters. So pictures of one
group never stand in two parts: the same hand (column ``drawer``), exact copies, and near copies (the same
drawing resized, saved again or trimmed). Within that, each part gets its share of every class.
"""

from __future__ import annotations

import dataclasses
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from oxmark.data.copies import NEAR_BITS, near_hash, picture_digest
from oxmark.data.dataset import PARTS, Dataset, Sample
from oxmark.errors import FolderError

__all__ = ["complete_parts", "near_hash", "picture_digest", "same_in_two_parts"]

SHARE = 0.15
"""The share of the pictures that validation and test get, each."""

_Ints = npt.NDArray[np.int64]
_Hashes = Sequence[npt.NDArray[np.bool_]]


def complete_parts(
    dataset: Dataset,
    *,
    digests: Sequence[str],
    near_hashes: Callable[[], _Hashes] | _Hashes,
    seed: int,
) -> tuple[Dataset, tuple[str, ...]]:
    """Make the parts that are missing.

    Without any parts, about 70 % of the pictures become train, 15 % validation and 15 % test. Where only
    validation or test is missing, it is taken out of train. Hands are kept apart when that leaves every part
    with pictures of every class; otherwise only copies are, and a note says so.

    Args:
        dataset: As read.
        digests: :func:`picture_digest` of each sample, in the dataset's order.
        near_hashes: :func:`near_hash` of each sample, or a function that makes them; called only if needed.
        seed: Any whole number; the same seed makes the same parts.

    Returns:
        The dataset with a part for each sample, samples in the same order as before, and sentences for the
        user about what was done. Unchanged and without notes when all three parts are there.

    Raises:
        FolderError: There are validation or test pictures, but none for training.
        ValueError: Not as many digests or hashes as samples.

    Example:
        >>> dataset, notes = complete_parts(dataset, digests=d, near_hashes=h, seed=0)  # doctest: +SKIP
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
    hashes = near_hashes() if callable(near_hashes) else near_hashes
    _check_lengths(len(dataset.samples), digests, hashes)
    source = np.array([i for i, sample in enumerate(dataset.samples) if sample.part in (None, "train")])
    samples = [dataset.samples[i] for i in source]
    copies = _connected(len(samples), _copy_pairs([digests[i] for i in source], [hashes[i] for i in source]))
    wanted: list[str] = [part for part in ("test", "validation") if part in missing]
    parts, apart = _choose(samples, copies, wanted, seed)
    whole = list(dataset.samples)
    for i, part in zip(source, parts, strict=True):
        whole[i] = dataclasses.replace(whole[i], part=part)
    done = dataclasses.replace(dataset, samples=tuple(whole))
    notes = _notes(dataset, samples, parts, wanted) + _hand_notes(samples, apart) + _copy_notes(copies)
    return done, tuple(notes)


def same_in_two_parts(dataset: Dataset, digests: Sequence[str]) -> list[tuple[Sample, Sample]]:
    """Find pictures that stand in two parts with the very same pixels.

    Args:
        dataset: With or without parts.
        digests: :func:`picture_digest` of each sample, in the dataset's order.

    Returns:
        Pairs (sample, copy of it in another part); each copy is paired with the first sample that has its
        pixels and stands in another part, the earlier of the two first. Empty when there are none.

    Raises:
        ValueError: Not as many digests as samples.

    Example:
        >>> same_in_two_parts(dataset, digests)  # doctest: +SKIP
        [(Sample(path=PosixPath('marks/train/O/1.png'), ...), Sample(path=...))]
    """
    _check_lengths(len(dataset.samples), digests)
    firsts: dict[str, dict[str | None, Sample]] = {}
    pairs = []
    for sample, digest in zip(dataset.samples, digests, strict=True):
        seen = firsts.setdefault(digest, {})
        other = next((first for part, first in seen.items() if part != sample.part), None)
        if other is not None:
            pairs.append((other, sample))
        seen.setdefault(sample.part, sample)
    return pairs


def _check_lengths(expected: int, *lists: Sequence[object]) -> None:
    for given in lists:
        if len(given) != expected:
            raise ValueError(f"got {len(given)} fingerprints for {expected} samples, expected one for each")


def _copy_pairs(digests: list[str], hashes: list[npt.NDArray[np.bool_]]) -> Iterator[tuple[int, int]]:
    """Pairs of positions that are exact or near copies of each other."""
    first: dict[str, int] = {}
    for i, digest in enumerate(digests):
        yield first.setdefault(digest, i), i
    bits = np.stack(hashes)
    inked = np.flatnonzero(bits.any(axis=1))
    signs = np.where(bits[inked], 1, -1).astype(np.float32)
    for start in range(0, len(inked), 1024):  # in blocks: n x n floats would not fit for large sets
        differing = (bits.shape[1] - signs[start : start + 1024] @ signs.T) / 2
        for i, j in np.argwhere(differing <= NEAR_BITS):
            yield int(inked[start + i]), int(inked[j])


def _connected(count: int, pairs: Iterator[tuple[int, int]]) -> _Ints:
    """The number of its group for each of ``count`` positions, where ``pairs`` belong together."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    ends = np.array([*pairs, *((i, i) for i in range(count))], np.int64)
    graph = coo_array((np.ones(len(ends), np.int8), (ends[:, 0], ends[:, 1])), shape=(count, count))
    return np.asarray(connected_components(graph, directed=False)[1], np.int64)


def _with_hands(samples: list[Sample], copies: _Ints) -> _Ints:
    """Groups in which the same hand, too, belongs together."""
    first: dict[str | int, int] = {}
    by_copy = ((first.setdefault(int(group), i), i) for i, group in enumerate(copies))
    by_hand = ((first.setdefault(s.group, i), i) for i, s in enumerate(samples) if s.group is not None)
    return _connected(len(samples), (pair for pairs in (by_copy, by_hand) for pair in pairs))


def _choose(samples: list[Sample], copies: _Ints, wanted: list[str], seed: int) -> tuple[list[str], bool]:
    """A part for each sample, and whether hands (where known) were kept apart."""
    labels = np.array([sample.label for sample in samples])
    if any(sample.group is not None for sample in samples):
        groups = _with_hands(samples, copies)
        parts = _set_aside(labels, groups, wanted, seed)
        if _complete(labels, parts, ["train", *wanted]):
            return parts, True
    return _set_aside(labels, copies, wanted, seed), False


def _complete(labels: _Ints, parts: list[str], names: list[str]) -> bool:
    """Whether each part has pictures of each class."""
    present = set(zip(labels.tolist(), parts, strict=True))
    return all((label, name) in present for label in np.unique(labels).tolist() for name in names)


def _set_aside(labels: _Ints, groups: _Ints, wanted: list[str], seed: int) -> list[str]:
    """Take one share after the other out of train; a share stays empty where none can be taken."""
    parts = np.full(len(labels), "train", dtype=object)
    for name in wanted:
        rest = np.flatnonzero(parts == "train")
        held = _held_out(labels[rest], groups[rest], SHARE * len(labels), seed)
        parts[rest[held]] = name
    return [str(part) for part in parts]


def _held_out(labels: _Ints, groups: _Ints, size: float, seed: int) -> _Ints:
    """Positions for one part: about ``size`` of them, whole groups, every class on both sides if possible.

    Of scikit-learn's folds the one is taken that misses the fewest classes and comes closest to the size;
    larger folds are tried while a class is missing. Never takes the last group of a class.
    """
    best: tuple[tuple[int, float], _Ints] = ((len(labels), 0.0), np.array([], np.int64))
    most = min(len(np.unique(groups)), int(np.bincount(labels).max()))
    for folds in range(min(max(round(len(labels) / size), 2), most), 1, -1):
        for rest, held in _folds(labels, groups, folds, seed):
            if len(np.unique(labels[rest])) < len(np.unique(labels)):
                continue
            lacking = len(np.unique(labels)) - len(np.unique(labels[held]))
            cost = (lacking, abs(len(held) - size))
            if cost < best[0]:
                best = (cost, held)
        if best[0][0] == 0:
            break
    return best[1]


def _folds(labels: _Ints, groups: _Ints, folds: int, seed: int) -> list[tuple[_Ints, _Ints]]:
    from sklearn.model_selection import StratifiedGroupKFold

    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=seed % 2**32)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # "the least populated class": dealt with by the caller
        return list(splitter.split(labels, labels, groups))


def _notes(dataset: Dataset, samples: list[Sample], parts: list[str], wanted: list[str]) -> list[str]:
    """What was made, and what could not be."""
    number = Counter(parts)
    names = [name for name in PARTS if name in wanted]
    if dataset.parts:
        taken = " and ".join(str(number[name]) for name in names)
        them = "it" if len(names) == 1 else "them"
        missing = " and no ".join(names)
        text = (
            f"No {missing} part found: {taken} of {len(samples)} training pictures were set aside for {them}."
        )
    else:
        shares = ", ".join(f"{number[part]} for {part}" for part in PARTS)
        text = f"No train, validation and test folders found: {len(samples)} pictures were divided, {shares}."
    present = {(sample.label, part) for sample, part in zip(samples, parts, strict=True)}
    lacking = [
        f"Class {dataset.classes[label]!r} has no {name} pictures: it has too few, or all are copies of one."
        for label in sorted({sample.label for sample in samples})
        for name in names
        if (label, name) not in present
    ]
    return [text, *lacking]


def _hand_notes(samples: list[Sample], apart: bool) -> list[str]:
    hands = len({sample.group for sample in samples} - {None})
    if hands == 0:
        return ["Who drew which picture is not known, so one hand may stand in two parts."]
    if apart:
        known = "" if all(sample.group is not None for sample in samples) else "known "
        return [f"No {known}hand stands in two parts ({hands} hands)."]
    return [
        f"The hands ({hands}) could not be kept apart with every class in every part, so a hand may stand in "
        "two parts: the figures may look better than they would on people never seen."
    ]


def _copy_notes(copies: _Ints) -> list[str]:
    sizes = np.bincount(copies)
    sets = int((sizes > 1).sum())
    if sets == 0:
        return []
    each = "one set" if sets == 1 else f"{sets} sets"
    return [
        f"{int(sizes[sizes > 1].sum())} pictures are copies or near copies, {each}; each set is in one part."
    ]
