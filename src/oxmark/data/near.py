"""Near copies among many pictures: whose near hashes differ in a few bits.

Every two of a few thousand pictures are compared. Of more, only those that agree in one of seventeen parts of
the hash: where at most sixteen bits differ, one part has none of them. What is found is the same.
"""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt

from oxmark.data.copies import NEAR_BITS

FEW = 4096
"""Of so many pictures every two are compared: 0.1 s."""

_BLOCK = 1024
_TOGETHER = 1 << 15  # pairs that are compared at once
_MOST_FOUND = 1 << 18
_Ints = npt.NDArray[np.int64]


def near_pairs(bits: npt.NDArray[np.uint8]) -> _Ints:
    """Find near copies.

    Args:
        bits: The near hash of N pictures, eight bits a byte: uint8 ``(N, 32)``. One without any bit is a near
            copy of nothing.

    Returns:
        Pairs of rows, int64 ``(E, 2)``, that connect all near copies of each other, perhaps by way of others.

    Example:
        >>> near_pairs(np.array([[255] * 32, [0] * 32, [255] * 31 + [254]], np.uint8)).tolist()
        [[0, 2]]
    """
    return _found(np.ascontiguousarray(bits).tobytes())


@functools.lru_cache(maxsize=2)
def _found(content: bytes) -> _Ints:
    """As :func:`near_pairs`; the same pictures are asked about several times."""
    bits = np.frombuffer(content, np.uint8).reshape(-1, 32)
    inked = np.flatnonzero(bits.any(axis=1))
    pairs = inked[_every_two(bits[inked]) if len(inked) <= FEW else _in_parts(bits[inked])]
    pairs.flags.writeable = False  # it is handed out again
    return np.asarray(pairs, np.int64)


def _every_two(bits: npt.NDArray[np.uint8]) -> _Ints:
    """All pairs of rows that differ in few bits."""
    signs = np.unpackbits(bits, axis=1).astype(np.float32) * 2 - 1
    found = [np.zeros((0, 2), np.int64)]
    for start in range(0, len(bits), _BLOCK):
        differing = (signs.shape[1] - signs[start : start + _BLOCK] @ signs[start:].T) / 2
        pairs = np.argwhere(differing <= NEAR_BITS) + start
        found.append(pairs[pairs[:, 0] < pairs[:, 1]])
    return np.concatenate(found)


def _in_parts(bits: npt.NDArray[np.uint8]) -> _Ints:
    """Pairs of rows that connect those that differ in few bits."""
    words = np.ascontiguousarray(bits).view(np.uint64)
    group, found = np.arange(len(bits)), [np.zeros((0, 2), np.int64)]
    for part in _parts(bits).T:
        order = np.argsort(part, kind="stable")
        ranked = part[order]
        first, step = np.flatnonzero(ranked[1:] == ranked[:-1]), 1
        fresh: list[_Ints] = []
        while len(first):  # each and the one behind it, each and the second behind it ...
            for start in range(0, len(first), _TOGETHER):
                some = first[start : start + _TOGETHER]
                one, other = order[some], order[some + step]
                apart = group[one] != group[other]
                one, other = one[apart], other[apart]
                near = np.bitwise_count(words[one] ^ words[other]).sum(axis=1) <= NEAR_BITS
                fresh.append(np.stack([one[near], other[near]], axis=1))
            step += 1
            first = first[first + step < len(order)]
            first = first[ranked[first] == ranked[first + step]]
            if sum(len(pairs) for pairs in fresh) > _MOST_FOUND:
                group, fresh = _joined(group, found, fresh), []
        group = _joined(group, found, fresh)
    return np.concatenate(found)


def _joined(group: _Ints, found: list[_Ints], fresh: list[_Ints]) -> _Ints:
    """The groups when some pairs more are known; of these, as many as it takes are kept in ``found``."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components, minimum_spanning_tree

    pairs = np.concatenate([np.zeros((0, 2), np.int64), *fresh])
    ends, first = np.unique(np.sort(group[pairs], axis=1), axis=0, return_index=True)
    graph = coo_array((first + 1.0, (ends[:, 0], ends[:, 1])), shape=(len(group), len(group)))
    tree = minimum_spanning_tree(graph)
    found.append(pairs[tree.data.astype(np.int64) - 1])
    number: npt.NDArray[np.int32] = connected_components(tree, directed=False)[1]
    return number.astype(np.int64)[group]


def _parts(bits: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint16]:
    """Seventeen parts of each hash, every seventeenth bit in one: uint16 ``(N, 17)``.

    Neighbouring bits of a hash often agree; strewn over the parts, they tell more pictures apart.
    """
    count = NEAR_BITS + 1
    parts = np.zeros((len(bits), count), np.uint16)
    for start in range(0, len(bits), _BLOCK):
        here = np.unpackbits(bits[start : start + _BLOCK], axis=1)
        for place in range(here.shape[1]):
            parts[start : start + _BLOCK, place % count] += here[:, place].astype(np.uint16) << (
                place // count
            )
    return parts
