"""An ONNX file's bytes, read into small frozen objects without the ``onnx`` package.

Only the parts that :mod:`oxmark.modelfile.check` judges and that prediction needs. Field numbers are those of
``ModelProto`` and the messages below it in onnx/onnx.proto3
(https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3); protobuf's own rules are in
:mod:`oxmark.modelfile.protobuf`.

Reading goes down a fixed ladder (model, graph, node, attribute, tensor) and never into graphs inside
attributes, so its depth does not depend on the file. Weights are not copied: :class:`Tensor` keeps a view.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from oxmark.errors import DamagedModel
from oxmark.modelfile.protobuf import Budget, Message
from oxmark.modelfile.tensor import DTYPES, FLOAT, INT32, INT64, UINT8, Tensor, read_tensor

__all__ = [
    "DTYPES",
    "FLOAT",
    "INT32",
    "INT64",
    "UINT8",
    "Attribute",
    "Graph",
    "Model",
    "Node",
    "Tensor",
    "Unread",
    "ValueInfo",
    "read_model",
]

_V = TypeVar("_V")
_ATTRIBUTE_FIELDS = {1: 2, 2: 3, 3: 4, 4: 5, 6: 7, 7: 8, 8: 9, 9: 10}  # kind -> the field its value is in
_VALUE_FIELDS = frozenset(_ATTRIBUTE_FIELDS.values())
_UNREAD_FIELDS = {
    6: "graph",
    11: "graph",
    22: "sparse tensor",
    23: "sparse tensor",
    14: "type",
    15: "type",
    21: "reference",
}


@dataclass(frozen=True, slots=True)
class Unread:
    """A value that this reader does not go into, and that no model file may have; ``what`` says which."""

    what: str


Attribute = float | int | bytes | Tensor | Unread | tuple[float, ...] | tuple[int, ...] | tuple[bytes, ...]
"""An attribute's value, by its declared kind; lists are tuples."""


class Node(NamedTuple):
    """One operator call. ``""`` among inputs or outputs stands for one that is left out."""

    op_type: str
    domain: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: dict[str, Attribute]


class ValueInfo(NamedTuple):
    """A declared value: element type (0 where it is no tensor) and dimensions.

    Each dimension is a number, a name, or ``None`` where it is open; ``dims`` is ``None`` where not even the
    rank is declared.
    """

    name: str
    elem_type: int
    dims: tuple[int | str | None, ...] | None


class Graph(NamedTuple):
    """The main graph, nodes in the file's order."""

    nodes: tuple[Node, ...] = ()
    initializers: tuple[Tensor, ...] = ()
    inputs: tuple[ValueInfo, ...] = ()
    outputs: tuple[ValueInfo, ...] = ()
    value_info: tuple[ValueInfo, ...] = ()
    sparse_initializers: int = 0


class Model(NamedTuple):
    """A whole file.

    Attributes:
        ir_version: Version of the ONNX format; 0 where it is not written.
        producer: Name of the program that wrote the file.
        opsets: Version of each operator set by domain; ``""`` is ONNX's own.
        metadata: Free texts by key.
        graph: The main graph; an empty one where there is none.
        functions: How many functions (operators defined in the file itself) there are.
        training_info: How many training graphs there are.
    """

    ir_version: int
    producer: str
    opsets: dict[str, int]
    metadata: dict[str, str]
    graph: Graph
    functions: int = 0
    training_info: int = 0


def read_model(data: bytes | memoryview) -> Model:
    """Read an ONNX file.

    Args:
        data: The whole file. It must stay unchanged while the result is in use: tensors are views into it.

    Returns:
        What is written there, unjudged.

    Raises:
        DamagedModel: The bytes are no ONNX model; the message says where they stop making sense, without file
            name and cure, which the caller knows.
        UnsafeModel: The file has more parts than any model needs.

    Example:
        >>> read_model(b"\\x08\\x09\\x12\\x06oxmark").producer
        'oxmark'
    """
    model = Message.read(memoryview(data).cast("B"), "model", Budget())
    graph = model.child(7, "graph")
    opsets = [(_domain(entry.text(1)), entry.integer(2)) for entry in model.children(8, "operator set")]
    metadata = [(entry.text(1), entry.text(2)) for entry in model.children(14, "metadata entry")]
    return Model(
        ir_version=model.integer(1),
        producer=model.text(2),
        opsets=_unique(opsets, "operator set"),
        metadata=_unique(metadata, "metadata entry"),
        graph=_graph(graph) if graph else Graph(),
        functions=model.count(25),
        training_info=model.count(20),
    )


