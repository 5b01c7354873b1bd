"""Constants in an ONNX file: shape, element type, and data as a view into the file.

Field numbers and the rules of the typed lists are those of ``TensorProto`` in onnx/onnx.proto3
(https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from oxmark.errors import DamagedModel
from oxmark.modelfile.protobuf import Message

FLOAT, UINT8, INT32, INT64 = 1, 2, 6, 7
"""The element types of ONNX that have a name of their own in oxmark."""

DTYPES: dict[int, str] = {
    1: "<f4", 2: "u1", 3: "i1", 4: "<u2", 5: "<i2", 6: "<i4", 7: "<i8",
    9: "?", 10: "<f2", 11: "<f8", 12: "<u4", 13: "<u8",
}  # fmt: skip
"""ONNX's element types that a model file may hold, as NumPy's little-endian ones. No texts, no complex
numbers, nothing narrower than a byte."""

_TYPED_FIELDS = {4: (1,), 5: (2, 3, 4, 5, 6, 9, 10), 7: (7,), 10: (11,), 11: (12, 13)}  # list -> types


@dataclass(frozen=True, slots=True, eq=False)
class Tensor:
    """A constant: an initializer, or a value in an attribute.

    Attributes:
        name: Its name in the graph; ``""`` in attributes.
        dims: Its shape as written, which may be wrong, negative or absurd until checked.
        data_type: ONNX's number of the element type; see :data:`DTYPES`.
        external: Whether its data is said to lie in another file.
        raw: The data as a view into the file, or ``None``.
        typed: The data from one of ONNX's typed lists ``(n,)``, or ``None``.
        problem: Why the data cannot be understood, for people; ``""`` when it can.
    """

    name: str
    dims: tuple[int, ...]
    data_type: int
    external: bool = False
    raw: memoryview | None = None
    typed: npt.NDArray[np.generic] | None = None
    problem: str = ""

    @property
    def nbytes(self) -> int:
        """How many bytes of data are really in the file, counted in elements of its type."""
        if self.raw is not None:
            return len(self.raw)
        return 0 if self.typed is None else self.typed.size * np.dtype(DTYPES[self.data_type]).itemsize

    @property
    def expected_nbytes(self) -> int:
        """How many bytes its shape and type ask for; -1 for a type or shape that cannot be."""
        if self.data_type not in DTYPES or any(dim < 0 for dim in self.dims):
            return -1
        return math.prod(self.dims) * np.dtype(DTYPES[self.data_type]).itemsize

    def array(self) -> npt.NDArray[np.generic]:
        """The values as a read-only array of shape ``dims``; a view into the file where it can be.

        Raises:
            DamagedModel: Shape, type and data do not fit together.

        Example:
            >>> Tensor("w", (2,), FLOAT, raw=memoryview(b"\\0\\0\\x80?\\0\\0\\0@")).array().tolist()
            [1.0, 2.0]
        """
        if self.problem or self.external or self.nbytes != self.expected_nbytes:
            raise DamagedModel(f"constant {self.name[:60]!r} has no data that fits its shape")
        kind = np.dtype(DTYPES[self.data_type])
        flat = self.typed if self.typed is not None else np.frombuffer(self.raw or b"", kind)
        array = flat.reshape(self.dims)
        array.flags.writeable = False
        return array


def read_tensor(tensor: Message) -> Tensor:
    """Read a ``TensorProto``, unjudged. Raises :class:`DamagedModel` where a field is of the wrong kind."""
    data_type = tensor.integer32(2)
    raw = tensor.view(9)
    lists = [number for number in (4, 5, 6, 7, 10, 11) if tensor.count(number)]
    problem, typed = "", None
    if len(lists) + (raw is not None) > 1:
        problem = "has its data in two places"
    elif lists and data_type not in _TYPED_FIELDS.get(lists[0], ()):
        problem = "has its data in a list of another type"
    elif lists:
        typed = _typed(tensor, lists[0], data_type)
    return Tensor(
        name=tensor.text(8),
        dims=tensor.integers64(1),
        data_type=data_type,
        external=tensor.count(13) > 0 or tensor.integer32(14) != 0,
        raw=raw,
        typed=typed,
        problem=problem,
    )


def _typed(tensor: Message, number: int, data_type: int) -> npt.NDArray[np.generic]:
    """The values of one typed list ``(n,)``, in the element type's own width."""
    kind = np.dtype(DTYPES[data_type])
    if number in (4, 10):
        return tensor.numbers(number, kind)
    if kind == np.float16:  # written as the 16 bits of each number
        return tensor.integers(number, np.uint16).view(kind)
    return tensor.integers(number, np.int32 if number == 5 else np.uint64).astype(kind)
