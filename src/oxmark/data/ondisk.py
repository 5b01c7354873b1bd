"""Pictures that lie in memory-mapped files: a training takes a batch of them, and never has all in memory.

:class:`PicturesOnDisk` stands where a few pictures are a NumPy array ``(N, 1, S, S)``, and
:class:`ViewsOnDisk` where their views are an array ``(N, V, 1, S, S)``. Asked for rows they give arrays;
:func:`some_of` and :func:`in_blocks` do the same for both kinds, without copying what lies on disk.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]

BLOCK = 1024
"""So many pictures are in memory at once where all are gone through."""


class PicturesOnDisk:
    """N pictures, float32 ``(N, 1, S, S)``, in several files; 8 bytes a picture are in memory.

    Args:
        blocks: Memory maps, float32 ``(n, 1, S, S)`` each.
        block: Which of them each picture is in, int32 ``(N,)``.
        row: And where in it, int32 ``(N,)``.

    Example:
        >>> pictures = PicturesOnDisk([np.zeros((3, 1, 8, 8), np.float32)], np.zeros(2, np.int32), [2, 0])
        >>> pictures.shape, pictures[[1]].shape
        ((2, 1, 8, 8), (1, 1, 8, 8))
    """

    def __init__(self, blocks: Sequence[Floats], block: npt.ArrayLike, row: npt.ArrayLike) -> None:
        self.blocks = tuple(blocks)
        self.block, self.row = np.asarray(block, np.int32), np.asarray(row, np.int32)
        self.shape: tuple[int, ...] = (len(self.row), *self.blocks[0].shape[1:])

    def __len__(self) -> int:
        return len(self.row)

    def __getitem__(self, rows: Any) -> Floats:
        """One picture ``(1, S, S)``, or a copy of some, ``(n, 1, S, S)``; as NumPy would have it."""
        block, row = self.block[rows], self.row[rows]
        if block.ndim == 0:
            one: Floats = self.blocks[int(block)][int(row)]
            return one
        found = np.empty((len(row), *self.shape[1:]), np.float32)
        for place, (one, inside) in enumerate(zip(block.tolist(), row.tolist(), strict=True)):
            found[place] = self.blocks[one][inside]
        return found

    def __iter__(self) -> Iterator[Floats]:
        return (self[row] for row in range(len(self)))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> npt.NDArray[Any]:
        """All of them in memory, for whoever needs that."""
        return np.asarray(self[:], dtype)

    def chosen(self, rows: Rows) -> PicturesOnDisk:
        """Some of the pictures, on disk as before."""
        return PicturesOnDisk(self.blocks, self.block[rows], self.row[rows])

    def and_also(self, other: PicturesOnDisk) -> PicturesOnDisk:
        """These pictures and others of the same size."""
        if [id(block) for block in self.blocks] == [id(block) for block in other.blocks]:
            blocks, later = self.blocks, other.block
        else:
            blocks, later = self.blocks + other.blocks, other.block + np.int32(len(self.blocks))
        return PicturesOnDisk(
            blocks, np.concatenate([self.block, later]), np.concatenate([self.row, other.row])
        )


class ViewsOnDisk:
    """V views of each of N pictures, ``(N, V, 1, S, S)``; of most of very many they are the picture itself.

    Args:
        seen: The pictures.
        made: The views of those that have their own, float32 ``(M, V, 1, S, S)``.
        which: Where among ``made`` those of each picture are, int32 ``(N,)``; -1 for the picture itself.

    Example:
        >>> pictures = PicturesOnDisk([np.zeros((3, 1, 8, 8), np.float32)], [0, 0], [2, 0])
        >>> ViewsOnDisk(pictures, np.ones((1, 2, 1, 8, 8), np.float32), [-1, 0])[[0, 1]].mean((1, 2, 3, 4))
        array([0., 1.], dtype=float32)
    """

    def __init__(self, seen: PicturesOnDisk, made: Floats, which: npt.ArrayLike) -> None:
        self.seen, self.made, self.which = seen, made, np.asarray(which, np.int32)
        self.shape: tuple[int, ...] = (len(seen), *made.shape[1:])

    def __len__(self) -> int:
        return len(self.which)

    def __getitem__(self, rows: Any) -> Floats:
        """A copy of the views of one picture, ``(V, 1, S, S)``, or of some, ``(n, V, 1, S, S)``."""
        which = self.which[rows]
        if which.ndim == 0:
            one: Floats = self[[rows]][0]
            return one
        found = np.repeat(self.seen[rows][:, None], self.shape[1], axis=1)
        found[which >= 0] = self.made[which[which >= 0]]
        return found

    def __iter__(self) -> Iterator[Floats]:
        return (self[row] for row in range(len(self)))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> npt.NDArray[Any]:
        """All of them in memory, for whoever needs that."""
        return np.asarray(self[:], dtype)

    def picked(self, rows: Rows, numbers: Rows) -> Floats:
        """One view of each of some pictures, by its number: a copy, ``(n, 1, S, S)``."""
        found, which = self.seen[rows], self.which[rows]
        own = which >= 0
        found[own] = self.made[which[own], numbers[own]]
        return found

    def chosen(self, rows: Rows) -> ViewsOnDisk:
        """The views of some of the pictures, on disk as before."""
        return ViewsOnDisk(self.seen.chosen(rows), self.made, self.which[rows])

    def and_also(self, other: ViewsOnDisk) -> ViewsOnDisk:
        """These views and others, as many of each picture."""
        if self.made is other.made:
            made, later = self.made, other.which
        else:
            made = np.concatenate([self.made, other.made])
            later = np.where(other.which < 0, other.which, other.which + len(self.made))
        return ViewsOnDisk(self.seen.and_also(other.seen), made, np.concatenate([self.which, later]))


Pictures: TypeAlias = Any
"""float32 ``(N, 1, S, S)``, values 0..1: an array, or :class:`PicturesOnDisk`, which is indexed like one."""
Views: TypeAlias = Any
"""float32 ``(N, V, 1, S, S)``, values 0..1: an array, or :class:`ViewsOnDisk`, which is indexed like one."""


def some_of(pictures: Any, rows: Rows) -> Any:
    """Some pictures, or some views: a copy of what is in memory, no copy of what is on disk.

    Example:
        >>> some_of(np.zeros((3, 1, 8, 8), np.float32), np.array([0, 2])).shape
        (2, 1, 8, 8)
    """
    return pictures[rows] if isinstance(pictures, np.ndarray) else pictures.chosen(rows)


def joined(one: Any, other: Any) -> Any:
    """Pictures and others, or views and others; what is on disk stays there."""
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        return np.concatenate([one, other])
    return one.and_also(other)


def in_blocks(pictures: Pictures | Views, size: int = BLOCK) -> Iterator[Floats]:
    """All pictures, or views, some at a time; all at once where they are in memory.

    Example:
        >>> [len(block) for block in in_blocks(np.zeros((3, 1, 8, 8), np.float32))]
        [3]
    """
    if isinstance(pictures, np.ndarray):
        yield pictures
        return
    for first in range(0, len(pictures), size):
        yield pictures[first : first + size]


def of_equal_size(blocks: Iterable[Floats], size: int = BLOCK) -> Iterator[Floats]:
    """The same pictures in blocks of ``size``, the last one smaller.

    What is computed in batches of a block then comes out bit for bit as if all had been one block.

    Example:
        >>> [len(block) for block in of_equal_size([np.zeros(3), np.zeros(4)], size=5)]
        [5, 2]
    """
    waiting = None
    for block in blocks:
        waiting = block if waiting is None else np.concatenate([waiting, block])
        while len(waiting) >= size:
            yield waiting[:size]
            waiting = waiting[size:]
    if waiting is not None and len(waiting):
        yield waiting
