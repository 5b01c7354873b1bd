"""Pictures on their way to the workers of a cluster.

A few go through Ray's object store, and all workers of a node read the same memory. Very many lie in
memory-mapped files: a worker on the same machine, or one that sees the same folder, maps the very files;
another one fetches them from the object store, one after the other, and maps its own copies. All pictures are
never in anybody's memory.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from oxmark.data.ondisk import Floats, PicturesOnDisk, ViewsOnDisk

if TYPE_CHECKING:
    from oxmark.training.loop import Prepared


@dataclass(frozen=True)
class Block:
    """A memory-mapped array in a file, float32.

    Attributes:
        path: Of the file, on the node that sends it.
        head: What precedes the array; a pack of the picture cache has the digest of all that follows in it.
        size: Of the file, in bytes.
        shape: Of the array.
    """

    path: Path
    head: bytes
    size: int
    shape: tuple[int, ...]

    def is_here(self) -> bool:
        """Whether this process sees that very file."""
        try:
            if self.path.stat().st_size != self.size:
                return False
            with self.path.open("rb") as stream:
                return stream.read(len(self.head)) == self.head
        except OSError:
            return False

    def mapped(self, path: Path | None = None) -> Floats:
        """The array, mapped copy-on-write from the file or from a copy of it."""
        return np.memmap(path or self.path, np.float32, "c", len(self.head), self.shape)

    def bytes(self) -> npt.NDArray[np.uint8]:
        """The whole file, read piece by piece while it is handed over."""
        return np.memmap(self.path, np.uint8, "r")


@dataclass(frozen=True, eq=False)
class _OnDisk:
    """What stands for a part's :class:`PicturesOnDisk` and :class:`ViewsOnDisk` on the way."""

    block: npt.NDArray[np.int32]
    row: npt.NDArray[np.int32]
    made: Floats | None
    which: npt.NDArray[np.int32] | None


@dataclass(frozen=True, eq=False)
class Sent:
    """Parts of a data set as they travel: arrays, or where in which files the pictures are."""

    parts: tuple[Prepared, ...]
    blocks: tuple[Block, ...]


def sent(parts: Sequence[Prepared], folder: Path) -> Sent:
    """Get pictures ready to travel.

    Args:
        parts: On disk, all in the same files, or in memory.
        folder: Where those of a file without a name are written to; it must outlive the training.

    Example:
        >>> sent([part], Path("."))  # doctest: +SKIP
    """
    on_disk = [part.seen for part in parts if isinstance(part.seen, PicturesOnDisk)]
    if not on_disk:
        return Sent(tuple(parts), ())
    blocks = on_disk[0].blocks
    used = np.unique(np.concatenate([pictures.block for pictures in on_disk]))
    place = np.zeros(len(blocks), np.int32)
    place[used] = np.arange(len(used))
    travelling = []
    for part in parts:
        views = part.views
        made, which = (views.made, views.which) if isinstance(views, ViewsOnDisk) else (None, None)
        rows = _OnDisk(place[part.seen.block], part.seen.row, made, which)
        travelling.append(replace(part, seen=rows, views=None))
    return Sent(tuple(travelling), tuple(_block(blocks[number], folder) for number in used))


def received(sent: Sent, fetch: Callable[[Block], npt.NDArray[np.uint8]], folder: Path) -> list[Prepared]:
    """The parts as they were.

    Args:
        sent: By :func:`sent`.
        fetch: Gets the content of a file that is not here.
        folder: Where it is kept.
    """
    if not sent.blocks:
        return list(sent.parts)
    blocks = tuple(_mapped(block, number, fetch, folder) for number, block in enumerate(sent.blocks))
    parts = []
    for part in sent.parts:
        rows: _OnDisk = part.seen
        seen = PicturesOnDisk(blocks, rows.block, rows.row)
        views = None
        if rows.made is not None and rows.which is not None:
            views = ViewsOnDisk(seen, rows.made, rows.which)
        parts.append(replace(part, seen=seen, views=views))
    return parts


def _mapped(
    block: Block, number: int, fetch: Callable[[Block], npt.NDArray[np.uint8]], folder: Path
) -> Floats:
    if block.is_here():
        return block.mapped()
    copy = folder / f"{number}.pack"
    fetch(block).tofile(copy)
    return block.mapped(copy)


def _block(array: Floats, folder: Path) -> Block:
    """Where an array lies; one without a file that everybody can open is written to one."""
    source: Any = array
    while isinstance(source.base, np.ndarray):
        source = source.base
    name = source.filename if isinstance(source, np.memmap) else None
    if name and Path(name).exists():
        before = array.__array_interface__["data"][0] - source.__array_interface__["data"][0]
        offset = int(source.offset) + before
        path = Path(name)
        with path.open("rb") as stream:
            block = Block(path, stream.read(offset), path.stat().st_size, array.shape)
        if block.size >= offset + 4 * math.prod(array.shape):
            return block
    path = folder / f"{id(array)}.pack"
    array.tofile(path)
    return Block(path, b"", path.stat().st_size, array.shape)
