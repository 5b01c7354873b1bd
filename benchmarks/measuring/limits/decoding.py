"""How many pictures a second Pillow decodes to RGBA, alone and into an array; prints JSON.

PYTHONPATH=benchmarks python -m measuring.limits.decoding FOLDER THREADS

Every program that hands the pixels on needs them as an array, so that is the limit of reading; what Pillow
takes alone is its smaller part where pictures are large: a copy of 4.9 MB into memory that is new each time.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image


def alone(path: Path) -> int:
    """Pillow's own picture."""
    with Image.open(path) as picture:
        return picture.convert("RGBA").width


def into_array(path: Path) -> int:
    """The same as uint8 ``(height, width, 4)``."""
    with Image.open(path) as picture:
        return int(np.asarray(picture.convert("RGBA")).shape[1])


def rate(action: Callable[[Path], int], paths: list[Path], threads: int) -> float:
    """Pictures a second."""
    for path in paths[:8]:
        action(path)
    begun = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        count = sum(width > 0 for width in pool.map(action, paths))
    return count / (time.perf_counter() - begun)


def main(folder: Path, threads: int) -> None:
    paths = sorted(folder.iterdir())
    print(json.dumps({"alone": rate(alone, paths, threads), "array": rate(into_array, paths, threads)}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
