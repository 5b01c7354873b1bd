"""The rows of the limits."""

from __future__ import annotations

import statistics
import sys

from measuring.processes import run_module, run_process
from measuring.row import Figures, Row
from measuring.work import KINDS, Work

STARTS = {
    "python": "pass",
    "import torch": "import torch",
    "import onnxruntime": "import onnxruntime",
    "import numpy, PIL.Image, onnxruntime": "import numpy, PIL.Image, onnxruntime",
}
TIMES = 3
DECODED = tuple(f"{kind}, {how}" for kind in KINDS for how in ("alone", "array"))
PRODUCTS = (
    "float32 product, NumPy",
    "float32 product, torch",
    "float32 convolution, torch",
    "bfloat16 product, torch",
    "bfloat16 convolution, torch",
)


def starts(work: Work, run: int) -> Figures:
    """Each the median of three, in turn."""
    times: dict[str, list[float]] = {name: [] for name in STARTS}
    for _ in range(TIMES):
        for name, script in STARTS.items():
            times[name].append(run_process([sys.executable, "-c", script]).seconds)
    return {name: statistics.median(values) for name, values in times.items()}


def products(work: Work, run: int) -> Figures:
    """On one core and on all threads."""
    return _rates("products", work)


def bandwidth(work: Work, run: int) -> Figures:
    """On one core and on all threads."""
    return _rates("bandwidth", work)


def _rates(module: str, work: Work) -> Figures:
    """What a module beside this one measures, on one thread and on all."""
    found: dict[str, float] = {}
    for threads in sorted({1, work.options.threads}):
        rates = run_module(f"measuring.limits.{module}", threads, env=library_threads(threads))
        found |= {_with_threads(name, threads): rate for name, rate in rates.items()}
    return found


def decoding(work: Work, run: int) -> Figures:
    """Every kind of file, on one thread and on all."""
    found: dict[str, float] = {}
    for kind in KINDS:
        for threads in sorted({1, work.options.threads}):
            rates = run_module("measuring.limits.decoding", work.pictures(kind), threads)
            found |= {_with_threads(f"{kind}, {how}", threads): rate for how, rate in rates.items()}
    return found


def library_threads(threads: int) -> dict[str, str]:
    """The environment that gives every library for products so many threads."""
    names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    return dict.fromkeys(names, str(threads))


def _with_threads(name: str, threads: int) -> str:
    return f"{name}, {threads} thread{'s' if threads > 1 else ''}"


def limit_rows(threads: int) -> list[Row]:
    """All of them, for so many threads."""
    many = sorted({1, threads})

    def units(names: tuple[str, ...], unit: str) -> dict[str, str]:
        return {_with_threads(name, count): unit for count in many for name in names}

    return [
        Row("limit-start", "New processes that only begin and import", dict.fromkeys(STARTS, "s"), starts),
        Row(
            "limit-product", "Products and convolutions, best of sizes", units(PRODUCTS, "GFLOP/s"), products
        ),
        Row("limit-memory", "Memory, bytes read and written", units(("copy", "triad"), "GB/s"), bandwidth),
        Row(
            "limit-decode", "Pillow to RGBA, alone and into an array", units(DECODED, "pictures/s"), decoding
        ),
    ]
