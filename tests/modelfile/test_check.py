"""Files spoiled in every way: each is refused with its own sentence before a runtime sees it."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from oxmark.errors import DamagedModel, ModelFileError, NotAnOxmarkModel, UnsafeModel
from oxmark.modelfile.check import ALLOWED_OPS, MAX_FILE_BYTES, Checked, check, read_checked

NODES: list[tuple[str, list[str], str, dict[str, Any]]] = [
    ("Cast", ["pixels"], "numbers", {"to": TensorProto.FLOAT}),
    ("ReduceMean", ["numbers", "axes_1_2"], "box", {"keepdims": 0}),
    ("MatMul", ["box", "weights"], "logits", {}),
    ("Softmax", ["logits"], "probabilities", {"axis": 1}),
    ("ReduceMax", ["probabilities", "axis_1"], "known", {"keepdims": 0}),
    ("ReduceMean", ["numbers", "axis_3"], "grey", {"keepdims": 1}),
    ("Transpose", ["grey"], "seen", {"perm": [0, 3, 1, 2]}),
    ("Unsqueeze", ["probabilities", "axes_2_3"], "heat", {}),
]
CONSTANTS = {
    "axis_1": [1], "axis_3": [3], "axes_1_2": [1, 2], "axes_2_3": [2, 3], "far": [2**63 - 1, -(2**63), 2**24],
}  # fmt: skip
METADATA = {
    "oxmark.format": "1",
    "oxmark.classes": '["동그라미", "X"]',
    "oxmark.recipe": 'name = "marks"\n',
    "oxmark.trained_on": '{"counts": {}}',
    "oxmark.quality": "{}",
    "oxmark.version": "0.1.0",
    "note": "others may add their own",
}
OUTPUTS: dict[str, list[str | int | None]] = {
    "probabilities": ["batch", 2], "known": ["batch"], "seen": ["batch", 1, "h", "w"], "box": ["batch", 4],
    "heat": ["batch", 2, "h2", "w2"],
}  # fmt: skip

DAMAGE = (
    "m.onnx is damaged: {}. Copy it again from where it came from, or make it anew with: oxmark train DATA"
)
FOREIGN = "m.onnx is not an oxmark model: {}. Make a model with: oxmark train DATA"
UNSAFE = (
    "m.onnx was not opened, because it may not be safe: {}. Use a model from someone you trust, "
    "or make your own with: oxmark train DATA"
)
SENTENCES = {DamagedModel: DAMAGE, NotAnOxmarkModel: FOREIGN, UnsafeModel: UNSAFE}
Proto = onnx.ModelProto


def good() -> Proto:
    nodes = [helper.make_node(op, inputs, [out], **given) for op, inputs, out, given in NODES]
    weights = np.arange(8, dtype=np.float32).reshape(4, 2)
    constants = [numpy_helper.from_array(np.array(v, np.int64), name) for name, v in CONSTANTS.items()]
    graph = helper.make_graph(
        nodes,
        "oxmark",
        [helper.make_tensor_value_info("pixels", TensorProto.UINT8, ["batch", "height", "width", 4])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, dims) for name, dims in OUTPUTS.items()],
        [*constants, numpy_helper.from_array(weights, "weights")],
    )
    opsets = [helper.make_opsetid("", 20)]
    model = helper.make_model(graph, ir_version=9, opset_imports=opsets, producer_name="oxmark")
    helper.set_model_props(model, METADATA)
    return model


GOOD = good().SerializeToString()


def test_a_good_model_passes_and_runs() -> None:
    checked = check(GOOD)
    assert isinstance(checked, Checked)
    assert (checked.classes, checked.format, checked.metadata) == (("동그라미", "X"), 1, METADATA)
    assert [node.op_type for node in checked.model.graph.nodes] == [op for op, *_ in NODES]
    session = onnxruntime.InferenceSession(GOOD, providers=["CPUExecutionProvider"])
    answers = session.run(None, {"pixels": np.zeros((1, 5, 7, 4), np.uint8)})
    assert [answer.shape for answer in answers] == [(1, 2), (1,), (1, 1, 5, 7), (1, 4), (1, 2, 1, 1)]


# --- ways to spoil a model ---


def meta(key: str, value: str | None) -> Callable[[Proto], None]:
    def change(model: Proto) -> None:
        changed = {**METADATA, key: value}
        del model.metadata_props[:]
        helper.set_model_props(model, {k: v for k, v in changed.items() if v is not None})

    return change


def node(op: str, inputs: list[str], *outputs: str, **given: Any) -> Callable[[Proto], None]:
    return lambda model: model.graph.node.append(helper.make_node(op, inputs, outputs or ["new"], **given))


def tensor(kind: int = 1, dims: tuple[int, ...] = (1,), **given: Any) -> Callable[[Proto], None]:
    proto = TensorProto(name="new", data_type=kind, dims=dims, **given)
    return lambda model: model.graph.initializer.append(proto)


def both(*changes: Callable[[Proto], object]) -> Callable[[Proto], None]:
    def change(model: Proto) -> None:
        for one in changes:
            one(model)

    return change


def floats(name: str, *dims: int) -> Callable[[Proto], None]:
    array = np.zeros(dims, np.float32)
    return lambda model: model.graph.initializer.append(numpy_helper.from_array(array, name))


def ints(name: str, *values: int) -> Callable[[Proto], None]:
    array = np.array(values, np.int64)
    return lambda model: model.graph.initializer.append(numpy_helper.from_array(array, name))


def external(model: Proto) -> None:
    weights = TensorProto(name="new", dims=[1], data_type=1, data_location=TensorProto.EXTERNAL)
    weights.external_data.add(key="location", value="../../etc/passwd")
    model.graph.initializer.append(weights)


def subgraph(model: Proto) -> None:
    graph = helper.make_graph([helper.make_node("Relu", ["grey"], ["y"])], "then", [], [])
    model.graph.node.append(helper.make_node("If", ["grey"], ["y"], then_branch=graph, else_branch=graph))


def hidden_subgraph(model: Proto) -> None:
    node("Relu", ["grey"])(model)
    attribute = helper.make_attribute("axis", 1)
    attribute.g.name = "hidden"
    model.graph.node[-1].attribute.append(attribute)


def doubling(model: Proto) -> None:
    floats("d0", 1024)(model)
    for number in range(1, 60):
        node("Concat", [f"d{number - 1}"] * 2, f"d{number}", axis=0)(model)


def set_dim(value: onnx.ValueInfoProto, index: int, size: int) -> None:
    value.type.tensor_type.shape.dim[index].dim_value = size


def set_type(value: onnx.ValueInfoProto, kind: int) -> None:
    value.type.tensor_type.elem_type = kind


def many_nodes(model: Proto) -> None:
    for number in range(2000):
        node("Relu", ["grey"], f"many{number}")(model)


WANTED_INPUT = "expected 'pixels', uint8 (batch, height, width, 4) with the first three free"
WANTED_OUTPUTS = "expected probabilities, known, seen, box, heat"
NAMES = "expected a list of 2 to 1000 names"
CLASSES = "oxmark.classes"
NOT_ALLOWED = "it uses operator '{}', which is not allowed in a model file"
TOO_MUCH = "grows to more than 16,777,216 numbers"

SPOILED: dict[str, tuple[Callable[[Proto], object], type[ModelFileError], str]] = {
    # metadata
    "no format": (meta("oxmark.format", None), DamagedModel, "its metadata has no oxmark.format"),
    "format": (
        meta("oxmark.format", "one"), DamagedModel, "its metadata oxmark.format is 'one', expected '1'",
    ),
    "format 0": (meta("oxmark.format", "0"), DamagedModel, "its metadata oxmark.format is '0', expected '1'"),
    "no recipe": (meta("oxmark.recipe", None), DamagedModel, "its metadata lacks oxmark.recipe"),
    "recipe": (
        meta("oxmark.recipe", "a = = 1"), DamagedModel, "its metadata oxmark.recipe is not valid TOML",
    ),
    "deep recipe": (
        meta("oxmark.recipe", "a = " + "[" * 60_000), DamagedModel,
        "its metadata oxmark.recipe is not valid TOML",
    ),
    "trained_on": (
        meta("oxmark.trained_on", "[1]"), DamagedModel, "its metadata oxmark.trained_on is not a JSON object",
    ),
    "quality NaN": (
        meta("oxmark.quality", '{"a": NaN}'), DamagedModel, "its metadata oxmark.quality is not valid JSON",
    ),
    "deep quality": (
        meta("oxmark.quality", "[" * 500_000), DamagedModel, "its metadata oxmark.quality is not valid JSON",
    ),
    "version": (meta("oxmark.version", " "), DamagedModel, "its metadata oxmark.version is empty"),
    "classes no JSON": (meta(CLASSES, "O,X"), DamagedModel, "its metadata oxmark.classes is not valid JSON"),
    "classes no list": (
        meta(CLASSES, "{}"), DamagedModel, f"its metadata oxmark.classes is no list, {NAMES}",
    ),
    "one class": (
        meta(CLASSES, '["O"]'), DamagedModel, f"its metadata oxmark.classes has 1 entries, {NAMES}",
    ),
    "1001 classes": (
        meta(CLASSES, json.dumps([str(n) for n in range(1001)])), DamagedModel,
        f"its metadata oxmark.classes has 1,001 entries, {NAMES}",
    ),
    "same class twice": (
        meta(CLASSES, '["O", "X", "O"]'), DamagedModel,
        f"its metadata oxmark.classes has 'O' more than once, {NAMES}",
    ),
    "class without name": (
        meta(CLASSES, '["O", ""]'), DamagedModel, f"its metadata oxmark.classes has the entry '', {NAMES}",
    ),
    "class that is a number": (
        meta(CLASSES, '["O", 7]'), DamagedModel, f"its metadata oxmark.classes has the entry '7', {NAMES}",
    ),
    "class that clears the screen": (
        meta(CLASSES, '["O", "\\u001b[2J"]'), DamagedModel,
        f"its metadata oxmark.classes has the entry '\\x1b[2J', {NAMES}",
    ),
    "class with a lone surrogate": (
        meta(CLASSES, '["O", "\\ud800"]'), DamagedModel,
        f"its metadata oxmark.classes has the entry '\\ud800', {NAMES}",
    ),
    "long text": (
        meta("oxmark.recipe", "#" * 70_000), UnsafeModel,
        "its metadata 'oxmark.recipe' has 70,000 characters, at most 65,536 are allowed",
    ),
    "many entries": (
        lambda m: [m.metadata_props.add(key=f"k{n}", value="") for n in range(70)], UnsafeModel,
        "it has 77 metadata entries, at most 70 are allowed",
    ),
    "foreign": (
        both(lambda m: m.ClearField("metadata_props"), lambda m: setattr(m, "producer_name", "pytorch")),
        NotAnOxmarkModel, "it is an ONNX model written by 'pytorch', without the metadata that oxmark writes",
    ),
    "foreign, unnamed": (
        both(lambda m: m.ClearField("metadata_props"), lambda m: m.ClearField("producer_name")),
        NotAnOxmarkModel,
        "it is an ONNX model of an unnamed program, without the metadata that oxmark writes",
    ),
    "cut before the metadata": (
        lambda m: m.ClearField("metadata_props"), DamagedModel, "it ends before its metadata",
    ),
    # versions and extras
    "ir_version": (
        lambda m: setattr(m, "ir_version", 10), UnsafeModel,
        "its ONNX format (ir_version) is 10, expected 3 to 9",
    ),
    "opset": (
        lambda m: setattr(m.opset_import[0], "version", 21), UnsafeModel,
        "its ONNX operator set (opset) is 21, expected 16 to 20",
    ),
    "other opset": (
        lambda m: m.opset_import.add(domain="com.microsoft", version=1), UnsafeModel,
        "it asks for the operator set 'com.microsoft', and only ONNX's own is allowed",
    ),
    "custom operator": (
        node("FusedConv", ["grey"], domain="com.microsoft"), UnsafeModel,
        "it uses operator 'FusedConv' of 'com.microsoft', and only ONNX's own are allowed",
    ),
    "function": (
        lambda m: m.functions.add(name="f"), UnsafeModel,
        "it has functions of its own, which are not allowed",
    ),
    "training": (
        lambda m: m.training_info.add(), UnsafeModel, "it has training graphs, which are not allowed",
    ),
    "sparse": (
        lambda m: m.graph.sparse_initializer.add(), UnsafeModel,
        "it has sparse constants, which are not allowed",
    ),
    "2008 nodes": (many_nodes, UnsafeModel, "it has 2,008 operators, at most 2,000 are allowed"),
    "million nodes": (
        lambda m: m.MergeFrom(Proto.FromString(b"\x3a\x80\x89\x7a" + b"\x0a\x00" * 1_000_000)), UnsafeModel,
        "it has more than 200,000 parts, where a model has some thousands",
    ),
    # operators
    **{
        op: (node(op, ["axis_1"]), UnsafeModel,
        NOT_ALLOWED.format(op))
        for op in (
            "ConstantOfShape", "Expand", "Tile", "Range", "Pad", "OneHot", "EyeLike", "Loop", "Scan",
            "RandomNormal", "StringNormalizer", "SequenceEmpty",
        )
    },
    "If": (subgraph, UnsafeModel, "it uses operator 'If', which is not allowed in a model file"),
    "hidden subgraph": (
        hidden_subgraph, UnsafeModel,
        "attribute 'axis' of operator Relu for 'new' is a graph, which is not allowed",
    ),
    "cast to text": (
        node("Cast", ["grey"], to=TensorProto.STRING), UnsafeModel,
        "operator Cast for 'new' makes numbers into something else, which is not allowed",
    ),
    "text constant": (
        node("Constant", [], value_string="x"), UnsafeModel,
        "operator Constant for 'new' is not one constant number or tensor",
    ),
    "texts constant": (
        node("Constant", [], value_strings=["x"]), UnsafeModel,
        "operator Constant for 'new' is not one constant number or tensor",
    ),
    "large attribute": (
        node("Softmax", ["grey"], axis=2**40), UnsafeModel,
        "attribute 'axis' of operator Softmax for 'new' is 1,099,511,627,776, at most 16,777,216 is allowed",
    ),
    "large kernel": (
        node("MaxPool", ["seen"], kernel_shape=[1025, 1]), UnsafeModel,
        "attribute 'kernel_shape' of operator MaxPool for 'new' is 1,025, expected 1 to 1,024",
    ),
    "no stride": (
        node("AveragePool", ["seen"], kernel_shape=[1, 1], strides=[0, 1]), UnsafeModel,
        "attribute 'strides' of operator AveragePool for 'new' is 0, expected 1 to 1,024",
    ),
    "negative pads": (
        node("MaxPool", ["seen"], kernel_shape=[1, 1], pads=[0, -1, 0, 0]), UnsafeModel,
        "attribute 'pads' of operator MaxPool for 'new' is -1, expected 0 to 1,024",
    ),
    "Resize sizes": (
        both(ints("size", 1, 1, 10**6, 10**6), node("Resize", ["seen", "", "", "size"])), UnsafeModel,
        "operator Resize for 'new' makes a picture of the size (1 x 1 x 1,000,000 x 1,000,000), "
        "which is too large",
    ),
    "Resize sizes in a node": (
        both(
            node("Constant", [], "size", value_ints=[1, 1, 10**6, 10**6]),
            node("Resize", ["seen", "", "", "size"]),
        ), UnsafeModel,
        "operator Resize for 'new' makes a picture of the size (1 x 1 x 1,000,000 x 1,000,000), "
        "which is too large",
    ),
    "Resize scales": (
        both(
            node("Constant", [], "scale", value_floats=[1.0, 1.0, 17.0, 1.0]),
            node("Resize", ["seen", "", "scale"]),
        ),
        UnsafeModel, "operator Resize for 'new' enlarges more than 16 times",
    ),
    "Resize sizes computed": (
        both(
            ints("a", 1, 1, 10**6, 10**3), ints("b", 1, 1, 1, 10**3), node("Mul", ["a", "b"], "size"),
            node("Resize", ["seen", "", "", "size"]),
        ), UnsafeModel, "operator Resize for 'new' has a size that is computed from constants",
    ),
    # constants
    "40 TB": (
        tensor(1, (10**4, 10**4)), UnsafeModel,
        "constant 'new' of shape (10,000 x 10,000) needs 400,000,000 bytes of data, and 0 are in the file",
    ),
    "40 TB in a dimension": (
        tensor(1, (10**13,)), UnsafeModel,
        "constant 'new' has the shape (10,000,000,000,000), which cannot be",
    ),
    "negative": (tensor(1, (-1, 2)), UnsafeModel, "constant 'new' has the shape (-1 x 2), which cannot be"),
    "overflow": (
        tensor(1, (2**26,) * 8, raw_data=b"1234"), UnsafeModel,
        f"constant 'new' of shape ({' x '.join(['67,108,864'] * 8)}) needs {2**210:,} bytes of data, "
        "and 4 are in the file",
    ),
    "rank": (
        tensor(1, (1,) * 9, raw_data=b"1234"), UnsafeModel,
        "constant 'new' has the shape (1 x 1 x 1 x 1 x 1 x 1 x 1 x 1 ...), which cannot be",
    ),
    "nothing times much": (
        tensor(1, (0, 9)), UnsafeModel, "constant 'new' has the shape (0 x 9), which cannot be",
    ),
    "too short": (
        tensor(1, (2,), raw_data=b"1234567"), UnsafeModel,
        "constant 'new' of shape (2) needs 8 bytes of data, and 7 are in the file",
    ),
    "too long": (
        tensor(1, (1,), raw_data=b"12345"), UnsafeModel,
        "constant 'new' of shape (1) needs 4 bytes of data, and 5 are in the file",
    ),
    "too few floats": (
        tensor(1, (2,), float_data=[1.0]), UnsafeModel,
        "constant 'new' of shape (2) needs 8 bytes of data, and 4 are in the file",
    ),
    "two places": (
        tensor(1, (1,), float_data=[1.0], raw_data=b"1234"), UnsafeModel,
        "constant 'new' has its data in two places",
    ),
    "other list": (
        tensor(1, (1,), int32_data=[1]), UnsafeModel, "constant 'new' has its data in a list of another type",
    ),
    "texts": (
        tensor(8, (1,), string_data=[b"x"]), UnsafeModel,
        "constant 'new' has element type 8, which is not allowed",
    ),
    "external": (
        external, UnsafeModel, "constant 'new' wants its data from another file, which is not allowed",
    ),
    "in an attribute": (
        node("Constant", [], value=TensorProto(dims=[2**20], data_type=1)), UnsafeModel,
        "attribute 'value' of operator Constant for 'new' of shape (1,048,576) needs 4,194,304 bytes of "
        "data, and 0 are in the file",
    ),
    "large integer": (
        ints("new", 2**24 + 1), UnsafeModel, "constant 'new' holds 16,777,217, at most 16,777,216 is allowed",
    ),
    "very negative integer": (
        tensor(7, (1,), int64_data=[-(2**24) - 1]), UnsafeModel,
        "constant 'new' holds -16,777,217, at most 16,777,216 is allowed",
    ),
    # what is computed from constants
    "doubling": (doubling, UnsafeModel, f"operator Concat for 'd14' {TOO_MUCH}"),
    "column plus row": (
        both(floats("c", 5000, 1), floats("r", 5000), node("Add", ["c", "r"])), UnsafeModel,
        f"operator Add for 'new' {TOO_MUCH}",
    ),
    "outer product": (
        both(floats("c", 5000, 1), floats("r", 1, 5000), node("MatMul", ["c", "r"])), UnsafeModel,
        f"operator MatMul for 'new' {TOO_MUCH}",
    ),
    "Gather": (
        both(floats("c", 1, 5000), ints("i", *[0] * 5000), node("Gather", ["c", "i"])), UnsafeModel,
        f"operator Gather for 'new' {TOO_MUCH}",
    ),
    "transposed": (
        both(floats("r", 1, 5000), node("Transpose", ["r"], "c"), node("Mul", ["c", "r"])), UnsafeModel,
        f"operator Mul for 'new' {TOO_MUCH}",
    ),
    "unsqueezed": (
        both(floats("r", 5000), node("Unsqueeze", ["r", "axis_1"], "c"), node("Mul", ["c", "r"])),
        UnsafeModel,
        f"operator Mul for 'new' {TOO_MUCH}",
    ),
    "reshaped from nothing": (
        both(floats("n", 0), ints("s", 0, 2**24, 16), node("Reshape", ["n", "s"], allowzero=1)), UnsafeModel,
        "operator Reshape for 'new' has a shape that is too large",
    ),
    "reshaped by a computed shape": (
        both(node("Mul", ["axes_2_3", "axis_3"], "s"), node("Reshape", ["grey", "s"])), UnsafeModel,
        "operator Reshape for 'new' has a size that is computed from constants",
    ),
    "constant picture": (
        both(floats("c", 1, 1, 2, 2), node("GlobalAveragePool", ["c"])), UnsafeModel,
        "operator GlobalAveragePool for 'new' works on constants alone",
    ),
    "axes that follow the picture": (
        both(node("Shape", ["grey"], "s"), node("Unsqueeze", ["grey", "s"])), UnsafeModel,
        "operator Unsqueeze for 'new' has axes that do not stand in the file",
    ),
    "impossible axes": (
        both(ints("a", 1, 1), node("Unsqueeze", ["axis_1", "a"])), UnsafeModel,
        "operator Unsqueeze for 'new' has axes that cannot be",
    ),
    "no inputs": (node("Concat", [], axis=0), UnsafeModel, "operator Concat for 'new' has no inputs"),
    # names
    "unknown name": (
        node("Relu", ["nobody"]), DamagedModel, "operator Relu uses 'nobody', which nothing before it makes",
    ),
    "later name": (
        both(node("Relu", ["later"]), node("Relu", ["grey"], "later")), DamagedModel,
        "operator Relu uses 'later', which nothing before it makes",
    ),
    "same output twice": (
        node("Relu", ["grey"], "box"), DamagedModel, "two of its values have the name 'box'",
    ),
    "constant that hides the input": (
        lambda m: setattr(m.graph.initializer[0], "name", "pixels"), DamagedModel,
        "two of its values have the name 'pixels'",
    ),
    "constant without name": (
        lambda m: setattr(m.graph.initializer[0], "name", ""), DamagedModel, "a value has no name",
    ),
    "no output": (
        lambda m: m.graph.node.add(op_type="Relu", input=["grey"]), DamagedModel,
        "operator Relu has no output",
    ),
    "output from nowhere": (
        lambda m: m.graph.node.pop(), DamagedModel, "its output 'heat' is made by no operator",
    ),
    # inputs and outputs
    "no input": (
        both(lambda m: m.graph.ClearField("input"), ints("pixels", 1)), DamagedModel,
        f"its inputs are none, {WANTED_INPUT}",
    ),
    "second input": (
        lambda m: m.graph.input.add(name="more"), DamagedModel,
        f"its inputs are 'pixels', 'more', {WANTED_INPUT}",
    ),
    "float input": (
        lambda m: set_type(m.graph.input[0], 1), DamagedModel,
        f"its input 'pixels' is float32 (batch x height x width x 4), {WANTED_INPUT}",
    ),
    "RGB input": (
        lambda m: set_dim(m.graph.input[0], 3, 3), DamagedModel,
        f"its input 'pixels' is uint8 (batch x height x width x 3), {WANTED_INPUT}",
    ),
    "fixed input": (
        lambda m: set_dim(m.graph.input[0], 1, 224), DamagedModel,
        f"its input 'pixels' is uint8 (batch x 224 x width x 4), {WANTED_INPUT}",
    ),
    "outputs": (
        lambda m: m.graph.output.pop(), DamagedModel,
        f"its outputs are 'probabilities', 'known', 'seen', 'box', {WANTED_OUTPUTS}",
    ),
    "whole-number output": (
        lambda m: set_type(m.graph.output[1], 7), DamagedModel,
        "its output 'known' is of element type 7 (batch), expected float32 with 1 dimensions",
    ),
    "output without shape": (
        lambda m: m.graph.output[3].type.tensor_type.ClearField("shape"), DamagedModel,
        "its output 'box' is float32 of unknown shape, expected float32 with 2 dimensions",
    ),
    "three probabilities": (
        lambda m: set_dim(m.graph.output[0], 1, 3), DamagedModel,
        "its output 'probabilities' is float32 (batch x 3) for 2 classes",
    ),
    "declared size": (
        lambda m: m.graph.value_info.append(helper.make_tensor_value_info("grey", 1, [2**20, 2**20])),
        UnsafeModel,
        "its value 'grey' is float32 (1,048,576 x 1,048,576), which is too large",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("change", "kind", "found"), SPOILED.values(), ids=SPOILED.keys())
def test_a_spoiled_model_is_refused(
    change: Callable[[Proto], object], kind: type[ModelFileError], found: str
) -> None:
    model = good()
    change(model)
    with pytest.raises(ModelFileError) as caught:
        check(model.SerializeToString(), Path("m.onnx"))
    assert str(caught.value) == SENTENCES[kind].format(found)
    assert type(caught.value) is kind
    assert caught.value.path == Path("m.onnx")


WITHIN: dict[str, Callable[[Proto], object]] = {
    "2000 nodes": lambda m: [node("Relu", ["grey"], f"n{number}")(m) for number in range(2000 - len(NODES))],
    "longest metadata": lambda m: [
        m.metadata_props.add(key=f"{number:65536}", value="x" * 2**16) for number in range(63)
    ],
    "scales of 16": both(
        node("Constant", [], "scale", value_floats=[1.0] * 6 + [16.0, 16.0]),
        node("Resize", ["seen", "", "scale"])
    ),
    "sizes of 64 megapixels": both(
        ints("size", *[1] * 6, 2**13, 2**13), node("Resize", ["seen", "", "", "size"])
    ),
    "sizes that follow the picture": both(
        node("Shape", ["seen"], "shape"), node("Mul", ["shape", "axis_3"], "size"),
        node("Resize", ["seen", "", "", "size"]),
    ),
    "declared value of rank 8": lambda m: m.graph.value_info.append(
        helper.make_tensor_value_info("grey", 1, [1] * 7 + [2**26])
    ),
    "windows at the limit": node("MaxPool", ["seen"], kernel_shape=[1024, 1], pads=[0, 0, 1024, 0]),
    "integers at the limit": ints("new", 2**24, -(2**24), 2**63 - 1, -(2**63), 2**31 - 1, -(2**31)),
    "an empty constant": floats("new", 0),
    "half of a constant": tensor(10, (2,), raw_data=b"1234"),
    "arithmetic on a shape, which rank would blow up": both(
        node("Shape", ["pixels"], "s0"),
        *(node("Mul", [f"s{number}", "s0"], f"s{number + 1}") for number in range(50)),
    ),
    "a joined list used twice": both(
        floats("a", 5000), node("Concat", ["a", "a"], "aa", axis=0), node("Add", ["aa", "aa"])
    ),
    "a slice used often": both(
        ints("many", *range(5000)), node("Slice", ["many", "axis_1", "axis_3"], "few"),
        node("Unsqueeze", ["few", "axis_1"], "column"), node("Mul", ["column", "many"]),
    ),
}  # fmt: skip


@pytest.mark.parametrize("change", WITHIN.values(), ids=WITHIN.keys())
def test_what_stays_within_the_limits_passes(change: Callable[[Proto], object]) -> None:
    model = good()
    change(model)
    assert check(model.SerializeToString()).classes == ("동그라미", "X")


def test_a_class_name_may_be_as_long_as_a_folder_name() -> None:
    model = good()
    meta(CLASSES, json.dumps(["x" * 255, "가" * 255]))(model)
    assert check(model.SerializeToString()).classes == ("x" * 255, "가" * 255)
    meta(CLASSES, json.dumps(["x" * 256, "X"]))(model)
    with pytest.raises(DamagedModel, match=r"has the entry 'x{59}…', expected a list of 2 to 1000 names"):
        check(model.SerializeToString())


def zipped(member: str) -> bytes:
    return b"PK\x03\x04" + b"\0" * 26 + member.encode()


def test_a_newer_format_says_to_upgrade() -> None:
    model = good()
    meta("oxmark.format", "2")(model)
    with pytest.raises(ModelFileError) as caught:
        check(model.SerializeToString(), Path("m.onnx"))
    assert type(caught.value) is ModelFileError
    assert str(caught.value) == (
        "m.onnx has model-file format 2, and this oxmark knows formats up to 1. "
        "Get a newer oxmark with: pip install --upgrade oxmark"
    )


OTHER_FILES: dict[str, tuple[bytes, type[ModelFileError], str]] = {
    "empty": (b"", DamagedModel, "it is empty"),
    "png": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", NotAnOxmarkModel, "it looks like a PNG picture"),
    "jpeg": (b"\xff\xd8\xff\xe0\0\x10JFIF", NotAnOxmarkModel, "it looks like a JPEG picture"),
    "gif": (b"GIF89a", NotAnOxmarkModel, "it looks like a GIF picture"),
    "webp": (b"RIFF\x10\0\0\0WEBPVP8 ", NotAnOxmarkModel, "it looks like a WebP picture"),
    "h5": (
        b"\x89HDF\r\n\x1a\n\0\0", NotAnOxmarkModel, "it looks like an HDF5 file, such as Keras saves as .h5",
    ),
    "keras": (zipped("model.weights.h5"), NotAnOxmarkModel, "it looks like a Keras model (.keras)"),
    "pt": (zipped("archive/data.pkl"), NotAnOxmarkModel, "it looks like a PyTorch file (.pt)"),
    "zip": (zipped("letter.txt"), NotAnOxmarkModel, "it looks like a zip archive"),
    "pickle": (b"\x80\x04\x95\x05", NotAnOxmarkModel, "it looks like a Python pickle"),
    "tflite": (b"\x1c\0\0\0TFL3\x14\0", NotAnOxmarkModel, "it looks like a TensorFlow Lite model"),
    "safetensors": (b"\x20\0\0\0\0\0\0\0{\"w\"", NotAnOxmarkModel, "it looks like a safetensors file"),
    "text": ("안녕, hello\n".encode(), NotAnOxmarkModel, "it looks like a text"),
    "noise": (b"\xff\xfe\x00\x01\x80", NotAnOxmarkModel, "it looks like something else than ONNX"),
    "only a header": (b"\x08\x09", NotAnOxmarkModel, "it holds no ONNX graph"),
    "half": (GOOD[: len(GOOD) // 2], DamagedModel, "a part of the model says 806 bytes where 506 are left"),
    "after the producer": (GOOD[:10], DamagedModel, "it ends before its metadata"),
    "overlong number": (
        b"\x08\x09\x10" + b"\xff" * 11, DamagedModel, "the model has a number of more than 10 bytes",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("data", "kind", "found"), OTHER_FILES.values(), ids=OTHER_FILES.keys())
def test_files_of_something_else_are_told_apart(data: bytes, kind: type[ModelFileError], found: str) -> None:
    with pytest.raises(ModelFileError) as caught:
        check(data, Path("m.onnx"))
    assert str(caught.value) == SENTENCES[kind].format(found)
    assert type(caught.value) is kind


def test_a_model_without_a_path_is_called_this_model() -> None:
    with pytest.raises(DamagedModel, match=r"^this model is damaged: it is empty\. "):
        check(b"")


# --- reading from disk ---


def test_read_checked_gives_the_bytes_and_the_classes(tmp_path: Path) -> None:
    path = tmp_path / "모델.onnx"
    path.write_bytes(GOOD)
    data, checked = read_checked(path)
    assert (data, checked.classes) == (GOOD, ("동그라미", "X"))


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    missing, folder, pipe, below = (tmp_path / n for n in ("no.onnx", "run", "pipe", "no.onnx/x"))
    folder.mkdir()
    os.mkfifo(pipe)
    endless = Path("n" * 300)
    absent = "there is no such file. Check the name, or make a model with: oxmark train DATA"
    sentences = {
        missing: f"cannot read {missing}: {absent}",
        folder: f"{folder} is a folder, expected a model file. Name the file in it: {folder / 'model.onnx'}",
        pipe: f"{pipe} is a device or a pipe, expected a model file. Name a model.onnx.",
        below: f"cannot read {below}: {absent}",
        Path("a\0b"): "cannot read 'a\\x00b': embedded null byte. Check the name.",
        endless: f"cannot read {endless}: File name too long. "
        "Check the name and the disk, or copy the file elsewhere.",
    }
    for path, sentence in sentences.items():
        with pytest.raises(ModelFileError) as caught:
            read_checked(path)
        assert (str(caught.value), caught.value.path, type(caught.value)) == (sentence, path, ModelFileError)


def test_a_forbidden_file_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "m.onnx"
    path.write_bytes(GOOD)

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(ModelFileError) as caught:
        read_checked(path)
    assert str(caught.value) == (
        f"cannot read {path}: permission denied. Change the file's permissions, "
        "or copy it to a place that you may read."
    )


def test_a_huge_file_is_refused_before_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "m.onnx"
    with path.open("wb") as file:
        file.truncate(10**12)  # sparse: takes no space
    monkeypatch.setattr(Path, "open", lambda *_: pytest.fail("it was opened"))
    with pytest.raises(UnsafeModel) as caught:
        read_checked(path)
    found = "it has 1,000,000,000,000 bytes, where a model file has at most 67,108,864"
    assert str(caught.value) == UNSAFE.replace("m.onnx", str(path)).format(found)
    with pytest.raises(UnsafeModel, match=r"it has 67,108,865 bytes"):
        check(bytes(MAX_FILE_BYTES + 1))


def test_a_file_of_the_largest_size_is_read(tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    with path.open("wb") as file:
        file.truncate(MAX_FILE_BYTES)
    with pytest.raises(NotAnOxmarkModel, match=r"it looks like something else than ONNX\."):
        read_checked(path)


# --- whatever the bytes are ---


def only_a_verdict(data: bytes) -> None:
    try:
        assert isinstance(check(data), Checked)
    except ModelFileError as error:
        assert str(error).startswith("this model ")


def passes(data: bytes) -> bool:
    try:
        return isinstance(check(data), Checked)
    except ModelFileError:
        return False


def test_a_truncated_model_never_passes() -> None:
    """But for one place: the last entry is a note of somebody else's, and without it the model is whole."""
    before_the_note = GOOD.index(b"\n\x04note") - 2
    assert [length for length in range(len(GOOD)) if passes(GOOD[:length])] == [before_the_note]


