"""The rules of a model file's graph: which operators, how large the numbers, what goes in and comes out."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from oxmark.modelfile.verdicts import Verdicts, quoted
from oxmark.modelfile.wire import (
    DTYPES,
    FLOAT,
    INT32,
    INT64,
    UINT8,
    Attribute,
    Graph,
    Model,
    Node,
    Tensor,
    Unread,
    ValueInfo,
)

_OPS = """
    Abs Add And ArgMax ArgMin AveragePool BatchNormalization Cast Ceil Clip Concat Constant Conv CumSum
    Div Equal Exp Flatten Floor Gather GatherElements Gemm GlobalAveragePool GlobalMaxPool Greater
    GreaterOrEqual GridSample HardSwish Identity LeakyRelu Less LessOrEqual Log LogSoftmax MatMul Max
    MaxPool Min Mod Mul Neg Not Or Pow Reciprocal ReduceMax ReduceMean ReduceMin ReduceSum Relu Reshape
    Resize Round Shape Sigmoid Size Slice Softmax Softplus Sqrt Squeeze Sub Tanh TopK Transpose
    Unsqueeze Where
"""
ALLOWED_OPS: frozenset[str] = frozenset(_OPS.split())
"""Operators a model file may use, all of ONNX's own set. Left out on purpose: those that make a large tensor
from small numbers (ConstantOfShape, Expand, Tile, Range, Pad, OneHot, EyeLike), that run graphs within graphs
(Loop, If, Scan), that are random, and that handle texts or sequences."""

MAX_IR_VERSION, MIN_OPSET, MAX_OPSET = 9, 16, 20
MAX_NODES = 2000
MAX_INTEGER = 2**24
"""Integers in constants and attributes are shapes, positions and fixed-point factors; larger ones are of
no use."""
MAX_ELEMENTS = 2**26
"""Elements in anything whose size is written in the file: one picture of 64 megapixels."""
MAX_RANK, MAX_WINDOW, MAX_SCALE = 8, 1024, 16.0

_SENTINELS = (-(2**63), 2**63 - 1, -(2**31), 2**31 - 1)  # "to the end" in Slice
_WINDOWS = {"kernel_shape": 1, "strides": 1, "dilations": 1, "pads": 0}  # attribute -> smallest value
_OUTPUTS = {"probabilities": 2, "known": 1, "seen": 4, "box": 2, "heat": 4}  # name -> rank


def check_rules(model: Model, classes: int, verdicts: Verdicts) -> None:
    """Check everything about a model's graph that can be told from one place in it.

    Args:
        model: The file's contents.
        classes: Number of classes, as the metadata says.
        verdicts: Makes the errors.

    Raises:
        UnsafeModel: It breaks a rule that keeps opening it safe.
        DamagedModel: It is no working graph, or its inputs and outputs are not those of an oxmark model.
    """
    _check_versions(model, verdicts)
    _check_extras(model, verdicts)
    for node in model.graph.nodes:
        _check_node(node, verdicts)
    for tensor in model.graph.initializers:
        _check_tensor(tensor, f"constant {quoted(tensor.name)}", verdicts)
    _check_names(model.graph, verdicts)
    _check_inputs(model.graph, verdicts)
    _check_outputs(model.graph, classes, verdicts)
    _check_resizes(model.graph, verdicts)


def constants(graph: Graph) -> dict[str, Attribute]:
    """Every value that stands in the file itself, by name: initializers and outputs of Constant nodes."""
    found: dict[str, Attribute] = {tensor.name: tensor for tensor in graph.initializers}
    for node in graph.nodes:
        if node.op_type == "Constant":
            found[node.outputs[0]] = next(iter(node.attributes.values()))
    return found


def _check_versions(model: Model, verdicts: Verdicts) -> None:
    if not 3 <= model.ir_version <= MAX_IR_VERSION:
        raise verdicts.unsafe(
            f"its ONNX format (ir_version) is {model.ir_version}, expected 3 to {MAX_IR_VERSION}"
        )
    opset = model.opsets.get("", 0)
    if not MIN_OPSET <= opset <= MAX_OPSET:
        raise verdicts.unsafe(
            f"its ONNX operator set (opset) is {opset}, expected {MIN_OPSET} to {MAX_OPSET}"
        )
    others = sorted(domain for domain in model.opsets if domain)
    if others:
        raise verdicts.unsafe(
            f"it asks for the operator set {quoted(others[0])}, and only ONNX's own is allowed"
        )


def _check_extras(model: Model, verdicts: Verdicts) -> None:
    for count, what in (
        (model.functions, "functions of its own"),
        (model.training_info, "training graphs"),
        (model.graph.sparse_initializers, "sparse constants"),
    ):
        if count:
            raise verdicts.unsafe(f"it has {what}, which are not allowed")
    if len(model.graph.nodes) > MAX_NODES:
        raise verdicts.unsafe(
            f"it has {len(model.graph.nodes):,} operators, at most {MAX_NODES:,} are allowed"
        )


def _check_node(node: Node, verdicts: Verdicts) -> None:
    if node.domain:
        raise verdicts.unsafe(
            f"it uses operator {quoted(node.op_type)} of {quoted(node.domain)}, "
            "and only ONNX's own are allowed"
        )
    if node.op_type not in ALLOWED_OPS:
        raise verdicts.unsafe(
            f"it uses operator {quoted(node.op_type)}, which is not allowed in a model file"
        )
    for name, value in node.attributes.items():
        if isinstance(value, Unread):
            raise verdicts.unsafe(f"{_attribute(name, node)} is a {value.what}, which is not allowed")
        if isinstance(value, Tensor):
            _check_tensor(value, _attribute(name, node), verdicts)
        for number in _integers(value):
            if abs(number) > MAX_INTEGER and number not in _SENTINELS:
                here = _attribute(name, node)
                raise verdicts.unsafe(f"{here} is {number:,}, at most {MAX_INTEGER:,} is allowed")
            if name in _WINDOWS and not _WINDOWS[name] <= number <= MAX_WINDOW:
                here = _attribute(name, node)
                raise verdicts.unsafe(f"{here} is {number:,}, expected {_WINDOWS[name]} to {MAX_WINDOW:,}")
    _check_special(node, verdicts)


def _operator(node: Node) -> str:
    """A node, for messages."""
    return f"operator {node.op_type} for {quoted(node.outputs[0] if node.outputs else '')}"


def _attribute(name: str, node: Node) -> str:
    """An attribute of a node, for messages."""
    return f"attribute {quoted(name)} of {_operator(node)}"


def _check_special(node: Node, verdicts: Verdicts) -> None:
    """What only one operator needs."""
    if node.op_type == "Cast" and node.attributes.get("to") not in DTYPES:
        raise verdicts.unsafe(f"{_operator(node)} makes numbers into something else, which is not allowed")
    if node.op_type == "Constant":
        value = next(iter(node.attributes.values()), None)
        texts = any(isinstance(item, bytes) for item in (value if isinstance(value, tuple) else (value,)))
        if len(node.attributes) != 1 or len(node.outputs) != 1 or node.inputs or texts:
            raise verdicts.unsafe(f"{_operator(node)} is not one constant number or tensor")


def _check_tensor(tensor: Tensor, where: str, verdicts: Verdicts) -> None:
    """Its data is in the file, all of it and no more, and of a size and type that we know."""
    if tensor.external:
        raise verdicts.unsafe(f"{where} wants its data from another file, which is not allowed")
    if tensor.data_type not in DTYPES:
        raise verdicts.unsafe(f"{where} has element type {tensor.data_type}, which is not allowed")
    if len(tensor.dims) > MAX_RANK or any(not 0 <= dim <= MAX_ELEMENTS for dim in tensor.dims):
        raise verdicts.unsafe(f"{where} has the shape {_shape(tensor.dims)}, which cannot be")
    if math.prod(tensor.dims) == 0 and math.prod(dim for dim in tensor.dims if dim) > 1:
        raise verdicts.unsafe(f"{where} has the shape {_shape(tensor.dims)}, which cannot be")
    if tensor.problem:
        raise verdicts.unsafe(f"{where} {tensor.problem}")
    if tensor.nbytes != tensor.expected_nbytes:
        raise verdicts.unsafe(
            f"{where} of shape {_shape(tensor.dims)} needs {tensor.expected_nbytes:,} bytes of data, "
            f"and {tensor.nbytes:,} are in the file"
        )
    if tensor.data_type in (INT32, INT64, 12, 13):
        _check_integers(tensor, where, verdicts)


def _check_integers(tensor: Tensor, where: str, verdicts: Verdicts) -> None:
    array: npt.NDArray[np.int64] = tensor.array()  # type: ignore[assignment]
    large = array[(array > MAX_INTEGER) | (array < -MAX_INTEGER)]
    for number in sorted(set(large.tolist())):  # np.unique would first load numpy.ma, 6 ms
        if number not in _SENTINELS:
            raise verdicts.unsafe(f"{where} holds {number:,}, at most {MAX_INTEGER:,} is allowed")


def _check_names(graph: Graph, verdicts: Verdicts) -> None:
    """Every value is made once, and before it is used."""
    known: set[str] = set()
    for name in (*(value.name for value in graph.inputs), *(tensor.name for tensor in graph.initializers)):
        _define(name, known, verdicts)
    for node in graph.nodes:
        for name in node.inputs:
            if name and name not in known:
                raise verdicts.damaged(
                    f"operator {node.op_type} uses {quoted(name)}, which nothing before it makes"
                )
        if not node.outputs or not node.outputs[0]:
            raise verdicts.damaged(f"operator {node.op_type} has no output")
        for name in node.outputs:
            if name:
                _define(name, known, verdicts)
    for value in graph.outputs:
        if value.name not in known:
            raise verdicts.damaged(f"its output {quoted(value.name)} is made by no operator")


def _define(name: str, known: set[str], verdicts: Verdicts) -> None:
    if not name or name in known:
        raise verdicts.damaged(
            f"two of its values have the name {quoted(name)}" if name else "a value has no name"
        )
    known.add(name)


def _check_inputs(graph: Graph, verdicts: Verdicts) -> None:
    wanted = "'pixels', uint8 (batch, height, width, 4) with the first three free"
    names = ", ".join(quoted(value.name) for value in graph.inputs[:5]) or "none"
    if [value.name for value in graph.inputs] != ["pixels"]:
        raise verdicts.damaged(f"its inputs are {names}, expected {wanted}")
    pixels = graph.inputs[0]
    dims = pixels.dims or ()
    free = all(not isinstance(dim, int) for dim in dims[:3])
    if pixels.elem_type != UINT8 or len(dims) != 4 or not free or dims[3] != 4:
        raise verdicts.damaged(f"its input 'pixels' is {_declared(pixels)}, expected {wanted}")


def _check_outputs(graph: Graph, classes: int, verdicts: Verdicts) -> None:
    names = [value.name for value in graph.outputs]
    if names != list(_OUTPUTS):
        found = ", ".join(quoted(name) for name in names[:8]) or "none"
        raise verdicts.damaged(f"its outputs are {found}, expected {', '.join(_OUTPUTS)}")
    for value, rank in zip(graph.outputs, _OUTPUTS.values(), strict=True):
        if value.elem_type != FLOAT or value.dims is None or len(value.dims) != rank:
            wanted = f"float32 with {rank} dimensions"
            raise verdicts.damaged(
                f"its output {quoted(value.name)} is {_declared(value)}, expected {wanted}"
            )
    for value in (graph.outputs[0], graph.outputs[4]):
        if value.dims and isinstance(value.dims[1], int) and value.dims[1] != classes:
            raise verdicts.damaged(
                f"its output {quoted(value.name)} is {_declared(value)} for {classes} classes"
            )
    for value in (*graph.outputs, *graph.value_info):
        sizes = [dim for dim in value.dims or () if isinstance(dim, int)]
        possible = len(sizes) <= MAX_RANK and all(0 <= size <= MAX_ELEMENTS for size in sizes)
        if not possible or math.prod(sizes) > MAX_ELEMENTS:
            raise verdicts.unsafe(f"its value {quoted(value.name)} is {_declared(value)}, which is too large")


def _check_resizes(graph: Graph, verdicts: Verdicts) -> None:
    """Sizes and scales of Resize that stand in the file are bounded; computed ones follow the picture."""
    known = constants(graph)
    for node in graph.nodes:
        if node.op_type != "Resize":
            continue
        where = f"operator Resize for {quoted(node.outputs[0])}"
        scales, sizes = (list(_numbers(known.get(name))) for name in (*node.inputs, "", "", "", "")[2:4])
        if len(scales) > MAX_RANK or any(not 0 < scale <= MAX_SCALE for scale in scales):
            raise verdicts.unsafe(f"{where} enlarges more than {MAX_SCALE:g} times")
        possible = len(sizes) <= MAX_RANK and all(1 <= size <= MAX_ELEMENTS for size in sizes)
        if not possible or math.prod(sizes) > MAX_ELEMENTS:
            raise verdicts.unsafe(f"{where} makes a picture of the size {_shape(sizes)}, which is too large")


def _integers(value: object) -> Iterator[int]:
    for item in value if isinstance(value, tuple) else (value,):
        if isinstance(item, int):
            yield item


def _numbers(value: object) -> Iterator[float]:
    """The numbers of a constant, however it is written; none where it is no constant."""
    items = value.array().ravel().tolist() if isinstance(value, Tensor) else value
    for item in items if isinstance(items, list | tuple) else (items,):
        if isinstance(item, int | float):
            yield item


def _shape(dims: tuple[int | str | None, ...] | list[float] | None) -> str:
    """A shape for people, cut to eight dimensions."""
    shown = [
        f"{dim:,.0f}" if isinstance(dim, int | float) else str(dim or "?")[:20] for dim in (dims or ())[:8]
    ]
    return f"({' x '.join(shown)}{' ...' if len(dims or ()) > 8 else ''})"


def _declared(value: ValueInfo) -> str:
    kind = {1: "float32", 2: "uint8"}.get(value.elem_type, f"of element type {value.elem_type}")
    return f"{kind} {_shape(value.dims) if value.dims is not None else 'of unknown shape'}"
