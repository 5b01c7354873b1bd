"""What the network sees: the one definition, as ONNX operators.

Training runs these operators to prepare its tensors, and the model file carries the very same ones in
front of the trained network. So training and answering cannot differ, in whatever language the model file
is used.

Both kinds take ``pixels``, uint8 ``(batch, height, width, 4)`` RGBA, and make

- ``seen``: float32 ``(batch, 1, size, size)``, values 0..1, the network's input,
- ``box``: float32 ``(batch, 4)``, the place of ``seen`` in the picture: x0, y0, x1, y1 in source pixels
  (it may reach beyond the border).

``tutorial`` squeezes the whole picture into the square. ``ink`` makes the picture smaller, finds the ink in
it (``ink.py``), puts a box around all of it but specks, cuts out the square that holds the box and a margin,
brings the strongest ink to 1, and brings thin and thick strokes nearer to a usual width.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Literal

import numpy as np
import onnx
from onnx import TensorProto

from oxmark.modelfile.builder import GraphBuilder, float_output, pixels_input
from oxmark.modelfile.ink import add_ink
from oxmark.modelfile.planes import clipped, highest, mean_around, strongest, sum_of_channels
from oxmark.modelfile.session import open_session

if TYPE_CHECKING:
    import onnxruntime as ort

Kind = Literal["ink", "tutorial"]

INK_SIDE = 320
"""The ink is looked for in a picture whose longer side has at most this many pixels."""
OVERSAMPLING = 3
"""The crop is sampled this many times finer than the network sees it, then averaged."""
BOX_THRESHOLD = 0.25
"""Ink weaker than this share of the strongest does not widen the box."""
SPECKS = 0.003
"""So much of the ink may lie outside the box on each side."""
STRONGEST_PART = 50
"""The strongest ink is the mean of one pixel in so many, so that a speck does not decide."""
FAINTEST, DEVIATIONS = 0.03, 3.0
"""Ink weaker than this, or than so many standard deviations of the noise, is not enhanced to 1."""
FLOOR = 0.15
"""This share of the strongest ink counts as none: the paper's texture."""
STROKES = (0.06, 0.13)
"""Usual widths of a stroke, as shares of what the network sees."""
GROWING, SHRINKING = 2, 3
"""Pixels by which strokes are grown or shrunk on each side, at most."""


def preprocess_model(kind: Kind, size: int, margin: float) -> onnx.ModelProto:
    """The preprocessing alone, as a model of its own: ``pixels`` to ``seen`` and ``box``.

    Args:
        kind: ``"ink"`` or ``"tutorial"``.
        size: Side of ``seen`` in pixels.
        margin: Empty border around the ink, as a fraction of its longer side (``"ink"`` only).

    Example:
        >>> preprocess_model("tutorial", 150, 0.0).graph.output[0].name
        'seen'
    """
    builder = GraphBuilder()
    add_preprocess(builder, kind, size, margin)
    outputs = [float_output("seen", "batch", 1, size, size), float_output("box", "batch", 4)]
    return builder.model(f"oxmark-preprocess-{kind}", [pixels_input()], outputs)


@functools.lru_cache(maxsize=4)
def preprocess_session(kind: Kind, size: int, margin: float) -> ort.InferenceSession:
    """:func:`preprocess_model`, open; the same one for the same arguments, since opening takes 0.1 s.

    It may be used from several threads.

    Example:
        >>> white = np.full((1, 90, 135, 4), 255, np.uint8)
        >>> preprocess_session("tutorial", 150, 0.0).run(["seen"], {"pixels": white})[0].shape
        (1, 1, 150, 150)
    """
    graph = preprocess_model(kind, size, margin).SerializeToString()
    return open_session(graph, "the preprocessing graph")


def add_preprocess(builder: GraphBuilder, kind: Kind, size: int, margin: float) -> None:
    """Add the operators from ``pixels`` to ``seen`` and ``box`` to a graph."""
    if kind == "tutorial":
        _tutorial(builder, size)
    else:
        _ink(builder, size, margin)


# --- tutorial: the whole picture, nearest neighbour, grey, divided by 255 -----------------------------------


def _tutorial(b: GraphBuilder, size: int) -> None:
    height, width = _height_and_width(b)
    rows = b.op("Gather", "pixels", _nearest_index(b, height, size), axis=1)
    square = b.op("Gather", rows, _nearest_index(b, width, size), axis=2)  # (N, size, size, 4)
    grey = _pillow_grey(b, b.op("Transpose", square, perm=[0, 3, 1, 2]))  # (N, 1, size, size), 0..255
    b.op("Div", b.op("Cast", grey, to=TensorProto.FLOAT), b.float(255), name="seen")
    _box_of_whole_picture(b, height, width)


