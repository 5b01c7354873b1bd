"""How large the tensors become that a runtime computes from constants alone, while it loads the file.

ONNX Runtime runs every operator whose inputs are all constant once, at load ("constant folding"). A small
file can ask for terabytes that way: add a column of a million numbers to a row of a million, or double a
tensor with Concat forty times. This walks the nodes once, keeps an upper bound of the shape of each such
value, and refuses the file when the bounds add up to more than :data:`MAX_FOLDED` elements.

Shape and Size count as constant too, because a runtime folds them where the shape is fixed.
"""

from __future__ import annotations

import math

from oxmark.errors import UnsafeModel
from oxmark.modelfile.rules import MAX_ELEMENTS, MAX_RANK, constants
from oxmark.modelfile.verdicts import Verdicts, quoted
from oxmark.modelfile.wire import Graph, Node, Tensor

MAX_FOLDED = 2**24
"""Elements that may be computed from constants, all values together: at most 128 MiB of 64-bit numbers."""

Bound = tuple[int, ...] | int
"""An upper bound of a value's size: of each dimension where the rank is
known, else of the number of elements. An empty dimension counts as 1, so that no later operator can turn
nothing into much."""

_SAME_SHAPE = """
    Abs Cast Ceil Clip CumSum Exp Floor HardSwish Identity LeakyRelu Log LogSoftmax Neg Not Reciprocal Relu
    Round Sigmoid Softmax Softplus Sqrt Tanh TopK
"""
_REDUCTIONS = "ArgMax ArgMin ReduceMax ReduceMean ReduceMin ReduceSum"
_BROADCAST = "Add And Div Equal Greater GreaterOrEqual Less LessOrEqual Max Min Mod Mul Or Pow Sub Where"
_PRODUCT = "Gather GatherElements Gemm MatMul"  # no more elements than those of all inputs multiplied
_KIND: dict[str, str] = {
    operator: kind
    for kind, operators in (
        ("same", _SAME_SHAPE),
        ("reduction", _REDUCTIONS),
        ("broadcast", _BROADCAST),
        ("product", _PRODUCT),
    )
    for operator in operators.split()
}


def check_folding(graph: Graph, verdicts: Verdicts) -> None:
    """Bound what is computed at load.

    Args:
        graph: A graph that passed :func:`oxmark.modelfile.rules.check_rules`.
        verdicts: Makes the errors.

    Raises:
        UnsafeModel: More than :data:`MAX_FOLDED` elements, or a kind of computation on constants whose size
        is
            not known beforehand.
    """
    _Folding(graph, verdicts).run()


