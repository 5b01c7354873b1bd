"""Small pieces of graphs that work on planes: float32 ``(N, channels, height, width)``, values 0..1."""

from __future__ import annotations

from onnx import TensorProto

from oxmark.modelfile.builder import GraphBuilder

CANVAS = 64
"""Side of the coarse copy of a picture, of any shape, on which paper, frames and specks are looked for."""


def clipped(b: GraphBuilder, values: str) -> str:
    """Values cut off at 0 and 1."""
    return b.op("Clip", values, b.float(0), b.float(1))


def resized(b: GraphBuilder, planes: str, channels: int, side: int) -> str:
    """Planes brought to ``(N, channels, side, side)``, averaged where they shrink."""
    return b.op("Resize", planes, "", "", _sizes(b, planes, channels, side), mode="linear", antialias=1)


def sampled(b: GraphBuilder, plane: str, side: int) -> str:
    """One plane brought to ``(N, 1, side, side)``, a single pixel taken for each."""
    sizes = _sizes(b, plane, 1, side)
    return b.op("Resize", plane, "", "", sizes, mode="nearest", nearest_mode="floor")


def _sizes(b: GraphBuilder, planes: str, channels: int, side: int) -> str:
    batch = b.slice(b.op("Shape", planes), 0, 1, 0)
    return b.op("Concat", batch, b.ints(channels, side, side), axis=0)


def resized_like(b: GraphBuilder, planes: str, other: str) -> str:
    """Planes enlarged smoothly to the size of other planes with as many channels."""
    return b.op("Resize", planes, "", "", b.op("Shape", other), mode="linear")


def highest(b: GraphBuilder, planes: str, window: int) -> str:
    """The highest value in a square of window x window around each place; the same shape.

    A wide window goes over the rows and then over the columns, which is the same and quicker.
    """
    half = window // 2
    if window <= 5:
        pads = [half, half, half, half]
        return b.op("MaxPool", planes, kernel_shape=[window, window], pads=pads, strides=[1, 1])
    rows = b.op("MaxPool", planes, kernel_shape=[1, window], pads=[0, half, 0, half], strides=[1, 1])
    return b.op("MaxPool", rows, kernel_shape=[window, 1], pads=[half, 0, half, 0], strides=[1, 1])


def mean_around(b: GraphBuilder, planes: str, window: int) -> str:
    """The mean of window x window around each place, of what lies in the picture; the same shape."""
    half = window // 2
    rows = b.op("AveragePool", planes, kernel_shape=[1, window], pads=[0, half, 0, half], count_include_pad=0)
    return b.op("AveragePool", rows, kernel_shape=[window, 1], pads=[half, 0, half, 0], count_include_pad=0)


def sum_of_channels(b: GraphBuilder, planes: str) -> str:
    """The sum of three planes: ``(N, 1, height, width)``; as ReduceSum, in a fifth of its time."""
    first, second, third = (b.slice(planes, channel, channel + 1, 1) for channel in range(3))
    return b.op("Add", b.op("Add", first, second), third)


def strongest(b: GraphBuilder, planes: str) -> str:
    """The highest value of each plane: ``(N, channels, 1, 1)``."""
    return b.op("ReduceMax", planes, b.ints(2, 3), keepdims=1)


def as_numbers(b: GraphBuilder, truths: str) -> str:
    """Bool to float32, 0 or 1."""
    return b.op("Cast", truths, to=TensorProto.FLOAT)
