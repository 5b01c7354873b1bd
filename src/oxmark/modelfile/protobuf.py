"""Reading protobuf's wire format: bytes in, numbered fields out, and nothing trusted.

Only what ONNX files need. The rules of the format are at https://protobuf.dev/programming-guides/encoding/:
a message is a run of fields, each a tag (number and wire type) and a value. :mod:`oxmark.modelfile.wire`
knows which number means what in ONNX; this file knows only how numbers, texts and messages are written.

Two readers that understand the same bytes differently are how a check is got round. So wherever protobuf's
own C++ reader, which ONNX Runtime uses, would be lenient in a way that could change the meaning, this one
either does exactly the same (numbers cut to 64 and 32 bits, the last of several scalars wins, packed and
unpacked lists) or refuses (a message that may stand once but stands twice, which protobuf would merge; a
known field with another wire type; groups, which ONNX never had).
"""

from __future__ import annotations

import struct

import numpy as np
import numpy.typing as npt

from oxmark.errors import DamagedModel, UnsafeModel

MAX_PARTS = 200_000
"""Fields and list entries in one file, at most. A model of 2,000 nodes has about 50,000; the bound keeps a
file of millions of empty fields from costing seconds and gigabytes."""

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_MAX_TAG = 2**32 - 1  # protobuf cuts longer ones to 32 bits, so a field could pose as another

Value = int | bytes | memoryview
"""A field's value: varint as ``int`` in 0..2**64-1, fixed 4 or 8 bytes as
``bytes``, the rest as ``memoryview``."""


