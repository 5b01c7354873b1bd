"""What this process may use of the machine."""

from __future__ import annotations

import atexit
import ctypes
import gc
import os
import time
from pathlib import Path

KEPT_BYTES = 1 << 30
COLLECTED_EVERY = 20_000
"""So many containers more than at the last look for unreachable ones, and Python looks again; with its own
number, 700 or 2,000, it looks dozens of times in every import."""


def cores() -> int:
    """Processor cores that this process may use, at least 1.

    Example:
        >>> cores() >= 1
        True
    """
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def keep_buffers() -> None:
    """Ask glibc to keep large buffers for the next picture or step, not to hand them back to the system.

    Every step of a training needs the same buffers of some 20 MB, every picture that is read some of its own
    size. Got anew from the system, each page of them is zeroed first, which takes as long as half a step of
    the tutorial's network, and a fifth of reading pictures of 1350 x 900 pixels. Other C libraries are left
    alone. Parameters M_MMAP_THRESHOLD (-3) and M_TRIM_THRESHOLD (-1): mallopt(3).
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError, TypeError):  # no glibc here
        return
    mallopt(-3, KEPT_BYTES)
    mallopt(-1, KEPT_BYTES)


def collect_rarely() -> None:
    """Let Python look for unreachable objects less often, and not at all when it ends.

    For a process of our own, when it begins. Importing torch then takes 0.15 s less of 0.9, and ending
    after it 0.3 s less: what is left is the system's to take back. Exit handlers run as ever.
    """
    gc.set_threshold(COLLECTED_EVERY, 20, 50)
    atexit.register(gc.freeze)


def process_age() -> float:
    """Seconds since this process began.

    Where the system does not tell (Linux does, to 0.01 s), the processor time so far stands for it, which is
    a little less for a process that has only started and imported.

    Example:
        >>> process_age() > 0
        True
    """
    try:
        fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
        began = int(fields[19]) / os.sysconf("SC_CLK_TCK")  # proc(5): starttime, in ticks
        return time.clock_gettime(time.CLOCK_BOOTTIME) - began
    except (OSError, AttributeError):
        return time.process_time()