class _Folding:
    """The walk: what is known of each foldable value so far."""

    def __init__(self, graph: Graph, verdicts: Verdicts) -> None:
        self.graph, self.verdicts = graph, verdicts
        self.known = constants(graph)
        self.bounds: dict[str, Bound] = {name: _stored(value) for name, value in self.known.items()}
        self.pure = set(self.known)  # without Shape and Size: constant for certain
        growing = sum(node.op_type in ("Unsqueeze", "Gather") for node in graph.nodes)
        self.max_rank = MAX_RANK * (1 + growing)  # each adds at most MAX_RANK dimensions

    def run(self) -> None:
        """Walk the nodes in order, each seen once."""
        total = 0
        for node in self.graph.nodes:
            if node.op_type == "Constant":
                continue
            self._check_arguments(node)
            if node.op_type in ("Shape", "Size"):
                self.bounds[node.outputs[0]] = (self.max_rank,) if node.op_type == "Shape" else ()
                continue
            inputs = [name for name in node.inputs if name]
            if not all(name in self.bounds for name in inputs):
                continue
            bound = self._bound(node, [self.bounds[name] for name in inputs])
            total += _elements(bound) * max(1, len(node.outputs))
            if total > MAX_FOLDED:
                raise self._refused(node, f"grows to more than {MAX_FOLDED:,} numbers")
            self.bounds.update((name, bound) for name in node.outputs)
            if all(name in self.pure for name in inputs):
                self.pure.update(node.outputs)

    def _check_arguments(self, node: Node) -> None:
        """Arguments that decide a size must stand in the file or follow the picture."""
        if node.op_type == "Unsqueeze" and len(self._values(node, 1) or range(MAX_RANK + 1)) > MAX_RANK:
            raise self._refused(node, "has axes that do not stand in the file")
        shaping = {"Resize": node.inputs[2:4], "Reshape": node.inputs[1:2]}.get(node.op_type, ())
        if any(name in self.pure and name not in self.known for name in shaping):
            raise self._refused(node, "has a size that is computed from constants")
        values = self._values(node, 1) if node.op_type == "Reshape" else None
        if values is not None and (
            len(values) > MAX_RANK or math.prod(v for v in values if v > 0) > MAX_ELEMENTS
        ):
            raise self._refused(node, "has a shape that is too large")

    def _bound(self, node: Node, inputs: list[Bound]) -> Bound:
        """The bound of a node's outputs from those of its inputs."""
        if not inputs:
            raise self._refused(node, "has no inputs")
        first, last = inputs[0], inputs[-1]
        match _KIND.get(node.op_type, ""):
            case "same":
                return first
            case "reduction":
                return first if node.attributes.get("keepdims", 1) == 1 else _elements(first)
            case "broadcast":
                return _broadcast(inputs)
            case "product":
                if node.op_type == "Gather" and not isinstance(first, int) and not isinstance(last, int):
                    axis = _axis(node, len(first))
                    return (*first[:axis], *last, *first[axis + 1 :])
                return math.prod(_elements(bound) for bound in inputs)
        return self._rearranged(node, first, inputs)

    def _rearranged(self, node: Node, first: Bound, inputs: list[Bound]) -> Bound:
        """Operators that put the same numbers, or some of them, into another shape."""
        if node.op_type == "Concat":
            return _concatenated(node, inputs)
        if node.op_type == "Transpose":
            return _elements(first) if isinstance(first, int) or "perm" in node.attributes else first[::-1]
        if node.op_type == "Unsqueeze":
            return self._unsqueezed(node, first)
        if node.op_type == "Slice":
            return self._sliced(node, first)
        if node.op_type in ("Flatten", "Squeeze"):
            return _elements(first)
        shape = self._values(node, 1) if node.op_type == "Reshape" else None
        if shape is not None:
            written = max(_elements(first), math.prod(value for value in shape if value > 0))
            return written * _elements(first) if 0 in shape else written
        raise self._refused(node, "works on constants alone")

    def _unsqueezed(self, node: Node, first: Bound) -> Bound:
        axes = self._values(node, 1) or ()
        if isinstance(first, int):
            return first
        rank = len(first) + len(axes)
        new = {axis + rank if axis < 0 else axis for axis in axes}
        if len(new) != len(axes) or not all(0 <= axis < rank for axis in new):
            raise self._refused(node, "has axes that cannot be")
        rest = iter(first)
        return tuple(1 if axis in new else next(rest) for axis in range(rank))

    def _sliced(self, node: Node, first: Bound) -> Bound:
        """A slice of a list from one place to another, both counted from the same end, is bounded by them."""
        start, end = self._values(node, 1) or (), self._values(node, 2) or ()
        if isinstance(first, int) or not len(first) == len(start) == len(end) == 1 or len(node.inputs) > 4:
            return first
        if (start[0] < 0) != (end[0] < 0):
            return first
        return (min(first[0], max(1, end[0] - start[0])),)

    def _values(self, node: Node, index: int) -> tuple[int, ...] | None:
        """The integers of an input that stands in the file; ``None`` for any other."""
        value = self.known.get(node.inputs[index]) if index < len(node.inputs) else None
        if isinstance(value, Tensor):
            return tuple(int(number) for number in value.array().ravel()[: MAX_RANK + 1].tolist())
        items = value if isinstance(value, tuple) else (value,)
        return tuple(item for item in items if isinstance(item, int)) or None

    def _refused(self, node: Node, what: str) -> UnsafeModel:
        return self.verdicts.unsafe(f"operator {node.op_type} for {quoted(node.outputs[0])} {what}")


def _stored(value: object) -> Bound:
    if isinstance(value, Tensor):
        return tuple(max(1, dim) for dim in value.dims)
    return (max(1, len(value)),) if isinstance(value, tuple) else ()


def _elements(bound: Bound) -> int:
    return bound if isinstance(bound, int) else math.prod(bound)


def _broadcast(inputs: list[Bound]) -> Bound:
    shapes = [bound for bound in inputs if not isinstance(bound, int)]
    if len(shapes) < len(inputs):
        return math.prod(_elements(bound) for bound in inputs)
    rank = max(len(shape) for shape in shapes)
    padded = [(1,) * (rank - len(shape)) + shape for shape in shapes]
    return tuple(max(sizes) for sizes in zip(*padded, strict=True))


def _concatenated(node: Node, inputs: list[Bound]) -> Bound:
    shapes = [bound for bound in inputs if not isinstance(bound, int)]
    if len(shapes) < len(inputs) or len({len(shape) for shape in shapes}) != 1:
        return sum(_elements(bound) for bound in inputs)
    axis = _axis(node, len(shapes[0]))
    columns = enumerate(zip(*shapes, strict=True))
    return tuple(sum(sizes) if index == axis else max(sizes) for index, sizes in columns)


def _axis(node: Node, rank: int) -> int:
    """The attribute ``axis`` as a number from 0; ``rank`` where it is none of the dimensions."""
    axis = node.attributes.get("axis", 0)
    axis = axis if isinstance(axis, int) else 0
    return axis + rank if axis < 0 else axis