class Budget:
    """How many more fields and list entries the file may have; shared by all messages of one file."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left = MAX_PARTS

    def spend(self, count: int = 1) -> None:
        """Take ``count`` off. Raises :class:`UnsafeModel` when there are too many."""
        self.left -= count
        if self.left < 0:
            raise UnsafeModel(f"it has more than {MAX_PARTS:,} parts, where a model has some thousands")


class Message:
    """One message, taken apart into its fields but no deeper.

    Nothing is copied: values that are messages, texts or weights stay views into the file.

    Attributes:
        name: What this is, for messages to people, such as ``"graph"``.
        fields: Each field number's values, in the file's order.

    Example:
        >>> message = Message.read(memoryview(b"\\x08\\x09\\x12\\x02hi"), "model", Budget())
        >>> message.integer(1), message.text(2)
        (9, 'hi')
    """

    __slots__ = ("budget", "fields", "name")

    def __init__(self, name: str, budget: Budget, fields: dict[int, list[Value]]) -> None:
        self.name, self.budget, self.fields = name, budget, fields

    @classmethod
    def read(cls, data: memoryview, name: str, budget: Budget) -> Message:
        """Take one message apart, in one pass.

        Args:
            data: Exactly the message's bytes (uint8, one dimension).
            name: What this is, for messages to people.
            budget: The file's budget; every field takes one off.

        Raises:
            DamagedModel: The bytes are no protobuf message.
            UnsafeModel: The budget is used up.
        """
        fields: dict[int, list[Value]] = {}
        position, end = 0, len(data)
        while position < end:
            budget.spend()
            tag, after_tag = data[position], position + 1
            if tag >= 0x80:
                tag, after_tag = read_varint(data, position, name)
            if tag > _MAX_TAG or tag >> 3 == 0 or after_tag - position > 5:
                raise DamagedModel(f"the {name} has a field with an impossible number")
            begin, length = after_tag + 1, data[after_tag] if after_tag < end else 0x80
            if tag & 7 == _BYTES and length < 0x80 and begin + length <= end:  # nearly all are short
                position = begin + length
                value: Value = data[begin:position]
            else:
                value, position = _read_value(data, after_tag, tag & 7, name)
            if tag >> 3 in fields:
                fields[tag >> 3].append(value)
            else:
                fields[tag >> 3] = [value]
        return cls(name, budget, fields)

    def integer(self, number: int) -> int:
        """An ``int64``; the last one where there are several, 0 where there is none."""
        return _signed(self._last_varint(number), 64)

    def integer32(self, number: int) -> int:
        """An ``int32`` or an enumeration, cut to 32 bits as protobuf does; 0 where there is none."""
        return _signed(self._last_varint(number) & 0xFFFFFFFF, 32)

    def float32(self, number: int) -> float:
        """A ``float``; the last one where there are several, 0.0 where there is none."""
        values = self.fields.get(number, [])
        if any(not isinstance(value, bytes) or len(value) != 4 for value in values):
            raise self._wrong(number)
        packed = b"".join(value for value in values[-1:] if isinstance(value, bytes))
        return float(struct.unpack("<f", packed)[0]) if packed else 0.0

    def view(self, number: int) -> memoryview | None:
        """Bytes, uncopied; the last ones where there are several, ``None`` where there are none."""
        values = self.views(number)
        return values[-1] if values else None

    def views(self, number: int) -> list[memoryview]:
        """Every value of a list of bytes or messages, uncopied."""
        values = self.fields.get(number, [])
        views = [value for value in values if isinstance(value, memoryview)]
        if len(views) != len(values):
            raise self._wrong(number)
        return views

    def text(self, number: int) -> str:
        """A text; ``""`` where there is none. Raises :class:`DamagedModel` when it is not UTF-8."""
        return self.texts(number)[-1] if number in self.fields else ""

    def texts(self, number: int) -> tuple[str, ...]:
        """A list of texts. Raises :class:`DamagedModel` when one is not UTF-8."""
        try:
            return tuple(str(view, "utf-8") for view in self.views(number))
        except UnicodeDecodeError as error:
            raise DamagedModel(f"a text in the {self.name} is not UTF-8") from error

    def child(self, number: int, name: str) -> Message | None:
        """A message that may stand once; ``None`` where there is none.

        Raises:
            DamagedModel: It stands more than once. Protobuf would merge them, so what one of them says alone
                is not what a runtime would read.
        """
        views = self.views(number)
        if len(views) > 1:
            raise DamagedModel(f"the {self.name} has {len(views)} fields '{name}' where one is allowed")
        return Message.read(views[0], name, self.budget) if views else None

    def children(self, number: int, name: str) -> list[Message]:
        """A list of messages."""
        return [Message.read(view, name, self.budget) for view in self.views(number)]

    def integers(self, number: int, kind: npt.DTypeLike) -> npt.NDArray[np.generic]:
        """A list of varints, packed or not, as an array ``(n,)`` of ``kind``, each cut to its width."""
        return np.array(self._varints(number), np.uint64).astype(kind)

    def integers64(self, number: int) -> tuple[int, ...]:
        """A list of ``int64``, packed or not."""
        return tuple([_signed(value, 64) for value in self._varints(number)])

    def _varints(self, number: int) -> list[int]:
        raw: list[int] = []
        for value in self.fields.get(number, []):
            if isinstance(value, int):
                raw.append(value)
            elif isinstance(value, memoryview):
                raw.extend(self._packed(value))
            else:
                raise self._wrong(number)
        return raw

    def numbers(self, number: int, kind: npt.DTypeLike) -> npt.NDArray[np.generic]:
        """A list of fixed-width numbers, packed or not, as an array ``(n,)`` of ``kind``, ``"<f4"`` or
        ``"<f8"``.
        """
        values = self.fields.get(number, [])
        width = np.dtype(kind).itemsize
        for value in values:
            if (
                isinstance(value, int)
                or len(value) % width
                or (isinstance(value, bytes) and len(value) != width)
            ):
                raise self._wrong(number)
        chunks = [value for value in values if not isinstance(value, int)]
        return np.frombuffer(chunks[0] if len(chunks) == 1 else b"".join(chunks), kind)

    def count(self, *numbers: int) -> int:
        """How many values the fields of these numbers have together."""
        return sum([len(self.fields[number]) for number in numbers if number in self.fields])

    def _last_varint(self, number: int) -> int:
        value = 0
        for item in self.fields.get(number, []):
            if not isinstance(item, int):
                raise self._wrong(number)
            value = item
        return value

    def _packed(self, view: memoryview) -> list[int]:
        values: list[int] = []
        position = 0
        while position < len(view):
            self.budget.spend()
            value, position = read_varint(view, position, self.name)
            values.append(value)
        return values

    def _wrong(self, number: int) -> DamagedModel:
        return DamagedModel(f"field {number} of the {self.name} is written as another kind of value")


def read_varint(data: memoryview, position: int, name: str) -> tuple[int, int]:
    """Read one varint, 1 to 10 bytes, cut to 64 bits.

    Args:
        data: The message (uint8, one dimension).
        position: Where the varint begins.
        name: What the message is, for the error.

    Returns:
        The value in 0..2**64-1 and the position after it.

    Raises:
        DamagedModel: The bytes end in it, or it is longer than 10 bytes.

    Example:
        >>> read_varint(memoryview(b"\\x96\\x01"), 0, "model")
        (150, 2)
    """
    if position < len(data) and data[position] < 0x80:  # nearly all are one byte long
        return data[position], position + 1
    value = 0
    for index, byte in enumerate(data[position : position + 10]):
        value |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:
            return value & 0xFFFFFFFFFFFFFFFF, position + index + 1
    if len(data) - position < 10:
        raise DamagedModel(f"the {name} ends in the middle of a number")
    raise DamagedModel(f"the {name} has a number of more than 10 bytes")


def _read_value(data: memoryview, position: int, wire_type: int, name: str) -> tuple[Value, int]:
    """One field's value and the position after it; never beyond the end of its message."""
    if wire_type == _VARINT:
        return read_varint(data, position, name)
    if wire_type == _BYTES:
        length, position = read_varint(data, position, name)
    elif wire_type in (_FIXED32, _FIXED64):
        length = 4 if wire_type == _FIXED32 else 8
    else:
        raise DamagedModel(f"the {name} has a field of a kind that ONNX does not use")
    end = position + length
    if end > len(data):
        raise DamagedModel(
            f"a part of the {name} says {length:,} bytes where {len(data) - position:,} are left"
        )
    view = data[position:end]
    return (view if wire_type == _BYTES else bytes(view)), end


def _signed(value: int, bits: int) -> int:
    return value - (1 << bits) if value >> (bits - 1) else value
