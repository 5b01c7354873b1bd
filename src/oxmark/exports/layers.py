"""ONNX operators as Keras layers: class, settings and weights. Imports no Keras."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from oxmark.errors import ModelFileError
from oxmark.modelfile.rules import constants
from oxmark.modelfile.wire import Graph, Node, Tensor

Array = npt.NDArray[Any]

_PLAIN: dict[str, object] = {
    "alpha": 1.0, "auto_pad": b"NOTSET", "beta": 1.0, "ceil_mode": 0, "dilations": (1, 1), "group": 1,
    "transA": 0,
}  # fmt: skip
"""Attributes that are translated with these values only; oxmark writes no others."""
NHWC = {"data_format": "channels_last"}


class Translation:
    """The operators between ``seen`` and ``probabilities`` as Keras layers.

    Attributes:
        layers: Of each layer its class in Keras, its settings, and its weights in Keras's order.
        column: Which of the model's probabilities a single output column is; None when all come out.
    """

    def __init__(self, graph: Graph, path: Path) -> None:
        self.layers: list[tuple[str, dict[str, Any], list[Array]]] = []
        self._path = path
        self._constants = constants(graph)
        self._makers = {name: node for node in graph.nodes for name in node.outputs}
        self._numbers: Counter[str] = Counter()
        self._translators: dict[str, Callable[[Node, str], None]] = {
            **dict.fromkeys(("Conv", "Gemm"), self._weighted),
            **dict.fromkeys(("MaxPool", "Transpose", "Flatten", "ReduceMean"), self._rearranging),
            **dict.fromkeys(("Relu", "Sigmoid", "Softmax"), self._activation),
        }
        end, self.column = self._end()
        before = ""
        for node in self._chain(end):
            plain = all(node.attributes.get(name, value) == value for name, value in _PLAIN.items())
            self._need(node, plain and (before != "Transpose" or node.op_type == "Flatten"))
            self._translators[node.op_type](node, before)
            before = node.op_type

    def _end(self) -> tuple[str, int | None]:
        """Where the network ends: at a sigmoid that only its complement joins, or at ``probabilities``."""
        last = self._makers.get("probabilities")
        if last and last.op_type == "Concat" and len(last.inputs) == 2:
            other, one = (self._makers.get(name) for name in last.inputs)
            if other and one and (other.op_type, one.op_type) == ("Sub", "Sigmoid"):
                return last.inputs[1], 1
        return "probabilities", None

    def _chain(self, name: str) -> list[Node]:
        """The operators from ``seen`` to a value, in order; each works on the result of the one before."""
        chain: list[Node] = []
        while name != "seen":
            node = self._makers.get(name)
            if node is None:
                raise cannot(self._path, "its probabilities do not come from 'seen'")
            if node.op_type not in self._translators:
                raise cannot(self._path, f"its operator {node.op_type} has no Keras layer known to oxmark")
            chain.append(node)
            name = node.inputs[0]
        return chain[::-1]

    def _weighted(self, node: Node, _before: str) -> None:
        """Convolutions, OIHW to HWIO, and dense layers, with the third input as bias where there is one."""
        weight = self._array(node, 1)
        if node.op_type == "Conv":
            kernel = weight.transpose(2, 3, 1, 0)
            kind, prefix, settings = "Conv2D", "conv", self._window(node, weight)
            self._pad(node, settings["padding"])
        else:
            kernel = weight.T if node.attributes.get("transB") else weight
            kind, prefix, settings = "Dense", "dense", {"units": kernel.shape[1]}
        bias = [self._array(node, 2).reshape(-1)] if len(node.inputs) > 2 and node.inputs[2] else []
        self._need(node, all(value.size == kernel.shape[-1] for value in bias))
        name = "heat" if node.outputs[0] == "heat" else self._numbered(prefix)
        weights = [np.array(value, order="C") for value in (kernel, *bias)]
        self.layers.append((kind, {**settings, "name": name, "use_bias": bool(bias)}, weights))

    def _window(self, node: Node, weight: Array) -> dict[str, Any]:
        size, steps, pads = weight.shape[2:], _ints(node, "strides", 1, 1), _ints(node, "pads", 0, 0, 0, 0)
        same = any(pads) and steps == (1, 1) and tuple(2 * pad + 1 for pad in pads) == size * 2
        padding = "same" if same else "valid"
        return {"filters": len(weight), "kernel_size": size, "strides": steps, "padding": padding, **NHWC}

    def _pad(self, node: Node, padding: str) -> None:
        """A layer of its own for zeros around the input: in steps of two, Keras's "same" pads unevenly."""
        top, left, bottom, right = _ints(node, "pads", 0, 0, 0, 0)
        if padding == "valid" and any((top, left, bottom, right)):
            around = {"padding": ((top, bottom), (left, right)), "name": self._numbered("pad")}
            self.layers.append(("ZeroPadding2D", {**around, **NHWC}, []))

    def _rearranging(self, node: Node, before: str) -> None:
        """Layers without weights. Transpose makes none: Keras has rows, columns, channels from the start."""
        match node.op_type:
            case "Transpose":
                self._need(node, _ints(node, "perm") == (0, 2, 3, 1))
            case "Flatten":
                self._need(node, before == "Transpose" and node.attributes.get("axis", 1) == 1)
                self.layers.append(("Flatten", {"name": "flatten", **NHWC}, []))
            case "MaxPool":
                self._need(node, not any(_ints(node, "pads", 0)))
                window = {"pool_size": _ints(node, "kernel_shape"), "strides": _ints(node, "strides", 1, 1)}
                self.layers.append(("MaxPooling2D", {"name": self._numbered("pool"), **window, **NHWC}, []))
            case "ReduceMean":  # axes were an attribute before operator set 18
                axes = tuple(self._array(node, 1).tolist()) if len(node.inputs) > 1 else _ints(node, "axes")
                self._need(node, axes == (2, 3) and node.attributes.get("keepdims") == 0)
                self.layers.append(("GlobalAveragePooling2D", {"name": "average", **NHWC}, []))

    def _activation(self, node: Node, before: str) -> None:
        """Part of the layer before where that one has weights, else a layer of its own."""
        self._need(node, node.op_type != "Softmax" or node.attributes.get("axis") == 1)
        function = node.op_type.lower()
        if before in ("Conv", "Gemm"):
            self.layers[-1][1]["activation"] = function
        elif function == "softmax":
            self.layers.append(("Softmax", {"name": self._numbered(function)}, []))
        else:
            self.layers.append(("Activation", {"activation": function, "name": self._numbered(function)}, []))

    def _array(self, node: Node, index: int) -> Array:
        """A constant input."""
        value = self._constants.get(node.inputs[index]) if index < len(node.inputs) else None
        if not isinstance(value, Tensor):
            raise cannot(self._path, f"its operator {node.op_type} works on two computed values")
        return value.array()

    def _numbered(self, name: str) -> str:
        self._numbers[name] += 1
        return f"{name}{self._numbers[name]}"

    def _need(self, node: Node, true: bool) -> None:
        if not true:
            raise cannot(self._path, f"its operator {node.op_type} has settings without a Keras layer")


def _ints(node: Node, name: str, *default: int) -> tuple[Any, ...]:
    value = node.attributes.get(name, default)
    return value if isinstance(value, tuple) else default


def cannot(path: Path, why: str) -> ModelFileError:
    """The error for a model without a Keras form: which file, why, and the cure."""
    cure = "Use the model file itself, which any ONNX runtime opens, or get a newer oxmark"
    return ModelFileError(f"{path} cannot be exported to Keras: {why}. {cure}.", path)
