"""A thin helper around ``onnx.helper``: give operators inputs by name, get the output's name back."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import NodeProto, TensorProto, helper, numpy_helper

IR_VERSION = 9
"""Newer ones are refused by runtimes in use."""
OPSET = 18
"""The first with an antialiased Resize. From 19 on ONNX Runtime (1.31) averages windows without vector
instructions, which takes six to ten times as long, for the same bits."""


class GraphBuilder:
    """Collects nodes and constants of one graph, in the order in which they run.

    Names are made from the operator and a running number, so the same calls give the same bytes.

    Example:
        >>> b = GraphBuilder()
        >>> b.op("Add", "x", b.const(np.float32(1)))
        'Add_1'
    """

    def __init__(self) -> None:
        self.nodes: list[NodeProto] = []
        self.initializers: list[TensorProto] = []
        self._constants: dict[tuple[str, tuple[int, ...], bytes], str] = {}

    def op(self, kind: str, *inputs: str, name: str | None = None, **attributes: Any) -> str:
        """Add an operator with one output.

        Args:
            kind: A standard ONNX operator.
            inputs: Names of its inputs; an empty name leaves an optional one out.
            name: Name of the output; made up when left out.
            attributes: The operator's attributes.

        Returns:
            The name of the output.
        """
        output = name or f"{kind}_{len(self.nodes) + 1}"
        self.nodes.append(helper.make_node(kind, list(inputs), [output], **attributes))
        return output

    def top_k(self, values: str, k: int, *, axis: int = -1, smallest: bool = False) -> str:
        """Add TopK along an axis, the most extreme value first; returns the values' name."""
        output = f"TopK_{len(self.nodes) + 1}"
        inputs, outputs = [values, self.ints(k)], [output, f"{output}_indices"]
        self.nodes.append(helper.make_node("TopK", inputs, outputs, axis=axis, largest=int(not smallest)))
        return output

    def const(self, value: npt.ArrayLike, name: str | None = None) -> str:
        """Add a constant; equal unnamed ones are stored once. Returns its name."""
        array = np.asarray(value)
        key = (array.dtype.str, array.shape, array.tobytes())
        if name is None and key in self._constants:
            return self._constants[key]
        given = name or f"constant_{len(self.initializers) + 1}"
        self.initializers.append(
            numpy_helper.from_array(np.ascontiguousarray(array).reshape(array.shape), given)
        )
        self._constants.setdefault(key, given)
        return given

    def ints(self, *values: int) -> str:
        """Add a 1-D int64 constant (axes, shapes, indices). Returns its name."""
        return self.const(np.array(values, np.int64))

    def float(self, value: float) -> str:
        """Add a float32 scalar. Returns its name."""
        return self.const(np.float32(value))

    def slice(self, data: str, start: int, end: int, axis: int) -> str:
        """Add ``data[start:end]`` along one axis. Returns the output's name."""
        return self.op("Slice", data, self.ints(start), self.ints(end), self.ints(axis))

    def model(
        self,
        name: str,
        inputs: list[onnx.ValueInfoProto],
        outputs: list[onnx.ValueInfoProto],
        metadata: dict[str, str] | None = None,
    ) -> onnx.ModelProto:
        """The finished, checked model.

        Args:
            name: Name of the graph.
            inputs: The graph's inputs.
            outputs: The graph's outputs; their names must be names of this builder.
            metadata: Text to store in the file, written in sorted order.
        """
        graph = helper.make_graph(self.nodes, name, inputs, outputs, self.initializers)
        model = helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid("", OPSET)],
            ir_version=IR_VERSION,
            producer_name="oxmark",
        )
        for key in sorted(metadata or {}):
            entry = model.metadata_props.add()
            entry.key, entry.value = key, (metadata or {})[key]
        onnx.checker.check_model(model)
        return model


def pixels_input() -> onnx.ValueInfoProto:
    """The one input of every oxmark graph: uint8 ``(batch, height, width, 4)``, RGBA, values 0..255."""
    return helper.make_tensor_value_info("pixels", TensorProto.UINT8, ["batch", "height", "width", 4])


def float_output(name: str, *shape: int | str) -> onnx.ValueInfoProto:
    """A float32 output; text dimensions are free."""
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, list(shape))