@settings(max_examples=1500, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)), min_size=1, max_size=6))
def test_changed_bytes_give_a_verdict(changes: list[tuple[int, int]]) -> None:
    data = bytearray(GOOD)
    for position, value in changes:
        data[position] = value
    only_a_verdict(bytes(data))


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200), st.sampled_from([b"", b"\x08\x09", b"\x08\x09\x3a"]))
def test_random_bytes_give_a_verdict(data: bytes, start: bytes) -> None:
    only_a_verdict(start + data)


NAMES_IN_REACH = ["grey", "axis_1", "axes_2_3", "weights", "s", "t", "u", ""]


@settings(max_examples=1000, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(sorted(ALLOWED_OPS)),
            st.lists(st.sampled_from(NAMES_IN_REACH), max_size=4),
            st.dictionaries(
                st.sampled_from(["axis", "to", "keepdims", "perm", "value", "value_ints"]),
                st.one_of(st.integers(-3, 12), st.lists(st.integers(-2, 9), min_size=1, max_size=3)),
                max_size=2,
            ),
        ),
        max_size=3,
    )
)
def test_senseless_operators_give_a_verdict(
    calls: list[tuple[str, list[str], dict[str, int | list[int]]]],
) -> None:
    model = good()
    for (op, inputs, attributes), output in zip(calls, ("s", "t", "u"), strict=False):
        node(op, inputs, output, **attributes)(model)
    only_a_verdict(model.SerializeToString())


# --- cost ---


def test_the_check_imports_nothing_heavy() -> None:
    code = (
        "import sys, oxmark.modelfile.check;"
        "print(sorted({'onnx', 'onnxruntime', 'torch', 'PIL', 'google'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"


def test_weights_are_not_copied() -> None:
    model = good()
    floats("big", 5_000_000)(model)
    data = model.SerializeToString()
    big = check(data).model.graph.initializers[-1].array()
    assert big.nbytes == 20_000_000
    assert np.shares_memory(big, np.frombuffer(data, np.uint8))
