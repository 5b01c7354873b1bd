"""The reader agrees with the onnx package on every field it reads, and bounds what it does not trust."""

from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from oxmark.errors import DamagedModel, UnsafeModel
from oxmark.modelfile.protobuf import MAX_PARTS, Budget, Message, read_varint
from oxmark.modelfile.wire import DTYPES, Model, Tensor, Unread, ValueInfo, read_model


def field(number: int, payload: bytes) -> bytes:
    """A length-delimited field."""
    return varint(number << 3 | 2) + varint(len(payload)) + payload


def varint(value: int) -> bytes:
    out = b""
    while value > 0x7F:
        out, value = out + bytes([value & 0x7F | 0x80]), value >> 7
    return out + bytes([value])


def model_with(*tensors: TensorProto, nodes: list[onnx.NodeProto] | None = None) -> Model:
    graph = helper.make_graph(nodes or [], "g", [], [], list(tensors))
    return read_model(helper.make_model(graph).SerializeToString())


def test_reads_the_models_own_fields() -> None:
    graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "g", [], [])
    proto = helper.make_model(
        graph, ir_version=9, producer_name="somebody", opset_imports=[helper.make_opsetid("ai.onnx", 20)]
    )
    helper.set_model_props(proto, {"eins": "é", "zwei": "한글"})
    proto.opset_import.append(helper.make_opsetid("x.y", 3))
    proto.functions.add(name="f")
    proto.training_info.add()
    proto.graph.sparse_initializer.add()
    model = read_model(proto.SerializeToString())
    assert (model.ir_version, model.producer) == (9, "somebody")
    assert model.opsets == {"": 20, "x.y": 3}
    assert model.metadata == {"eins": "é", "zwei": "한글"}
    assert (model.functions, model.training_info, model.graph.sparse_initializers) == (1, 1, 1)


def test_reads_nodes_and_every_kind_of_attribute() -> None:
    tensor = numpy_helper.from_array(np.arange(6, dtype=np.float32).reshape(2, 3), "t")
    attributes: dict[str, Any] = {
        "f": 0.5, "i": -7, "s": "text", "t": tensor, "floats": [1.5, -2.0], "ints": [1, -2, 2**40],
        "strings": ["a", "b"], "g": helper.make_graph([], "sub", [], []),
    }  # fmt: skip
    node = helper.make_node("Op", ["a", "", "b"], ["c", "d"], domain="some.domain", **attributes)
    (read,) = model_with(nodes=[node]).graph.nodes
    assert (read.op_type, read.domain, read.inputs, read.outputs) == (
        "Op", "some.domain", ("a", "", "b"), ("c", "d"),
    )  # fmt: skip
    value = read.attributes.pop("t")
    assert isinstance(value, Tensor)
    np.testing.assert_array_equal(value.array(), numpy_helper.to_array(tensor))
    assert read.attributes == {
        "f": 0.5, "i": -7, "s": b"text", "floats": (1.5, -2.0), "ints": (1, -2, 2**40),
        "strings": (b"a", b"b"), "g": Unread("graph"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda a: setattr(a, "i", 1), "value of two kinds"),
        (lambda a: setattr(a, "type", 0), "value of an unknown kind"),
        (lambda a: setattr(a, "ref_attr_name", "x"), "reference"),
        (lambda a: a.g.SetInParent(), "graph"),
        (lambda a: a.graphs.add(), "graph"),
        (lambda a: a.sparse_tensor.SetInParent(), "sparse tensor"),
        (lambda a: a.tp.SetInParent(), "type"),
    ],
)
def test_an_attribute_that_is_not_cleanly_one_value_is_left_unread(change, what) -> None:  # type: ignore[no-untyped-def]
    node = helper.make_node("Op", ["a"], ["b"], x=0.5)
    change(node.attribute[0])
    assert model_with(nodes=[node]).graph.nodes[0].attributes == {"x": Unread(what)}


