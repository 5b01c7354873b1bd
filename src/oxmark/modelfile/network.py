"""The trained network as ONNX operators, written directly from its weights.

torch's own exporter takes several seconds, longer than a training may. Both architectures end in the same
names: ``probabilities``, ``known`` and ``heat``.
"""

from __future__ import annotations

import math
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
    places = b.op("Transpose", x, perm=[0, 2, 3, 1])  # rows, columns, channels
    hidden = b.op("Relu", _dense(b, weights, "dense1", b.op("Flatten", places, axis=1)))
    logits = _dense(b, weights, "dense2", hidden)
    heat = _tutorial_heat(b, weights, places, hidden)
    if weights["dense2.bias"].shape == (1,):
        one = b.op("Sigmoid", logits)
        b.op("Concat", b.op("Sub", b.float(1), one), one, axis=1, name="probabilities")
        # one logit is the difference of two: each class has half of it
        halves = b.const(np.array([-0.5, 0.5], np.float32).reshape(2, 1, 1))
        b.op("Mul", heat, halves, name="heat")
    else:
        b.op("Softmax", logits, axis=1, name="probabilities")
        b.op("Identity", heat, name="heat")


def _tutorial_heat(b: GraphBuilder, weights: Weights, places: str, hidden: str) -> str:
    """What each place of the last features adds to each logit: gradient times value, summed over channels.

    Behind the features only the ReLU of ``dense1`` is not linear. At a given picture it is a choice: those
    hidden values above 0. With that choice each logit is a sum of one term for each feature, and of what the
    biases give (gradient x input: Shrikumar et al., 2016, arXiv:1605.01713; Grad-CAM without averaging the
    gradient: Selvaraju et al., 2017, doi:10.1109/ICCV.2017.74). The terms are multiplied by the number of
    places, and each place gets the biases' part, so that the mean over places is the logit, as in ``marks``.

    Args:
        b: The graph.
        weights: Of the network.
        places: The last features, float32 ``(N, h, w, channels)``.
        hidden: After ``dense1`` and ReLU, float32 ``(N, 512)``.

    Returns:
        The name of the evidence, float32 ``(N, logits, h, w)``.
    """
    channels = len(weights["conv3.bias"])
    side = math.isqrt(weights["dense1.weight"].shape[1] // channels)
    chosen = b.op("Unsqueeze", b.op("Greater", hidden, b.float(0)), b.ints(1))
    used = b.op("Where", chosen, "dense2.weight", b.float(0))  # (N, logits, 512)
    gradient = b.op("MatMul", used, "dense1.weight")
    gradient = b.op("Reshape", gradient, b.ints(0, 0, side, side, channels))
    terms = b.op(
        "ReduceSum", b.op("Mul", gradient, b.op("Unsqueeze", places, b.ints(1))), b.ints(4), keepdims=0
    )
    biases = b.op("Add", b.op("MatMul", used, "dense1.bias"), "dense2.bias")  # (N, logits)
    return b.op("Add", b.op("Mul", terms, b.float(side * side)), b.op("Unsqueeze", biases, b.ints(2, 3)))


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
