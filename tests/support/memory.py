"""What a process has in memory."""

from __future__ import annotations

import re
from pathlib import Path


def megabytes(process: int | str = "self", kind: str = "VmRSS") -> float:
    """Of a process, now (``VmRSS``) or at its peak (``VmHWM``).

    Example:
        >>> megabytes() > 1
        True
    """
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    found = re.search(rf"^{kind}:\s+(\d+) kB$", status, re.MULTILINE)
    if found is None:
        raise ValueError(f"/proc/{process}/status tells no {kind}")
    return int(found[1]) / 1024