@pytest.mark.parametrize("packed", [True, False], ids=["packed", "unpacked"])
@pytest.mark.parametrize(
    ("data_type", "values"),
    [
        (TensorProto.FLOAT, [1.5, -2.0]), (TensorProto.DOUBLE, [1e300, -2.0]),
        (TensorProto.FLOAT16, [0.5, -2.0]),
        (TensorProto.INT64, [-(2**63), 2**40]), (TensorProto.INT32, [-5, 2**31 - 1]),
        (TensorProto.INT16, [-5, 9]),
        (TensorProto.INT8, [-128, 127]), (TensorProto.UINT8, [0, 255]), (TensorProto.UINT16, [0, 65535]),
        (TensorProto.UINT32, [0, 2**32 - 1]), (TensorProto.UINT64, [0, 2**64 - 1]),
        (TensorProto.BOOL, [1, 0]),
    ],
)  # fmt: skip
def test_typed_lists_agree_with_onnx(data_type: int, values: list[float], packed: bool) -> None:
    dtype = np.dtype(DTYPES[data_type])
    proto = helper.make_tensor("w", data_type, [2, 1], np.array(values, dtype))
    data = proto.SerializeToString()
    if not packed:
        data = unpacked(proto)
        again = onnx.TensorProto.FromString(data)
        assert again == proto
    tensor = read_model(field(7, field(5, data))).graph.initializers[0]
    np.testing.assert_array_equal(tensor.array(), numpy_helper.to_array(proto))
    assert tensor.array().dtype == dtype
    assert (tensor.name, tensor.dims, tensor.nbytes) == ("w", (2, 1), 2 * dtype.itemsize)


def unpacked(proto: TensorProto) -> bytes:
    """The same tensor with every list entry as a field of its own."""
    out = field(8, proto.name.encode()) + varint(2 << 3) + varint(proto.data_type)
    for dim in proto.dims:
        out += varint(1 << 3) + varint(dim)
    for number, letter in ((4, "<f4"), (10, "<f8")):
        for value in proto.float_data if number == 4 else proto.double_data:
            out += varint(number << 3 | (5 if number == 4 else 1)) + np.array(value, letter).tobytes()
    for number, values in ((5, proto.int32_data), (7, proto.int64_data), (11, proto.uint64_data)):
        for whole in values:
            out += varint(number << 3) + varint(whole % 2**64)
    return out


@pytest.mark.parametrize("data_type", sorted(DTYPES))
def test_raw_data_agrees_with_onnx_and_is_not_copied(data_type: int) -> None:
    array = np.arange(6).reshape(2, 3).astype(DTYPES[data_type])
    data = helper.make_model(
        helper.make_graph([], "g", [], [], [numpy_helper.from_array(array, "w")])
    ).SerializeToString()
    tensor = read_model(data).graph.initializers[0]
    assert tensor.data_type == data_type
    np.testing.assert_array_equal(tensor.array(), array)
    whole = np.frombuffer(data, np.uint8)
    assert np.shares_memory(tensor.array(), whole)
    with pytest.raises(ValueError, match="read-only"):
        tensor.array()[:] = 0


def test_reads_declared_values() -> None:
    values = [
        helper.make_tensor_value_info("a", TensorProto.FLOAT, ["n", 3, None]),
        helper.make_tensor_value_info("b", TensorProto.INT64, None),
        helper.make_tensor_value_info("c", TensorProto.UINT8, []),
        helper.make_tensor_sequence_value_info("d", TensorProto.FLOAT, [1]),
    ]
    graph = helper.make_graph([], "g", values[:1], values[1:2], value_info=values[2:])
    read = read_model(helper.make_model(graph).SerializeToString()).graph
    assert read.inputs == (ValueInfo("a", 1, ("n", 3, None)),)
    assert read.outputs == (ValueInfo("b", 7, None),)
    assert read.value_info == (ValueInfo("c", 2, ()), ValueInfo("d", 0, None))


def test_external_data_is_noticed_by_either_sign() -> None:
    by_location = TensorProto(name="w", dims=[1], data_type=1, data_location=TensorProto.EXTERNAL)
    by_path = TensorProto(name="w", dims=[1], data_type=1)
    by_path.external_data.add(key="location", value="../../etc/passwd")
    assert [tensor.external for tensor in model_with(by_location, by_path).graph.initializers] == [True, True]


def test_numbers_are_cut_as_protobuf_cuts_them() -> None:
    kind = varint(2 << 3) + varint(2**32 + 1)  # an int32 with too many bits: protobuf reads 1
    external = varint(14 << 3) + varint(2**32 + 1)
    tensor = read_model(field(7, field(5, kind + external))).graph.initializers[0]
    assert onnx.TensorProto.FromString(kind + external).data_location == TensorProto.EXTERNAL
    assert (tensor.data_type, tensor.external) == (1, True)


def test_unknown_fields_are_passed_over_and_the_last_scalar_wins() -> None:
    unknown = field(999, b"anything") + varint(998 << 3 | 5) + b"1234" + varint(997 << 3 | 1) + b"12345678"
    assert read_model(varint(8) + b"\x03" + unknown + varint(8) + b"\x09").ir_version == 9


