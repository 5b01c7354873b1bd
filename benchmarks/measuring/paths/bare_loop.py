"""The least that answers a folder: Pillow to RGBA, and the model file in ONNX Runtime; prints JSON.

    PYTHONPATH=benchmarks python -m measuring.paths.bare_loop MODEL FOLDER THREADS

One thread inside a picture and as many pictures side by side as there are threads, as oxmark does it; ONNX
Runtime's other settings are its own. Nothing is checked, and nothing is written but the number of answers.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image


def main(model: Path, folder: Path, threads: int) -> None:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])

    def answered(path: Path) -> int:
        with Image.open(path) as picture:
            pixels = np.asarray(picture.convert("RGBA"))
        probabilities, _ = session.run(["probabilities", "known"], {"pixels": pixels[None]})
        return int(probabilities[0].argmax())

    with ThreadPoolExecutor(threads) as pool:
        print(json.dumps({"answers": Counter(pool.map(answered, sorted(folder.iterdir())))}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
