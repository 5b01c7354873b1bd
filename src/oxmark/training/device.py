"""Where a training runs, and that it runs the same every time."""

from __future__ import annotations

import ctypes
import os

import torch

from oxmark.errors import TrainingError

KEPT_BYTES = 1 << 30
MOST_THREADS = 8
"""More do not make networks this small faster."""


def choose_device(device: str) -> torch.device:
    """``"auto"`` is a CUDA device if there is one, else the CPU. Raises :class:`TrainingError`."""
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        chosen = torch.device(device)
    except RuntimeError:
        raise TrainingError(f"There is no device '{device}'. Choose auto, cpu, cuda or cuda:1.") from None
    try:
        torch.zeros(1, device=chosen)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0].rstrip(".")
        raise TrainingError(f"The device '{device}' cannot be used: {reason}. Try --device auto.") from error
    return chosen


def keep_buffers() -> None:
    """Ask glibc to keep large buffers for the next step instead of handing them back to the system.

    Every step needs the same buffers of some 20 MB. Got anew from the system, each page of them is zeroed
    first, which takes as long as half a step of the tutorial's network. Other C libraries are left alone.
    Parameters M_MMAP_THRESHOLD (-3) and M_TRIM_THRESHOLD (-1): mallopt(3).
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError, TypeError):  # no glibc here
        return
    mallopt(-3, KEPT_BYTES)
    mallopt(-1, KEPT_BYTES)


def make_repeatable() -> None:
    """Same seed, same machine, same bits: a fixed number of threads and deterministic kernels."""
    torch.set_num_threads(min(_processors(), MOST_THREADS))
    torch.backends.cudnn.deterministic = True
    torch.backends.cudnn.benchmark = False
    torch.backends.cudnn.allow_tf32 = False  # full float32: the model file must give the same answers
    torch.backends.cuda.matmul.allow_tf32 = False


def _processors() -> int:
    """Processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