DAMAGED = {
    "overlong varint": (b"\x08" + b"\xff" * 10 + b"\x01", "the model has a number of more than 10 bytes"),
    "ends in a varint": (b"\x08\xff", "the model ends in the middle of a number"),
    "ends in a fixed": (b"\x0d12", "a part of the model says 4 bytes where 2 are left"),
    "beyond its parent": (
        field(7, b"\x0a\x7f") + b"x" * 200,
        "a part of the graph says 127 bytes where 0 are left",
    ),
    "length of 2**63": (
        b"\x3a" + varint(2**63),
        f"a part of the model says {2**63:,} bytes where 0 are left",
    ),
    "field 0": (b"\x00\x01", "the model has a field with an impossible number"),
    "tag of 33 bits": (
        varint((7 << 3 | 2) + 2**32) + b"\x00",
        "the model has a field with an impossible number",
    ),
    "tag of 6 bytes": (b"\xba\x80\x80\x80\x80\x00\x00", "the model has a field with an impossible number"),
    "group": (b"\x0b\x0c", "the model has a field of a kind that ONNX does not use"),
    "graph as number": (varint(7 << 3) + b"\x01", "field 7 of the model is written as another kind of value"),
    "version as text": (field(1, b"9"), "field 1 of the model is written as another kind of value"),
    "dims as fixed": (
        field(7, field(5, varint(1 << 3 | 5) + b"1234")),
        "field 1 of the initializer is written as another kind of value",
    ),
    "float list of 5 bytes": (
        field(7, field(5, b"\x10\x01" + field(4, b"12345"))),
        "field 4 of the initializer is written as another kind of value",
    ),
    "two graphs": (field(7, b"") * 2, "the model has 2 fields 'graph' where one is allowed"),
    "not UTF-8": (field(2, b"\xff"), "a text in the model is not UTF-8"),
    "metadata twice": (
        field(14, field(1, b"k")) * 2,
        "there are several entries of the name 'k' where one metadata entry is allowed",
    ),
    "attribute twice": (
        field(7, field(1, field(5, field(1, b"axis")) * 2)),
        "there are several entries of the name 'axis' where one attribute is allowed",
    ),
    "dimension with number and name": (
        field(7, field(11, field(2, field(1, field(2, field(1, b"\x08\x04" + field(2, b"n"))))))),
        "a dimension has both a number and a name",
    ),
}


@pytest.mark.parametrize(("data", "message"), DAMAGED.values(), ids=DAMAGED.keys())
def test_what_is_no_protobuf_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(DamagedModel) as caught:
        read_model(data)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    "data",
    [
        field(7, b"\x0a\x00" * 2_000_000),
        b"\x08\x09" * (MAX_PARTS + 1),
        field(7, field(5, b"\x10\x07" + field(7, b"\x01" * (MAX_PARTS + 1)))),
        field(7, field(5, field(1, b"\x01" * (MAX_PARTS + 1)))),
        field(7, field(1, field(5, b"\xa0\x01\x07" + field(8, b"\x01" * (MAX_PARTS + 1))))),
        field(7, field(1, field(5, b"\xa0\x01\x06" + field(7, b"\x00" * 4 * (MAX_PARTS + 1))))),
    ],
    ids=["nodes", "fields", "typed data", "dims", "attribute ints", "attribute floats"],
)
def test_millions_of_parts_are_refused(data: bytes) -> None:
    with pytest.raises(UnsafeModel) as caught:
        read_model(data)
    assert str(caught.value) == "it has more than 200,000 parts, where a model has some thousands"


def test_as_many_parts_as_allowed_are_read() -> None:
    longest_tag = varint((2**29 - 1) << 3) + b"\x01"  # 5 bytes
    assert read_model(longest_tag + b"\x08\x09" * (MAX_PARTS - 1)).ir_version == 9


def test_deep_nesting_does_not_make_the_reader_deep() -> None:
    data = b""
    for _ in range(20_000):  # a graph in an attribute of a node of a graph ...
        data = data[:200_000]
        data = field(1, field(5, field(1, b"then") + b"\xa0\x01\x05" + field(6, data)))
    (node,) = read_model(field(7, data)).graph.nodes
    assert node.attributes == {"then": Unread("graph")}


@pytest.mark.parametrize("value", [0, 1, 127, 128, 300, 2**32, 2**63, 2**64 - 1])
def test_varints_round_trip(value: int) -> None:
    data = varint(value)
    assert read_varint(memoryview(data), 0, "x") == (value, len(data))


def test_a_tensor_whose_data_does_not_fit_gives_no_array() -> None:
    tensor = Tensor("w", (3,), 1, raw=memoryview(b"1234"))
    with pytest.raises(DamagedModel, match=r"^constant 'w' has no data that fits its shape$"):
        tensor.array()


def test_messages_can_be_read_one_level_at_a_time() -> None:
    message = Message.read(memoryview(b"\x08\x09\x12\x02hi"), "model", Budget())
    assert (message.integer(1), message.text(2), message.text(3), message.float32(4)) == (9, "hi", "", 0.0)
