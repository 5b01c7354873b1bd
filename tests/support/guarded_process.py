"""Commands of oxmark in a process that leaves as soon as it tries what a guard forbids."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path


def run_guarded(
    folder: Path, guard: str, driver: str, planted: str, commands: list[list[str]]
) -> subprocess.CompletedProcess[str]:
    """Run commands one after the other in one guarded process.

    Args:
        folder: Where the guard is put, to be found as sitecustomize by this process and those that it starts.
        guard: Source that installs an audit hook.
        driver: Source that is given ``planted`` and ``commands`` as JSON.
        planted: Source that the driver runs on the way.
        commands: Command lines without the program's name.
    """
    (folder / "guard").mkdir()
    (folder / "guard" / "sitecustomize.py").write_text(guard)
    places = [str(folder / "guard"), os.environ.get("PYTHONPATH", "")]
    return subprocess.run(
        [sys.executable, "-c", driver, json.dumps([planted, commands])],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, places))},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
