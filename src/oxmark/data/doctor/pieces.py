"""How many separate marks stand on a picture."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import numpy.typing as npt

ALIKE = 0.4
"""Pieces count when they are at least so large as the largest, longer side by longer side."""
ROUND = 0.3
"""Pieces count when their shorter side is at least so much of the longer: bars and dashes do not."""
APART = 0.25
"""Pieces count as separate marks when the gap is at least so much of the largest one's longer side."""

TOGETHER = 0.8
"""The marks hold at least so much of all ink: otherwise it is one faint drawing, seen in fragments."""

_INK = 0.2
_Floats = npt.NDArray[np.float32]


def separate_marks(seen: _Floats) -> npt.NDArray[np.int64]:
    """Count the marks on each picture: large pieces of ink, far apart.

    Meant to be silent where in doubt: the parts of "=", "i", "÷" or a ring that is not closed are one mark.
    Measured: of 10 drawn sets of O and X, 576 drawings of 12 signs and 520 handwritten letters none counts
    as more than one. Of 48 pages with two marks of one pen 45 are found; where the pens differ much, the
    network sees the stronger mark alone, and nothing is found (``benchmarks/planted_faults.py``).

    Args:
        seen: What the network sees, float32 ``(N, 1, S, S)``, ink 0..1, all ink of the picture in it.

    Returns:
        int64 ``(N,)``, 1 or more; 1 for a blank picture.

    Example:
        >>> seen = np.zeros((1, 1, 48, 48), np.float32)
        >>> seen[0, 0, 10:20, 5:15] = seen[0, 0, 10:20, 30:40] = 1
        >>> separate_marks(seen)
        array([2])
    """
    return np.array([_count(one[0]) for one in seen], np.int64)


def _count(ink: _Floats) -> int:
    pieces = _pieces(ink > _INK)
    if len(pieces) < 2:
        return 1
    largest = max(int(np.ptp(piece, axis=0).max()) + 1 for piece in pieces)
    marks = [piece for piece in pieces if _is_mark(piece, largest)]
    inked = sum(len(piece) for piece in pieces)
    if len(marks) < 2 or sum(len(piece) for piece in marks) < TOGETHER * inked:
        return 1
    gap = min(_gap(one, other) for one, other in combinations(marks, 2))
    return len(marks) if gap >= APART * largest else 1


def _pieces(mask: npt.NDArray[np.bool_]) -> list[npt.NDArray[np.int64]]:
    """The places of each piece, int64 ``(n, 2)``; pieces not more than two pixels apart are one."""
    from scipy import ndimage

    square = np.ones((3, 3), np.bool_)
    number, count = ndimage.label(ndimage.binary_dilation(mask, square), square)
    return [np.argwhere(mask & (number == one)) for one in range(1, count + 1)]


def _is_mark(piece: npt.NDArray[np.int64], largest: int) -> bool:
    shorter, longer = sorted(np.ptp(piece, axis=0) + 1)
    return bool(longer >= ALIKE * largest and shorter >= ROUND * longer)


def _gap(one: npt.NDArray[np.int64], other: npt.NDArray[np.int64]) -> float:
    """The distance of the nearest two pixels."""
    squared = ((one[:, None] - other[None]) ** 2).sum(axis=2)
    return float(np.sqrt(squared.min()))
