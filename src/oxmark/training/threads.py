"""How many threads a training computes with: each step's own, and one for the calibration beside it.

A step of a small network hardly gains from a second thread (the recipe ``marks``: 11.8 ms with one, 10.1 ms
with two, on one machine), so where two processors are free, the trainings that calibration needs run beside
the network's own instead of after it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import torch

MOST_THREADS = 8
"""More do not make networks this small faster."""


@contextlib.contextmanager
def using_threads(count: int) -> Iterator[None]:
    """Compute with so many threads in this thread of Python; afterwards with as many as before.

    A sum over other threads is rounded otherwise, so the number is fixed, and ``run.json`` tells it.

    Example:
        >>> with using_threads(1):
        ...     torch.get_num_threads()
        1
    """
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