def _height_and_width(b: GraphBuilder) -> tuple[str, str]:
    """Two int64 tensors of shape (1,)."""
    shape = b.op("Shape", "pixels")
    return b.slice(shape, 1, 2, 0), b.slice(shape, 2, 3, 0)


def _nearest_index(b: GraphBuilder, length: str, size: int) -> str:
    """The source index of each of ``size`` pixels, int64 (size,), as Pillow's nearest resize has it.

    Pillow starts at half a step and adds the step again and again in double precision
    (``ImagingScaleAffine`` in its Geometry.c); CumSum in float64 makes the same roundings. One Resize
    operator multiplies instead and differs on many sizes.
    """
    step = b.op("Div", b.op("Cast", length, to=TensorProto.DOUBLE), b.const(np.array([size], np.float64)))
    steps = b.op("Mul", step, b.const(np.array([0.5] + [1.0] * (size - 1), np.float64)))
    places = b.op("CumSum", steps, b.const(np.int64(0)))
    index = b.op("Cast", places, to=TensorProto.INT64)  # towards zero, as C does
    return b.op("Min", index, b.op("Sub", length, b.ints(1)))


def _pillow_grey(b: GraphBuilder, rgba: str) -> str:
    """RGBA planes, uint8 (N, 4, h, w), to grey, int32 (N, 1, h, w), 0..255.

    Alpha on white, then Pillow's integer luma.
    """
    channels = b.op("Cast", rgba, to=TensorProto.INT32)
    colour, alpha = b.slice(channels, 0, 3, 1), b.slice(channels, 3, 4, 1)
    paper = b.op("Mul", b.op("Sub", b.const(np.int32(255)), alpha), b.const(np.int32(255)))
    sum_ = b.op("Add", b.op("Add", b.op("Mul", colour, alpha), paper), b.const(np.int32(127)))
    on_white = b.op("Div", sum_, b.const(np.int32(255)))
    weights = np.array([19595, 38470, 7471], np.int32).reshape(1, 3, 1, 1)  # Pillow: L = ... >> 16
    total = sum_of_channels(b, b.op("Mul", on_white, b.const(weights)))
    return b.op("Div", b.op("Add", total, b.const(np.int32(32768))), b.const(np.int32(65536)))


def _box_of_whole_picture(b: GraphBuilder, height: str, width: str) -> None:
    zero = b.ints(0)
    corners = b.op("Cast", b.op("Concat", zero, zero, width, height, axis=0), to=TensorProto.FLOAT)
    nothing = b.op("Mul", b.op("ReduceMax", "seen", b.ints(1, 2, 3), keepdims=0), b.float(0))  # (N,)
    b.op("Add", b.op("Unsqueeze", nothing, b.ints(1)), corners, name="box")


# --- ink: find the mark, dark on light or light on dark, and crop to it -------------------------------------


def _ink(b: GraphBuilder, size: int, margin: float) -> None:
    height, width = _height_and_width(b)
    small, small_height, small_width = _reduced(b, height, width)
    ink, noise = add_ink(b, _on_white(b, small))  # (N, 1, h, w), 0..1, and (N, 1, 1, 1)
    left, top, right, bottom = _ink_box(b, ink)  # each (N, 1), in reduced pixels
    x0, y0, side = _square_around(b, (left, top, right, bottom), margin)
    crop = _crop(b, ink, (x0, y0, side), (small_height, small_width), size)
    _even_strokes(b, _even_strength(b, crop, noise, size), size)
    _box_in_source_pixels(b, (x0, y0, side), (height, width), (small_height, small_width))


def _reduced(b: GraphBuilder, height: str, width: str) -> tuple[str, str, str]:
    """The picture with its longer side at most INK_SIDE, uint8 (N, h, w, 4); its h and w, float32 (1,)."""
    shape = b.op("Cast", b.op("Concat", height, width, axis=0), to=TensorProto.FLOAT)
    longest = b.op("ReduceMax", shape, keepdims=1)
    scale = b.op("Min", b.op("Div", b.float(INK_SIDE), longest), b.float(1))
    target = b.op("Max", b.op("Round", b.op("Mul", shape, scale)), b.float(1))
    batch = b.slice(b.op("Shape", "pixels"), 0, 1, 0)
    sizes = b.op("Concat", batch, b.op("Cast", target, to=TensorProto.INT64), b.ints(4), axis=0)
    small = b.op("Resize", "pixels", "", "", sizes, mode="linear", antialias=1)
    return small, b.slice(target, 0, 1, 0), b.slice(target, 1, 2, 0)


