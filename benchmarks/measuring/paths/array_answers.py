"""One array answered again and again in one process on one core, in milliseconds; prints JSON.

PYTHONPATH=benchmarks python -m measuring.paths.array_answers MODEL SIDE
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime

import oxmark
from oxmark.data.draw import draw_mark

TIMES = 200


def milliseconds(action: Callable[[], object]) -> float:
    """The median of many calls."""
    for _ in range(20):
        action()
    times = []
    for _ in range(TIMES):
        begun = time.perf_counter()
        action()
        times.append(time.perf_counter() - begun)
    return 1000 * statistics.median(times)


def main(model: Path, side: int) -> None:
    drawn = draw_mark("X", seed=3, size=(side, side), pen_width=side / 16)
    pixels = np.dstack([drawn, np.full((side, side), 255, np.uint8)])
    classifier = oxmark.load(model)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    found = {
        "Classifier.predict": milliseconds(lambda: classifier.predict(pixels)),
        "bare session.run": milliseconds(lambda: session.run(["probabilities"], {"pixels": pixels[None]})),
    }
    print(json.dumps(found))


if __name__ == "__main__":
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    main(Path(sys.argv[1]), int(sys.argv[2]))
