"""Opens altered copies of the built-in model and lets those that open answer; one JSON line at the end.

In a process of its own, so that a crash of ONNX Runtime would be seen:
``python altered_models.py FIRST LAST``. Before each copy its seed is printed.
"""

from __future__ import annotations

import collections
import json
import sys
from importlib import resources

import numpy as np
from memory import megabytes
from mutating import mutated

from oxmark.errors import ModelFileError
from oxmark.inference import Classifier
from oxmark.modelfile.check import check


def main(first: int, last: int) -> None:
    """Try every seed from the first to before the last."""
    good = resources.files("oxmark.builtin").joinpath("ox.onnx").read_bytes()
    picture = np.full((40, 40), 255, np.uint8)
    picture[8:32, 18:22] = 0
    counts: collections.Counter[str] = collections.Counter()
    warm = 0.0
    for seed in range(first, last):
        sys.stdout.write(f"{seed}\n")
        sys.stdout.flush()
        data = mutated(good, seed)
        try:
            answer = Classifier(data, check(data), "altered.onnx").predict(picture)
            counts["answered"] += 1
            if list(answer.probabilities) == []:
                raise ValueError("an answer without classes")
        except ModelFileError as error:
            counts[type(error).__name__] += 1
        if seed == first + (last - first) // 4:
            warm = megabytes()
    sys.stdout.write(json.dumps({"counts": counts, "grown": megabytes() - warm}) + "\n")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