def _graph(graph: Message) -> Graph:
    return Graph(
        nodes=tuple(_node(node) for node in graph.children(1, "node")),
        initializers=tuple(read_tensor(tensor) for tensor in graph.children(5, "initializer")),
        inputs=tuple(_value_info(value) for value in graph.children(11, "input")),
        outputs=tuple(_value_info(value) for value in graph.children(12, "output")),
        value_info=tuple(_value_info(value) for value in graph.children(13, "value")),
        sparse_initializers=graph.count(15),
    )


def _node(node: Message) -> Node:
    attributes = [(entry.text(1), _attribute(entry)) for entry in node.children(5, "attribute")]
    return Node(
        op_type=node.text(4),
        domain=_domain(node.text(7)),
        inputs=node.texts(1),
        outputs=node.texts(2),
        attributes=_unique(attributes, "attribute"),
    )


def _attribute(entry: Message) -> Attribute:
    """The value of the declared kind; ``Unread`` when another kind is there too, or one never read."""
    kind = entry.integer32(20)
    if not _UNREAD_FIELDS.keys().isdisjoint(entry.fields):
        return Unread(next(what for number, what in _UNREAD_FIELDS.items() if number in entry.fields))
    if kind not in _ATTRIBUTE_FIELDS:
        return Unread("value of an unknown kind")
    if not _VALUE_FIELDS.intersection(entry.fields) <= {_ATTRIBUTE_FIELDS[kind]}:
        return Unread("value of two kinds")
    return _attribute_value(entry, kind)


def _attribute_value(entry: Message, kind: int) -> Attribute:
    match kind:
        case 1:
            return entry.float32(2)
        case 2:
            return entry.integer(3)
        case 3:
            return bytes(entry.view(4) or b"")
        case 4:
            tensor = entry.child(5, "tensor")
            return read_tensor(tensor) if tensor else Unread("missing tensor")
        case 6:
            floats = entry.numbers(7, "<f4")
            entry.budget.spend(floats.size)
            return tuple(float(value) for value in floats)
        case 7:
            return entry.integers64(8)
        case 8:
            return tuple(bytes(view) for view in entry.views(9))
    return Unread("list of tensors")


def _value_info(value: Message) -> ValueInfo:
    kind = value.child(2, "type")
    tensor = kind.child(1, "tensor type") if kind else None
    if not kind or not tensor or kind.count(4, 5, 7, 8, 9):
        return ValueInfo(value.text(1), 0, None)
    shape = tensor.child(2, "shape")
    dims = tuple(_dimension(dim) for dim in shape.children(1, "dimension")) if shape else None
    return ValueInfo(value.text(1), tensor.integer32(1), dims)


def _dimension(dim: Message) -> int | str | None:
    if dim.count(1) and dim.count(2):
        raise DamagedModel("a dimension has both a number and a name")
    return dim.integer(1) if dim.count(1) else dim.text(2) or None


def _domain(domain: str) -> str:
    """ONNX's own operator set has two names."""
    return "" if domain == "ai.onnx" else domain


def _unique(pairs: list[tuple[str, _V]], name: str) -> dict[str, _V]:
    """The pairs as a dictionary. Runtimes differ in which of two equal keys they believe: refused."""
    unique = dict(pairs)
    if len(unique) < len(pairs):
        twice = next(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
        raise DamagedModel(
            f"there are several entries of the name {twice[:60]!r} where one {name} is allowed"
        )
    return unique