def _on_white(b: GraphBuilder, rgba: str) -> str:
    """uint8 (N, h, w, 4) to float32 (N, 3, h, w), 0..1, transparent parts white."""
    planes = b.op("Transpose", rgba, perm=[0, 3, 1, 2])  # first, while a value is one byte
    colour, alpha = (
        b.op("Div", b.op("Cast", b.slice(planes, *channels, 1), to=TensorProto.FLOAT), b.float(255))
        for channels in ((0, 3), (3, 4))
    )
    return b.op("Add", b.op("Mul", colour, alpha), b.op("Sub", b.float(1), alpha))


def _ink_box(b: GraphBuilder, ink: str) -> tuple[str, str, str, str]:
    """The box around the ink: left, top, right, bottom, each float32 (N, 1), in reduced pixels.

    SPECKS of what stands out above the threshold may lie outside on each side.
    """
    smooth = mean_around(b, ink, 3)
    weak = b.op("Mul", strongest(b, smooth), b.float(BOX_THRESHOLD))
    marked = b.op("Relu", b.op("Sub", smooth, weak))
    left, right = _first_and_last(b, b.op("ReduceSum", marked, b.ints(1, 2), keepdims=0))  # of (N, w)
    top, bottom = _first_and_last(b, b.op("ReduceSum", marked, b.ints(1, 3), keepdims=0))  # of (N, h)
    return left, top, right, bottom


def _first_and_last(b: GraphBuilder, ink: str) -> tuple[str, str]:
    """The first place with ink and the one behind the last, each float32 (N, 1), specks left out."""
    total = b.op("ReduceSum", ink, b.ints(1), keepdims=1)
    so_far = b.op("CumSum", ink, b.const(np.int64(1)))
    speck = b.op("Mul", total, b.float(SPECKS))
    begun = b.op("Cast", b.op("Greater", so_far, speck), to=TensorProto.FLOAT)
    going_on = b.op("Cast", b.op("Less", so_far, b.op("Sub", total, speck)), to=TensorProto.FLOAT)
    start = b.op("Cast", b.op("ArgMax", begun, axis=1, keepdims=1), to=TensorProto.FLOAT)
    length = b.op("ReduceSum", b.op("Add", b.op("Mul", begun, b.float(0)), b.float(1)), b.ints(1), keepdims=1)
    last = b.op("ReduceSum", going_on, b.ints(1), keepdims=1)
    end = b.op("Min", b.op("Add", last, b.float(1)), length)
    blank = b.op("Equal", total, b.float(0))  # the whole picture
    return b.op("Where", blank, b.float(0), start), b.op("Where", blank, length, end)


def _square_around(b: GraphBuilder, box: tuple[str, str, str, str], margin: float) -> tuple[str, str, str]:
    """The square that holds the box and its margin: x0, y0, side, each float32 (N, 1)."""
    left, top, right, bottom = box
    longer = b.op("Max", b.op("Sub", right, left), b.op("Sub", bottom, top))
    side = b.op("Mul", longer, b.float(1 + 2 * margin))
    half = b.op("Mul", side, b.float(0.5))
    x0 = b.op("Sub", b.op("Mul", b.op("Add", left, right), b.float(0.5)), half)
    y0 = b.op("Sub", b.op("Mul", b.op("Add", top, bottom), b.float(0.5)), half)
    return x0, y0, side


def _crop(b: GraphBuilder, ink: str, square: tuple[str, str, str], shape: tuple[str, str], size: int) -> str:
    """The ink inside the square, float32 (N, 1, size, size); no ink beyond the picture's border."""
    fine = size * OVERSAMPLING
    centres = b.const(((np.arange(fine) + 0.5) / fine).astype(np.float32)[None])  # (1, fine)
    x0, y0, side = square
    height, width = shape

    def grid(start: str, length: str) -> str:  # source places to -1..1, as GridSample wants them: (N, fine)
        place = b.op("Add", start, b.op("Mul", side, centres))
        return b.op("Sub", b.op("Mul", b.op("Div", place, length), b.float(2)), b.float(1))

    across = b.op("Unsqueeze", grid(x0, width), b.ints(1, 3))  # (N, 1, fine, 1)
    down = b.op("Unsqueeze", grid(y0, height), b.ints(2, 3))  # (N, fine, 1, 1)
    every_row = b.op("Add", across, b.op("Mul", down, b.float(0)))
    every_column = b.op("Add", down, b.op("Mul", across, b.float(0)))
    places = b.op("Concat", every_row, every_column, axis=3)  # (N, fine, fine, 2)
    sampled = b.op("GridSample", ink, places, mode="bilinear", padding_mode="zeros", align_corners=0)
    step = [OVERSAMPLING, OVERSAMPLING]
    return b.op("AveragePool", sampled, kernel_shape=step, strides=step)


