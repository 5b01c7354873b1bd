"""How fast this machine moves memory, in GB/s of bytes read and written; prints JSON.

    PYTHONPATH=benchmarks python -m measuring.limits.bandwidth THREADS

Arrays of 256 MB, far beyond the caches. Bytes that a processor reads only to overwrite them are not counted.
Triad: c = a + s * b, as in STREAM (McCalpin, 1995, https://www.cs.virginia.edu/stream/).
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable

import torch

NUMBERS = 64 * 1024 * 1024
TRIES = 5


def best_rate(arrays: int, action: Callable[[], object]) -> float:
    """The best of a few passes over so many arrays, GB/s."""
    action()
    times = []
    for _ in range(TRIES):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return arrays * 4 * NUMBERS / min(times) / 1e9


def main(threads: int) -> None:
    torch.set_num_threads(threads)
    a, b, c = (torch.full((NUMBERS,), float(number)) for number in range(3))
    rates = {
        "copy": best_rate(2, lambda: c.copy_(a)),
        "triad": best_rate(3, lambda: torch.add(a, b, alpha=3.0, out=c)),
    }
    print(json.dumps(rates))


if __name__ == "__main__":
    main(int(sys.argv[1]))
