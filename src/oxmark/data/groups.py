"""Which pictures belong together: copies, frames of one series, drawings of one hand.

A figure measured on pictures that resemble the training pictures too closely flatters. So pictures of one
group never stand on two sides, neither of the parts (:mod:`oxmark.data.split`) nor of the folds of a
cross-validation.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from itertools import chain

import numpy as np
import numpy.typing as npt

from oxmark.data.bursts import series_pairs
from oxmark.data.dataset import Sample
from oxmark.data.near import near_pairs
from oxmark.data.traits import Traits
from oxmark.data.traits_table import digests_of, near_bits

GROUPINGS = ("drawer", "near-copies", "none")
"""What may be kept together: the most first."""

_Ints = npt.NDArray[np.int64]
_Pairs = Iterable[tuple[int, int]] | _Ints


def group_numbers(samples: Sequence[Sample], traits: Sequence[Traits], by: str = "drawer") -> _Ints:
    """Number the pictures so that those with the same number belong together.

    ``"drawer"``: the same hand (:attr:`Sample.group`, where known), copies and near copies, and frames of one
    series, transitively: if two hands share a copy, both hands are one group. ``"near-copies"``: all that but
    the hands. ``"none"``: exact copies only. The very same pixels are one picture, however many files hold
    it; on two sides they would measure nothing but memory, whatever is asked for.

    Args:
        samples: N pictures.
        traits: Of each, in the same order.
        by: One of :data:`GROUPINGS`.

    Returns:
        int64 ``(N,)``, 0-based, numbered in the order of first appearance.

    Raises:
        ValueError: An unknown grouping, or not as many traits as samples.

    Example:
        >>> group_numbers(dataset.samples, traits, by="near-copies")  # doctest: +SKIP
        array([0, 1, 2, 1, 3])
    """
    if by not in GROUPINGS:
        raise ValueError(f"got grouping {by!r}, expected one of {', '.join(GROUPINGS)}")
    _check_lengths(samples, traits)
    if by == "none":
        return connected(len(samples), _same(digests_of(traits)))
    pairs = [_copy_pairs(traits), _as_pairs(series_pairs(samples, traits))]
    if by == "drawer":
        pairs.append(_as_pairs(_same([sample.group for sample in samples])))
    return connected(len(samples), np.concatenate(pairs))


def near_copies(traits: Sequence[Traits]) -> _Ints:
    """Number the pictures so that exact and near copies have the same number.

    Exact copies have equal pixels; near copies are the same drawing resized, saved again, brightened or
    trimmed: their near hashes differ in at most :data:`~oxmark.data.copies.NEAR_BITS` bits. A copy of a copy
    belongs to the same group, even where first and last differ more. A picture without ink is a near copy of
    nothing.

    Args:
        traits: Of N pictures.

    Returns:
        int64 ``(N,)``, 0-based, numbered in the order of first appearance.

    Example:
        >>> near_copies([read_traits(path) for path in paths])  # doctest: +SKIP
        array([0, 1, 0, 2])
    """
    return connected(len(traits), _copy_pairs(traits))


def bursts(samples: Sequence[Sample], traits: Sequence[Traits]) -> _Ints:
    """Number the pictures so that frames of one series have the same number.

    A series is what a video or a camera's burst mode leaves: many pictures of one drawing, a moment apart.
    See :mod:`oxmark.data.bursts` for how it is told from many drawings of one sign.

    Args:
        samples: N pictures; their names count.
        traits: Of each, in the same order.

    Returns:
        int64 ``(N,)``, 0-based, numbered in the order of first appearance.

    Raises:
        ValueError: Not as many traits as samples.

    Example:
        >>> bursts(dataset.samples, traits)  # doctest: +SKIP
        array([0, 0, 0, 1, 2])
    """
    _check_lengths(samples, traits)
    return connected(len(samples), series_pairs(samples, traits))


def class_by_hand(labels: _Ints, hands: _Ints) -> float:
    """How far whoever knows the hand knows the class.

    Args:
        labels: int64 ``(N,)``, the class of each picture, 0..K-1.
        hands: ``(N,)``, who drew each.

    Returns:
        Of the pictures by hands with two or more, the share in the class that their hand draws most, 0..1; 0
        where there is no such hand.

    Example:
        >>> class_by_hand(np.array([0, 0, 1, 1, 1]), np.array([5, 5, 6, 6, 7]))
        1.0
    """
    _, numbers = np.unique(hands, return_inverse=True)
    table = np.zeros((numbers.max(initial=-1) + 1, labels.max(initial=-1) + 1), np.int64)
    np.add.at(table, (numbers, labels), 1)
    several = table[table.sum(axis=1) > 1]
    return float(several.max(axis=1, initial=0).sum() / max(several.sum(), 1))


def connected(count: int, pairs: _Pairs) -> _Ints:
    """The number of its group for each of ``count`` positions, where ``pairs`` belong together.

    Example:
        >>> connected(4, [(0, 2), (2, 3)])
        array([0, 1, 0, 0])
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    ends = _as_pairs(pairs)
    graph = coo_array((np.ones(len(ends), np.int8), (ends[:, 0], ends[:, 1])), shape=(count, count))
    found = connected_components(graph, directed=False)[1]
    first, inverse = np.unique(found, return_index=True, return_inverse=True)[1:]
    return np.argsort(np.argsort(first)).astype(np.int64)[inverse]


def _check_lengths(samples: Sequence[Sample], traits: Sequence[Traits]) -> None:
    if len(samples) != len(traits):
        raise ValueError(
            f"got the traits of {len(traits)} pictures for {len(samples)}, expected one for each"
        )


def _same(names: Sequence[Hashable | None]) -> Iterator[tuple[int, int]]:
    """Pairs of positions with the same name; None is nobody's."""
    first: dict[Hashable, int] = {}
    for i, name in enumerate(names):
        if name is not None:
            yield first.setdefault(name, i), i


def _as_pairs(pairs: _Pairs) -> _Ints:
    """As an array, int64 ``(E, 2)``."""
    if not isinstance(pairs, np.ndarray):
        pairs = np.fromiter(chain.from_iterable(pairs), np.int64)
    return pairs.reshape(-1, 2)


def _copy_pairs(traits: Sequence[Traits]) -> _Ints:
    """Pairs of positions, int64 ``(E, 2)``, that connect exact and near copies of each other."""
    return np.concatenate([_as_pairs(_same(digests_of(traits))), near_pairs(near_bits(traits))])