def _even_strength(b: GraphBuilder, crop: str, noise: str, size: int) -> str:
    """Bring the strongest ink to 1 and the paper's texture to 0: float32 (N, 1, size, size), 0..1.

    Ink that hardly stands out from the noise stays faint.
    """
    pixels = b.op("Reshape", crop, b.ints(0, size * size))
    upper = b.top_k(pixels, max(1, size * size // STRONGEST_PART))
    strong = b.op("Unsqueeze", b.op("ReduceMean", upper, b.ints(1), keepdims=1), b.ints(2, 3))
    faintest = b.op("Max", b.op("Mul", noise, b.float(DEVIATIONS)), b.float(FAINTEST))
    relative = b.op("Div", crop, b.op("Max", strong, faintest))
    above = b.op("Div", b.op("Sub", relative, b.float(FLOOR)), b.float(1 - FLOOR))
    return clipped(b, above)


def _even_strokes(b: GraphBuilder, ink: str, size: int) -> None:
    """Make thin strokes wider and thick ones thinner, towards the usual width; names the result ``seen``.

    Twice the ink's area divided by its outline's length is about its strokes' width. Growing takes the
    highest of the neighbours, shrinking the lowest; a fraction of a pixel is a mixture.
    """
    area = b.op("ReduceSum", ink, b.ints(1, 2, 3), keepdims=1)
    thin, thick = (size * share for share in STROKES)
    width = b.op("Div", b.op("Mul", area, b.float(2)), b.op("Max", _outline(b, ink), b.float(1)))
    missing = b.op("Mul", b.op("Sub", b.float(thin), width), b.float(0.5))
    surplus = b.op("Mul", b.op("Sub", width, b.float(thick)), b.float(0.5))
    for step in range(GROWING):
        part = clipped(b, b.op("Sub", missing, b.float(step)))
        ink = _towards(b, ink, highest(b, ink, 3), part)
    for step in range(SHRINKING):
        part = clipped(b, b.op("Sub", surplus, b.float(step)))
        lowest = b.op("Neg", highest(b, b.op("Neg", ink), 3))
        ink = _towards(b, ink, lowest, part)
    b.op("Clip", ink, b.float(0), b.float(1), name="seen")


def _outline(b: GraphBuilder, ink: str) -> str:
    """Length of the ink's outline in pixels, float32 (N, 1, 1, 1): the sum of its gradient's size."""
    kernels = np.zeros((2, 1, 3, 3), np.float32)
    kernels[0, 0] = np.outer([1, 2, 1], [-1, 0, 1]) / 8  # Sobel
    kernels[1, 0] = kernels[0, 0].T
    slopes = b.op("Conv", ink, b.const(kernels), kernel_shape=[3, 3], pads=[1, 1, 1, 1])
    squared = b.op("ReduceSum", b.op("Mul", slopes, slopes), b.ints(1), keepdims=1)
    return b.op("ReduceSum", b.op("Sqrt", squared), b.ints(1, 2, 3), keepdims=1)


def _towards(b: GraphBuilder, start: str, end: str, part: str) -> str:
    return b.op("Add", start, b.op("Mul", b.op("Sub", end, start), part))


def _box_in_source_pixels(
    b: GraphBuilder, square: tuple[str, str, str], source: tuple[str, str], reduced: tuple[str, str]
) -> None:
    x0, y0, side = square
    height, width = (b.op("Cast", length, to=TensorProto.FLOAT) for length in source)
    across, down = b.op("Div", width, reduced[1]), b.op("Div", height, reduced[0])
    corners = [
        b.op("Mul", x0, across),
        b.op("Mul", y0, down),
        b.op("Mul", b.op("Add", x0, side), across),
        b.op("Mul", b.op("Add", y0, side), down),
    ]
    b.op("Concat", *corners, axis=1, name="box")
