"""The trained network as ONNX operators, written directly from its weights.

torch's own exporter takes several seconds, longer than a training may. Both architectures end in the same
names: ``probabilities``, ``known`` and ``heat``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
import numpy.typing as npt

from oxmark.modelfile.builder import GraphBuilder

Kind = Literal["marks", "tutorial"]
Weights = Mapping[str, npt.NDArray[np.float32]]

VISIBLE = 0.5
"""Strongest ink in ``seen`` that is no reason to doubt the picture."""


def add_network(builder: GraphBuilder, kind: Kind, weights: Weights) -> None:
    """Add the operators from ``seen`` to ``probabilities``, ``known`` and ``heat``.

    Args:
        builder: A graph that already makes ``seen``, float32 ``(N, 1, size, size)``.
        kind: The architecture, as in the recipe.
        weights: As ``oxmark.training.network`` gives them: normalisation and calibration folded in.
    """
    if kind == "tutorial":
        _tutorial(builder, weights)
        _always_known(builder)
    else:
        _known(builder, weights, _marks(builder, weights))


def _tutorial(b: GraphBuilder, weights: Weights) -> None:
    x = "seen"
    for layer in ("conv1", "conv2", "conv3"):
        x = b.op("Relu", _convolution(b, weights, layer, x, pad=0))
        x = b.op("MaxPool", x, kernel_shape=[2, 2], strides=[2, 2])
    x = b.op("Flatten", b.op("Transpose", x, perm=[0, 2, 3, 1]), axis=1)  # rows, columns, channels
    logits = _dense(b, weights, "dense2", b.op("Relu", _dense(b, weights, "dense1", x)))
    if weights["dense2.bias"].shape == (1,):
        one = b.op("Sigmoid", logits)
        b.op("Concat", b.op("Sub", b.float(1), one), one, axis=1, name="probabilities")
    else:
        b.op("Softmax", logits, axis=1, name="probabilities")
    nothing = b.op("Mul", "probabilities", b.float(0))
    b.op("Unsqueeze", nothing, b.ints(2, 3), name="heat")  # no evidence map in this architecture


def _marks(b: GraphBuilder, weights: Weights) -> str:
    """Convolutions, the first in steps of two and the last without a pool; ``heat`` and its mean.

    Returns:
        The name of the last features, float32 ``(N, channels, h, w)``, at least 0.
    """
    layers = sum(name.startswith("conv") and name.endswith(".weight") for name in weights)
    x = b.op("Relu", _convolution(b, weights, "conv1", "seen", pad=2, step=2))
    for number in range(2, layers + 1):
        x = b.op("Relu", _convolution(b, weights, f"conv{number}", x, pad=1))
        if number < layers:
            x = b.op("MaxPool", x, kernel_shape=[2, 2], strides=[2, 2])
    heat = b.op("Conv", x, *_parameters(b, weights, "head"), name="heat", kernel_shape=[1, 1])
    logits = b.op("ReduceMean", heat, b.ints(2, 3), keepdims=0)
    b.op("Softmax", logits, axis=1, name="probabilities")
    return x


def _known(b: GraphBuilder, weights: Weights, features: str) -> None:
    """How far the features are those of a mark, 0..1; nothing at all is never known.

    A sigmoid of a weighted sum of each feature's mean and highest value. ``seen`` whose strongest ink is
    below VISIBLE makes it smaller, down to 0 for a blank picture.
    """
    mean, highest = (b.op(kind, features, b.ints(2, 3), keepdims=0) for kind in ("ReduceMean", "ReduceMax"))
    logit = _dense(b, weights, "known", b.op("Concat", mean, highest, axis=1))
    strongest = b.op("ReduceMax", "seen", b.ints(1, 2, 3), keepdims=0)
    visible = b.op("Clip", b.op("Mul", strongest, b.float(1 / VISIBLE)), b.float(0), b.float(1))
    b.op("Mul", b.op("Squeeze", b.op("Sigmoid", logit), b.ints(1)), visible, name="known")


def _always_known(b: GraphBuilder) -> None:
    """This network cannot refuse: ``known`` is 1."""
    nothing = b.op("Mul", b.op("ReduceMax", "probabilities", b.ints(1), keepdims=0), b.float(0))
    b.op("Add", nothing, b.float(1), name="known")


def _convolution(b: GraphBuilder, weights: Weights, layer: str, x: str, pad: int, step: int = 1) -> str:
    kernel = list(weights[f"{layer}.weight"].shape[2:])
    parameters = _parameters(b, weights, layer)
    return b.op("Conv", x, *parameters, kernel_shape=kernel, pads=[pad] * 4, strides=[step] * 2)


def _dense(b: GraphBuilder, weights: Weights, layer: str, x: str) -> str:
    return b.op("Gemm", x, *_parameters(b, weights, layer), transB=1)


def _parameters(b: GraphBuilder, weights: Weights, layer: str) -> tuple[str, str]:
    """Names of the weight and the bias."""
    weight, bias = (b.const(weights[f"{layer}.{part}"], f"{layer}.{part}") for part in ("weight", "bias"))
    return weight, bias
