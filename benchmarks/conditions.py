"""What a figure was measured under; printed with every figure."""

from __future__ import annotations

import os
import platform
from importlib import metadata
from pathlib import Path


def conditions(*packages: str) -> str:
    """One line: processor, threads, system, Python and package versions."""
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in ("oxmark", *packages))
    python = f"Python {platform.python_version()}"
    return f"{processor()}, {os.cpu_count()} threads, {platform.system()}, {python}; {versions}"


def processor() -> str:
    """The processor's name, where the system tells it."""
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()
