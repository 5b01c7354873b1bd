"""Altered model files: every one is answered with or refused by name, and memory stays flat."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import altered_models

GROWTH = 24
"""Megabytes that the allocator may keep."""


def test_altered_models_are_answered_with_or_refused(cases: Callable[[int], int]) -> None:
    number = cases(1000)
    script = Path(altered_models.__file__)
    done = subprocess.run(
        [sys.executable, script, "0", str(number)], capture_output=True, text=True, check=False
    )
    *seeds, last = done.stdout.splitlines()
    assert done.returncode == 0, f"seed {(seeds or [last])[-1]}: {done.stderr}"
    assert done.stderr == ""
    result = json.loads(last)
    counts = result["counts"]
    assert len(seeds) == sum(counts.values()) == number
    assert counts["answered"] > 0.02 * number  # some alterations are harmless
    assert counts["DamagedModel"] > 0.4 * number
    assert result["grown"] < GROWTH
