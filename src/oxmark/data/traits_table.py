"""The traits of very many pictures, in memory-mapped files: each is made an object when it is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, overload

import numpy as np
import numpy.typing as npt

from oxmark.data.decode import PictureInfo
from oxmark.data.traits import FRAME, Traits
from oxmark.errors import PictureError

RECORD = np.dtype(
    [
        ("key", "S16"),
        ("width", "<u4"),
        ("height", "<u4"),
        ("format", "S4"),
        ("mode", "S8"),
        ("size", "<u8"),
        ("digest", "u1", (8,)),
        ("near", "u1", (32,)),
        ("brightness", "<f8"),
        ("border", "<f8", (3,)),
        ("clear", "<f8"),
        ("frame", "<f4", (FRAME, FRAME)),
    ]
)
"""How the traits of a picture lie in a file, after the 16 bytes that name its content."""

Records = npt.NDArray[np.void]


def recorded(key: bytes, traits: Traits | None) -> Records:
    """One picture's record; zeros beside its key without traits.

    Example:
        >>> recorded(b"0123456789abcdef", None)[()]["width"]
        np.uint32(0)
    """
    record = np.zeros((), RECORD)
    record["key"] = key
    if traits:
        record["width"], record["height"] = traits.info.width, traits.info.height
        record["format"], record["mode"] = traits.info.format.encode(), traits.info.mode.encode()
        record["digest"] = np.frombuffer(bytes.fromhex(traits.digest), np.uint8)
        record["near"] = np.packbits(traits.near)
        for name in ("size", "brightness", "border", "clear", "frame"):
            record[name] = getattr(traits, name)
    return record


def traits_in(record: Any) -> Traits:
    """The traits in a record, as they were."""
    info = (int(record["width"]), int(record["height"]), record["format"].decode(), record["mode"].decode())
    red, green, blue = record["border"].tolist()
    return Traits(
        info=PictureInfo(*info),
        size=int(record["size"]),
        digest=record["digest"].tobytes().hex(),
        near=np.unpackbits(record["near"]).view(np.bool_),
        brightness=float(record["brightness"]),
        border=(red, green, blue),
        frame=np.array(record["frame"]),
        clear=float(record["clear"]),
    )


class TraitsTable(Sequence[Traits | PictureError]):
    """Traits of N pictures, or errors of those that cannot be read.

    Args:
        blocks: Memory maps of :data:`RECORD`.
        block: Which of them each picture's is in, int32 ``(N,)``.
        row: And where in it, int32 ``(N,)``.
        errors: Place to error of those that cannot be read; what stands at their places does not count.
    """

    def __init__(
        self,
        blocks: Sequence[Records],
        block: npt.NDArray[np.int32],
        row: npt.NDArray[np.int32],
        errors: Mapping[int, PictureError] | None = None,
    ) -> None:
        self._blocks, self._block, self._row, self.errors = tuple(blocks), block, row, errors or {}

    def __len__(self) -> int:
        return len(self._row)

    @overload
    def __getitem__(self, place: int) -> Traits | PictureError: ...
    @overload
    def __getitem__(self, place: slice) -> TraitsTable: ...
    def __getitem__(self, place: int | slice) -> Traits | PictureError | TraitsTable:
        if isinstance(place, slice):
            return self.chosen(range(len(self))[place])
        place = range(len(self))[place]
        return self.errors[place] if place in self.errors else traits_in(self._record(place))

    def _record(self, place: int) -> Any:
        return self._blocks[self._block[place]][self._row[place]]

    def chosen(self, places: Sequence[int] | npt.NDArray[np.int64]) -> TraitsTable:
        """The traits of some of the pictures, in files as before."""
        rows = np.asarray(places, np.int64)
        errors = {new: self.errors[old] for new, old in enumerate(rows.tolist()) if old in self.errors}
        return TraitsTable(self._blocks, self._block[rows], self._row[rows], errors)

    def column(self, name: str) -> npt.NDArray[Any]:
        """One field of all records, ``(N, ...)``, whether readable or not."""
        found = np.zeros(len(self), RECORD[name])
        for number, block in enumerate(self._blocks):
            here = self._block == number
            found[here] = block[name][self._row[here]]
        return found


def errors_in(traits: Sequence[Any]) -> dict[int, PictureError]:
    """The error of each picture that cannot be read, by its place, in order."""
    if isinstance(traits, TraitsTable):
        return dict(sorted(traits.errors.items()))
    return {place: one for place, one in enumerate(traits) if isinstance(one, PictureError)}


def some_traits(traits: Sequence[Any], places: Sequence[int]) -> Sequence[Any]:
    """The traits of some pictures; of very many they stay on disk."""
    return traits.chosen(places) if isinstance(traits, TraitsTable) else [traits[place] for place in places]


def digests_of(traits: Sequence[Any]) -> list[str]:
    """The digest of each picture that could be read, in order."""
    if not isinstance(traits, TraitsTable):
        return [one.digest for one in traits if isinstance(one, Traits)]
    found = traits.column("digest")
    return [one.tobytes().hex() for place, one in enumerate(found) if place not in traits.errors]


def near_bits(traits: Sequence[Any]) -> npt.NDArray[np.uint8]:
    """The near hash of each picture, eight bits a byte: uint8 ``(N, 32)``.

    Args:
        traits: Of N pictures that could be read.
    """
    if isinstance(traits, TraitsTable):
        return np.asarray(traits.column("near"), np.uint8)
    return np.packbits([one.near for one in traits], axis=1) if traits else np.zeros((0, 32), np.uint8)
