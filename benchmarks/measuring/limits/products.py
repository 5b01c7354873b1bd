"""How fast this machine multiplies matrices and convolves, in GFLOP/s; prints JSON.

    PYTHONPATH=benchmarks python -m measuring.limits.products THREADS

A multiplication and an addition count as two operations. The best of several sizes and tries stands for the
limit: a limit is what can be reached. The libraries differ: NumPy multiplies with OpenBLAS; torch's float32
product goes through the library it was built with, often Intel's MKL, which is slow on processors of other
makers; its bfloat16 product and its convolutions go through oneDNN. The convolution is the tutorial's second
layer, where most of that network's arithmetic is: 16 pictures, 16 channels of 74 x 74, 32 filters of 3 x 3.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable

import numpy as np
import torch

SIZES = (512, 1024, 2048)
SECONDS = 0.25
"""So long each size is tried."""


def best_rate(operations: float, action: Callable[[], object]) -> float:
    """The best of many tries, in GFLOP/s."""
    action()
    best, begun = float("inf"), time.perf_counter()
    while time.perf_counter() - begun < SECONDS:
        start = time.perf_counter()
        action()
        best = min(best, time.perf_counter() - start)
    return operations / best / 1e9


def torch_product(size: int, dtype: torch.dtype) -> float:
    """Square matrices in torch."""
    left, right = (torch.rand(size, size).to(dtype) for _ in range(2))
    out = torch.empty(size, size, dtype=dtype)
    return best_rate(2 * size**3, lambda: torch.mm(left, right, out=out))


def numpy_product(size: int) -> float:
    """Square float32 matrices in NumPy."""
    left, right = (np.random.default_rng(0).random((size, size), np.float32) for _ in range(2))
    out = np.empty((size, size), np.float32)
    return best_rate(2 * size**3, lambda: np.matmul(left, right, out=out))


def convolution(dtype: torch.dtype) -> float:
    """The tutorial's second layer, forwards."""
    pixels = torch.rand(16, 16, 74, 74).to(dtype).contiguous(memory_format=torch.channels_last)
    filters = torch.rand(32, 16, 3, 3).to(dtype).contiguous(memory_format=torch.channels_last)
    return best_rate(2 * 16 * 72 * 72 * 32 * 16 * 9, lambda: torch.conv2d(pixels, filters))


def main(threads: int) -> None:
    torch.set_num_threads(threads)
    with torch.inference_mode():
        rates = {
            "float32 product, NumPy": max(map(numpy_product, SIZES)),
            "float32 product, torch": max(torch_product(size, torch.float32) for size in SIZES),
            "float32 convolution, torch": convolution(torch.float32),
            "bfloat16 product, torch": max(torch_product(size, torch.bfloat16) for size in SIZES),
            "bfloat16 convolution, torch": convolution(torch.bfloat16),
        }
    print(json.dumps(rates))


if __name__ == "__main__":
    main(int(sys.argv[1]))
