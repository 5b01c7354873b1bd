"""One picture decoded, prepared and answered on one thread, in milliseconds; prints JSON.

    PYTHONPATH=benchmarks python -m measuring.paths.preparing_graph MODEL PICTURE

The preparing graph is the part of the model file from ``pixels`` to ``seen``, cut out of it. Beside it stands
what any network needs at least: the pixels as float32, and an antialiased resize to 44 x 44.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
from onnx import TensorProto, helper, utils
from PIL import Image

import oxmark

TIMES = 9
Pixels = npt.NDArray[np.uint8]


def opened(model: onnx.ModelProto) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )


def preparing(model: Path) -> onnxruntime.InferenceSession:
    """From ``pixels`` to ``seen`` and ``box``."""
    return opened(utils.Extractor(onnx.load(model)).extract_model(["pixels"], ["seen", "box"]))


def plain() -> onnxruntime.InferenceSession:
    """A cast and an antialiased resize, and no more."""
    nodes = [
        helper.make_node("Cast", ["pixels"], ["numbers"], to=TensorProto.FLOAT),
        helper.make_node("Transpose", ["numbers"], ["planes"], perm=[0, 3, 1, 2]),
        helper.make_node("Resize", ["planes", "", "", "sizes"], ["seen"], mode="linear", antialias=1),
    ]
    graph = helper.make_graph(
        nodes,
        "plain",
        [helper.make_tensor_value_info("pixels", TensorProto.UINT8, [1, "height", "width", 4])],
        [helper.make_tensor_value_info("seen", TensorProto.FLOAT, [1, 4, 44, 44])],
        [helper.make_tensor("sizes", TensorProto.INT64, [4], [1, 4, 44, 44])],
    )
    return opened(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9))


def decoded_alone(path: Path) -> Image.Image:
    """Pillow's own picture."""
    with Image.open(path) as picture:
        return picture.convert("RGBA")


def decoded(path: Path) -> Pixels:
    """uint8 ``(height, width, 4)``."""
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGBA"))


def in_turn(actions: dict[str, Callable[[], object]]) -> dict[str, float]:
    """The median of each, in milliseconds; each once in every turn."""
    times: dict[str, list[float]] = {name: [] for name in actions}
    for turn in range(TIMES + 1):
        for name, action in actions.items():
            begun = time.perf_counter()
            action()
            if turn:
                times[name].append(1000 * (time.perf_counter() - begun))
    return {name: statistics.median(values) for name, values in times.items()}


def main(model: Path, picture: Path) -> None:
    classifier, graph, least, pixels = oxmark.load(model), preparing(model), plain(), decoded(picture)
    found = in_turn(
        {
            "decode, Pillow alone": lambda: decoded_alone(picture),
            "decode": lambda: decoded(picture),
            "preparing graph": lambda: graph.run(["seen"], {"pixels": pixels[None]}),
            "cast and resize": lambda: least.run(["seen"], {"pixels": pixels[None]}),
            "whole answer": lambda: classifier.predict(pixels),
        }
    )
    print(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
